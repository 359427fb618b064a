//! Entry points for changing. Each mutation is one [`Mutation`] of a table, beside its input, in the file of what it
//! is about; `root` checks the caller, runs it and has its payload read and written like everything else.

mod adoption;
mod choosing;
mod confirmations;
mod fleet;
mod follow_ups;
mod freeze_windows;
mod host_holds;
mod hosts;
mod instance_requests;
mod instances;
mod mutation;
mod pauses;
mod planned;
mod prelude;
mod references;
mod releases;
mod root;
mod services;
mod started;
mod versions;

pub use root::{MutationRoot, Payloads};

use mutation::Mutation;

/// All mutations, in the order of the schema.
pub static MUTATIONS: &[&Mutation] = &[
    &services::CREATE_SERVICE,
    &services::UPDATE_SERVICE,
    &services::REMOVE_SERVICE,
    &hosts::CREATE_HOSTS,
    &hosts::UPDATE_HOST,
    &hosts::UPDATE_HOSTS,
    &hosts::REMOVE_HOST,
    &hosts::REMOVE_HOSTS,
    &versions::CREATE_VERSION,
    &versions::REPORT_BUILD,
    &versions::WITHDRAW_VERSION,
    &versions::REINSTATE_VERSION,
    &versions::REMOVE_VERSION,
    &releases::INSTALL_INSTANCES,
    &releases::UPGRADE_INSTANCES,
    &releases::REVERT_INSTANCES,
    &releases::UNINSTALL_INSTANCES,
    &releases::CANCEL_RELEASE,
    &pauses::PAUSE_RELEASE,
    &pauses::RESUME_RELEASE,
    &follow_ups::UNDO_RELEASE,
    &follow_ups::RETRY_RELEASE,
    &instances::UPDATE_INSTANCE,
    &instances::HOLD_INSTANCES,
    &instances::END_HOLDS,
    &host_holds::HOLD_HOSTS,
    &host_holds::UNHOLD_HOSTS,
    &confirmations::CONFIRM_INSTANCE,
    &confirmations::CONFIRM_INSTANCES,
    &adoption::ADOPT_INSTANCES,
    &instance_requests::UNDRAIN_INSTANCES,
    &instance_requests::PROBE_INSTANCES,
    &services::FREEZE_SERVICE,
    &services::UNFREEZE_SERVICE,
    &fleet::FREEZE_FLEET,
    &fleet::UNFREEZE_FLEET,
    &freeze_windows::CREATE_FREEZE_WINDOW,
    &freeze_windows::REMOVE_FREEZE_WINDOW,
    &fleet::SUSPEND_FLEET,
    &fleet::RESUME_FLEET,
];
