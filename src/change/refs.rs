//! Checked look-ups: from an id as the caller sent it to the thing, locked, or to the problem of the input that names
//! it. What was removed is not found (R3, R4).

use super::Change;
use crate::domain::hold::Hold;
use crate::domain::instance::InstanceStatus;
use crate::domain::{Kind, Problem, ProblemCode, Problems, reference};
use crate::store::host::{self, Host};
use crate::store::instance::{self, Instance};
use crate::store::release::{self, ReleaseRow};
use crate::store::service::{self, Service};
use crate::store::version::{self, Version};
use crate::store::{Result, Tx, hold};
use std::collections::{HashMap, HashSet};

/// A thing that was looked up, or what is wrong with the input that names it.
pub type Checked<T> = Result<T, Problem>;

impl Change<'_> {
    /// Parses an id of this kind, and loads what it names with `load`, which returns `None` for what was removed.
    async fn look_up<T>(
        &mut self,
        field: &str,
        kind: Kind,
        text: &str,
        load: impl AsyncFnOnce(&mut Tx, i64) -> Result<Option<T>>,
    ) -> Result<Checked<T>> {
        Ok(match reference::id(field, kind, text) {
            Ok(id) => load(&mut self.tx, id).await?.ok_or_else(|| reference::not_found(field, kind, &[text])),
            Err(problem) => Err(problem),
        })
    }

    /// Looks a service up and locks it: nothing is accepted against it meanwhile.
    pub async fn service(&mut self, field: &str, text: &str) -> Result<Checked<Service>> {
        let present =
            async |tx: &mut Tx, id| Ok(service::lock(tx, id).await?.filter(|service| service.removed_at.is_none()));
        let found = self.look_up(field, Kind::Service, text, present).await?;
        self.refresh_clock().await?;
        Ok(found)
    }

    /// Looks a service up and locks it against changes only: others may share it.
    pub async fn shared_service(&mut self, field: &str, text: &str) -> Result<Checked<Service>> {
        let present =
            async |tx: &mut Tx, id| Ok(service::share(tx, id).await?.filter(|service| service.removed_at.is_none()));
        let found = self.look_up(field, Kind::Service, text, present).await?;
        self.refresh_clock().await?;
        Ok(found)
    }

    /// Looks a host up and locks it.
    pub async fn host(&mut self, field: &str, text: &str) -> Result<Checked<Host>> {
        let present = async |tx: &mut Tx, id| Ok(host::lock(tx, id).await?.filter(|host| host.removed_at.is_none()));
        self.look_up(field, Kind::Host, text, present).await
    }

    /// Looks a version up. It must belong to the service with this id and name, if the service is known.
    pub async fn version(&mut self, field: &str, text: &str, service: Option<(i64, &str)>) -> Result<Checked<Version>> {
        let present =
            async |tx: &mut Tx, id| Ok(version::by_id(tx, id).await?.filter(|version| version.removed_at.is_none()));
        let found = self.look_up(field, Kind::Version, text, present).await?;
        Ok(found.and_then(|version| match service {
            Some((service_id, name)) if service_id != version.service_id => {
                let message =
                    format!("This version belongs to another service, not to {name}. Choose a version of {name}.");
                Err(Problem::new(ProblemCode::OtherService, field, message).about([text]))
            }
            _ => Ok(version),
        }))
    }

    /// Looks a version up and locks its service: nothing changes or is accepted for either meanwhile.
    pub async fn version_and_service(&mut self, field: &str, text: &str) -> Result<Checked<(Version, Service)>> {
        let id = match reference::id(field, Kind::Version, text) {
            Ok(id) => id,
            Err(problem) => return Ok(Err(problem)),
        };
        let unknown = reference::not_found(field, Kind::Version, &[text]);
        let Some(service_id) = version::by_id(&mut self.tx, id).await?.map(|version| version.service_id) else {
            return Ok(Err(unknown));
        };
        let service = service::lock(&mut self.tx, service_id).await?;
        self.refresh_clock().await?;
        let version = version::by_id(&mut self.tx, id).await?;
        Ok(match (version, service) {
            (Some(version), Some(service)) if version.removed_at.is_none() && service.removed_at.is_none() => {
                Ok((version, service))
            }
            _ => Err(unknown),
        })
    }

    /// Looks an instance up and locks it.
    pub async fn instance(&mut self, field: &str, text: &str) -> Result<Checked<Instance>> {
        let present = async |tx: &mut Tx, id| {
            let found = instance::lock(tx, &[id]).await?.pop();
            Ok(found.filter(|instance| instance.status != InstanceStatus::Removed))
        };
        let found = self.look_up(field, Kind::Instance, text, present).await?;
        self.refresh_clock().await?;
        Ok(found)
    }

    /// Looks a release up and locks it.
    pub async fn release(&mut self, field: &str, text: &str) -> Result<Checked<ReleaseRow>> {
        let lock = async |tx: &mut Tx, id| Ok(release::lock(tx, &[id]).await?.pop());
        self.look_up(field, Kind::Release, text, lock).await
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
fn add_missing(problems: &mut Problems, field: &str, kind: Kind, ids: &[i64], found: impl Iterator<Item = i64>) {
    let found: HashSet<i64> = found.collect();
    let missing: Vec<_> = ids.iter().filter(|id| !found.contains(id)).map(|id| kind.id(*id)).collect();
    if !missing.is_empty() {
        problems.add(reference::not_found(field, kind, &missing));
    }
}
