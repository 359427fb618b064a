//! Ansible's inventories: INI, YAML, and what `ansible-inventory --list` prints. Groups become labels.

mod groups;
mod ini;
mod list;
mod ranges;
mod yaml;

use super::{Inventory, MistakeAt};

/// Reads an inventory in the format that its text shows. `groups` are those that become labels, all if there are none;
/// `variables` are those that become labels.
///
/// # Errors
/// What is wrong with it, with the lines where the format has them.
pub fn parse(name: &str, text: &str, groups: &[String], variables: &[String]) -> Result<Inventory, Vec<MistakeAt>> {
    let first = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#')).unwrap_or_default();
    let tree = match first {
        json if json.starts_with('{') => list::parse(name, text),
        // In INI a group is in brackets, and a host is one word with variables behind it.
        yaml if yaml.starts_with("---") || yaml.ends_with(':') && !yaml.contains(' ') => yaml::parse(name, text),
        _ => ini::parse(name, text),
    }?;
    Ok(tree.inventory(groups, variables))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The hosts, each with its address, its labels, and its place.
    fn hosts(text: &str) -> Vec<String> {
        let inventory =
            parse("hosts", text, &[], &["rack".to_owned()]).unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
        let labels = |host: &super::super::Entry| {
            let labels = host.labels.as_ref().unwrap().iter().map(|(key, value)| format!(" {key}={value}"));
            labels.collect::<String>()
        };
        let mut hosts: Vec<String> =
            inventory.hosts.iter().map(|host| format!("{} {}{}", host.hostname, host.address, labels(host))).collect();
        hosts.sort();
        hosts
    }

    #[test]
    fn the_same_fleet_is_read_from_each_format() {
        let ini = "\
bastion ansible_host=192.0.2.99  # alone
[web]
web-[01:02] rack=a
[db]
db-1 ansible_host=192.0.2.7 rack='b 1'
[prod:children]
web
db
[web:vars]
ansible_user=deploy
";
        let yaml = "\
all:
  hosts:
    bastion:
      ansible_host: 192.0.2.99
  children:
    prod:
      children:
        web:
          hosts:
            web-[01:02]:
              rack: a
          vars: {ansible_user: deploy}
        db:
          hosts:
            db-1: {ansible_host: 192.0.2.7, rack: b 1}
";
        let list = r#"{
  "_meta": {"hostvars": {
    "bastion": {"ansible_host": "192.0.2.99"},
    "db-1": {"ansible_host": "192.0.2.7", "rack": "b 1"},
    "web-01": {"rack": "a"}, "web-02": {"rack": "a", "ansible_port": 22}}},
  "all": {"children": ["ungrouped", "prod"]},
  "db": {"hosts": ["db-1"]}, "web": {"hosts": ["web-01", "web-02"]},
  "prod": {"children": ["db", "web"]},
  "ungrouped": {"hosts": ["bastion"]}
}"#;
        let expected = [
            "bastion 192.0.2.99",
            "db-1 192.0.2.7 group.db=true group.prod=true rack=b 1",
            "web-01 web-01 group.prod=true group.web=true rack=a",
            "web-02 web-02 group.prod=true group.web=true rack=a",
        ];
        for text in [ini, yaml, &format!("---\n{yaml}"), list] {
            assert_eq!(hosts(text), expected, "{text}");
        }
    }

    #[test]
    fn only_the_groups_that_were_asked_for_become_labels() {
        let inventory = parse("hosts", "[web]\na\n[db]\na\n", &["db".to_owned()], &[]).unwrap();
        let keys: Vec<&String> = inventory.hosts[0].labels.as_ref().unwrap().keys().collect();
        assert_eq!(keys, ["group.db"]);
        assert!(inventory.owned.owns("group.web") && !inventory.owned.owns("rack"));
    }

    #[test]
    fn ports_are_for_ssh_and_a_note_says_so() {
        let notes = parse("hosts", "a:2222\nb ansible_port=22\n[web]\nc\n[web:vars]\nansible_port=2200\n", &[], &[])
            .unwrap()
            .notes;
        assert_eq!(notes.len(), 1);
        assert!(notes[0].contains("a (2222), c (2200)"), "{notes:?}");
    }
}
