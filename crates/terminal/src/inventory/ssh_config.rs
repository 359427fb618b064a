//! The hosts of an `ssh_config`: the names of its `Host` lines that are no patterns. What such a name stands for is left to
//! `ssh`: the address of the host is the name itself. Nothing is executed, also not what `Match exec` says.

use super::check::folded;
use super::ssh_include::Part;
use super::{Entry, Inventory, Origin, OwnedLabels, Pattern};
use std::collections::HashSet;

/// What a block of lines applies to.
#[derive(Clone, Debug)]
enum Condition {
    /// `Host`: names like one of these, and like none of the second.
    Names(Vec<Pattern>, Vec<Pattern>),
    /// `Match`, which only `ssh` can decide, and what stands before the first block.
    Any,
}

impl Condition {
    fn of(arguments: &[String]) -> Condition {
        let (negated, plain): (Vec<&String>, Vec<&String>) = arguments.iter().partition(|name| name.starts_with('!'));
        let plain = plain.into_iter().map(|name| Pattern::new(name)).collect();
        Condition::Names(plain, negated.into_iter().map(|name| Pattern::new(&name[1..])).collect())
    }

    fn may_apply(&self, name: &str) -> bool {
        match self {
            Condition::Names(plain, negated) => {
                let matches = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.matches(name));
                matches(plain) && !matches(negated)
            }
            Condition::Any => true,
        }
    }
}

/// A `Host` line with the names on it that are no patterns.
struct Block {
    names: Vec<String>,
    origin: Origin,
    /// Whether it sends all names to one place: `HostName` without a placeholder.
    has_one_place: bool,
}

/// Reads the hosts. Of several names of one block that lead to one `HostName`, the first is the host, since a host is one
/// machine; a note names the others.
pub fn parse(parts: &[Part]) -> Inventory {
    let mut blocks = Vec::new();
    collect(parts, &[], &mut blocks);
    let (mut inventory, mut seen, mut others) = (Inventory::default(), HashSet::new(), Vec::new());
    for Block { mut names, origin, has_one_place } in blocks {
        if has_one_place && names.len() > 1 {
            others.extend(names.split_off(1).into_iter().map(|other| format!("{other} ({})", names[0])));
        }
        for hostname in names.into_iter().filter(|name| seen.insert(folded(name))) {
            let address = hostname.clone();
            inventory.hosts.push(Entry { hostname, address, labels: None, origin: origin.clone() });
        }
    }
    if !others.is_empty() {
        inventory.notes.push(format!("Other names of hosts, which were left out: {}.", others.join(", ")));
    }
    inventory.owned = OwnedLabels::default();
    inventory
}

fn collect(parts: &[Part], outer: &[Condition], blocks: &mut Vec<Block>) {
    let mut condition = Condition::Any;
    let mut block: Option<Block> = None;
    for part in parts {
        match part {
            Part::Line { keyword, arguments, origin } if keyword == "host" => {
                blocks.extend(block.take());
                condition = Condition::of(arguments);
                let is_name = |name: &&String| !name.contains(['*', '?', '!']);
                let applies = |name: &&String| outer.iter().all(|condition| condition.may_apply(name));
                let names: Vec<String> = arguments.iter().filter(is_name).filter(applies).cloned().collect();
                block = Some(Block { names, origin: origin.clone(), has_one_place: false });
            }
            Part::Line { keyword, .. } if keyword == "match" => {
                blocks.extend(block.take());
                condition = Condition::Any;
            }
            Part::Line { keyword, arguments, .. } if keyword == "hostname" => {
                if let Some(block) = &mut block {
                    block.has_one_place = arguments.first().is_some_and(|place| !place.contains('%'));
                }
            }
            Part::Line { .. } => {}
            Part::Included(parts) => {
                let mut conditions = outer.to_vec();
                conditions.push(condition.clone());
                collect(parts, &conditions, blocks);
            }
        }
    }
    blocks.extend(block);
}

#[cfg(test)]
mod tests {
    use super::super::ssh_include::lines;
    use super::*;
    use std::fs;

    fn names(text: &str) -> Vec<String> {
        parse(&lines("config", text).unwrap()).hosts.into_iter().map(|host| host.hostname).collect()
    }

    #[test]
    fn hosts_are_the_names_without_patterns_each_once() {
        let text = "User deploy
Host *.example.com !bastion
    ProxyJump bastion
host web-1 web-2 # two machines
    Port 2222
Host=bastion
    HostName 192.0.2.1
Match exec \"touch /tmp/never; true\" host web-9
    User root
Host web-2 WEB-1 db-?
Host *
";
        assert_eq!(names(text), ["web-1", "web-2", "bastion"]);
        let hosts = parse(&lines("config", text).unwrap()).hosts;
        assert_eq!((hosts[0].address.as_str(), hosts[0].origin.to_string()), ("web-1", "config:4".to_owned()));
        assert_eq!(hosts[0].labels, None);
    }

    #[test]
    fn several_names_of_one_machine_are_one_host() {
        let inventory =
            parse(&lines("c", "Host web-1 web-1.eu www\n HostName 192.0.2.1\nHost a b\n HostName %h.eu\n").unwrap());
        let names: Vec<&str> = inventory.hosts.iter().map(|host| host.hostname.as_str()).collect();
        assert_eq!(names, ["web-1", "a", "b"]);
        assert_eq!(inventory.notes, ["Other names of hosts, which were left out: web-1.eu (web-1), www (web-1)."]);
    }

    #[test]
    fn what_is_included_under_a_host_is_for_that_host_only() {
        let directory = tempfile::tempdir().unwrap();
        let included = directory.path().join("fleet");
        fs::write(&included, "Host web-1\nHost db-1\n").unwrap();
        let include = format!("Include {}\n", included.display());
        assert_eq!(names(&format!("{include}Host web-2\n")), ["web-1", "db-1", "web-2"]);
        assert_eq!(names(&format!("Host web-* !web-2\n{include}Host web-2\n")), ["web-1", "web-2"]);
        assert_eq!(names(&format!("Match user ann\n{include}")), ["web-1", "db-1"]);
    }
}
