//! The program as a caller of a server, or of none.

use crate::PROGRAM;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;
use testkit::Server;

/// A person with a home directory, who calls at most one server.
pub struct Cli {
    home: TempDir,
    /// The URL and the token that are in the environment, if any.
    server: Option<(String, String)>,
}

/// How a command ended.
#[derive(Debug)]
pub struct Ended {
    /// `None` if a signal ended it.
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Cli {
    /// A caller of this server with the rights of a role.
    pub fn new(server: &Server, role: &str) -> Cli {
        Cli::at(&server.url, &server.token("ana", role))
    }

    /// A caller of whatever is at this URL.
    pub fn at(url: &str, token: &str) -> Cli {
        Cli { server: Some((url.to_owned(), token.to_owned())), ..Cli::without_server() }
    }

    /// Somebody who has neither a context nor a server in the environment.
    pub fn without_server() -> Cli {
        Cli { home: tempfile::tempdir().unwrap(), server: None }
    }

    /// The same caller at another URL.
    pub fn moved(&self, url: &str) -> Cli {
        let (_, token) = self.server.as_ref().expect("a caller of a server");
        Cli::at(url, token)
    }

    /// The home directory, in which commands are run.
    pub fn path(&self) -> &Path {
        self.home.path()
    }

    /// Where the contexts are.
    pub fn config(&self) -> PathBuf {
        self.path().join("config/lockkeeper/config.toml")
    }

    /// Writes the file of contexts.
    pub fn write_config(&self, text: &str) {
        std::fs::create_dir_all(self.config().parent().unwrap()).unwrap();
        std::fs::write(self.config(), text).unwrap();
    }

    /// What the program has in its environment, besides the path.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let home = self.path().display().to_string();
        let config = self.path().join("config").display().to_string();
        let mut variables = vec![("HOME", home), ("XDG_CONFIG_HOME", config), ("TZ", "UTC".to_owned())];
        if let Some((url, token)) = &self.server {
            variables.extend([("LOCKKEEPER_SERVER", url.clone()), ("LOCKKEEPER_TOKEN", token.clone())]);
        }
        variables
    }

    /// A command of the program.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(arguments);
        self.prepare(&mut command);
        command
    }

    /// A command that a shell runs in one line, as somebody pastes it.
    fn pasted(&self, line: &str) -> Command {
        let line = line.strip_prefix("lockkeeper ").unwrap_or_else(|| panic!("a command: {line}"));
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("exec \"$0\" {line}"), PROGRAM]);
        self.prepare(&mut shell);
        shell
    }

    fn prepare(&self, command: &mut Command) {
        command.current_dir(self.path()).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
        command.envs(self.environment());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    }

    /// Runs a command to its end, without a terminal.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        self.command(arguments).output().unwrap().into()
    }

    /// Runs a command whose standard input is a pipe with this text.
    pub fn run_piped(&self, arguments: &[&str], input: &str) -> Ended {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().unwrap();
        // The command may end without reading it.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        child.wait_with_output().unwrap().into()
    }

    /// Runs a command that must end with this status.
    #[track_caller]
    pub fn ends(&self, status: i32, arguments: &[&str]) -> Ended {
        let ended = self.run(arguments);
        assert_eq!(ended.status, Some(status), "{arguments:?}: {ended:#?}");
        ended
    }

    /// Runs a command that has to succeed.
    #[track_caller]
    pub fn ok(&self, arguments: &[&str]) -> Ended {
        self.ends(0, arguments)
    }

    /// Runs a command that has to succeed, with `--json`.
    #[track_caller]
    pub fn json(&self, arguments: &[&str]) -> Value {
        self.ok(&[arguments, &["--json"]].concat()).json()
    }

    /// Runs a command line as a shell would, which must end with this status.
    #[track_caller]
    pub fn pastes(&self, status: i32, line: &str) -> Ended {
        let ended = Ended::from(self.pasted(line).output().unwrap());
        assert_eq!(ended.status, Some(status), "{line}: {ended:#?}");
        ended
    }

    /// Starts a command whose lines are read as they come.
    pub fn start(&self, arguments: &[&str]) -> Started {
        let mut child = self.command(arguments).spawn().unwrap();
        let stdout = BufReader::new(Box::new(child.stdout.take().unwrap()) as Box<dyn Read>);
        Started { child, stdout, lines: Vec::new() }
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Ended {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ended { status: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

impl Ended {
    /// Standard output as one JSON document.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }

    /// Each line of standard output as a JSON document.
    #[track_caller]
    pub fn json_lines(&self) -> Vec<Value> {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        self.stdout.lines().map(parse).collect()
    }

    /// The line of standard error that begins with this label.
    #[track_caller]
    pub fn labeled(&self, label: &str) -> &str {
        let line = self.stderr.lines().find_map(|line| line.strip_prefix(label)?.strip_prefix(": "));
        line.unwrap_or_else(|| panic!("no {label}: {self:#?}"))
    }

    /// Asserts that it ended with this status and said these things.
    #[track_caller]
    pub fn ends(&self, status: i32, says: &[&str]) -> &Ended {
        assert_eq!(self.status, Some(status), "{self:?}");
        for text in says {
            assert!(self.stderr.contains(text) || self.stdout.contains(text), "{text:?} is not in {self:?}");
        }
        self
    }

    /// Asserts that it failed with one line `error:` and one `help:`, and nothing on standard output.
    #[track_caller]
    pub fn fails(&self, status: i32, says: &[&str]) {
        self.ends(status, says);
        let lines = |label: &str| self.stderr.lines().filter(|line| line.starts_with(label)).count();
        assert_eq!((lines("error: "), lines("help: "), self.stdout.as_str()), (1, 1, ""), "{self:?}");
    }
}

/// A command under way. It is killed when it is dropped.
pub struct Started {
    child: Child,
    stdout: BufReader<Box<dyn Read>>,
    pub lines: Vec<String>,
}

impl Started {
    /// Reads on to a line that fits.
    pub fn read_until(&mut self, fits: impl Fn(&str) -> bool) {
        loop {
            let mut line = String::new();
            let count = self.stdout.read_line(&mut line).unwrap();
            if count == 0 {
                let stderr = self.stderr();
                panic!("it ended early: {:#?}\n{stderr}", self.lines);
            }
            let line = line.trim_end().to_owned();
            let is_last = fits(&line);
            self.lines.push(line);
            if is_last {
                return;
            }
        }
    }

    /// Presses Ctrl-C.
    pub fn interrupt(&self) {
        kill_process(Pid::from_child(&self.child), Signal::INT).unwrap();
    }

    /// Reads no more of standard output, as `head` does. Returns the status at its end.
    pub fn leave(mut self) -> impl FnOnce() -> Option<i32> {
        self.stdout = BufReader::new(Box::new(std::io::empty()));
        move || self.child.wait().unwrap().code()
    }

    /// Waits for its end. Returns the status, and what it printed, with what was read before.
    pub fn end(mut self) -> Ended {
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        self.lines.extend(rest.lines().map(str::to_owned));
        let stderr = self.stderr();
        let status = self.child.wait().unwrap().code();
        let stdout = self.lines.iter().map(|line| format!("{line}\n")).collect();
        Ended { status, stdout, stderr }
    }

    fn stderr(&mut self) -> String {
        let mut text = String::new();
        if let Some(mut stderr) = self.child.stderr.take() {
            stderr.read_to_string(&mut text).unwrap();
        }
        text
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
