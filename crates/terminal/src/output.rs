//! What a command prints: data on standard output, and everything else on standard error.

use crate::args::{ColorArg, GlobalArgs};
use crate::cells;
use crate::escape;
use crate::failure::{ExitStatus, Failure, Problem};
use crate::times::Clock;
use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use jiff::Timestamp;
use serde::Serialize;
use std::io::{self, ErrorKind, IsTerminal as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const ERROR: Style = AnsiColor::Red.on_default().bold();
const HELP: Style = AnsiColor::Cyan.on_default();
/// Cells of lines on a terminal whose width is unknown.
const DEFAULT_WIDTH: usize = 80;
/// Rows of a terminal whose height is unknown.
const DEFAULT_HEIGHT: usize = 24;

/// Where and how a command prints.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "they say independent things")]
pub struct Output {
    /// Whether standard output is JSON.
    pub json: bool,
    /// Whether notes are left out.
    pub quiet: bool,
    pub clock: Clock,
    stdout_is_terminal: bool,
    stderr_is_terminal: bool,
    /// Whether the reader of standard output has gone.
    is_gone: Arc<AtomicBool>,
}

/// A failure in JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FailureJson<'f> {
    errors: &'f [Problem],
    request_id: Option<&'f str>,
    idempotency_key: Option<&'f str>,
}

impl Output {
    /// The output that the arguments ask for.
    pub fn new(globals: &GlobalArgs) -> Output {
        match globals.color {
            // `NO_COLOR` and `CLICOLOR_FORCE` apply.
            ColorArg::Auto => ColorChoice::Auto,
            ColorArg::Always => ColorChoice::Always,
            ColorArg::Never => ColorChoice::Never,
        }
        .write_global();
        let stdout_is_terminal = io::stdout().is_terminal();
        Output {
            json: globals.json,
            quiet: globals.quiet,
            clock: Clock::new(stdout_is_terminal, globals.utc),
            stdout_is_terminal,
            stderr_is_terminal: io::stderr().is_terminal(),
            is_gone: Arc::default(),
        }
    }

    /// The output of a command in a pipe.
    #[cfg(test)]
    pub fn piped() -> Output {
        Output {
            json: false,
            quiet: false,
            clock: Clock::new(false, true),
            stdout_is_terminal: false,
            stderr_is_terminal: false,
            is_gone: Arc::default(),
        }
    }

    /// Prints a value as one line of JSON.
    pub fn json_line(&self, value: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string(value)
            .map_err(|error| Failure::usage(format!("The result cannot be written as JSON: {error}.")))?;
        self.print(&text)
    }

    /// Prints a line of data for people. Characters that a terminal would act on are escaped.
    pub fn line(&self, text: &str) -> Result<(), Failure> {
        self.print(&escape::line(text))
    }

    /// Prints a text and a line end on standard output. A reader that has gone is no error: it has read enough.
    pub fn print(&self, text: &str) -> Result<(), Failure> {
        let mut stdout = anstream::stdout().lock();
        match writeln!(stdout, "{text}").and_then(|()| stdout.flush()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => self.is_gone.store(true, Ordering::Relaxed),
            Err(error) => return Err(Failure::usage(format!("Standard output cannot be written: {error}."))),
            Ok(()) => {}
        }
        Ok(())
    }

    /// Whether the reader of standard output has gone, so that there is nothing more to print for.
    pub fn is_gone(&self) -> bool {
        self.is_gone.load(Ordering::Relaxed)
    }

    /// Names commands that help.
    pub fn help(&self, commands: &str) {
        self.tell("help: ", HELP, commands);
    }

    /// Tells the person at the terminal what happened, unless `--quiet` is set.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            self.tell("", Style::new(), text);
        }
    }

    /// Tells that something needs attention, also with `--quiet`.
    pub fn warning(&self, text: &str) {
        self.tell("warning: ", AnsiColor::Yellow.on_default().bold(), text);
    }

    /// Says why a command did not succeed: `error:`, `help:` and the id of the request; with `--json` also in JSON.
    pub fn failure(&self, failure: &Failure) {
        if self.json && (2..=6).contains(&(failure.status as u8)) {
            let json = FailureJson {
                errors: &failure.problems,
                request_id: failure.request_id.as_deref(),
                idempotency_key: failure.idempotency_key.as_deref(),
            };
            // If standard output cannot be written, standard error says the same.
            let _ = self.json_line(&json);
        }
        self.tell("error: ", ERROR, &failure.message());
        if let Some(help) = &failure.help {
            self.help(help);
        }
        if let Some(id) = &failure.request_id {
            self.tell("request: ", Style::new().dimmed(), id);
        }
        if failure.status == ExitStatus::Unreachable
            && let Some(key) = &failure.idempotency_key
        {
            self.tell("key: ", Style::new().dimmed(), key);
        }
    }

    /// Shows a question at the terminal.
    pub fn prompt(&self, question: &str) {
        let mut stderr = anstream::stderr().lock();
        // A terminal that has gone answers nothing, which is a no.
        let _ = write!(stderr, "{}", escape::line(question)).and_then(|()| stderr.flush());
    }

    /// The width of the terminal on standard output in cells, or `None` if it is not a terminal.
    pub fn width(&self) -> Option<usize> {
        let size = || terminal_size::terminal_size_of(io::stdout());
        self.stdout_is_terminal.then(|| size().map_or(DEFAULT_WIDTH, |(width, _)| usize::from(width.0)))
    }

    /// The width of the terminal on standard error in cells, or `None` if it is not a terminal.
    pub fn stderr_width(&self) -> Option<usize> {
        let size = || terminal_size::terminal_size_of(io::stderr());
        self.stderr_is_terminal.then(|| size().map_or(DEFAULT_WIDTH, |(width, _)| usize::from(width.0)))
    }

    /// The width and height in cells of the terminal on standard output.
    pub fn size(&self) -> (usize, usize) {
        let size = terminal_size::terminal_size_of(io::stdout());
        size.map_or((DEFAULT_WIDTH, DEFAULT_HEIGHT), |(width, height)| (width.0.into(), height.0.into()))
    }

    /// Whether standard output has colors.
    pub fn has_colors(&self) -> bool {
        AutoStream::choice(&io::stdout()) != ColorChoice::Never
    }

    /// Formats a time of the API for people. A text that is not a time is shown as it is.
    pub fn time(&self, text: &str) -> String {
        text.parse().map_or_else(|_| text.to_owned(), |time| self.clock.show(time))
    }

    /// Formats when something ends automatically: ` until 18:00`, or nothing if it does not end so.
    pub fn until(&self, until: Option<&str>) -> String {
        let near = |time| self.clock.show_near(time, Timestamp::now());
        until.map_or_else(String::new, |until| {
            format!(" until {}", until.parse().map_or_else(|_| until.to_owned(), near))
        })
    }

    /// Whether standard output is a terminal.
    pub fn is_terminal(&self) -> bool {
        self.stdout_is_terminal
    }

    /// Prints a labeled line on standard error, which wraps at words on a terminal.
    fn tell(&self, label: &str, style: Style, text: &str) {
        let text = escape::line(text);
        let line = format!("{label}{text}");
        let lines = match self.stderr_width() {
            Some(width) => cells::wrap(&line, width),
            None => vec![line.as_str().into()],
        };
        let mut stderr = anstream::stderr().lock();
        for (place, line) in lines.iter().enumerate() {
            let (styled, rest) = if place == 0 { line.split_at(label.trim_end().len()) } else { ("", &**line) };
            // Nobody reads it when standard error cannot be written.
            let _ = writeln!(stderr, "{style}{styled}{style:#}{rest}");
        }
    }
}
