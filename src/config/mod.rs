//! Settings, and where they come from: a flag, else the environment, else `lockkeeper.toml`, else the default.

mod file;
mod mistake;

use crate::domain::release::rollout::RolloutDefaults;
use crate::executor::{self, Executors};
use crate::limits::Limits;
use crate::net::{Access, CertificateFiles};
use crate::worker::Timing;
use clap::builder::BoolishValueParser;
use clap::{Args, ValueEnum};
use file::File;
use serde::Deserialize;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;
use toml::de::DeTable;

/// Where settings are looked for when it is not said.
const FILE: &str = "lockkeeper.toml";

/// Settings that every command takes that opens the database.
#[derive(Args, Clone, Debug, Default)]
pub struct CommonArgs {
    /// File with settings; lockkeeper.toml is read if it is there
    #[arg(long, value_name = "FILE", env = "LOCKKEEPER_CONFIG")]
    pub config: Option<PathBuf>,
    /// Database: sqlite:FILE or postgres://USER@HOST/DATABASE [default: sqlite:lockkeeper.db]
    #[arg(long, value_name = "URL", env = "LOCKKEEPER_DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// Form of the log on standard error [default: text]
    #[arg(long, value_name = "FORM", env = "LOCKKEEPER_LOG_FORMAT")]
    pub log_format: Option<LogFormat>,
}

/// Settings that serving takes beside them.
#[derive(Args, Clone, Debug, Default)]
pub struct ServeArgs {
    /// Address to listen on [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS", env = "LOCKKEEPER_LISTEN")]
    pub listen: Option<SocketAddr>,
    /// Only serve the API, carry out no releases
    #[arg(long, env = "LOCKKEEPER_NO_WORKER", value_parser = BoolishValueParser::new())]
    pub no_worker: bool,
    /// Serve HTTPS with this certificate chain, a file in PEM; it is read again when it changes
    #[arg(long, value_name = "FILE", env = "LOCKKEEPER_TLS_CERT")]
    pub tls_cert: Option<PathBuf>,
    /// Private key of the certificate, a file in PEM
    #[arg(long, value_name = "FILE", env = "LOCKKEEPER_TLS_KEY")]
    pub tls_key: Option<PathBuf>,
    /// Run only the documents of this file, a JSON object from ids to texts
    #[arg(long, value_name = "FILE", env = "LOCKKEEPER_TRUSTED_DOCUMENTS")]
    pub trusted_documents: Option<PathBuf>,
    #[command(flatten)]
    pub work: WorkArgs,
}

/// Settings that carrying out releases takes.
#[derive(Args, Clone, Debug, Default)]
pub struct WorkArgs {
    /// Directory where running commands leave their results, shared by the processes of this machine
    /// [default: lockkeeper-state]
    #[arg(long, value_name = "DIRECTORY", env = "LOCKKEEPER_STATE_DIR")]
    pub state_dir: Option<PathBuf>,
}

/// In what form the log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON object for each line.
    Json,
}

/// All settings, filled in.
#[derive(Clone, Debug)]
pub struct Settings {
    pub database_url: String,
    pub log_format: LogFormat,
    pub listen: SocketAddr,
    /// Where the certificate and its key are, if the server speaks TLS.
    pub tls: Option<CertificateFiles>,
    /// From where the server is reached.
    pub access: Access,
    /// Whether releases are carried out by this process.
    pub worker: bool,
    /// The file with the only documents that run, if any document may not.
    pub trusted_documents: Option<PathBuf>,
    pub state_dir: PathBuf,
    pub rollout: RolloutDefaults,
    /// How long events are kept.
    pub keep_events: Duration,
    /// How long a worker waits for what.
    pub timing: Timing,
    pub executors: Executors,
    /// What callers may cost.
    pub limits: Limits,
}

/// Why there are no settings.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be used: what is wrong, and in which line.
    #[error("{file}: {problem}", file = file.display())]
    File { file: PathBuf, problem: String },
    /// Only one of the two files for TLS is set.
    #[error("TLS needs a certificate and its key: set both --tls-cert and --tls-key, or neither.")]
    HalfOfTls,
}

impl Settings {
    /// Fills in what the arguments leave out.
    ///
    /// # Errors
    /// If the file that was named cannot be read, or any has a mistake.
    pub fn load(common: &CommonArgs, serve: &ServeArgs) -> Result<Settings, Error> {
        let (file, executors) = match &common.config {
            Some(path) => read(path)?,
            None if Path::new(FILE).exists() => read(Path::new(FILE))?,
            None => Default::default(),
        };
        let default = SocketAddr::from((Ipv4Addr::LOCALHOST, 8080));
        let tls = match (serve.tls_cert.clone().or(file.tls_cert), serve.tls_key.clone().or(file.tls_key)) {
            (Some(certificate), Some(key)) => Some(CertificateFiles { certificate, key }),
            (None, None) => None,
            _ => return Err(Error::HalfOfTls),
        };
        Ok(Settings {
            database_url: common
                .database_url
                .clone()
                .or(file.database_url)
                .unwrap_or_else(|| "sqlite:lockkeeper.db".to_owned()),
            log_format: common.log_format.or(file.log_format).unwrap_or_default(),
            listen: serve.listen.or(file.listen).unwrap_or(default),
            tls,
            access: file.server,
            worker: !serve.no_worker && !file.no_worker,
            trusted_documents: serve.trusted_documents.clone().or(file.trusted_documents),
            state_dir: serve.work.state_dir.clone().or(file.state_dir).unwrap_or_else(|| "lockkeeper-state".into()),
            rollout: file.rollout.into(),
            keep_events: file.events.keep,
            timing: file.worker.into(),
            executors,
            limits: file.limits,
        })
    }
}

fn read(path: &Path) -> Result<(File, Executors), Error> {
    let error = |problem: String| Error::File { file: path.to_owned(), problem };
    let text = std::fs::read_to_string(path).map_err(|problem| error(format!("it cannot be read: {problem}")))?;
    parse(&text).map_err(error)
}

/// Parses the text of a file.
fn parse(text: &str) -> Result<(File, Executors), String> {
    let parsed = || {
        let table = DeTable::parse(text)?;
        let executors = table.get_ref().get("executors").cloned().map(Executors::declared).transpose()?;
        Ok((File::deserialize(toml::Deserializer::from(table))?, executors.unwrap_or_default()))
    };
    parsed().map_err(|mistake: executor::Mistake| mistake::describe(text, &mistake))
}

/// Checks the text of a configuration.
///
/// # Errors
/// A sentence that names the first mistake and its line, and shows nothing that may be secret.
pub fn check(text: &str) -> Result<(), String> {
    parse(text).map(drop)
}

#[cfg(test)]
mod tests;
