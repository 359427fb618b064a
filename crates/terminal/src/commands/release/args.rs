//! The arguments of the commands that start releases.

use super::rollout::RolloutArgs;
use crate::confirm::ConfirmArgs;
use crate::key::KeyArgs;
use crate::names;
use clap::{Args, ValueEnum};
use lockkeeper_client::operations::list::Label;

/// Install a version on hosts that do not have the service
///
/// Installs a version of a service on hosts that do not have it. Asks if more than one instance is installed.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  lockkeeper install web 1.2.0 --hosts host-1,host-2
  lockkeeper install web 1.2.0 --label rack=a --dry-run")]
pub struct InstallArgs {
    /// Name of the service
    pub(super) service: String,
    /// Version to install
    pub(super) version: String,
    /// Port that the instances listen on
    #[arg(long)]
    pub(super) port: Option<u16>,
    /// Tag of the instances
    #[arg(long, value_name = "TEXT")]
    pub(super) tag: Option<String>,
    #[command(flatten)]
    pub(super) hosts: HostArgs,
    #[command(flatten)]
    pub(super) common: CommonArgs,
}

/// Move instances to a newer version
///
/// Moves instances to a newer version.
///
/// First it shows what would happen, and asks if more than one instance moves. The release then goes on by itself: Ctrl-C only
/// ends the watching.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  lockkeeper upgrade web 1.3.0 --hosts all --max-parallel 10
  lockkeeper upgrade web 1.3.0 --hosts host-17 --yes --no-watch
  lockkeeper upgrade web 1.3.0 --label rack=a --dry-run")]
pub struct UpgradeArgs {
    /// Name of the service
    pub(super) service: String,
    /// Version to move to
    pub(super) version: String,
    #[command(flatten)]
    pub(super) from: FromArgs,
    #[command(flatten)]
    pub(super) locks: LockArgs,
    #[command(flatten)]
    pub(super) hosts: HostArgs,
    #[command(flatten)]
    pub(super) common: CommonArgs,
}

/// Move instances back to an older version
///
/// Moves instances back to an older version.
///
/// First it shows what would happen, and asks if more than one instance moves. The release then goes on by itself: Ctrl-C only
/// ends the watching.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  lockkeeper revert web 1.2.0 --hosts all
  lockkeeper revert web 1.2.0 --hosts all --from 1.3.0")]
pub struct RevertArgs {
    /// Name of the service
    pub(super) service: String,
    /// Version to go back to
    pub(super) version: String,
    #[command(flatten)]
    pub(super) from: FromArgs,
    #[command(flatten)]
    pub(super) locks: LockArgs,
    #[command(flatten)]
    pub(super) hosts: HostArgs,
    #[command(flatten)]
    pub(super) common: CommonArgs,
}

/// Remove instances from hosts
///
/// Removes instances of a service from hosts. Asks if more than one is removed.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  lockkeeper uninstall web --hosts host-17
  lockkeeper uninstall web --label rack=a --dry-run")]
pub struct UninstallArgs {
    /// Name of the service
    pub(super) service: String,
    #[command(flatten)]
    pub(super) locks: LockArgs,
    #[command(flatten)]
    pub(super) hosts: HostArgs,
    #[command(flatten)]
    pub(super) common: CommonArgs,
}

/// Which instances move, by the version that they run now.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct FromArgs {
    /// Only instances that run this version now
    #[arg(long, value_name = "VERSION")]
    pub(super) from: Option<String>,
    /// Include instances that run the version already, for example on a machine that was rebuilt
    #[arg(long)]
    pub(super) reapply: bool,
}

/// Move the instances of a release back to the versions that they had
///
/// Moves the instances of a release back to the versions that they had before it.
///
/// What the release moved goes back in reverse order, then what it failed on. Instances that something else has moved since are
/// left out. The undo is a release of its own; the first one stays as it ended.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  lockkeeper undo rel_41
  lockkeeper undo rel_41 --include-unknown --dry-run")]
pub struct UndoArgs {
    /// The release, for example rel_41; it must be over
    #[arg(value_name = "RELEASE")]
    pub(super) release: String,
    #[command(flatten)]
    pub(super) locks: LockArgs,
    #[command(flatten)]
    pub(super) common: CommonArgs,
}

/// Move the instances that a release failed on or never reached
///
/// Moves the instances that a release failed on or never reached.
///
/// It moves as the first release did, where no option says otherwise. The retry is a release of its own; the first one stays as it
/// ended.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  lockkeeper retry rel_41
  lockkeeper retry rel_41 --max-parallel 1 --reason 'disks are cleared'")]
pub struct RetryArgs {
    /// The release, for example rel_41; it must be over, or paused
    #[arg(value_name = "RELEASE")]
    pub(super) release: String,
    #[command(flatten)]
    pub(super) locks: LockArgs,
    #[command(flatten)]
    pub(super) common: CommonArgs,
}

/// What happens with locked instances.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct LockArgs {
    /// What to do with instances that are locked by a release or a hold [default: skip]
    #[arg(long, value_name = "WHAT", value_enum)]
    pub(super) on_locked: Option<OnLocked>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum OnLocked {
    /// Leave them out
    Skip,
    /// Refuse the whole release
    Reject,
}

/// Which hosts.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct HostArgs {
    /// Which hosts: `all`, or hostnames
    #[arg(long, value_name = "all|HOST,…", value_delimiter = ',', required_unless_present = "labels")]
    pub(super) hosts: Vec<String>,
    /// Hosts with this label; several have to hold at once
    #[arg(long = "label", id = "labels", value_name = "KEY=VALUE", value_parser = names::label, conflicts_with = "hosts")]
    pub(super) labels: Vec<Label>,
}

/// What all releases have in common.
#[derive(Args, Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(super) struct CommonArgs {
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: Option<String>,
    /// Include instances whose state is unknown
    #[arg(long)]
    pub(super) include_unknown: bool,
    /// A hold or freeze of yours to go through, by its id
    #[arg(long, value_name = "HOLD", value_delimiter = ',')]
    pub(super) through: Vec<String>,
    #[command(flatten)]
    pub(super) rollout: RolloutArgs,
    #[command(flatten)]
    pub(super) key: KeyArgs,
    /// Only show what would happen
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Watch the release until it ends; the default in a terminal
    #[arg(long, conflicts_with = "no_watch")]
    pub(super) watch: bool,
    /// Do not watch the release; the default elsewhere
    #[arg(long)]
    pub(super) no_watch: bool,
    #[command(flatten)]
    pub(super) timeout: crate::commands::watch::TimeoutArgs,
    #[command(flatten)]
    pub(super) confirm: ConfirmArgs,
}
