//! The environment of a command: the variables that its executor sets, some of them secret, and the order.

use super::mask::Mask;
use crate::domain::Kind;
use crate::domain::order::{Order, Site};
use serde::{Deserialize, Deserializer, de};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::Path;
use std::{fmt, fs};

/// Variables by name.
pub type Variables = BTreeMap<String, String>;

/// Variables that are set beside the order.
#[derive(Clone, Default)]
pub struct Environment {
    set: Variables,
    /// The names of variables whose values are never shown.
    secret: BTreeSet<String>,
}

impl Environment {
    /// Puts both together.
    ///
    /// # Errors
    /// If a name is in both.
    pub fn new(env: Variables, secrets: Variables) -> Result<Environment, String> {
        if let Some(name) = secrets.keys().find(|name| env.contains_key(*name)) {
            return Err(format!("the variable {name:?} is in `env` and in the secrets: remove it from `env`"));
        }
        let secret = secrets.keys().cloned().collect();
        Ok(Environment { set: env.into_iter().chain(secrets).collect(), secret })
    }

    /// The whole environment of a command: the search path, these variables, and the order. A part of the order that
    /// does not exist is an empty variable. Nothing else of the server's environment reaches a command.
    pub fn for_order(&self, order: &Order) -> Vec<(OsString, OsString)> {
        let variables = self.of_order(order).into_iter();
        path().into_iter().chain(variables.map(|(name, value)| (name.into(), value.into()))).collect()
    }

    /// The same without the search path, which another machine has of its own.
    pub fn of_order(&self, order: &Order) -> Vec<(String, String)> {
        let or_empty = |text: &Option<String>| text.clone().unwrap_or_default();
        let ordered = [
            ("LOCKKEEPER_ACTION", order.action.to_string()),
            ("LOCKKEEPER_SERVICE", order.service.clone()),
            ("LOCKKEEPER_VERSION", or_empty(&order.version)),
            ("LOCKKEEPER_PREVIOUS_VERSION", or_empty(&order.previous_version)),
            ("LOCKKEEPER_ARTIFACT", or_empty(&order.artifact)),
            ("LOCKKEEPER_REF", or_empty(&order.reference)),
            ("LOCKKEEPER_HOSTNAME", order.hostname.clone()),
            ("LOCKKEEPER_HOST_ADDRESS", order.host_address.clone()),
            ("LOCKKEEPER_PORT", order.port.map(|port| port.to_string()).unwrap_or_default()),
            ("LOCKKEEPER_TAG", or_empty(&order.tag)),
            ("LOCKKEEPER_INSTANCE_ID", Kind::Instance.id(order.instance_id).to_string()),
            ("LOCKKEEPER_RELEASE_ID", Kind::Release.id(order.release_id).to_string()),
            ("LOCKKEEPER_TARGET_ID", Kind::Target.id(order.target_id).to_string()),
            ("LOCKKEEPER_ATTEMPT", order.attempt.to_string()),
            ("LOCKKEEPER_FENCE", order.fence.to_string()),
        ];
        self.set().chain(ordered.map(|(name, value)| (name.to_owned(), value))).collect()
    }

    fn set(&self) -> impl Iterator<Item = (String, String)> {
        self.set.iter().map(|(name, value)| (name.clone(), value.clone()))
    }

    /// The environment of a probe outside of a release: what belongs to one is empty.
    pub fn for_site(&self, site: &Site) -> Vec<(OsString, OsString)> {
        let variables = self.of_site(site).into_iter();
        path().into_iter().chain(variables.map(|(name, value)| (name.into(), value.into()))).collect()
    }

    /// The same without the search path.
    pub fn of_site(&self, site: &Site) -> Vec<(String, String)> {
        let Site { service, version, hostname, host_address, port, tag, instance_id } = site.clone();
        let known = [
            ("LOCKKEEPER_SERVICE", service),
            ("LOCKKEEPER_VERSION", version.unwrap_or_default()),
            ("LOCKKEEPER_HOSTNAME", hostname),
            ("LOCKKEEPER_HOST_ADDRESS", host_address),
            ("LOCKKEEPER_PORT", port.map(|port| port.to_string()).unwrap_or_default()),
            ("LOCKKEEPER_TAG", tag.unwrap_or_default()),
            ("LOCKKEEPER_INSTANCE_ID", Kind::Instance.id(instance_id).to_string()),
        ];
        let of_releases =
            ["ACTION", "PREVIOUS_VERSION", "ARTIFACT", "REF", "RELEASE_ID", "TARGET_ID", "ATTEMPT", "FENCE"];
        let empty = of_releases.map(|name| (format!("LOCKKEEPER_{name}"), String::new()));
        self.set().chain(known.map(|(name, value)| (name.to_owned(), value))).chain(empty).collect()
    }

    /// The names of the secret variables.
    pub fn secrets(&self) -> impl Iterator<Item = &String> {
        self.secret.iter()
    }

    #[cfg(test)]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.set.get(name).map(String::as_str)
    }

    /// Hides the values of the secret variables.
    pub fn mask(&self) -> Mask {
        Mask::new(self.secret.iter().filter_map(|name| self.set.get(name)))
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |(name, value)| (name, if self.secret.contains(name) { "***" } else { value });
        f.debug_map().entries(self.set.iter().map(|(name, value)| (name, value.as_str())).map(shown)).finish()
    }
}

/// The search path of this process.
fn path() -> Option<(OsString, OsString)> {
    std::env::var_os("PATH").map(|path| ("PATH".into(), path))
}

/// Reads variables that may be set, which excludes those of the order.
pub fn variables<'de, D: Deserializer<'de>>(from: D) -> Result<Variables, D::Error> {
    let set = Variables::deserialize(from)?;
    check(&set).map_err(de::Error::custom)?;
    Ok(set)
}

/// A value of a secret, which no error may show.
#[derive(Deserialize)]
#[serde(untagged)]
enum Value {
    Text(String),
    Other(de::IgnoredAny),
}

/// Reads secrets as [`variables`] reads variables. No error shows a value.
pub fn secrets<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Variables>, D::Error> {
    let set = BTreeMap::<String, Value>::deserialize(from)?;
    let text = |(name, value)| match value {
        Value::Text(text) => Ok((name, text)),
        Value::Other(_) => {
            Err(de::Error::custom(format!("the secret {name:?} must be a string: write {name} = \"…\"")))
        }
    };
    let set = set.into_iter().map(text).collect::<Result<Variables, D::Error>>()?;
    check(&set).map_err(de::Error::custom)?;
    Ok(Some(set))
}

/// Returns the secrets of an executor, which stand in the configuration or in a file of their own.
///
/// # Errors
/// A phrase, if both are there or the file cannot be used. It shows no value.
pub fn either_secrets(secrets: Option<Variables>, file: Option<&Path>) -> Result<Variables, String> {
    match (secrets, file) {
        (Some(_), Some(_)) => Err("set secrets by `secrets` or by `secrets_file`, not by both".into()),
        (secrets, None) => Ok(secrets.unwrap_or_default()),
        (None, Some(file)) => secrets_file(file),
    }
}

/// Reads secrets from a file of their own, in TOML: `NAME = "value"` on each line. No error shows a value.
fn secrets_file(path: &Path) -> Result<Variables, String> {
    let name = path.display();
    let text = fs::read_to_string(path).map_err(|error| format!("the secrets file {name} cannot be read: {error}"))?;
    let set: Variables = toml::from_str(&text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        format!("the secrets file {name} has a mistake in line {line}: write each secret as NAME = \"value\"")
    })?;
    check(&set).map_err(|problem| format!("the secrets file {name}: {problem}"))?;
    Ok(set)
}

fn check(set: &Variables) -> Result<(), String> {
    let settable = |name: &str| !name.is_empty() && !name.contains(['=', '\0']) && !name.starts_with("LOCKKEEPER_");
    match set.iter().find(|(name, value)| !settable(name) || value.contains('\0')) {
        Some((name, _)) => Err(format!(
            "the variable {name:?} cannot be set: variables named LOCKKEEPER_… are the order, and no name may contain \"=\""
        )),
        None => Ok(()),
    }
}
