//! Settings. Each comes from a flag, the environment, `lockkeeper.toml` or its default, in this order.

mod file;
mod mistake;

use crate::domain::duration;
use crate::domain::release::rollout::RolloutDefaults;
use crate::domain::retention::Retention;
use crate::executor::{self, Executor, Executors};
use crate::limits::Limits;
use crate::net::{Access, CertificateFiles};
use crate::private;
use crate::worker::Timing;
use clap::builder::BoolishValueParser;
use clap::{Args, ValueEnum};
use file::File;
use serde::Deserialize;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;
use toml::de::DeTable;

/// The file that is read by default.
const DEFAULT_FILE: &str = "lockkeeper.toml";

/// Arguments of all commands that open the database.
#[derive(Args, Clone, Debug, Default)]
pub struct CommonArgs {
    /// File with settings [default: lockkeeper.toml, if it exists]
    #[arg(long, value_name = "FILE", env = "LOCKKEEPER_CONFIG")]
    pub config: Option<PathBuf>,
    /// Database: sqlite:FILE or postgres://USER@HOST/DATABASE [default: sqlite:lockkeeper.db]
    #[arg(long, value_name = "URL", env = "LOCKKEEPER_DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// Format of the log on standard error [default: text]
    #[arg(long, value_name = "FORMAT", env = "LOCKKEEPER_LOG_FORMAT")]
    pub log_format: Option<LogFormat>,
}

impl CommonArgs {
    /// Whether anything says where the database is: an argument, the environment, or a configuration file.
    pub fn names_a_place(&self) -> bool {
        self.database_url.is_some() || self.config.is_some() || Path::new(DEFAULT_FILE).exists()
    }
}

/// More arguments of `serve`.
#[derive(Args, Clone, Debug, Default)]
pub struct ServeArgs {
    /// Address to listen on [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS", env = "LOCKKEEPER_LISTEN")]
    pub listen: Option<SocketAddr>,
    /// Only serve the API; do not carry out releases
    #[arg(long, env = "LOCKKEEPER_NO_WORKER", value_parser = BoolishValueParser::new())]
    pub no_worker: bool,
    /// Serve HTTPS with this certificate chain, a PEM file; it is read again when it changes
    #[arg(long, value_name = "FILE", env = "LOCKKEEPER_TLS_CERT")]
    pub tls_cert: Option<PathBuf>,
    /// Private key of the certificate, a PEM file
    #[arg(long, value_name = "FILE", env = "LOCKKEEPER_TLS_KEY")]
    pub tls_key: Option<PathBuf>,
    /// Execute only the documents of this file, a JSON object from ids to texts
    #[arg(long, value_name = "FILE", env = "LOCKKEEPER_TRUSTED_DOCUMENTS")]
    pub trusted_documents: Option<PathBuf>,
    #[command(flatten)]
    pub work: WorkArgs,
}

/// Arguments of processes that carry out releases.
#[derive(Args, Clone, Debug, Default)]
pub struct WorkArgs {
    /// Directory in which commands leave their results, shared by the processes of this machine
    /// [default: lockkeeper-state]
    #[arg(long, value_name = "DIRECTORY", env = "LOCKKEEPER_STATE_DIR")]
    pub state_dir: Option<PathBuf>,
}

/// The format of the log.
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
    /// The certificate and its key, if the server speaks TLS.
    pub tls: Option<CertificateFiles>,
    /// Web origins and proxies from which the server is reached.
    pub access: Access,
    /// Whether this process carries out releases.
    pub worker: bool,
    /// The file with the only documents that are executed, if there is such a file.
    pub trusted_documents: Option<PathBuf>,
    pub state_dir: PathBuf,
    pub rollout: RolloutDefaults,
    /// How long old records are kept.
    pub keep: Retention,
    /// The times of the worker.
    pub timing: Timing,
    pub executors: Executors,
    /// What requests and connections may cost.
    pub limits: Limits,
}

/// Why the settings cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file has a mistake or cannot be read.
    #[error("{file}: {problem}", file = file.display())]
    File { file: PathBuf, problem: String },
    /// Only one of the two files of TLS is set.
    #[error("TLS needs a certificate and its key: set both --tls-cert and --tls-key, or neither.")]
    HalfOfTls,
}

impl Settings {
    /// Fills in what the arguments leave out.
    ///
    /// # Errors
    /// If the named file cannot be read, or if a file has a mistake.
    pub fn load(common: &CommonArgs, serve: &ServeArgs) -> Result<Settings, Error> {
        let (file, executors) = match &common.config {
            Some(path) => read(path)?,
            None if Path::new(DEFAULT_FILE).exists() => read(Path::new(DEFAULT_FILE))?,
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
            keep: file.keep,
            timing: file.worker.into(),
            executors,
            limits: file.limits,
        })
    }
}

fn read(path: &Path) -> Result<(File, Executors), Error> {
    let error = |problem: String| Error::File { file: path.to_owned(), problem };
    let text = std::fs::read_to_string(path)
        .map_err(|problem| error(format!("cannot read the file: {}", private::why(&problem))))?;
    parse(&text).map_err(error)
}

/// Parses the text of a file.
fn parse(text: &str) -> Result<(File, Executors), String> {
    let parsed = || {
        let table = DeTable::parse(text)?;
        let declared = table.get_ref().get("executors").cloned();
        let executors = declared.clone().map(Executors::declared).transpose()?.unwrap_or_default();
        let file = File::deserialize(toml::Deserializer::from(table))?;
        let timing: Timing = file.worker.into();
        for executor in executors.iter() {
            check_orphan_timeout(executor, timing.dead_after).map_err(|message| {
                let table = declared.as_ref().and_then(|all| all.get_ref().get(executor.name.as_str()));
                let line = table.and_then(|own| own.get_ref().get("orphan_timeout")).or(table);
                executor::Mistake { message, span: line.map(toml::Spanned::span) }
            })?;
        }
        Ok((file, executors))
    };
    parsed().map_err(|mistake: executor::Mistake| mistake::describe(text, &mistake))
}

/// Checks that a host leaves another worker the time to take over a command: a lease to notice, and a lease to connect.
fn check_orphan_timeout(executor: &Executor, lease: Duration) -> Result<(), String> {
    match executor.orphan_timeout() {
        Some(timeout) if timeout < 2 * lease => Err(format!(
            "`orphan_timeout` of executor {:?} is {}: it must be at least twice the lease of workers, {}",
            executor.name,
            duration::format(timeout),
            duration::format(2 * lease)
        )),
        _ => Ok(()),
    }
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
