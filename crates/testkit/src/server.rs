//! The real program, serving on a free port with a database of its own, until it is dropped.

use crate::cluster::Environment;
use crate::{Client, Database, Process, Program, databases};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use tempfile::TempDir;

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
    program: Program,
    pub url: String,
    pub database: String,
    admin: String,
    process: Option<Process>,
    /// The last to go: the process has its files there.
    directory: Arc<TempDir>,
}

impl Server {
    /// Serves with the tests' own executors on a fresh database of this kind.
    pub fn start(program: impl Into<Program>, kind: &str) -> Server {
        Server::configured(program, kind, CONFIGURATION)
    }

    /// Serves with this text as `lockkeeper.toml`.
    pub fn configured(program: impl Into<Program>, kind: &str, configuration: &str) -> Server {
        Server::configured_in(tempfile::tempdir().unwrap(), program, kind, configuration)
    }

    /// As [`Server::configured`], with its files, and SQLite's, in this directory.
    pub fn configured_in(directory: TempDir, program: impl Into<Program>, kind: &str, configuration: &str) -> Server {
        let database = databases::fresh(kind, directory.path());
        Server::on(database, directory, program, configuration)
    }

    /// Serves an existing database, with its files in this directory.
    pub fn on(database: String, directory: TempDir, program: impl Into<Program>, configuration: &str) -> Server {
        fs::write(directory.path().join("lockkeeper.toml"), configuration).unwrap();
        let mut server = Server {
            program: program.into(),
            url: String::new(),
            database,
            admin: String::new(),
            process: None,
            directory: Arc::new(directory),
        };
        server.admin = server.token("admin", "admin");
        server.serve();
        server
    }

    /// Another server on the same database, PostgreSQL, with these options; the machine is the same.
    pub fn another(&self, options: &[&str]) -> Server {
        self.beside(self.program.clone(), self.database.clone()).serving(options)
    }

    /// As [`Server::another`], in this environment.
    pub fn another_in(&self, options: &[&str], environment: Environment) -> Server {
        self.beside(self.program.clone().in_environment(environment), self.database.clone()).serving(options)
    }

    /// As [`Server::another`], which reaches the database at this URL.
    pub fn another_at(&self, database: String, options: &[&str]) -> Server {
        self.beside(self.program.clone(), database).serving(options)
    }

    /// A server that is to take over from it by another program; it does not serve yet.
    pub fn updated(&self, program: impl Into<Program>) -> Server {
        self.beside(program.into(), self.database.clone())
    }

    fn beside(&self, program: Program, database: String) -> Server {
        let (directory, admin) = (self.directory.clone(), self.admin.clone());
        Server { program, url: String::new(), database, admin, process: None, directory }
    }

    fn serving(mut self, options: &[&str]) -> Server {
        self.serve_with(options, "");
        self
    }

    /// Its process, if it serves.
    pub fn process(&mut self) -> Option<&mut Process> {
        self.process.as_mut()
    }

    /// The last lines of its log.
    pub fn log(&self) -> String {
        self.process.as_ref().map(Process::log).unwrap_or_default()
    }

    /// A worker on the same database, PostgreSQL, on the same machine.
    pub fn worker(&self) -> Process {
        self.worker_in(&[])
    }

    /// As [`Server::worker`], in this environment.
    pub fn worker_in(&self, environment: &[(&str, String)]) -> Process {
        let mut command = self.command(&["worker"]);
        command.envs(environment.iter().map(|(name, value)| (name, value)));
        Process::start(command)
    }

    /// As [`Server::worker`], with these failpoints armed.
    pub fn worker_armed(&self, failpoints: &str) -> Process {
        let mut command = self.command(&["worker"]);
        command.env("FAILPOINTS", failpoints);
        Process::start(command)
    }

    /// Serves again, with the same database, after [`Server::kill`].
    pub fn serve(&mut self) {
        self.serve_with(&[], "");
    }

    /// As [`Server::serve`], with these failpoints armed.
    pub fn serve_armed(&mut self, failpoints: &str) {
        self.serve_with(&[], failpoints);
    }

    fn serve_with(&mut self, options: &[&str], failpoints: &str) {
        let mut command = self.command(&[&["serve", "--listen", "127.0.0.1:0"], options].concat());
        command.env("FAILPOINTS", failpoints);
        let process = Process::start(command);
        let at = process.ready.find("http").unwrap_or_else(|| panic!("not ready: {:?}", process.ready));
        let address: String = process.ready[at..].chars().take_while(|char| !char.is_whitespace()).collect();
        address.trim_end_matches("/graphql").clone_into(&mut self.url);
        self.process = Some(process);
    }

    /// Ends the process at once, as a crash would.
    pub fn kill(&mut self) {
        if let Some(process) = self.process.take() {
            process.kill();
        }
    }

    /// The id of its process.
    pub fn pid(&self) -> u32 {
        self.process.as_ref().expect("it serves").pid()
    }

    /// Asks the process to stop, as a service manager would; returns whether it succeeded.
    pub fn terminate(&mut self) -> bool {
        self.process.take().expect("it serves").terminate()
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
    pub async fn stored(&self) -> Database {
        Database::open(&self.database).await
    }

    /// The value of a line of `/metrics`, by the line's beginning.
    pub async fn metric(&self, line: &str) -> Option<u64> {
        let http = reqwest::Client::new();
        let response = http.get(format!("{}/metrics", self.url)).bearer_auth(&self.admin).send().await.unwrap();
        let text = response.text().await.unwrap();
        text.lines().find_map(|found| found.strip_prefix(line)?.trim().parse().ok())
    }

    /// A file of its directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// A command of the program, with this server's database and files.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.program.command();
        command
            .args(arguments)
            .current_dir(self.directory.path())
            .env("LOCKKEEPER_DATABASE_URL", &self.database)
            .env("LOCKKEEPER_CONFIG", self.path("lockkeeper.toml"))
            .env("LOCKKEEPER_STATE_DIR", self.path("state"));
        command
    }
}
