//! From names, as the caller wrote them, to ids. There is one statement for each kind of thing, however many names
//! there are, and one more for the names that a message suggests in place of an unknown one.

use crate::domain::reference::unknown_names;
use crate::domain::{Problem, ProblemCode, Problems, name};
use crate::store::{Result, Tx, host, instance, near, service, version};
use std::collections::HashMap;

/// Things among which a name is unique.
#[derive(Clone, Copy)]
pub(super) enum Scope<'s> {
    Services,
    Hosts,
    /// Versions of the service with this id and name.
    Versions(i64, &'s str),
}

/// A thing that was found by name.
#[derive(Clone)]
pub(super) struct Named {
    pub id: i64,
    /// Its name as it is recorded.
    pub name: String,
}

impl Scope<'_> {
    /// Returns the things that exist, each by its name as it was written.
    pub(super) async fn find(self, tx: &mut Tx, names: &[&str]) -> Result<HashMap<String, Named>> {
        let grammar = match self {
            Scope::Services => name::service,
            Scope::Hosts => name::hostname,
            Scope::Versions(..) => name::version,
        };
        // A text that cannot be a name is not looked up.
        let names: Vec<String> =
            names.iter().filter(|name| grammar("", name).is_ok()).map(ToString::to_string).collect();
        let found = match self {
            _ if names.is_empty() => Vec::new(),
            Scope::Services => service::by_name(tx, &names).await?,
            Scope::Hosts => host::by_name(tx, &names).await?,
            Scope::Versions(service_id, _) => version::by_name(tx, service_id, &names).await?,
        };
        let found: HashMap<String, Named> =
            found.into_iter().map(|(id, name)| (self.form(&name), Named { id, name })).collect();
        let as_written = |name: String| Some((found.get(&self.form(&name))?.clone(), name));
        Ok(names.into_iter().filter_map(as_written).map(|(named, name)| (name, named)).collect())
    }

    /// The form in which two names are compared.
    fn form(self, name: &str) -> String {
        match self {
            Scope::Hosts => name::folded_hostname(name),
            Scope::Services | Scope::Versions(..) => name.to_owned(),
        }
    }

    /// The problem of names that do not exist, with the nearest ones that do; `named` are the inputs that contain them.
    pub(super) async fn unknown(
        self,
        tx: &mut Tx,
        field: &str,
        names: &[&str],
        named: impl IntoIterator<Item = impl ToString>,
    ) -> Result<Problem> {
        let first = names.first().copied().unwrap_or_default();
        let (noun, candidates) = match self {
            Scope::Services => ("service".to_owned(), near::services(tx, first).await?),
            Scope::Hosts => ("host".to_owned(), near::hosts(tx, first).await?),
            Scope::Versions(service_id, service) => {
                (format!("version of {service}"), near::versions(tx, service_id, first).await?)
            }
        };
        Ok(unknown_names(field, &noun, names, &candidates, named))
    }

    /// Returns the id of one thing by name, or adds the problem that it does not exist.
    pub(super) async fn find_one(
        self,
        tx: &mut Tx,
        field: &str,
        name: &str,
        problems: &mut Problems,
    ) -> Result<Option<i64>> {
        let found = self.find(tx, &[name]).await?.remove(name);
        if found.is_none() {
            problems.add(self.unknown(tx, field, &[name], [name]).await?);
        }
        Ok(found.map(|named| named.id))
    }
}

/// The name of an instance, in its parts.
#[derive(Clone, Copy)]
struct InstanceName<'t> {
    text: &'t str,
    service: &'t str,
    hostname: &'t str,
}

/// Returns the ids of instances by names such as `web/host-1`, in the order of the names. Adds problems for those that do
/// not exist.
pub(super) async fn instances(tx: &mut Tx, field: &str, texts: &[&str], problems: &mut Problems) -> Result<Vec<i64>> {
    let (mut names, mut malformed) = (Vec::new(), Vec::new());
    for text in texts {
        match text.split_once('/') {
            Some((service, hostname)) => names.push(InstanceName { text, service, hostname }),
            None => malformed.push(*text),
        }
    }
    if !malformed.is_empty() {
        let message = "An instance has the name of its service and that of its host, for example web/host-1.";
        problems.add(Problem::new(ProblemCode::Invalid, field, message).about(malformed));
    }
    let services = parts(tx, field, Scope::Services, &names, |name| name.service, problems).await?;
    let hosts = parts(tx, field, Scope::Hosts, &names, |name| name.hostname, problems).await?;
    let place = |name: &InstanceName<'_>| Some((services.get(name.service)?.id, hosts.get(name.hostname)?.id));
    let places: Vec<(i64, i64)> = names.iter().filter_map(place).collect();
    let found = instance::by_places(tx, &places).await?;
    let found: HashMap<(i64, i64), i64> = found.into_iter().map(|(service, host, id)| ((service, host), id)).collect();
    let is_missing = |name: &&InstanceName<'_>| place(name).is_some_and(|place| !found.contains_key(&place));
    let missing: Vec<&InstanceName<'_>> = names.iter().filter(is_missing).collect();
    if let Some(first) = missing.first() {
        let candidates = near::instances(tx, services[first.service].id, first.hostname).await?;
        let candidates: Vec<String> =
            candidates.iter().map(|hostname| format!("{}/{hostname}", first.service)).collect();
        let texts: Vec<&str> = missing.iter().map(|name| name.text).collect();
        problems.add(unknown_names(field, "instance", &texts, &candidates, &texts));
    }
    Ok(names.iter().filter_map(|name| found.get(&place(name)?).copied()).collect())
}

/// Looks up one part of the names of instances. Returns what the parts name.
async fn parts<'t>(
    tx: &mut Tx,
    field: &str,
    scope: Scope<'_>,
    names: &[InstanceName<'t>],
    part: impl Fn(&InstanceName<'t>) -> &'t str,
    problems: &mut Problems,
) -> Result<HashMap<String, Named>> {
    let mut wanted: Vec<&str> = names.iter().map(&part).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let found = scope.find(tx, &wanted).await?;
    wanted.retain(|name| !found.contains_key(*name));
    if !wanted.is_empty() {
        let named = names.iter().filter(|name| !found.contains_key(part(name))).map(|name| name.text);
        problems.add(scope.unknown(tx, field, &wanted, named).await?);
    }
    Ok(found)
}
