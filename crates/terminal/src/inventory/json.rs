//! Inventories in JSON: a list of hosts, alone or as `items` or `hosts` of an object.

use super::{Entry, Inventory, Mistake, MistakeAt, Origin, OwnedLabels};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// One host. Members that are not known are left out, since lists that lockkeeper prints have more.
#[derive(Deserialize)]
struct Item {
    hostname: String,
    address: Option<String>,
    labels: Option<Labels>,
}

/// Labels, as an object or as a list of keys and values.
#[derive(Deserialize)]
#[serde(untagged)]
enum Labels {
    Object(BTreeMap<String, String>),
    List(Vec<Label>),
}

#[derive(Deserialize)]
struct Label {
    key: String,
    value: String,
}

/// Reads a list of objects with `hostname`, `address` (which is the hostname where it is missing) and `labels`, which are all
/// of the host's labels; without `labels`, they stay as they are.
///
/// # Errors
/// What is wrong with the text, or with each host.
pub fn parse(name: &str, text: &str) -> Result<Inventory, Vec<MistakeAt>> {
    let file = Origin::file(name);
    let format = |what: &str| Mistake::Format(what.to_owned());
    let value: Value = serde_json::from_str(text)
        .map_err(|error| vec![file.line(error.line()).with(Mistake::Format(format!("this is not JSON: {error}")))])?;
    if value.get("_meta").is_some() {
        return Err(vec![file.with(format("this is an inventory of Ansible: use --from ansible"))]);
    }
    let list = match value {
        Value::Array(list) => list,
        Value::Object(mut object) => match object.remove("items").or_else(|| object.remove("hosts")) {
            Some(Value::Array(list)) => list,
            _ => return Err(vec![file.with(format("the object needs a list of hosts, as `hosts` or `items`"))]),
        },
        _ => return Err(vec![file.with(format("this must be a list of hosts"))]),
    };
    let (mut hosts, mut mistakes) = (Vec::with_capacity(list.len()), Vec::new());
    for (place, item) in list.into_iter().enumerate() {
        let origin = file.item(place + 1);
        match Item::deserialize(item) {
            Ok(item) => hosts.push(entry(origin, item)),
            Err(error) => mistakes.push(origin.with(Mistake::Format(format!(
                "it must be an object with the texts `hostname` and `address`, and with `labels`: {error}"
            )))),
        }
    }
    match mistakes.is_empty() {
        true => Ok(Inventory { hosts, owned: OwnedLabels { all: true, ..OwnedLabels::default() }, notes: Vec::new() }),
        false => Err(mistakes),
    }
}

fn entry(origin: Origin, item: Item) -> Entry {
    let labels = item.labels.map(|labels| match labels {
        Labels::Object(labels) => labels,
        Labels::List(labels) => labels.into_iter().map(|label| (label.key, label.value)).collect(),
    });
    let address = item.address.unwrap_or_else(|| item.hostname.clone());
    Entry { hostname: item.hostname, address, labels, origin }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_hosts_are_read_as_lockkeeper_prints_them_and_as_people_write_them() {
        let items = r#"[
            {"hostname": "web-1", "address": "192.0.2.1", "labels": [{"key": "rack", "value": "a"}], "id": "hst_1"},
            {"hostname": "web-2", "labels": {"rack": "b"}},
            {"hostname": "web-3", "address": "::1"}
        ]"#;
        for text in
            [items.to_owned(), format!("{{\"items\": {items}, \"totalCount\": 3}}"), format!("{{\"hosts\":{items}}}")]
        {
            let hosts = parse("t", &text).unwrap().hosts;
            let labels = |value: &str| Some(BTreeMap::from([("rack".to_owned(), value.to_owned())]));
            assert_eq!((&hosts[0].labels, hosts[0].address.as_str()), (&labels("a"), "192.0.2.1"));
            assert_eq!((&hosts[1].labels, hosts[1].address.as_str()), (&labels("b"), "web-2"));
            assert_eq!(hosts[2].labels, None);
        }
    }

    #[test]
    fn what_is_no_list_of_hosts_is_refused() {
        for (text, expected) in [
            ("[\n{]", "t:2: this is not JSON"),
            ("3", "t: this must be a list"),
            ("{}", "t: the object needs a list of hosts"),
            (r#"{"_meta": {}}"#, "t: this is an inventory of Ansible"),
            (r#"[{"hostname": "a"}, {"name": "b"}]"#, "t, host 2: it must be an object"),
            (r#"[{"hostname": "a", "labels": {"n": 5}}]"#, "t, host 1: it must be an object"),
        ] {
            let mistake = parse("t", text).unwrap_err()[0].to_string();
            assert!(mistake.starts_with(expected), "{mistake}");
        }
    }
}
