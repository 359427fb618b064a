//! Checked look-ups: from an id or a name as the caller sent it to the thing, locked, or to the problem of the input
//! that names it. What was removed is not found (R3, R4). Each look-up adds what is wrong to the problems.

use super::Change;
use super::names::{self, Scope};
use crate::domain::hold::Hold;
use crate::domain::instance::InstanceStatus;
use crate::domain::reference::{Key, Reference, VersionReference};
use crate::domain::{Id, Kind, Problem, ProblemCode, Problems, reference};
use crate::store::instance::{self, Instance};
use crate::store::release::{self, ReleaseRow};
use crate::store::service::{self, Service};
use crate::store::version::{self, Version};
use crate::store::{Result, Tx, hold};
use std::collections::{HashMap, HashSet};

impl Change<'_> {
    /// Finds the id of what a reference names, and loads it with `load`, which returns `None` for what was removed.
    pub(super) async fn look_up<T>(
        &mut self,
        kind: Kind,
        scope: Scope<'_>,
        reference: &Reference,
        problems: &mut Problems,
        load: impl AsyncFnOnce(&mut Tx, i64) -> Result<Option<T>>,
    ) -> Result<Option<T>> {
        let field = reference.field();
        let (text, id) = match problems.collect(reference.key(kind)) {
            Some(Key::Id(text)) => (text, problems.collect(reference::id(field, kind, text))),
            Some(Key::Name(name)) => (name, scope.find_one(&mut self.tx, field, name, problems).await?),
            None => return Ok(None),
        };
        let Some(id) = id else { return Ok(None) };
        let loaded = load(&mut self.tx, id).await?;
        if loaded.is_none() {
            problems.add(reference::not_found(field, kind, &[text]));
        }
        Ok(loaded)
    }

    /// Looks a service up and locks it: nothing is accepted against it meanwhile.
    pub async fn service(&mut self, reference: &Reference, problems: &mut Problems) -> Result<Option<Service>> {
        let present =
            async |tx: &mut Tx, id| Ok(service::lock(tx, id).await?.filter(|service| service.removed_at.is_none()));
        let found = self.look_up(Kind::Service, Scope::Services, reference, problems, present).await?;
        self.refresh_clock().await?;
        Ok(found)
    }

    /// Looks a service up and locks it against changes only: others may share it.
    pub async fn shared_service(&mut self, reference: &Reference, problems: &mut Problems) -> Result<Option<Service>> {
        let present =
            async |tx: &mut Tx, id| Ok(service::share(tx, id).await?.filter(|service| service.removed_at.is_none()));
        let found = self.look_up(Kind::Service, Scope::Services, reference, problems, present).await?;
        self.refresh_clock().await?;
        Ok(found)
    }

    /// Looks up a version. It must belong to the service with this id and name, if the service is known. If not, there
    /// is a problem of the service already, and nothing is found by name.
    pub async fn version(
        &mut self,
        reference: &Reference,
        service: Option<(i64, &str)>,
        problems: &mut Problems,
    ) -> Result<Option<Version>> {
        Ok(self.versions(&[reference], service, problems).await?.pop().flatten())
    }

    /// Looks up versions of one service, as [`version`](Change::version) does. The result has the order of the input.
    pub async fn versions(
        &mut self,
        references: &[&Reference],
        service: Option<(i64, &str)>,
        problems: &mut Problems,
    ) -> Result<Vec<Option<Version>>> {
        let names: Vec<&str> = references.iter().filter_map(|reference| reference.name()).map(String::as_str).collect();
        let scope = service.map(|(id, name)| Scope::Versions(id, name));
        let by_name = match scope {
            Some(scope) => scope.find(&mut self.tx, &names).await?,
            None => HashMap::new(),
        };
        let mut versions = Vec::new();
        for reference in references {
            let field = reference.field();
            let found = match (problems.collect(reference.key(Kind::Version)), scope) {
                (Some(Key::Id(text)), _) => {
                    problems.collect(reference::id(field, Kind::Version, text)).map(|id| (text, id))
                }
                (Some(Key::Name(name)), Some(scope)) => {
                    let named = by_name.get(name);
                    if named.is_none() {
                        problems.add(scope.unknown(&mut self.tx, field, &[name], [name]).await?);
                    }
                    named.map(|named| (name, named.id))
                }
                (Some(Key::Name(_)), None) | (None, _) => None,
            };
            versions.push(match found {
                Some((text, id)) => self.version_by_id(field, text, id, service, problems).await?,
                None => None,
            });
        }
        Ok(versions)
    }

    async fn version_by_id(
        &mut self,
        field: &str,
        text: &str,
        id: i64,
        service: Option<(i64, &str)>,
        problems: &mut Problems,
    ) -> Result<Option<Version>> {
        let version = version::by_id(&mut self.tx, id).await?.filter(|version| version.removed_at.is_none());
        let problem = match (&version, service) {
            (None, _) => reference::not_found(field, Kind::Version, &[text]),
            (Some(version), Some((service_id, name))) if version.service_id != service_id => {
                let message =
                    format!("This version belongs to another service, not to {name}. Choose a version of {name}.");
                Problem::new(ProblemCode::OtherService, field, message).about([text])
            }
            (Some(_), _) => return Ok(version),
        };
        problems.add(problem);
        Ok(None)
    }

    /// Looks a version up and locks its service: nothing changes or is accepted for either meanwhile.
    pub async fn version_and_service(
        &mut self,
        reference: &VersionReference,
        problems: &mut Problems,
    ) -> Result<Option<(Version, Service)>> {
        let VersionReference { version, service } = reference;
        let id = match version.key(Kind::Version) {
            Ok(Key::Id(text)) if service.is_omitted() => {
                problems.collect(reference::id(version.field(), Kind::Version, text)).map(|id| (text, id))
            }
            _ => {
                let service = self.service(service, problems).await?;
                let of = service.as_ref().map(|service| (service.id, service.name.as_str()));
                return Ok(self.version(version, of, problems).await?.zip(service));
            }
        };
        let Some((text, id)) = id else { return Ok(None) };
        let service_id = version::by_id(&mut self.tx, id).await?.map(|version| version.service_id);
        let service = match service_id {
            Some(service_id) => service::lock(&mut self.tx, service_id).await?,
            None => None,
        };
        self.refresh_clock().await?;
        let version = version::by_id(&mut self.tx, id).await?.filter(|version| version.removed_at.is_none());
        let found = version.zip(service.filter(|service| service.removed_at.is_none()));
        if found.is_none() {
            problems.add(reference::not_found(reference.version.field(), Kind::Version, &[text]));
        }
        Ok(found)
    }

    /// Returns the id of an instance, which may not exist if it is not named by its name.
    pub async fn instance_id(&mut self, reference: &Reference, problems: &mut Problems) -> Result<Option<i64>> {
        let field = reference.field();
        Ok(match problems.collect(reference.key(Kind::Instance)) {
            Some(Key::Id(text)) => problems.collect(reference::id(field, Kind::Instance, text)),
            Some(Key::Name(name)) => names::instances(&mut self.tx, field, &[name], problems).await?.pop(),
            None => None,
        })
    }

    /// Looks an instance up and locks it.
    pub async fn instance(&mut self, reference: &Reference, problems: &mut Problems) -> Result<Option<Instance>> {
        Ok(match self.instance_id(reference, problems).await? {
            Some(id) => self.instances(reference.field(), &[id], problems).await?.pop(),
            None => None,
        })
    }

    /// Returns the ids of a list of 1 to `max` instances, in the order of the list. Those that are not named by their
    /// names may not exist.
    pub async fn instance_ids(
        &mut self,
        max: usize,
        reference: &Reference<Vec<String>>,
        problems: &mut Problems,
    ) -> Result<Vec<i64>> {
        let field = reference.field();
        let Some(key) = problems.collect(reference.key(Kind::Instance)) else { return Ok(Vec::new()) };
        let (Key::Id(texts) | Key::Name(texts)) = key;
        match key {
            Key::Id(_) => reference::list_of(max, field, texts, problems),
            Key::Name(_) => reference::instances_of(max, field, texts, problems),
        }
        if texts.len() > max {
            return Ok(Vec::new());
        }
        match key {
            Key::Id(_) => Ok(reference::ids(field, Kind::Instance, texts, problems)),
            Key::Name(_) => {
                let names: Vec<&str> = texts.iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
                names::instances(&mut self.tx, field, &names, problems).await
            }
        }
    }

    /// Looks a release up and locks it.
    pub async fn release(&mut self, field: &str, text: &str, problems: &mut Problems) -> Result<Option<ReleaseRow>> {
        let Some(id) = problems.collect(reference::id(field, Kind::Release, text)) else { return Ok(None) };
        let found = release::lock(&mut self.tx, &[id]).await?.pop();
        if found.is_none() {
            problems.add(reference::not_found(field, Kind::Release, &[text]));
        }
        Ok(found)
    }

    /// Looks holds and freezes up; the result has the order of the input. Adds a problem for those that do not exist.
    pub async fn holds(&mut self, field: &str, texts: &[String], problems: &mut Problems) -> Result<Vec<Hold>> {
        let ids = reference::ids(field, Kind::Hold, texts, problems);
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let found = hold::by_ids(&mut self.tx, &ids).await?;
        add_missing(problems, field, Kind::Hold, &ids, found.iter().map(|hold| hold.id));
        let mut found: HashMap<i64, Hold> = found.into_iter().map(|hold| (hold.id, hold)).collect();
        Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
    }

    /// Looks holds, freezes and freeze windows up, each by an id of its kind; a freeze window also by the id of its hold. Adds
    /// a problem for those that do not exist.
    pub async fn holds_and_windows(
        &mut self,
        field: &str,
        texts: &[String],
        problems: &mut Problems,
    ) -> Result<Vec<Hold>> {
        let window = |text: &String| Id::parse(text).filter(|id| id.kind == Kind::FreezeWindow);
        let windows: Vec<i64> = texts.iter().filter_map(window).map(|id| id.number).collect();
        let others: Vec<String> = texts.iter().filter(|text| window(text).is_none()).cloned().collect();
        let mut holds = self.holds(field, &others, problems).await?;
        if !windows.is_empty() {
            let mut found = hold::by_ids(&mut self.tx, &windows).await?;
            found.retain(|hold| hold.is_window);
            add_missing(problems, field, Kind::FreezeWindow, &windows, found.iter().map(|hold| hold.id));
            holds.extend(found);
        }
        Ok(holds)
    }

    /// Looks up a list of 1 to `max` services that are not removed, and returns their ids. They are not locked.
    pub async fn service_ids(
        &mut self,
        max: usize,
        reference: &Reference<Vec<String>>,
        problems: &mut Problems,
    ) -> Result<Vec<i64>> {
        let field = reference.field();
        let Some(key) = problems.collect(reference.key(Kind::Service)) else { return Ok(Vec::new()) };
        let (Key::Id(texts) | Key::Name(texts)) = key;
        reference::list_of(max, field, texts, problems);
        if texts.len() > max {
            return Ok(Vec::new());
        }
        Ok(match key {
            Key::Id(_) => {
                let ids = reference::ids(field, Kind::Service, texts, problems);
                let found = service::present(&mut self.tx, &ids).await?;
                add_missing(problems, field, Kind::Service, &ids, found.iter().copied());
                found
            }
            Key::Name(_) => {
                // An empty one has a problem already.
                let names: Vec<&str> = texts.iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
                let found = Scope::Services.find(&mut self.tx, &names).await?;
                let unknown: Vec<&str> = names.iter().copied().filter(|name| !found.contains_key(*name)).collect();
                if !unknown.is_empty() {
                    problems.add(Scope::Services.unknown(&mut self.tx, field, &unknown, &unknown).await?);
                }
                found.into_values().map(|service| service.id).collect()
            }
        })
    }

    /// Locks the instances with these ids. Adds a problem for those that do not exist or were removed.
    pub async fn instances(&mut self, field: &str, ids: &[i64], problems: &mut Problems) -> Result<Vec<Instance>> {
        let mut found = instance::lock(&mut self.tx, ids).await?;
        self.refresh_clock().await?;
        found.retain(|instance| instance.status != InstanceStatus::Removed);
        add_missing(problems, field, Kind::Instance, ids, found.iter().map(|instance| instance.id));
        Ok(found)
    }

    /// Does the same for instances that may be removed ones.
    pub async fn past_instances(&mut self, field: &str, ids: &[i64], problems: &mut Problems) -> Result<Vec<Instance>> {
        let found = instance::lock(&mut self.tx, ids).await?;
        self.refresh_clock().await?;
        add_missing(problems, field, Kind::Instance, ids, found.iter().map(|instance| instance.id));
        Ok(found)
    }
}

/// Adds a problem for those of the ids that were not found.
pub(super) fn add_missing(
    problems: &mut Problems,
    field: &str,
    kind: Kind,
    ids: &[i64],
    found: impl Iterator<Item = i64>,
) {
    let found: HashSet<i64> = found.collect();
    let missing: Vec<_> = ids.iter().filter(|id| !found.contains(id)).map(|id| kind.id(*id)).collect();
    if !missing.is_empty() {
        problems.add(reference::not_found(field, kind, &missing));
    }
}
