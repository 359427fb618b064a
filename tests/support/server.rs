//! The real program, serving on a free port with a database of its own, until it is dropped.

use super::client::Client;
use super::{databases, stored};
use std::collections::VecDeque;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;

const BINARY: &str = env!("CARGO_BIN_EXE_lockkeeper");

/// Executors of the tests: one that succeeds soon, one that takes its time, one that fails.
const CONFIGURATION: &str = r#"
[executors.quick]
kind = "simulate"
delay = "5ms"

[executors.slow]
kind = "simulate"
delay = "60s"

[executors.failing]
kind = "simulate"
delay = "5ms"
fail_every = 1
"#;

/// A server, its database and its files.
pub struct Server {
    pub url: String,
    pub database: String,
    directory: TempDir,
    admin: String,
    process: Option<Child>,
    said: Arc<Mutex<VecDeque<String>>>,
}

impl Server {
    /// Serves with the tests' own executors on a fresh database of this kind.
    pub fn start(kind: &str) -> Server {
        Server::configured(kind, CONFIGURATION)
    }

    /// Serves with this text as `lockkeeper.toml`.
    pub fn configured(kind: &str, configuration: &str) -> Server {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("lockkeeper.toml"), configuration).unwrap();
        let mut server = Server {
            url: String::new(),
            database: databases::fresh(kind, directory.path()),
            directory,
            admin: String::new(),
            process: None,
            said: Arc::default(),
        };
        server.admin = server.token("admin", "admin");
        server.serve();
        server
    }

    /// Serves again, with the same database, after [`Server::kill`].
    pub fn serve(&mut self) {
        let mut process = self
            .command(&["serve", "--listen", "127.0.0.1:0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // What it logs is shown when it does not come up, and else let go.
        let said = self.said.clone();
        let stderr = BufReader::new(process.stderr.take().unwrap());
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let mut said = said.lock().unwrap();
                said.push_back(line);
                if said.len() > 200 {
                    said.pop_front();
                }
            }
        });
        let mut ready = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        self.process = Some(process);
        let at = ready.find("http://").unwrap_or_else(|| panic!("not ready: {ready:?}\n{}", self.log()));
        let address: String = ready[at..].chars().take_while(|char| !char.is_whitespace()).collect();
        address.trim_end_matches("/graphql").clone_into(&mut self.url);
    }

    /// Ends the process at once, as a crash would.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    /// Asks the process to stop, as a service manager would; gives whether it ended well.
    pub fn terminate(&mut self) -> bool {
        let mut process = self.process.take().expect("it serves");
        let pid = rustix::process::Pid::from_child(&process);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        process.wait().unwrap().success()
    }

    /// What it said last on standard error.
    pub fn log(&self) -> String {
        self.said.lock().unwrap().iter().fold(String::new(), |text, line| text + line + "\n")
    }

    /// A client with the rights of an admin, named `admin`.
    pub fn client(&self) -> Client {
        Client::new(&self.url, &self.admin)
    }

    /// A client with a new token.
    pub fn client_as(&self, name: &str, role: &str) -> Client {
        Client::new(&self.url, &self.token(name, role))
    }

    /// A new token, made beside the running server.
    pub fn token(&self, name: &str, role: &str) -> String {
        let output = self.run(&["token", "create", "--name", name, "--role", role]);
        let token = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        token.trim().to_owned()
    }

    /// Asserts that `lockkeeper doctor` finds every invariant kept.
    pub fn assert_sound(&self) {
        let output = self.run(&["doctor"]);
        assert!(
            output.status.success(),
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }

    /// Runs a command of the program on this server's database and waits for its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).stdin(Stdio::null()).output().unwrap()
    }

    /// What is stored, read beside the server.
    pub async fn stored(&self) -> stored::Stored {
        stored::Stored::open(&self.database).await
    }

    /// A file of its directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command
            .args(arguments)
            .current_dir(self.directory.path())
            .env("LOCKKEEPER_DATABASE_URL", &self.database)
            .env("LOCKKEEPER_CONFIG", self.path("lockkeeper.toml"))
            .env("LOCKKEEPER_STATE_DIR", self.path("state"));
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            eprintln!("The server said:\n{}", self.log());
        }
    }
}

/// The longest that a test waits for anything that should happen soon.
pub const PATIENCE: Duration = Duration::from_mins(1);
