//! The program, run in a directory of its own.

use crate::PROGRAM;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Where commands run: their database and their files are here.
pub struct Place {
    pub directory: TempDir,
    pub database: String,
}

impl Place {
    /// An empty directory, and a fresh database of this kind.
    pub fn new(kind: &str) -> Place {
        let directory = tempfile::tempdir().unwrap();
        let database = testkit::databases::fresh(kind, directory.path());
        Place { directory, database }
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// A command of the program on this database.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).current_dir(self.path()).env("LOCKKEEPER_DATABASE_URL", &self.database);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs a command that has to succeed, and gives what it printed.
    #[track_caller]
    pub fn printed(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    }

    /// Runs a command that has to fail, and gives what it said.
    #[track_caller]
    pub fn failed(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(!output.status.success(), "{}", text(&output.stdout));
        text(&output.stderr)
    }

    /// Serves on a free port.
    pub fn serve(&self) -> Running {
        Running::start(self.command(&["serve", "--listen", "127.0.0.1:0"]))
    }
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A server under way; it ends when it is dropped.
pub struct Running {
    pub url: String,
    child: Child,
    stdout: BufReader<ChildStdout>,
    /// What was read of it and not returned.
    read: String,
}

impl Running {
    /// Starts a command and waits for the line that says where it serves.
    pub fn start(mut command: Command) -> Running {
        let mut child = command.stderr(Stdio::inherit()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut read = String::new();
        // The demo says first where its console is.
        while !read.contains("/graphql") {
            assert_ne!(stdout.read_line(&mut read).unwrap(), 0, "it ended before it was ready: {read}");
        }
        let ready = read.lines().last().unwrap();
        let at = ready.find("http://").unwrap_or_else(|| panic!("not ready: {ready:?}"));
        let url = ready[at..].split("/graphql").next().unwrap().to_owned();
        Running { url, child, stdout, read }
    }

    /// Everything that it printed and that was not returned before, up to this text.
    pub fn read_until(&mut self, end: &str) -> String {
        let mut read = std::mem::take(&mut self.read);
        while !read.contains(end) {
            assert_ne!(self.stdout.read_line(&mut read).unwrap(), 0, "it ended: {read}");
        }
        read
    }

    /// Asks it to stop, as a service manager does, and waits; gives its exit status and how long it took.
    pub fn stop(&mut self) -> (Option<i32>, Duration) {
        let began = Instant::now();
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let status = self.child.wait().unwrap();
        self.stdout.read_to_string(&mut String::new()).unwrap();
        (status.code(), began.elapsed())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
