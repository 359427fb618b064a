//! Entry points for changing. Each mutation is one [`Mutation`] of a table, beside its input, in the file of what it
//! is about; `root` checks the caller, runs it and has its payload read and written like everything else.

mod choosing;
mod hosts;
mod instances;
mod mutation;
mod prelude;
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
    &hosts::REMOVE_HOST,
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
    &instances::UPDATE_INSTANCE,
    &instances::HOLD_INSTANCES,
    &instances::END_HOLDS,
    &instances::CONFIRM_INSTANCE,
    &services::FREEZE_SERVICE,
    &services::UNFREEZE_SERVICE,
];
