//! `lockkeeper service create | update | remove`.

use crate::amount;
use crate::completion;
use crate::failure::{ExitStatus, Failure};
use crate::list;
use crate::names::Typed;
use crate::session::Session;
use clap::{Args, Subcommand, ValueEnum};
use lockkeeper_client::operations::list::Input;
use lockkeeper_client::operations::service::{
    CreateService, RemoveService, Service, ServiceInput, ServiceName, UpdateService,
};
use lockkeeper_client::operations::start::{Amount, PerLabel};

/// Create, update and remove services
///
/// A service is a program that is released as a unit, for example a web application.
#[derive(Debug, Subcommand)]
pub enum ServiceCommand {
    /// Register a service
    #[command(after_help = "Examples:\n  lockkeeper service create web --executor web --description 'The shop'
  lockkeeper service create api --executor api --version-scheme semver")]
    Create {
        /// Name of the service: lower-case letters, digits and hyphens
        name: String,
        /// Executor of the server's configuration that installs and upgrades it
        #[arg(long, value_name = "NAME")]
        executor: String,
        #[command(flatten)]
        details: DetailsArgs,
    },
    /// Change a service; what is left out stays as it is
    #[command(after_help = "Examples:\n  lockkeeper service update web --executor web-v2
  lockkeeper service update web --max-unavailable 10%")]
    Update {
        /// Name of the service
        #[arg(add = completion::services())]
        name: String,
        #[command(flatten)]
        changes: ChangesArgs,
    },
    /// Remove a service that is not in use; its history stays
    #[command(after_help = "Example:\n  lockkeeper service remove web")]
    Remove {
        /// Name of the service
        #[arg(add = completion::services())]
        name: String,
    },
}

#[derive(Args, Debug)]
pub struct DetailsArgs {
    /// What decides which of two versions is newer [default: registration]
    #[arg(long, value_name = "SCHEME", value_enum)]
    version_scheme: Option<VersionScheme>,
    /// Language it is written in
    #[arg(long, value_name = "TEXT")]
    language: Option<String>,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
}

/// What decides which of two versions is newer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum VersionScheme {
    /// The one that was registered later
    Registration,
    /// The one with the higher precedence of Semantic Versioning 2
    Semver,
}

impl VersionScheme {
    fn word(self) -> String {
        match self {
            VersionScheme::Registration => "REGISTRATION".to_owned(),
            VersionScheme::Semver => "SEMVER".to_owned(),
        }
    }
}

/// At least one of them.
#[derive(Args, Debug)]
#[group(required = true, multiple = true)]
pub struct ChangesArgs {
    /// What decides which of two versions is newer; it changes only while no release of the service is open
    #[arg(long, value_name = "SCHEME", value_enum)]
    version_scheme: Option<VersionScheme>,
    /// Executor of the server's configuration; open releases keep theirs
    #[arg(long, value_name = "NAME")]
    executor: Option<String>,
    /// Language it is written in
    #[arg(long, value_name = "TEXT")]
    language: Option<String>,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// How many instances may be unavailable at a time, over all releases, for example 2 or 10%; or none
    #[arg(long, value_name = "N|N%|none", value_parser = limit(amount::parse))]
    max_unavailable: Option<Limit<Amount>>,
    /// How many of the unavailable instances may have the same value of a label, for example rack=1; or none
    #[arg(long, value_name = "KEY=N|none", value_parser = limit(amount::per_label))]
    max_per_label: Option<Limit<PerLabel>>,
}

/// A limit, or that there is none any more.
#[derive(Clone, Debug)]
struct Limit<T>(Option<T>);

/// A parser of a limit, or of the word `none`.
fn limit<T>(parse: fn(&str) -> Result<T, String>) -> impl Fn(&str) -> Result<Limit<T>, String> + Clone {
    move |text| match text {
        "none" => Ok(Limit(None)),
        text => parse(text).map(|limit| Limit(Some(limit))),
    }
}

pub async fn run(command: ServiceCommand, session: &Session) -> Result<ExitStatus, Failure> {
    let (service, what) = match command {
        ServiceCommand::Create { name, executor, details } => {
            let DetailsArgs { language, description, version_scheme } = details;
            let version_scheme = version_scheme.map(VersionScheme::word);
            let (name, executor) = (Some(name), Some(executor));
            let input =
                ServiceInput { name, executor, language, description, version_scheme, ..ServiceInput::default() };
            (session.call::<CreateService>(&Input { input }).await?.payload.service, "was created")
        }
        ServiceCommand::Update { name, changes } => {
            let ChangesArgs { executor, language, description, version_scheme, max_unavailable, max_per_label } =
                changes;
            let (max_unavailable, max_per_label) =
                (max_unavailable.map(|limit| limit.0), max_per_label.map(|limit| limit.0));
            let version_scheme = version_scheme.map(VersionScheme::word);
            let service = Some(name.clone());
            let input = ServiceInput {
                service,
                name: None,
                executor,
                language,
                description,
                version_scheme,
                max_unavailable,
                max_per_label,
            };
            let updated = session.call_by_names::<UpdateService>(&Input { input }, &Typed::service(&name)).await?;
            (updated.payload.service, "was updated")
        }
        ServiceCommand::Remove { name } => {
            let input = ServiceName { service: name.clone() };
            let removed = session.call_by_names::<RemoveService>(&Input { input }, &Typed::service(&name)).await?;
            (removed.payload.service, "was removed")
        }
    };
    let service: Service = super::changed(service)?;
    list::print_changed(&session.output, &service, &format!("Service {} {what}.", service.name))?;
    Ok(ExitStatus::Success)
}
