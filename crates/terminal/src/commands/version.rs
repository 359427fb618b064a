//! `lockkeeper version add | report | remove`.

use crate::completion;
use crate::failure::{ExitStatus, Failure};
use crate::key::KeyArgs;
use crate::list;
use crate::names::Typed;
use crate::quote::quote;
use crate::session::Session;
use clap::{Args, Subcommand};
use lockkeeper_client::operations::list::Input;
use lockkeeper_client::operations::version::{
    BuildStatus, CreateVersion, CreateVersionInput, RemoveVersion, ReportBuild, ReportBuildInput, Version, VersionName,
};

/// Add and remove versions, and report their builds
///
/// A version is one build of a service. CI registers it, and only one whose build succeeded can be released.
#[derive(Debug, Subcommand)]
pub enum VersionCommand {
    /// Register a version; with an artifact, its build has succeeded
    #[command(after_help = "Examples:
  lockkeeper version add web 1.3.0 --artifact s3://builds/web-1.3.0.tar.gz
  lockkeeper version add web 1.3.0 --ref \"$CI_COMMIT_SHA\"    # its build is reported later")]
    Add(AddArgs),
    /// Report how the build of a version goes; repeating a report is no error
    #[command(after_help = "Examples:
  lockkeeper version report web 1.3.0 --status succeeded --artifact s3://builds/web-1.3.0.tar.gz
  lockkeeper version report web 1.3.0 --status failed --message 'tests failed'")]
    Report {
        /// Name of the service
        #[arg(add = completion::services())]
        service: String,
        /// The version
        #[arg(add = completion::versions())]
        version: String,
        /// How the build goes: pending, building, succeeded, failed, timed_out or duplicate
        #[arg(long, value_parser = status)]
        status: BuildStatus,
        /// Where the artifact is; needed when the build succeeded
        #[arg(long)]
        artifact: Option<String>,
        /// Why the build did not succeed
        #[arg(long, value_name = "TEXT")]
        message: Option<String>,
    },
    /// Remove a version that no instance runs; its history stays
    #[command(after_help = "Example:\n  lockkeeper version remove web 1.0.0")]
    Remove {
        /// Name of the service
        #[arg(add = completion::services())]
        service: String,
        /// The version
        #[arg(add = completion::versions())]
        version: String,
    },
}

#[derive(Args, Debug)]
pub struct AddArgs {
    /// Name of the service
    #[arg(add = completion::services())]
    service: String,
    /// Name of the version, unique in its service
    version: String,
    /// Where the artifact is; with it, the build has succeeded
    #[arg(long)]
    artifact: Option<String>,
    /// Source that it is built from, for example a commit
    #[arg(long = "ref", value_name = "TEXT")]
    source: Option<String>,
    /// What is new in it
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    #[command(flatten)]
    key: KeyArgs,
}

pub async fn run(command: VersionCommand, session: &Session) -> Result<ExitStatus, Failure> {
    let (version, what) = match command {
        VersionCommand::Add(args) => (add(args, session).await?, "was added"),
        VersionCommand::Report { service, version, status, artifact, message } => {
            let typed = Typed::version(&service, &version);
            let (service, version) = (service.clone(), version.clone());
            let input = ReportBuildInput { service, version, status, artifact, message };
            let reported = session.call_by_names::<ReportBuild>(&Input { input }, &typed).await?;
            (reported.payload.version, "was reported")
        }
        VersionCommand::Remove { service, version } => {
            let typed = Typed::version(&service, &version);
            let input = VersionName { service: service.clone(), version: version.clone() };
            let removed = session.call_by_names::<RemoveVersion>(&Input { input }, &typed).await?;
            (removed.payload.version, "was removed")
        }
    };
    let version: Version = super::changed(version)?;
    let sentence =
        format!("Version {} of {} {what}: its build is {}.", version.name, version.service, version.build_status);
    list::print_changed(&session.output, &version, &sentence)?;
    Ok(ExitStatus::Success)
}

async fn add(args: AddArgs, session: &Session) -> Result<Option<Version>, Failure> {
    let key = args.key.key();
    let input = CreateVersionInput {
        service: args.service.clone(),
        name: args.version.clone(),
        source: args.source.clone(),
        description: args.description.clone(),
        build_status: args.artifact.is_some().then_some(BuildStatus::Succeeded),
        artifact: args.artifact.clone(),
        idempotency_key: key.clone(),
    };
    let added = session.call_by_names::<CreateVersion>(&Input { input }, &Typed::service(&args.service)).await;
    let added = added.map_err(|failure| failure.with_key(&key, || again(&args, &key)))?;
    Ok(added.payload.version)
}

/// The command that asks again, complete.
fn again(args: &AddArgs, key: &str) -> String {
    let mut command = format!("lockkeeper version add {} {}", quote(&args.service), quote(&args.version));
    for (option, value) in [("artifact", &args.artifact), ("ref", &args.source), ("description", &args.description)] {
        if let Some(value) = value {
            command = format!("{command} --{option} {}", quote(value));
        }
    }
    format!("{command} --key {key}")
}

fn status(text: &str) -> Result<BuildStatus, String> {
    match BuildStatus::from(text.to_uppercase()) {
        BuildStatus::Other(_) => Err(format!("expected one of {}", BuildStatus::WORDS.join(", ").to_lowercase())),
        status => Ok(status),
    }
}
