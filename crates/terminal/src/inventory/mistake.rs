//! What can be wrong with an inventory, and where it is.

use std::fmt;
use std::sync::Arc;

/// Where something is described.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    file: Arc<str>,
    place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// The whole file.
    File,
    /// A line, counted from 1.
    Line(usize),
    /// An item of a list in a format without lines, counted from 1.
    Item(usize),
}

impl Origin {
    /// The whole of a file.
    pub fn file(name: &str) -> Origin {
        Origin { file: name.into(), place: Place::File }
    }

    /// A line of the same file, counted from 1.
    pub fn line(&self, line: usize) -> Origin {
        Origin { file: self.file.clone(), place: Place::Line(line) }
    }

    /// An item of a list in the same file, counted from 1.
    pub fn item(&self, item: usize) -> Origin {
        Origin { file: self.file.clone(), place: Place::Item(item) }
    }

    /// A mistake that is here.
    pub fn with(&self, mistake: Mistake) -> MistakeAt {
        MistakeAt { origin: self.clone(), mistake }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Place::File => write!(to, "{}", self.file),
            Place::Line(line) => write!(to, "{}:{line}", self.file),
            Place::Item(item) => write!(to, "{}, host {item}", self.file),
        }
    }
}

/// What is wrong with an inventory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// The file cannot be read, and why.
    Unreadable(String),
    /// It is not UTF-8.
    NotUtf8,
    /// It describes no host, or none that was asked for.
    NoHosts,
    /// It is not of its format; a phrase that says why.
    Format(String),
    Hostname(String),
    Address {
        hostname: String,
        address: String,
    },
    /// A label, and what it was made of, such as `the group web`.
    Label {
        hostname: String,
        key: String,
        value: String,
    },
    TooManyLabels {
        hostname: String,
        labels: usize,
    },
    /// The host is described twice, and where it is the first time. The spelling of the first may be another one.
    Twice {
        hostname: String,
        first: String,
        at: Origin,
    },
}

/// A mistake with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MistakeAt {
    pub origin: Origin,
    pub mistake: Mistake,
}

impl fmt::Display for MistakeAt {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{}: ", self.origin)?;
        match &self.mistake {
            Mistake::Unreadable(why) => write!(to, "the file cannot be read: {why}."),
            Mistake::NotUtf8 => {
                write!(to, "the text is not UTF-8. If it is Latin-1, convert it: iconv -f latin1 -t utf8.")
            }
            Mistake::NoHosts => write!(to, "no host is described here, or none that was asked for."),
            Mistake::Format(what) => write!(to, "{what}."),
            Mistake::Hostname(name) => write!(
                to,
                "{name:?} is not a hostname: it must have 1 to 253 letters, digits and characters of ._-, and must begin \
                 with a letter or a digit."
            ),
            Mistake::Address { hostname, address } if address.contains("{{") => write!(
                to,
                "the address {address:?} of {hostname} is a template, which only Ansible can fill in. Write the address."
            ),
            Mistake::Address { hostname, address } => write!(
                to,
                "the address {address:?} of {hostname} is neither an IP address nor a DNS name of at most 253 characters."
            ),
            Mistake::Label { hostname, key, value } => write!(
                to,
                "{hostname} cannot have the label {key:?} with the value {value:?}: a key must have 1 to 63 characters, a \
                 value at most 63, without control characters."
            ),
            Mistake::TooManyLabels { hostname, labels } => {
                write!(to, "{hostname} would have {labels} labels; a host can have at most 100.")
            }
            Mistake::Twice { hostname, first, at } if hostname == first => {
                write!(to, "{hostname} is described twice, first at {at}. Keep it once.")
            }
            Mistake::Twice { hostname, first, at } => write!(
                to,
                "{hostname} is another spelling of {first}, which is at {at}: both would be one host. Keep it once."
            ),
        }
    }
}
