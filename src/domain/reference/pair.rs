//! One thing, or a list of things, that an input may name by id in one field or by name in the field beside it.

use crate::domain::{Kind, Problem, ProblemCode};

/// The two fields of a reference, as paths below `input`.
#[derive(Debug, PartialEq, Eq)]
pub struct Fields {
    pub id: &'static str,
    pub name: &'static str,
}

/// A service.
pub const SERVICE: Fields = Fields { id: "serviceId", name: "service" };
/// A version of a service.
pub const VERSION: Fields = Fields { id: "versionId", name: "version" };
/// The version that instances run before a release.
pub const CURRENT_VERSION: Fields = Fields { id: "currentVersionId", name: "currentVersion" };
/// The version that a person found on a host.
pub const FOUND_VERSION: Fields = Fields { id: "found.versionId", name: "found.version" };
/// A host.
pub const HOST: Fields = Fields { id: "hostId", name: "host" };
/// A list of hosts.
pub const HOSTS: Fields = Fields { id: "hostIds", name: "hostnames" };
/// A list of services.
pub const SERVICES: Fields = Fields { id: "serviceIds", name: "services" };
/// An instance; its name is that of its service and that of its host, as in `web/host-1`.
pub const INSTANCE: Fields = Fields { id: "instanceId", name: "instance" };
/// The instances of a list of confirmations.
pub const CONFIRMED_INSTANCES: Fields = Fields { id: "instances", name: "instances" };
/// A list of instances.
pub const INSTANCES: Fields = Fields { id: "instanceIds", name: "instances" };

/// What an input says in the two fields of a reference, not checked yet. `T` is one text, or a list of texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference<T = String> {
    fields: &'static Fields,
    id: Option<T>,
    name: Option<T>,
}

/// The one field of a reference that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key<'r, T = String> {
    Id(&'r T),
    Name(&'r T),
}

impl<T> Reference<T> {
    /// What was written in these two fields.
    pub fn new(fields: &'static Fields, id: Option<T>, name: Option<T>) -> Reference<T> {
        Reference { fields, id, name }
    }

    /// A reference by id alone.
    pub fn by_id(fields: &'static Fields, id: impl Into<T>) -> Reference<T> {
        Reference::new(fields, Some(id.into()), None)
    }

    /// A reference by name alone.
    pub fn by_name(fields: &'static Fields, name: impl Into<T>) -> Reference<T> {
        Reference::new(fields, None, Some(name.into()))
    }

    /// Neither of the two fields.
    pub fn omitted(fields: &'static Fields) -> Reference<T> {
        Reference::new(fields, None, None)
    }

    /// Whether neither of the two fields was written.
    pub fn is_omitted(&self) -> bool {
        self.id.is_none() && self.name.is_none()
    }

    /// The name, if it was written.
    pub fn name(&self) -> Option<&T> {
        self.name.as_ref()
    }

    /// The field to blame for what is wrong with the thing: the one that was written, and that of the id if neither or
    /// both were.
    pub fn field(&self) -> &'static str {
        match (&self.id, &self.name) {
            (None, Some(_)) => self.fields.name,
            _ => self.fields.id,
        }
    }

    /// Returns the field that was written; the thing is of this kind.
    ///
    /// # Errors
    /// `REQUIRED` if neither field was written, `INVALID` if both were.
    pub fn key(&self, kind: Kind) -> Result<Key<'_, T>, Problem> {
        let (id, name) = (last(self.fields.id), last(self.fields.name));
        let (code, message) = match (&self.id, &self.name) {
            (Some(id), None) => return Ok(Key::Id(id)),
            (None, Some(name)) => return Ok(Key::Name(name)),
            (None, None) => {
                let message = format!("Neither `{id}` nor `{name}` names the {}. Pass one of them.", kind.noun());
                (ProblemCode::Required, message)
            }
            (Some(_), Some(_)) => {
                let message = format!("Both `{id}` and `{name}` name the {}. Pass only one of them.", kind.noun());
                (ProblemCode::Invalid, message)
            }
        };
        Err(Problem::new(code, self.fields.id, message))
    }
}

/// A version and its service. A version's name needs the service; beside an id, the service may be omitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionReference {
    pub version: Reference,
    pub service: Reference,
}

/// The last part of a path.
fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r4_exactly_one_field_of_a_pair_is_written() {
        let (id, name) = (Some("svc_1".to_owned()), Some("web".to_owned()));
        let key = |id: &Option<String>, name: &Option<String>| {
            let reference = Reference::new(&FOUND_VERSION, id.clone(), name.clone());
            let key = reference.key(Kind::Version).map(|key| match key {
                Key::Id(id) => format!("id {id}"),
                Key::Name(name) => format!("name {name}"),
            });
            (key.map_err(|problem| (problem.code, problem.field.join("."))), reference.field())
        };
        assert_eq!(key(&id, &None), (Ok("id svc_1".into()), "found.versionId"));
        assert_eq!(key(&None, &name), (Ok("name web".into()), "found.version"));
        let wrong = |code| (Err((code, "input.found.versionId".to_owned())), "found.versionId");
        assert_eq!(key(&None, &None), wrong(ProblemCode::Required));
        assert_eq!(key(&id, &name), wrong(ProblemCode::Invalid));
    }

    #[test]
    fn the_problem_of_a_pair_names_both_of_its_fields() {
        let problem = Reference::<String>::omitted(&CURRENT_VERSION).key(Kind::Version).unwrap_err();
        assert_eq!(
            problem.message,
            "Neither `currentVersionId` nor `currentVersion` names the version. Pass one of them."
        );
        let both = Reference::new(&INSTANCES, Some(Vec::<String>::new()), Some(Vec::new()));
        let problem = both.key(Kind::Instance).unwrap_err();
        assert_eq!(problem.message, "Both `instanceIds` and `instances` name the instance. Pass only one of them.");
    }
}
