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
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the server may take until a connection can be used.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

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
/// One more, whose value no message contains.
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
            "The database URL has an unknown parameter {unknown:?}. Known parameters: {}.",
            PARAMETERS.join(", ")
        )));
    }
    url.parse().map_err(|error| Error::Refused(format!("The database URL is not valid: {error}.")))
}

/// Checks that a connection can be made, and leaves it in the pool.
///
/// # Errors
/// `Refused` if it cannot be made.
pub(super) async fn check(options: &PgConnectOptions, pool: &Pool<Postgres>) -> Result<()> {
    let address = address(options);
    if options.get_socket().is_none() {
        let connecting = TcpStream::connect((options.get_host(), options.get_port()));
        let timed_out = |_| Err(io::Error::new(io::ErrorKind::TimedOut, "no answer"));
        timeout(CONNECT_TIMEOUT, connecting).await.unwrap_or_else(timed_out).map_err(|error| {
            Error::Refused(format!(
                "Cannot reach the database at {address}: {error}. Check that PostgreSQL runs there, and that the address \
                 is right."
            ))
        })?;
    }
    match timeout(ANSWER_TIMEOUT, pool.check_out()).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(Error::Refused(refusal(&address, &error))),
        Err(_) => Err(Error::Refused(format!(
            "Cannot use the database at {address}: something accepts connections there and does not answer. Check that it \
             is PostgreSQL, and that it is not overloaded."
        ))),
    }
}

/// The address of the database, without the user and the password.
fn address(options: &PgConnectOptions) -> String {
    match options.get_socket() {
        Some(directory) => directory.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    }
}

/// Why there is no connection, and what to do about it.
fn refusal(address: &str, error: &sqlx::Error) -> String {
    let reason = error.to_string();
    let advice = match error {
        _ if reason.contains("certificate") => {
            "Check that its certificate is valid for this host, and that sslrootcert names the authority that signed it."
        }
        sqlx::Error::Tls(_) => "Check that it offers TLS, or choose another sslmode.",
        sqlx::Error::Configuration(_) => "Correct the database URL.",
        _ => "See its log and its pg_hba.conf.",
    };
    format!("Cannot use the database at {address}: {reason}. {advice}")
}

#[cfg(test)]
mod tests;
