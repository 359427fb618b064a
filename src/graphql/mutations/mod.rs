//! The mutations, by what they are about: of each its input, its payload, and what it does.

mod choosing;
mod hosts;
mod instances;
mod prelude;
mod releases;
mod services;
mod started;
mod versions;

use super::mutation::Entry;

/// All of them, in the order of the schema.
pub(super) static MUTATIONS: &[Entry] = &[
    Entry::of::<services::CreateService>(),
    Entry::of::<services::UpdateService>(),
    Entry::of::<services::RemoveService>(),
    Entry::of::<hosts::CreateHosts>(),
    Entry::of::<hosts::UpdateHost>(),
    Entry::of::<hosts::RemoveHost>(),
    Entry::of::<versions::CreateVersion>(),
    Entry::of::<versions::ReportBuild>(),
    Entry::of::<versions::WithdrawVersion>(),
    Entry::of::<versions::ReinstateVersion>(),
    Entry::of::<versions::RemoveVersion>(),
    Entry::of::<releases::InstallInstances>(),
    Entry::of::<releases::UpgradeInstances>(),
    Entry::of::<releases::RevertInstances>(),
    Entry::of::<releases::UninstallInstances>(),
    Entry::of::<releases::CancelRelease>(),
    Entry::of::<instances::UpdateInstance>(),
    Entry::of::<instances::LockInstances>(),
    Entry::of::<instances::UnlockInstances>(),
    Entry::of::<instances::ConfirmInstance>(),
    Entry::of::<services::FreezeService>(),
    Entry::of::<services::UnfreezeService>(),
];
