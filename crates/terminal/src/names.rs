//! Names that a person typed: what they look like, and what may have been meant where they do not exist.

use crate::failure::Failure;
use crate::nearest;
use crate::session::Session;
use lockkeeper_client::operations::list::Label;
use lockkeeper_client::operations::names::{Names, NamesData, NamesVariables};
use std::collections::BTreeSet;

/// How many characters hosts have to share with a name to be looked at in a large fleet.
const SHARED_BEGINNING: usize = 3;

/// The names that a command was given.
#[derive(Clone, Debug, Default)]
pub struct Typed<'a> {
    pub service: Option<&'a str>,
    pub version: Option<&'a str>,
    pub hosts: Vec<&'a str>,
}

impl<'a> Typed<'a> {
    /// The service with this name.
    pub fn service(name: &'a str) -> Typed<'a> {
        Typed { service: Some(name), ..Typed::default() }
    }

    /// A version of a service.
    pub fn version(service: &'a str, version: &'a str) -> Typed<'a> {
        Typed { version: Some(version), ..Typed::service(service) }
    }

    /// Instances such as `web/host-1`.
    pub fn instances(instances: &'a [String]) -> Typed<'a> {
        let parts = || instances.iter().filter_map(|instance| instance.split_once('/'));
        Typed {
            service: parts().next().map(|(service, _)| service),
            version: None,
            hosts: parts().map(|(_, host)| host).collect(),
        }
    }
}

/// Completes a failure that says that a name does not exist by a command that lists the names there are. Where the server has
/// not named the nearest ones, as in queries, they are added.
pub async fn suggest(session: &Session, mut failure: Failure, typed: &Typed<'_>) -> Failure {
    let Some(place) = failure.problems.iter().position(|problem| problem.code == "NOT_FOUND") else {
        return failure;
    };
    let path = failure.problems[place].field.clone().unwrap_or_default();
    if path.first().is_some_and(|first| first == "input") {
        failure.help = failure.help.take().or_else(|| listing(path.last()?, typed));
        return failure;
    }
    let begin = typed.hosts.first().map(|host| host.chars().take(SHARED_BEGINNING).collect()).unwrap_or_default();
    let variables = NamesVariables { service: typed.service.unwrap_or_default().to_owned(), begin };
    // Without suggestions, the failure is still what it is.
    let Ok(names) = session.call::<Names>(&variables).await else { return failure };
    let (suggestions, command) = nearest_to(typed, &names);
    failure.suggest_at(place, &suggestions);
    failure.help = failure.help.take().or(command);
    failure
}

/// The command that lists what an input names.
fn listing(input: &str, typed: &Typed<'_>) -> Option<String> {
    match (input, typed.service) {
        ("service" | "services", _) => Some("lockkeeper services".to_owned()),
        ("version" | "currentVersion", Some(service)) => Some(format!("lockkeeper versions {service}")),
        ("host" | "hostnames", _) => Some("lockkeeper hosts".to_owned()),
        ("instance" | "instances", _) => Some("lockkeeper instances".to_owned()),
        _ => None,
    }
}

/// Names that are like those that do not exist, and the command that lists them.
fn nearest_to(typed: &Typed<'_>, names: &NamesData) -> (Vec<String>, Option<String>) {
    let services: BTreeSet<&str> =
        names.services.iter().flat_map(|list| &list.nodes).map(|service| service.name.as_str()).collect();
    if let Some(service) = typed.service
        && names.service.is_none()
    {
        return (nearest::among(service, services), Some("lockkeeper services".to_owned()));
    }
    if let (Some(service), Some(version), Some(of_service)) = (typed.service, typed.version, &names.service) {
        let versions: BTreeSet<&str> = of_service.versions.nodes.iter().map(|version| version.name.as_str()).collect();
        if !versions.contains(version) {
            return (nearest::among(version, versions), Some(format!("lockkeeper versions {service}")));
        }
    }
    let hosts = names.hosts.iter().chain(&names.similar_hosts).flat_map(|list| &list.nodes);
    let hosts: BTreeSet<&str> = hosts.map(|host| host.hostname.as_str()).collect();
    let missing = typed.hosts.iter().filter(|host| !hosts.contains(*host));
    let mut suggestions: Vec<String> = missing.flat_map(|host| nearest::among(host, hosts.iter().copied())).collect();
    suggestions.truncate(nearest::MAX_SUGGESTIONS);
    let command = (!typed.hosts.is_empty()).then(|| "lockkeeper hosts".to_owned());
    (suggestions, command)
}

/// Parses an instance such as `web/host-1`.
pub fn instance(text: &str) -> Result<String, String> {
    match text.split('/').collect::<Vec<_>>().as_slice() {
        [service, host] if !service.is_empty() && !host.is_empty() => Ok(text.to_owned()),
        _ => Err("an instance is written SERVICE/HOST, for example web/host-1".to_owned()),
    }
}

/// Parses a label such as `rack=a`.
pub fn label(text: &str) -> Result<Label, String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok(Label { key: key.to_owned(), value: value.to_owned() }),
        _ => Err("a label is written KEY=VALUE, for example rack=a".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> NamesData {
        serde_json::from_value(serde_json::json!({
            "services": { "nodes": [{ "name": "web" }, { "name": "wiki" }] },
            "service": { "versions": { "nodes": [{ "name": "1.2.0" }, { "name": "1.3.0" }] } },
            "hosts": { "nodes": [{ "hostname": "host-1" }] },
            "similarHosts": { "nodes": [{ "hostname": "host-17" }] },
        }))
        .unwrap()
    }

    #[test]
    fn suggestions_are_about_the_name_that_does_not_exist() {
        let nearest = |typed: Typed<'_>, names: &NamesData| nearest_to(&typed, names).0;
        assert_eq!(nearest(Typed::version("web", "1.2"), &names()), ["1.2.0"]);
        let hosts = Typed { hosts: vec!["host-1", "host-18"], ..Typed::service("web") };
        assert_eq!(nearest(hosts, &names()), ["host-1", "host-17"]);
        let nothing = NamesData { service: None, ..names() };
        assert_eq!(nearest(Typed::version("wbe", "1.2.0"), &nothing), ["web"]);
    }

    #[test]
    fn instances_and_labels_have_one_form() {
        assert!(instance("web/host-1").is_ok() && label("rack=").is_ok() && label("a=b=c").is_ok());
        for wrong in ["web", "web/", "/host-1", "web/a/b", ""] {
            assert!(instance(wrong).is_err(), "{wrong}");
        }
        assert!(label("rack").is_err() && label("=a").is_err());
    }
}
