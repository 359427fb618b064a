//! The arguments that all commands share, and the list of the commands.

use crate::commands;
use crate::completion;
use crate::failure::Failure;
use crate::output::Output;
use crate::times;
use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;
use std::time::Duration;

/// Arguments of every command that talks to a server.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// Base URL of the server, for example https://lockkeeper.example
    #[arg(long, value_name = "URL", env = "LOCKKEEPER_SERVER", global = true)]
    pub server: Option<String>,
    /// Token; prefer `lockkeeper login` or the variable, since everyone on this machine can see arguments
    #[arg(long, value_name = "TOKEN", env = "LOCKKEEPER_TOKEN", hide_env_values = true, global = true)]
    pub token: Option<String>,
    /// Context to use instead of the current one; see `lockkeeper context list`
    #[arg(long, value_name = "NAME", global = true, add = completion::contexts())]
    pub context: Option<String>,
    /// Print JSON on standard output, also for errors
    #[arg(long, global = true)]
    pub json: bool,
    /// When to use colors: auto, always or never; NO_COLOR and CLICOLOR_FORCE apply to auto
    #[arg(long, value_name = "WHEN", value_enum, default_value_t, hide_possible_values = true, global = true)]
    pub color: ColorArg,
    /// Print no notes, only results and errors
    #[arg(long, global = true)]
    pub quiet: bool,
    /// Read and show times in UTC; without it, in the local time zone in a terminal, and in UTC elsewhere
    #[arg(long, global = true)]
    pub utc: bool,
    /// Answer yes to every question, except to the one at a pause of a release
    #[arg(long, global = true)]
    pub yes: bool,
}

/// When to use colors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorArg {
    #[default]
    Auto,
    Always,
    Never,
}

/// When something ends automatically.
#[derive(Args, Clone, Debug, Default)]
#[group(multiple = false)]
pub struct UntilArgs {
    /// When it ends: a time such as 18:00, which is the next one, or a date and time such as '2026-12-31 18:00'; see --utc
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// How long it lasts, for example 90d, 12h, 30m, 90s or 1h30m
    #[arg(long = "for", value_name = "DURATION", value_parser = times::duration)]
    lasts: Option<Duration>,
}

impl UntilArgs {
    /// The end, or `None` if there is none.
    pub fn resolve(&self, output: &Output) -> Result<Option<Timestamp>, Failure> {
        let now = Timestamp::now();
        let end = match (&self.until, self.lasts) {
            (Some(until), _) => output.clock.coming(until, now).map_err(Failure::usage)?,
            (None, Some(lasts)) => now.checked_add(lasts).map_err(|_| Failure::usage("The time is too far away."))?,
            (None, None) => return Ok(None),
        };
        Ok(Some(end))
    }
}

/// The commands that talk to a server, and those about the client itself.
#[derive(Debug, Subcommand)]
pub enum Command {
    Install(commands::release::InstallArgs),
    Upgrade(commands::release::UpgradeArgs),
    Revert(commands::release::RevertArgs),
    Uninstall(commands::release::UninstallArgs),
    Undo(commands::release::UndoArgs),
    Retry(commands::release::RetryArgs),
    #[command(subcommand)]
    Plan(commands::release::PlanCommand),
    Pause(commands::pause::PauseArgs),
    Resume(commands::pause::ResumeArgs),
    Watch(commands::watch::WatchArgs),
    Why(commands::why::WhyArgs),
    Log(commands::log::LogArgs),
    Cancel(commands::cancel::CancelArgs),
    Login(commands::login::LoginArgs),
    Logout(commands::logout::LogoutArgs),
    #[command(subcommand)]
    Context(commands::context::ContextCommand),
    Whoami(commands::whoami::WhoamiArgs),
    Status(commands::status::StatusArgs),
    Services(commands::services::ServicesArgs),
    Hosts(commands::hosts::HostsArgs),
    Versions(commands::versions::VersionsArgs),
    Instances(commands::instances::InstancesArgs),
    Releases(commands::releases::ReleasesArgs),
    Adopt(commands::adopt::AdoptArgs),
    Hold(commands::hold::HoldArgs),
    Unhold(commands::hold::UnholdArgs),
    Undrain(commands::undrain::UndrainArgs),
    Probe(commands::undrain::ProbeArgs),
    Freeze(commands::freeze::FreezeArgs),
    Unfreeze(commands::freeze::UnfreezeArgs),
    #[command(subcommand)]
    FreezeWindow(commands::freeze_window::FreezeWindowCommand),
    SuspendFleet(commands::fleet::SuspendFleetArgs),
    ResumeFleet(commands::fleet::ResumeFleetArgs),
    Confirm(commands::confirm::ConfirmInstanceArgs),
    Withdraw(commands::withdraw::WithdrawArgs),
    Reinstate(commands::withdraw::ReinstateArgs),
    #[command(subcommand)]
    Service(commands::service::ServiceCommand),
    #[command(subcommand)]
    Host(commands::host::HostCommand),
    #[command(subcommand)]
    Version(commands::version::VersionCommand),
    Audit(commands::audit::AuditArgs),
    Completions(commands::completions::CompletionsArgs),
    Man(commands::man::ManArgs),
}
