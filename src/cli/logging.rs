//! The program's log: on standard error, so that standard output holds results alone.

use crate::config::LogFormat;
use std::io;
use tracing_subscriber::EnvFilter;

/// Starts the log. `LOCKKEEPER_LOG` chooses what is told, as `info` or `lockkeeper=debug`.
pub fn start(format: LogFormat) {
    let filter = EnvFilter::try_from_env("LOCKKEEPER_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_target(false);
    match format {
        LogFormat::Text => log.with_ansi(io::IsTerminal::is_terminal(&io::stderr())).init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
}

/// Starts a log of warnings only, for programs whose output is for people.
pub fn start_quiet() {
    let filter = EnvFilter::try_from_env("LOCKKEEPER_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_target(false).init();
}
