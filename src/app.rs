//! What every part of a running server shares.

use crate::domain::release::OnFailure;
use crate::domain::release::rollout::Amount;
use crate::executor::Executors;
use crate::store::Db;

/// The parts that requests and workers share.
#[derive(Clone)]
pub struct App {
    pub db: Db,
    pub executors: Executors,
    pub rollout: RolloutDefaults,
}

/// How a release moves when neither the request nor the service says (R16).
#[derive(Clone, Copy, Debug)]
pub struct RolloutDefaults {
    pub max_parallel: Amount,
    pub max_failures: Amount,
    pub on_failure: OnFailure,
}

impl Default for RolloutDefaults {
    fn default() -> Self {
        RolloutDefaults { max_parallel: Amount::Count(1), max_failures: Amount::Count(0), on_failure: OnFailure::Stop }
    }
}
