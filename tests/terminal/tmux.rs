//! A terminal whose screen can be read: tmux, with a server of its own for each test.

use crate::PROGRAM;
use crate::cli::Cli;
use std::process::{Command, Stdio};
use tempfile::TempDir;
use unicode_width::UnicodeWidthStr as _;

pub struct Tmux {
    /// Where the socket is, and the program by its name.
    directory: TempDir,
}

impl Tmux {
    /// A shell in a terminal of this size, in which `lockkeeper` is the caller's. More can be in its environment.
    pub fn start(cli: &Cli, (width, height): (usize, usize), environment: &[(&str, &str)]) -> Tmux {
        let tmux = Tmux { directory: tempfile::tempdir().unwrap() };
        std::os::unix::fs::symlink(PROGRAM, tmux.directory.path().join("lockkeeper")).unwrap();
        let path = format!("{}:{}", tmux.directory.path().display(), std::env::var("PATH").unwrap());
        let mut command = tmux.command();
        command.args(["new-session", "-d", "-x", &width.to_string(), "-y", &height.to_string()]);
        let own = [("PATH", path.as_str()), ("PS1", "$ "), ("LC_ALL", "C.UTF-8")];
        command.args(["env", "-u", "NO_COLOR"]);
        command.args(own.iter().chain(environment).map(|(name, value)| format!("{name}={value}")));
        command.args(cli.environment().into_iter().map(|(name, value)| format!("{name}={value}")));
        command.args(["sh", ";", "set-option", "-g", "status", "off"]);
        let output = command.output().expect("tmux is installed");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        tmux
    }

    fn command(&self) -> Command {
        let mut command = Command::new("tmux");
        command.args(["-u", "-f", "/dev/null", "-S"]).arg(self.directory.path().join("socket"));
        command.env_remove("TMUX").env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> String {
        let output = self.command().args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Types a line.
    pub fn enter(&self, text: &str) {
        self.run(&["send-keys", "-l", text]);
        self.press("Enter");
    }

    /// Presses a key by its name.
    pub fn press(&self, key: &str) {
        self.run(&["send-keys", key]);
    }

    pub fn resize(&self, width: usize, height: usize) {
        self.run(&["resize-window", "-x", &width.to_string(), "-y", &height.to_string()]);
    }

    /// The rows of the screen as far as there is text.
    pub fn screen(&self) -> Vec<String> {
        rows(&self.run(&["capture-pane", "-p"]))
    }

    /// The screen with its colors.
    pub fn styled(&self) -> String {
        self.run(&["capture-pane", "-p", "-e"])
    }

    /// The screen and everything that has left it at the top.
    pub fn history(&self) -> Vec<String> {
        rows(&self.run(&["capture-pane", "-p", "-S", "-"]))
    }

    /// Waits until a row of the screen contains this text. Returns the screen.
    pub async fn shows(&self, text: &str) -> Vec<String> {
        let has = |screen: &[String]| screen.iter().any(|row| row.contains(text));
        self.until(&format!("the screen shows {text:?}"), has).await
    }

    /// Waits until the screen fits. Returns it.
    pub async fn until(&self, what: &str, fits: impl Fn(&[String]) -> bool) -> Vec<String> {
        let mut last = Vec::new();
        let found = testkit::until(what, async || {
            last = self.screen();
            fits(&last).then(|| last.clone())
        });
        found.await
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("The terminal:\n{}", self.history().join("\n"));
        }
        // It ends with its last session at the latest.
        let _ = self.command().arg("kill-server").output();
    }
}

fn rows(text: &str) -> Vec<String> {
    let text = text.trim_end_matches('\n');
    text.lines().map(|row| row.trim_end().to_owned()).collect()
}

/// Asserts that no row is wider than this.
pub fn assert_fits(rows: &[String], width: usize) {
    for row in rows {
        assert!(row.width() <= width, "{row:?} in {rows:#?}");
    }
}
