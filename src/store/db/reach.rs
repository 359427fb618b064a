//! The first connection to PostgreSQL: if it cannot be made, the error says why at once, with the address and never with
//! a password.

use super::pool::Pool;
use super::{Error, Result};
use sqlx::Postgres;
use sqlx::postgres::PgConnectOptions;
use std::io;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long a server may take to accept a connection.
const ACCEPTING: Duration = Duration::from_secs(5);

/// The parameters that a URL may have. The library would log one that it does not know, with its value.
const PARAMETERS: [&str; 11] = [
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "application_name",
    "options",
];
/// One more, whose value no message shows.
const PASSWORD: &str = "password";

/// Reads a URL of PostgreSQL.
///
/// # Errors
/// `Refused` if it is wrong; the message does not repeat it.
pub(super) fn parse(url: &str) -> Result<PgConnectOptions> {
    let parameters = url.split_once('?').map_or("", |(_, parameters)| parameters);
    let names = parameters.split(['&', '#']).filter_map(|parameter| parameter.split('=').next());
    let allowed = |name: &str| PARAMETERS.contains(&name) || name == PASSWORD || name.starts_with("options[");
    if let Some(unknown) = names.filter(|name| !name.is_empty()).find(|name| !allowed(name)) {
        return Err(Error::Refused(format!(
            "The database's URL has a parameter {unknown:?} that is not known. Use {}.",
            PARAMETERS.join(", ")
        )));
    }
    url.parse().map_err(|error| Error::Refused(format!("The database's URL cannot be read: {error}.")))
}

/// Makes sure that a connection can be made, and leaves it in the pool.
///
/// # Errors
/// `Refused` if it cannot.
pub(super) async fn reach(options: &PgConnectOptions, pool: &Pool<Postgres>) -> Result<()> {
    let address = address(options);
    if options.get_socket().is_none() {
        let connecting = TcpStream::connect((options.get_host(), options.get_port()));
        let silent = |_| Err(io::Error::new(io::ErrorKind::TimedOut, "it does not answer"));
        timeout(ACCEPTING, connecting).await.unwrap_or_else(silent).map_err(|error| {
            Error::Refused(format!(
                "The database at {address} cannot be reached: {error}. See that PostgreSQL runs there, and that its \
                 address is right."
            ))
        })?;
    }
    pool.lend().await.map(drop).map_err(|error| Error::Refused(refusal(&address, &error)))
}

/// Where the database is, without who connects to it.
fn address(options: &PgConnectOptions) -> String {
    match options.get_socket() {
        Some(directory) => directory.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    }
}

/// Why there is no connection, and what to do about it.
fn refusal(address: &str, error: &sqlx::Error) -> String {
    let told = error.to_string();
    let advice = match error {
        _ if told.contains("certificate") => {
            "See that its certificate is valid for this host, and that sslrootcert names the authority that signed it."
        }
        sqlx::Error::Tls(_) => "See that it offers TLS, or choose another sslmode.",
        sqlx::Error::Configuration(_) => "Mend the database's URL.",
        _ => "See its log and its pg_hba.conf.",
    };
    format!("The database at {address} cannot be used: {told}. {advice}")
}

#[cfg(test)]
mod tests;
