//! Fields by which inputs name things: each thing by id or by name. They are flattened into the inputs.

use super::prelude::*;
use crate::domain::reference::{
    CURRENT_VERSION, Fields, HOST, HOSTS, INSTANCE, INSTANCES, Reference, SERVICE, SERVICES, VERSION, VersionReference,
};

/// The service of an input.
#[derive(InputObject)]
pub struct ServiceFields {
    /// The service, by id. Pass either `serviceId` or `service`.
    service_id: Option<ID>,
    /// The service, by name.
    service: Option<String>,
}

/// The version that a release moves to.
#[derive(InputObject)]
pub struct TargetVersionFields {
    /// Version to move to, by id. Pass either `versionId` or `version`.
    version_id: Option<ID>,
    /// Version to move to, by name.
    version: Option<String>,
}

/// The version that runs on hosts already.
#[derive(InputObject)]
pub struct AdoptedVersionFields {
    /// Version that runs there, by id. Pass either `versionId` or `version`.
    version_id: Option<ID>,
    /// Version that runs there, by name.
    version: Option<String>,
}

/// The version that instances run before a release.
#[derive(InputObject)]
pub struct CurrentVersionFields {
    /// Only instances that run this version now, by id. Pass `currentVersionId`, `currentVersion` or neither.
    current_version_id: Option<ID>,
    /// Only instances that run this version now, by name.
    current_version: Option<String>,
}

/// A version and its service.
#[derive(InputObject)]
pub struct VersionFields {
    /// The version, by id. Pass either `versionId` or `version`.
    version_id: Option<ID>,
    /// The version, by name, which needs its service beside it.
    version: Option<String>,
    /// The service of the version, by id. With `version`, pass either `serviceId` or `service`; with `versionId`, it may be left out.
    service_id: Option<ID>,
    /// The service of the version, by name.
    service: Option<String>,
}

/// The host of an input.
#[derive(InputObject)]
pub struct HostFields {
    /// The host, by id. Pass either `hostId` or `host`.
    host_id: Option<ID>,
    /// The host, by name.
    host: Option<String>,
}

/// The instance of an input.
#[derive(InputObject)]
pub struct InstanceFields {
    /// The instance, by id. Pass either `instanceId` or `instance`.
    instance_id: Option<ID>,
    /// The instance, by the names of its service and its host, for example `web/host-1`.
    instance: Option<String>,
}

impl From<ServiceFields> for Reference {
    fn from(ServiceFields { service_id, service }: ServiceFields) -> Reference {
        pair(&SERVICE, service_id, service)
    }
}

impl From<TargetVersionFields> for Reference {
    fn from(TargetVersionFields { version_id, version }: TargetVersionFields) -> Reference {
        pair(&VERSION, version_id, version)
    }
}

impl From<AdoptedVersionFields> for Reference {
    fn from(AdoptedVersionFields { version_id, version }: AdoptedVersionFields) -> Reference {
        pair(&VERSION, version_id, version)
    }
}

impl From<CurrentVersionFields> for Reference {
    fn from(CurrentVersionFields { current_version_id, current_version }: CurrentVersionFields) -> Reference {
        pair(&CURRENT_VERSION, current_version_id, current_version)
    }
}

impl From<VersionFields> for VersionReference {
    fn from(VersionFields { version_id, version, service_id, service }: VersionFields) -> VersionReference {
        let version = pair(&VERSION, version_id, version);
        VersionReference { version, service: pair(&SERVICE, service_id, service) }
    }
}

impl From<HostFields> for Reference {
    fn from(HostFields { host_id, host }: HostFields) -> Reference {
        pair(&HOST, host_id, host)
    }
}

impl From<InstanceFields> for Reference {
    fn from(InstanceFields { instance_id, instance }: InstanceFields) -> Reference {
        pair(&INSTANCE, instance_id, instance)
    }
}

/// A list of hosts, by ids or by names.
pub(super) fn hosts(ids: Option<Vec<ID>>, names: Option<Vec<String>>) -> Reference<Vec<String>> {
    Reference::new(&HOSTS, ids.map(texts), names)
}

/// A list of services, by ids or by names.
pub(super) fn services(ids: Option<Vec<ID>>, names: Option<Vec<String>>) -> Reference<Vec<String>> {
    Reference::new(&SERVICES, ids.map(texts), names)
}

/// A list of instances, by ids or by names.
pub(super) fn instances(ids: Option<Vec<ID>>, names: Option<Vec<String>>) -> Reference<Vec<String>> {
    Reference::new(&INSTANCES, ids.map(texts), names)
}

fn pair(fields: &'static Fields, id: Option<ID>, name: Option<String>) -> Reference {
    Reference::new(fields, id.map(|id| id.0), name)
}
