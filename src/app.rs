//! What all parts of a running process share.

use crate::domain::release::rollout::RolloutDefaults;
use crate::executor::Executors;
use crate::store::Db;

/// The parts that requests and workers share.
#[derive(Clone)]
pub struct App {
    pub db: Db,
    pub executors: Executors,
    pub rollout: RolloutDefaults,
}
