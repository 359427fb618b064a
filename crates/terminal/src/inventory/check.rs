//! What every host of an inventory must be, whatever its format. The server has the same rules; here they name the line.

use super::{Entry, Mistake, MistakeAt, Origin};
use std::collections::HashMap;

/// The longest name and address, in bytes.
const MAX_NAME_BYTES: usize = 253;
/// The longest key and value of a label, in characters.
const MAX_LABEL_CHARS: usize = 63;
/// The most labels of one host.
const MAX_LABELS: usize = 100;

/// Returns everything that is wrong with hosts, in their order.
pub fn check(hosts: &[Entry]) -> Vec<MistakeAt> {
    let mut mistakes = Vec::new();
    let mut seen: HashMap<String, (&str, &Origin)> = HashMap::new();
    for host in hosts {
        let hostname = || host.hostname.clone();
        let mut found = |mistake| mistakes.push(host.origin.with(mistake));
        if !is_hostname(&host.hostname) {
            found(Mistake::Hostname(hostname()));
        } else if !is_address(&host.address) {
            found(Mistake::Address { hostname: hostname(), address: host.address.clone() });
        }
        if let Some((first, at)) = seen.get(&folded(&host.hostname)) {
            found(Mistake::Twice { hostname: hostname(), first: (*first).to_owned(), at: (*at).clone() });
        } else {
            seen.insert(folded(&host.hostname), (&host.hostname, &host.origin));
        }
        let labels = host.labels.iter().flatten();
        for (key, value) in labels.filter(|(key, value)| !is_label(key, value)) {
            found(Mistake::Label { hostname: hostname(), key: key.clone(), value: value.clone() });
        }
        let count = host.labels.as_ref().map_or(0, std::collections::BTreeMap::len);
        if count > MAX_LABELS {
            found(Mistake::TooManyLabels { hostname: hostname(), labels: count });
        }
    }
    mistakes
}

/// A hostname as hostnames are compared: without their case and one trailing dot.
pub fn folded(hostname: &str) -> String {
    hostname.strip_suffix('.').unwrap_or(hostname).to_ascii_lowercase()
}

fn is_hostname(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    name.len() <= MAX_NAME_BYTES
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.bytes().all(fits)
}

/// Whether a text can be the address of a host: an IP address or a DNS name.
pub fn is_address(address: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".:_-".contains(&byte);
    let begins = |first: char| first.is_ascii_alphanumeric() || first == ':';
    address.len() <= MAX_NAME_BYTES && address.starts_with(begins) && address.bytes().all(fits)
}

fn is_label(key: &str, value: &str) -> bool {
    let fits = |text: &str| text.chars().count() <= MAX_LABEL_CHARS && !text.chars().any(char::is_control);
    !key.trim().is_empty() && fits(key) && fits(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn host(line: usize, hostname: &str, address: &str, labels: &[(&str, &str)]) -> Entry {
        let labels: BTreeMap<String, String> =
            labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let origin = Origin::file("hosts").line(line);
        Entry { hostname: hostname.to_owned(), address: address.to_owned(), labels: Some(labels), origin }
    }

    #[test]
    fn every_mistake_is_named_with_its_line() {
        let long = "g".repeat(64);
        let hosts = [
            host(1, "web-1", "192.0.2.1", &[("rack", "a")]),
            host(2, "web 2", "192.0.2.2", &[]),
            host(3, "köln-1", "192.0.2.3", &[]),
            host(4, "web-4", "{{ ip }}", &[]),
            host(5, "WEB-1.", "192.0.2.5", &[]),
            host(6, "web-1", "192.0.2.1", &[]),
            host(7, "web-7", "-x", &[(&long, "true"), ("", ""), ("a", "b\n")]),
            host(8, "a.b_c-d.", "fd00::1", &[("a", "")]),
        ];
        let mistakes: Vec<String> = check(&hosts).iter().map(ToString::to_string).collect();
        let expected = [
            "hosts:2: \"web 2\" is not a hostname",
            "hosts:3: \"köln-1\" is not a hostname",
            "hosts:4: the address \"{{ ip }}\" of web-4 is a template",
            "hosts:5: WEB-1. is another spelling of web-1, which is at hosts:1",
            "hosts:6: web-1 is described twice, first at hosts:1",
            "hosts:7: the address \"-x\" of web-7 is neither",
            "hosts:7: web-7 cannot have the label \"\"",
            "hosts:7: web-7 cannot have the label \"a\" with the value \"b\\n\"",
            &format!("hosts:7: web-7 cannot have the label {long:?}"),
        ];
        assert_eq!(mistakes.len(), expected.len(), "{mistakes:#?}");
        for (mistake, expected) in mistakes.iter().zip(expected) {
            assert!(mistake.starts_with(expected), "{mistake}");
        }
        let many: Vec<String> = (0..101).map(|number| number.to_string()).collect();
        let labels: Vec<(&str, &str)> = many.iter().map(|key| (key.as_str(), "")).collect();
        let mistakes = check(&[host(1, "web-1", "::1", &labels)]);
        assert_eq!(mistakes[0].mistake, Mistake::TooManyLabels { hostname: "web-1".to_owned(), labels: 101 });
    }
}
