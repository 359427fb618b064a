//! An order to the far runner.

use std::fmt::{Display, Write as _};

/// What the far runner is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Start,
    Follow,
    Status,
    Stop,
    Clean,
    Probe,
}

impl Verb {
    fn word(self) -> &'static str {
        match self {
            Verb::Start => "start",
            Verb::Follow => "follow",
            Verb::Status => "status",
            Verb::Stop => "stop",
            Verb::Clean => "clean",
            Verb::Probe => "probe",
        }
    }
}

/// An order to the far runner: lines of its standard input.
#[derive(Clone, Debug)]
pub(super) struct Request {
    lines: String,
}

impl Request {
    pub fn new(verb: Verb) -> Request {
        Request { lines: format!("FAR_VERB={}\n", verb.word()) }
    }

    /// Adds a line.
    ///
    /// # Errors
    /// A sentence, if the value has a line end, which no line can carry.
    pub fn set(&mut self, name: &str, value: impl Display) -> Result<(), String> {
        let value = value.to_string();
        if value.contains(['\n', '\0']) {
            return Err(format!("The value of {name} has a line end, which cannot be passed to a host: remove it."));
        }
        // Writing to a text does not fail.
        let _ = writeln!(self.lines, "{name}={value}");
        Ok(())
    }

    /// The lines, and the empty one that ends them.
    pub fn text(&self) -> String {
        format!("{}\n", self.lines)
    }
}
