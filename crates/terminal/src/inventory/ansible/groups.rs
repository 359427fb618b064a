//! The groups of an inventory, in whatever format it was written, and the hosts that they make.

use crate::inventory::{Entry, GROUP_PREFIX, GROUP_VALUE, Inventory, Origin, OwnedLabels};
use std::collections::{BTreeMap, BTreeSet};

/// Groups that every inventory has, which say nothing about a host.
const IMPLIED: [&str; 2] = ["all", "ungrouped"];
/// Variables that hold the address of a host; the first wins.
const ADDRESS: [&str; 2] = ["ansible_host", "ansible_ssh_host"];
/// Variables that hold the port of `sshd`; the first wins.
const PORT: [&str; 2] = ["ansible_port", "ansible_ssh_port"];
/// How many hosts a note names.
const MAX_NAMED: usize = 5;

pub type Variables = BTreeMap<String, String>;

/// A group.
#[derive(Clone, Debug, Default)]
struct Group {
    hosts: BTreeSet<String>,
    children: BTreeSet<String>,
    variables: Variables,
}

/// A host, with the variables that are its own.
#[derive(Clone, Debug)]
struct Host {
    origin: Origin,
    variables: Variables,
}

/// All groups and hosts of an inventory.
#[derive(Clone, Debug, Default)]
pub struct Groups {
    by_name: BTreeMap<String, Group>,
    hosts: BTreeMap<String, Host>,
    /// The names of hosts in the order in which they were first named.
    order: Vec<String>,
}

impl Groups {
    /// Makes a group, unless it is there.
    pub fn group(&mut self, group: &str) {
        self.by_name.entry(group.to_owned()).or_default();
    }

    /// Puts a host into a group; it may be in others. Its variables replace those that it has already.
    pub fn host(&mut self, group: &str, host: &str, origin: &Origin, variables: Variables) {
        self.by_name.entry(group.to_owned()).or_default().hosts.insert(host.to_owned());
        self.variables_of_host(host, origin, variables);
    }

    /// Adds variables of a host.
    pub fn variables_of_host(&mut self, host: &str, origin: &Origin, variables: Variables) {
        let known = self.hosts.entry(host.to_owned()).or_insert_with(|| {
            self.order.push(host.to_owned());
            Host { origin: origin.clone(), variables: Variables::new() }
        });
        known.variables.extend(variables);
    }

    /// Makes a group part of another.
    pub fn child(&mut self, group: &str, child: &str) {
        self.group(child);
        self.by_name.entry(group.to_owned()).or_default().children.insert(child.to_owned());
    }

    /// Sets a variable of all hosts of a group.
    pub fn variable(&mut self, group: &str, name: &str, value: String) {
        self.by_name.entry(group.to_owned()).or_default().variables.insert(name.to_owned(), value);
    }

    /// The groups that each group is in, itself among them, whatever circles they make.
    fn ancestors(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut parents: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (parent, group) in &self.by_name {
            for child in &group.children {
                parents.entry(child).or_default().push(parent);
            }
        }
        let of = |group: &'_ String| {
            let (mut found, mut open) =
                (BTreeSet::new(), vec![self.by_name.get_key_value(group).map_or("", |(name, _)| name)]);
            while let Some(group) = open.pop() {
                if found.insert(group) {
                    open.extend(parents.get(group).into_iter().flatten());
                }
            }
            found
        };
        self.by_name.keys().map(|group| (group.as_str(), of(group))).collect()
    }

    /// The hosts with their addresses and labels: `group.NAME` for each of `labeled`, or for each group if none is named, and
    /// those of `variables` that they have.
    pub fn inventory(&self, labeled: &[String], variables: &[String]) -> Inventory {
        let ancestors = self.ancestors();
        let mut groups_of: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (name, group) in &self.by_name {
            for host in &group.hosts {
                groups_of.entry(host).or_default().extend(ancestors[name.as_str()].iter());
            }
        }
        let nowhere = BTreeSet::new();
        let (mut hosts, mut ports) = (Vec::new(), Vec::new());
        for hostname in &self.order {
            let Host { origin, variables: own } = &self.hosts[hostname];
            let groups = groups_of.get(hostname.as_str()).unwrap_or(&nowhere);
            // A group that is deeper in others knows more about its hosts.
            let mut nearest: Vec<&str> = std::iter::once("all").chain(groups.iter().copied()).collect();
            nearest.sort_by_key(|group| std::cmp::Reverse(ancestors.get(group).map_or(0, BTreeSet::len)));
            let variable = |name: &str| {
                let of_group = |group: &&str| self.by_name.get(*group)?.variables.get(name);
                own.get(name).or_else(|| nearest.iter().find_map(of_group)).filter(|value| !value.is_empty())
            };
            let first = |names: [&str; 2]| names.into_iter().find_map(variable);
            if let Some(port) = first(PORT).filter(|port| *port != "22") {
                ports.push(format!("{hostname} ({port})"));
            }
            let is_labeled = |group: &&&str| {
                !IMPLIED.contains(*group) && (labeled.is_empty() || labeled.iter().any(|label| label == **group))
            };
            let labels = groups.iter().filter(is_labeled);
            let labels = labels.map(|group| (format!("{GROUP_PREFIX}{group}"), GROUP_VALUE.to_owned()));
            let of_variables = variables.iter().filter_map(|name| Some((name.clone(), variable(name)?.clone())));
            hosts.push(Entry {
                hostname: hostname.clone(),
                address: first(ADDRESS).unwrap_or(hostname).clone(),
                labels: Some(labels.chain(of_variables).collect()),
                origin: origin.clone(),
            });
        }
        let owned = OwnedLabels {
            prefixes: vec![GROUP_PREFIX.to_owned()],
            keys: variables.iter().cloned().collect(),
            ..OwnedLabels::default()
        };
        Inventory { hosts, owned, notes: note_of_ports(ports).into_iter().collect() }
    }
}

/// A host has no port in lockkeeper: `ssh` finds it in the `ssh_config` of the executor.
fn note_of_ports(mut ports: Vec<String>) -> Option<String> {
    let more = ports.len().saturating_sub(MAX_NAMED);
    ports.truncate(MAX_NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let note =
        "Ports are not part of a host. Write them into the ssh_config of the executor, by the address of the host";
    (!ports.is_empty()).then(|| format!("{note}: {}{more}.", ports.join(", ")))
}
