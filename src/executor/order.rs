//! What a command is told: one start of one target.

use super::environment::Environment;
use crate::domain::Kind;
use crate::domain::release::ReleaseAction;
use std::ffi::OsString;

/// One start of one target.
#[derive(Clone, Debug)]
pub struct Order {
    pub action: ReleaseAction,
    pub service: String,
    /// The version to reach; none for an uninstallation.
    pub version: Option<String>,
    /// The version that ran before; none for an installation.
    pub previous_version: Option<String>,
    /// Where the build of the version to reach is kept.
    pub artifact: Option<String>,
    /// The source that it was built from.
    pub reference: Option<String>,
    pub hostname: String,
    pub host_address: String,
    pub port: Option<i64>,
    pub tag: Option<String>,
    pub instance_id: i64,
    pub release_id: i64,
    pub target_id: i64,
    pub attempt: i64,
    pub fence: i64,
}

impl Order {
    /// The whole environment of its command: the search path, what the executor sets, and the order. What
    /// there is none of is set and empty. Nothing else of the server's environment reaches a command.
    pub fn environment(&self, set: &Environment) -> Vec<(OsString, OsString)> {
        let or_empty = |text: &Option<String>| text.clone().unwrap_or_default();
        let told = [
            ("LOCKKEEPER_ACTION", self.action.to_string()),
            ("LOCKKEEPER_SERVICE", self.service.clone()),
            ("LOCKKEEPER_VERSION", or_empty(&self.version)),
            ("LOCKKEEPER_PREVIOUS_VERSION", or_empty(&self.previous_version)),
            ("LOCKKEEPER_ARTIFACT", or_empty(&self.artifact)),
            ("LOCKKEEPER_REF", or_empty(&self.reference)),
            ("LOCKKEEPER_HOSTNAME", self.hostname.clone()),
            ("LOCKKEEPER_HOST_ADDRESS", self.host_address.clone()),
            ("LOCKKEEPER_PORT", self.port.map(|port| port.to_string()).unwrap_or_default()),
            ("LOCKKEEPER_TAG", or_empty(&self.tag)),
            ("LOCKKEEPER_INSTANCE_ID", Kind::Instance.id(self.instance_id).to_string()),
            ("LOCKKEEPER_RELEASE_ID", Kind::Release.id(self.release_id).to_string()),
            ("LOCKKEEPER_TARGET_ID", Kind::Target.id(self.target_id).to_string()),
            ("LOCKKEEPER_ATTEMPT", self.attempt.to_string()),
            ("LOCKKEEPER_FENCE", self.fence.to_string()),
        ];
        let path = std::env::var_os("PATH").map(|path| ("PATH".into(), path));
        let set = set.iter().map(|(name, value)| (name.into(), value.into()));
        path.into_iter().chain(set).chain(told.map(|(name, value)| (name.into(), value.into()))).collect()
    }
}
