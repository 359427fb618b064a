//! Addresses in the configuration, with placeholders for what differs from one instance to the next.

use crate::domain::order::Order;

/// A text with placeholders, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    HostAddress,
    Hostname,
    Port,
}

/// The placeholders, as they are written.
const PLACEHOLDERS: [(&str, Part); 3] =
    [("host.address", Part::HostAddress), ("host.hostname", Part::Hostname), ("instance.port", Part::Port)];

impl Address {
    /// Reads a text.
    ///
    /// # Errors
    /// A phrase that says which placeholder does not exist, or where a brace is missing.
    pub fn parse(text: &str) -> Result<Address, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else {
                return Err(format!("a placeholder in {text:?} is not closed: add \"}}\""));
            };
            let known = PLACEHOLDERS.into_iter().find(|(known, _)| *known == name);
            let (_, part) = known.ok_or_else(|| {
                let known = PLACEHOLDERS.map(|(known, _)| format!("{{{known}}}")).join(", ");
                format!("{{{name}}} in {text:?} is not a placeholder; the placeholders are {known}")
            })?;
            parts.extend([Part::Text(before.to_owned()), part]);
            rest = after;
        }
        parts.push(Part::Text(rest.to_owned()));
        Ok(Address(parts))
    }

    /// The text for the instance of this order. An IPv6 address is put in brackets.
    ///
    /// # Errors
    /// A sentence that says what the instance lacks.
    pub fn of(&self, order: &Order) -> Result<String, String> {
        let port = order.port.map(|port| port.to_string());
        if port.is_none() && self.0.contains(&Part::Port) {
            return Err("it needs the port of the instance, which has none: set one with updateInstance.".into());
        }
        Ok(self.fill(&order.host_address, &order.hostname, &port.unwrap_or_default()))
    }

    /// The text for some instance, to be checked.
    pub fn sample(&self) -> String {
        self.fill("192.0.2.1", "host", "80")
    }

    fn fill(&self, address: &str, hostname: &str, port: &str) -> String {
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::HostAddress if address.contains(':') => format!("[{address}]"),
            Part::HostAddress => address.to_owned(),
            Part::Hostname => hostname.to_owned(),
            Part::Port => port.to_owned(),
        };
        self.0.iter().map(part).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_in_and_others_are_refused() {
        let address = Address::parse("http://{host.address}:{instance.port}/of/{host.hostname}").unwrap();
        assert_eq!(address.fill("10.0.0.1", "web-1", "8080"), "http://10.0.0.1:8080/of/web-1");
        assert_eq!(address.fill("fd00::1", "web-1", "80"), "http://[fd00::1]:80/of/web-1");
        for (wrong, expected) in [
            ("http://{host.adress}/", "{host.adress} in \"http://{host.adress}/\" is not a placeholder"),
            ("http://{}/", "the placeholders are {host.address}, {host.hostname}, {instance.port}"),
            ("http://{host.address", "is not closed"),
        ] {
            let error = Address::parse(wrong).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
