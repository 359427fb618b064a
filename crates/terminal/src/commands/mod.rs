//! One file for each command.

pub mod adopt;
pub mod audit;
pub mod cancel;
pub mod completions;
pub mod confirm;
pub mod context;
pub mod fleet;
pub mod freeze;
pub mod freeze_window;
pub mod hold;
pub mod host;
pub mod hosts;
pub mod import;
pub mod instances;
pub mod log;
pub mod login;
pub mod logout;
pub mod man;
pub mod pause;
pub mod release;
pub mod releases;
pub mod service;
pub mod services;
pub mod status;
pub mod trust;
pub mod undrain;
pub mod version;
pub mod versions;
pub mod watch;
pub mod whoami;
pub mod why;
pub mod withdraw;

use crate::args::{Command, GlobalArgs};
use crate::failure::{ExitStatus, Failure};
use crate::output::Output;
use crate::session::Session;
use crate::ssh_executor::ReadSshExecutors;
use hosts::{HostsArgs, HostsCommand};

/// Carries out a command.
pub async fn run(
    command: Command,
    globals: &GlobalArgs,
    output: &Output,
    program: &clap::Command,
    read_ssh_executors: ReadSshExecutors,
) -> Result<ExitStatus, Failure> {
    let session = || Session::open(globals, output);
    match command {
        Command::Install(args) => release::install(args, &session()?).await,
        Command::Upgrade(args) => release::upgrade(args, &session()?).await,
        Command::Revert(args) => release::revert(args, &session()?).await,
        Command::Uninstall(args) => release::uninstall(args, &session()?).await,
        Command::Undo(args) => release::undo(args, &session()?).await,
        Command::Retry(args) => release::retry(args, &session()?).await,
        Command::Plan(command) => release::plan(command, &session()?).await,
        Command::Pause(args) => pause::pause(args, &session()?).await,
        Command::Resume(args) => pause::resume(args, &session()?).await,
        Command::Watch(args) => watch::run(args, &session()?).await,
        Command::Why(args) => why::run(args, &session()?).await,
        Command::Log(args) => log::run(args, &session()?).await,
        Command::Cancel(args) => cancel::run(args, &session()?).await,
        Command::Login(args) => login::run(args, globals, output).await,
        Command::Logout(args) => logout::run(args, globals, output),
        Command::Context(command) => context::run(command, output),
        Command::Whoami(args) => whoami::run(args, &session()?).await,
        Command::Status(args) => status::run(args, &session()?).await,
        Command::Services(args) => services::run(args, &session()?).await,
        Command::Hosts(HostsArgs { command: Some(HostsCommand::Import(args)), .. }) => {
            import::run(args, &session()?).await
        }
        Command::Hosts(HostsArgs { command: Some(HostsCommand::Trust(args)), .. }) => {
            trust::run(args, globals, output, read_ssh_executors).await
        }
        Command::Hosts(args) => hosts::run(args, &session()?).await,
        Command::Versions(args) => versions::run(args, &session()?).await,
        Command::Instances(args) => instances::run(args, &session()?).await,
        Command::Releases(args) => releases::run(args, &session()?).await,
        Command::Adopt(args) => adopt::run(args, &session()?).await,
        Command::Hold(args) => hold::hold(args, &session()?).await,
        Command::Unhold(args) => hold::unhold(args, &session()?).await,
        Command::Undrain(args) => undrain::undrain(args, &session()?).await,
        Command::Probe(args) => undrain::probe(args, &session()?).await,
        Command::Freeze(args) => freeze::freeze(args, &session()?).await,
        Command::Unfreeze(args) => freeze::unfreeze(args, &session()?).await,
        Command::FreezeWindow(command) => freeze_window::run(command, &session()?).await,
        Command::SuspendFleet(args) => fleet::suspend(args, &session()?).await,
        Command::ResumeFleet(args) => fleet::resume(args, &session()?).await,
        Command::Confirm(args) => confirm::run(args, &session()?).await,
        Command::Withdraw(args) => withdraw::withdraw(args, &session()?).await,
        Command::Reinstate(args) => withdraw::reinstate(args, &session()?).await,
        Command::Service(command) => service::run(command, &session()?).await,
        Command::Host(command) => host::run(command, &session()?).await,
        Command::Version(command) => version::run(command, &session()?).await,
        Command::Audit(args) => audit::run(args, &session()?).await,
        Command::Completions(args) => completions::run(args, output),
        Command::Man(args) => man::run(args, output, program),
    }
}

/// What a mutation made or changed. An answer without it and without a refusal is not one of lockkeeper.
fn changed<T>(thing: Option<T>) -> Result<T, Failure> {
    thing.ok_or_else(|| {
        Failure::new(
            ExitStatus::Unreachable,
            "INTERNAL",
            "The server accepted this, but its answer does not say what became of it.",
        )
    })
}
