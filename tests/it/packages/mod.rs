//! What lockkeeper is installed from: the units, the Debian package, the image.

mod container;
mod debian;
mod units;
mod version;

use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Runs a command that has to succeed, and returns what it printed on both streams.
#[track_caller]
fn succeed(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let printed = [output.stdout, output.stderr].concat();
    let printed = String::from_utf8_lossy(&printed).into_owned();
    assert!(output.status.success(), "{command:?}: {printed}");
    printed
}
