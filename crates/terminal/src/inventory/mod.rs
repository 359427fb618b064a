//! Inventories that other tools keep: read from files, checked, and compared with the hosts that a server has.
//!
//! What reads a format is a pure function of its text, except for the files that an `ssh_config` includes.

mod ansible;
pub mod check;
mod columns;
mod json;
mod mistake;
mod pattern;
mod plan;
mod ssh_config;
mod ssh_include;
mod text;

pub use mistake::{Mistake, MistakeAt, Origin};
pub use pattern::Pattern;
pub use plan::{Plan, PlannedChange};

use clap::ValueEnum;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

/// The key of the label that says that a host is in a group, without the name of the group.
pub const GROUP_PREFIX: &str = "group.";
/// The value of such a label.
pub const GROUP_VALUE: &str = "true";

/// Formats of inventories.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// OpenSSH's client configuration: each name of a `Host` line without patterns
    SshConfig,
    /// Ansible's inventory: INI, YAML, or what `ansible-inventory --list` prints
    Ansible,
    /// A table with a heading: hostname, address, and label.KEY for each label
    Csv,
    /// A list of objects with hostname, address and labels, as `lockkeeper hosts --json` prints it
    Json,
}

/// A host as an inventory describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub hostname: String,
    pub address: String,
    /// The labels that the inventory gives it; `None` if it says nothing about labels.
    pub labels: Option<BTreeMap<String, String>>,
    /// Where it is described.
    pub origin: Origin,
}

/// Which labels an inventory decides about. Others stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnedLabels {
    /// Whether it decides about all of them.
    pub all: bool,
    pub prefixes: Vec<String>,
    pub keys: BTreeSet<String>,
}

impl OwnedLabels {
    fn owns(&self, key: &str) -> bool {
        self.all || self.keys.contains(key) || self.prefixes.iter().any(|prefix| key.starts_with(prefix))
    }
}

/// What a file describes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// In the order of the file.
    pub hosts: Vec<Entry>,
    pub owned: OwnedLabels,
    /// What was left out, and why, for people; each a sentence.
    pub notes: Vec<String>,
}

/// What to read of an inventory, beside its format.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Only hosts with a name like one of these; all without any.
    pub only: Vec<Pattern>,
    /// Only these groups become labels; all without any.
    pub groups: Vec<String>,
    /// The variables that become labels.
    pub variables: Vec<String>,
}

/// Reads and checks an inventory. The path `-` is standard input.
///
/// # Errors
/// Everything that is wrong with it, in the order of the file.
pub fn read(format: Format, path: &Path, selection: &Selection) -> Result<Inventory, Vec<MistakeAt>> {
    let name = if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() };
    let one = |mistake: MistakeAt| vec![mistake];
    let bytes = match path == Path::new("-") {
        true => read_all(io::stdin().lock()),
        false => std::fs::read(path),
    };
    let whole = |mistake: Mistake| Origin::file(&name).with(mistake);
    let bytes = bytes.map_err(|error| one(whole(Mistake::Unreadable(error.to_string()))))?;
    let text = text::decode(&name, bytes).map_err(one)?;
    let mut inventory = match format {
        Format::SshConfig => {
            let lines = ssh_include::lines(&name, &text).map_err(one)?;
            ssh_config::parse(&lines)
        }
        Format::Ansible => ansible::parse(&name, &text, &selection.groups, &selection.variables)?,
        Format::Csv => columns::parse(&name, &text)?,
        Format::Json => json::parse(&name, &text)?,
    };
    if !selection.only.is_empty() {
        inventory.hosts.retain(|host| selection.only.iter().any(|pattern| pattern.matches(&host.hostname)));
    }
    if inventory.hosts.is_empty() {
        return Err(one(whole(Mistake::NoHosts)));
    }
    let mistakes = check::check(&inventory.hosts);
    if mistakes.is_empty() { Ok(inventory) } else { Err(mistakes) }
}

fn read_all(mut from: impl io::Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes)?;
    Ok(bytes)
}
