//! How a target is carried out on a host. Executors are declared by name by whoever runs the server; callers
//! only choose among names.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// All executors of this server, by name.
#[derive(Clone, Debug, Default)]
pub struct Executors(BTreeMap<String, Arc<Executor>>);

impl Executors {
    /// The executor of this name, if it is configured here.
    pub fn get(&self, name: &str) -> Option<&Arc<Executor>> {
        self.0.get(name)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Executor>> {
        self.0.values()
    }
}

impl FromIterator<Executor> for Executors {
    fn from_iter<I: IntoIterator<Item = Executor>>(executors: I) -> Self {
        Executors(executors.into_iter().map(|executor| (executor.name.clone(), Arc::new(executor))).collect())
    }
}

/// One way of carrying out releases.
#[derive(Clone, Debug)]
pub struct Executor {
    pub name: String,
    /// Longest time for one start of one target.
    pub timeout: Duration,
    /// Whether its commands may run beside others on one host (R18).
    pub shares_host: bool,
}
