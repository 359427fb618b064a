//! The operator's log: on standard error, so that standard output has results only.

use crate::config::LogFormat;
use lockkeeper_terminal::escape::Escaping;
use std::fmt::{self, Debug, Write};
use std::io;
use tracing::field::Field;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::field::MakeExt;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::{Writer, debug_fn};

/// Starts the log. `LOCKKEEPER_LOG` selects what is logged, `info` or `lockkeeper=debug` for example.
pub fn start(format: LogFormat) {
    let filter = EnvFilter::try_from_env("LOCKKEEPER_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_target(false);
    match format {
        LogFormat::Text => log.fmt_fields(fields()).with_ansi(io::IsTerminal::is_terminal(&io::stderr())).init(),
        LogFormat::Json => log.json().flatten_event(true).with_span_list(false).init(),
    }
}

/// Starts a log of warnings only, for commands whose output is for people.
pub fn start_quiet() {
    let filter = EnvFilter::try_from_env("LOCKKEEPER_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_target(false);
    log.fmt_fields(fields()).init();
}

/// Formats the fields of a line. The format of the library would print the control characters of a field that is a text.
fn fields() -> impl for<'w> FormatFields<'w> + Send + Sync + 'static {
    let field = |writer: &mut Writer<'_>, field: &Field, value: &dyn Debug| -> fmt::Result {
        match field.name() {
            "message" => write!(Escaping(writer), "{value:?}"),
            name => write!(Escaping(writer), "{name}={value:?}"),
        }
    };
    debug_fn(field).delimited(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_log_line_has_no_escape_sequence_of_others() {
        let written = Written::default();
        let into = written.clone();
        let log =
            tracing_subscriber::fmt().fmt_fields(fields()).with_ansi(false).with_writer(move || into.clone()).finish();
        let said = "\u{1b}[31m\u{9b}31m\u{7f}";
        tracing::subscriber::with_default(
            log,
            || tracing::warn!(quoted = said, shown = %said, count = 1, "it said {said}"),
        );
        let line = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        let expected =
            r#"it said \x1b[31m\x9b31m\x7f quoted="\u{1b}[31m\u{9b}31m\u{7f}" shown=\x1b[31m\x9b31m\x7f count=1"#;
        assert!(line.trim_end().ends_with(expected), "{line:?}");
        assert!(!line.trim_end().contains(char::is_control), "{line:?}");
    }
}
