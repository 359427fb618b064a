//! What an import would do: the hosts of an inventory compared with those that the server has.

use super::check::folded;
use super::{Entry, Inventory, OwnedLabels};
use lockkeeper_client::operations::host::Host;
use lockkeeper_client::operations::list::Label;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap, HashSet};

/// A host that the inventory describes in another way than the server does.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct PlannedChange {
    pub hostname: String,
    /// Its address from now on, if that changes.
    pub address: Option<String>,
    pub previous_address: String,
    /// All of its labels from now on, if they change.
    pub labels: Option<Vec<Label>>,
    pub previous_labels: Vec<Label>,
}

/// A host that the server does not have.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct NewHost {
    pub hostname: String,
    pub address: String,
    pub labels: Vec<Label>,
}

/// The differences between an inventory and the hosts of a server.
#[derive(Clone, Debug, Default, Serialize, PartialEq, Eq)]
pub struct Plan {
    pub new: Vec<NewHost>,
    pub changed: Vec<PlannedChange>,
    /// The names of hosts that the inventory does not describe.
    pub gone: Vec<String>,
    /// How many hosts are as the inventory describes them.
    pub unchanged: usize,
}

impl Plan {
    /// Compares an inventory with the hosts that the server has and that the inventory could describe.
    pub fn of(inventory: &Inventory, recorded: &[Host]) -> Plan {
        let by_name: HashMap<String, &Host> = recorded.iter().map(|host| (folded(&host.hostname), host)).collect();
        let mut plan = Plan::default();
        let mut described = HashSet::new();
        for entry in &inventory.hosts {
            let name = folded(&entry.hostname);
            match by_name.get(&name) {
                None => plan.new.push(new_host(entry)),
                Some(host) => match change(entry, host, &inventory.owned) {
                    Some(change) => plan.changed.push(change),
                    None => plan.unchanged += 1,
                },
            }
            described.insert(name);
        }
        let is_gone = |host: &&Host| !described.contains(&folded(&host.hostname));
        plan.gone = recorded.iter().filter(is_gone).map(|host| host.hostname.clone()).collect();
        plan
    }
}

fn new_host(entry: &Entry) -> NewHost {
    let labels = list(entry.labels.clone().unwrap_or_default());
    NewHost { hostname: entry.hostname.clone(), address: entry.address.clone(), labels }
}

/// How a host has to change, or `None` if it is as described. Labels that the inventory does not decide about stay.
fn change(entry: &Entry, host: &Host, owned: &OwnedLabels) -> Option<PlannedChange> {
    let previous: BTreeMap<String, String> =
        host.labels.iter().map(|label| (label.key.clone(), label.value.clone())).collect();
    let labels = entry.labels.as_ref().map(|labels| {
        let kept = previous.iter().filter(|(key, _)| !owned.owns(key));
        kept.chain(labels).map(|(key, value)| (key.clone(), value.clone())).collect::<BTreeMap<_, _>>()
    });
    let labels = labels.filter(|labels| *labels != previous).map(list);
    let address = Some(entry.address.clone()).filter(|address| *address != host.address);
    (labels.is_some() || address.is_some()).then(|| PlannedChange {
        hostname: host.hostname.clone(),
        address,
        previous_address: host.address.clone(),
        labels,
        previous_labels: list(previous),
    })
}

fn list(labels: BTreeMap<String, String>) -> Vec<Label> {
    labels.into_iter().map(|(key, value)| Label { key, value }).collect()
}

#[cfg(test)]
mod tests {
    use super::super::Origin;
    use super::*;

    fn labels(labels: &[(&str, &str)]) -> Vec<Label> {
        labels.iter().map(|(key, value)| Label { key: (*key).to_owned(), value: (*value).to_owned() }).collect()
    }

    fn entry(hostname: &str, address: &str, described: Option<&[(&str, &str)]>) -> Entry {
        let described =
            described.map(|described| labels(described).into_iter().map(|label| (label.key, label.value)).collect());
        Entry {
            hostname: hostname.to_owned(),
            address: address.to_owned(),
            labels: described,
            origin: Origin::file("t"),
        }
    }

    fn host(hostname: &str, address: &str, recorded: &[(&str, &str)]) -> Host {
        Host {
            id: "hst_1".to_owned(),
            hostname: hostname.to_owned(),
            address: address.to_owned(),
            labels: labels(recorded),
            holds: Vec::new(),
            created_at: String::new(),
            removed_at: None,
        }
    }

    #[test]
    fn hosts_are_new_changed_gone_or_as_they_are_described() {
        let owned = OwnedLabels { prefixes: vec!["group.".to_owned()], ..OwnedLabels::default() };
        let hosts = vec![
            entry("new", "::1", Some(&[("group.web", "true")])),
            entry("Same", "::2", Some(&[("group.web", "true")])),
            entry("moved", "::9", Some(&[])),
            entry("regrouped", "::4", Some(&[("group.db", "true")])),
            entry("plain", "::5", None),
        ];
        let recorded = [
            host("same.", "::2", &[("group.web", "true"), ("rack", "a")]),
            host("moved", "::3", &[("rack", "a")]),
            host("regrouped", "::4", &[("group.web", "true"), ("rack", "a")]),
            host("plain", "::5", &[("group.web", "true")]),
            host("old", "::6", &[]),
        ];
        let inventory = Inventory { hosts, owned, notes: Vec::new() };
        let plan = Plan::of(&inventory, &recorded);
        assert_eq!(plan.new.iter().map(|host| host.hostname.as_str()).collect::<Vec<_>>(), ["new"]);
        assert_eq!((plan.gone.as_slice(), plan.unchanged), (&["old".to_owned()][..], 2));
        let [moved, regrouped] = plan.changed.as_slice() else { panic!("{plan:?}") };
        assert_eq!((moved.address.as_deref(), &moved.labels), (Some("::9"), &None));
        let expected = labels(&[("group.db", "true"), ("rack", "a")]);
        assert_eq!((&regrouped.address, regrouped.labels.as_ref()), (&None, Some(&expected)));
    }

    #[test]
    fn an_inventory_that_owns_all_labels_removes_others() {
        let owned = OwnedLabels { all: true, ..OwnedLabels::default() };
        let hosts = vec![entry("a", "::1", Some(&[])), entry("b", "::1", None)];
        let recorded = [host("a", "::1", &[("rack", "a")]), host("b", "::1", &[("rack", "a")])];
        let plan = Plan::of(&Inventory { hosts, owned, notes: Vec::new() }, &recorded);
        assert_eq!((plan.changed.len(), plan.changed[0].labels.as_ref()), (1, Some(&Vec::new())));
    }
}
