//! A shared connection to one host: the master process of ssh, over which every call to that host goes.

use super::client::Client;
use super::failure::Failure;
use super::sessions;
use crate::executor::StateDir;
use crate::executor::command::descriptors::spawned;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::AsyncReadExt;
use tokio::process::{Child, ChildStderr, Command};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

/// The shortest and longest pause between two looks whether a connection has been made.
const MIN_POLL_INTERVAL: Duration = Duration::from_millis(10);
const MAX_POLL_INTERVAL: Duration = Duration::from_millis(250);
/// How long a master may take to answer a question of this machine, and to start and to log in beside its timeout.
const MASTER_TIMEOUT: Duration = Duration::from_secs(10);
/// For so long after its master answered, a connection counts as usable if the master lives.
const ANSWER_VALIDITY: Duration = Duration::from_secs(5);
/// The most of a message of ssh that is read.
const MAX_MESSAGE_BYTES: u64 = 4000;

/// A connection that was made. Dropped, it ends, and with it every call over it.
#[derive(Debug)]
pub(super) struct Connection {
    client: Client,
    address: String,
    config: PathBuf,
    socket: PathBuf,
    /// Killed when this is dropped.
    master: Mutex<Child>,
    /// When the master answered last.
    answered: Mutex<Instant>,
    /// What the master prints, which is read for as long as it lives, so that it never waits for a reader.
    printed: JoinHandle<String>,
}

impl Connection {
    /// Tries to connect to a host, once.
    ///
    /// # Errors
    /// Why it was not connected to.
    pub async fn open(client: &Client, address: &str, state: &StateDir) -> Result<Connection, Failure> {
        let config = client.prepare(state)?;
        let socket = sessions::new_socket(state).map_err(Failure::client)?;
        let mut command = client.command(&config);
        command.arg("-S").arg(&socket).args(["-M", "-N", "-T", "--", address]).stdout(Stdio::null());
        let mut master = spawned(command)
            .await
            .map_err(|error| Failure::client(format!("the program ssh cannot be started: {error}")))?;
        let printed = tokio::spawn(read_beginning(master.stderr.take()));
        let (client, address) = (client.clone(), address.to_owned());
        let (master, answered) = (Mutex::new(master), Mutex::new(Instant::now()));
        let mut connection = Connection { client, address, config, socket, master, answered, printed };
        // ssh itself keeps to the timeout for each address of the host, and for the exchange of keys.
        let limit = 2 * connection.client.connect_timeout + MASTER_TIMEOUT;
        match timeout(limit, connection.wait_for_socket()).await {
            Ok(Ok(())) => Ok(connection),
            Ok(Err(stderr)) => Err(Failure::from_stderr(&stderr)),
            Err(_) => Err(Failure::from_stderr(&format!("Connection to {} timed out", connection.address))),
        }
    }

    /// Waits until the master accepts calls.
    ///
    /// # Errors
    /// What ssh printed, if it ended instead.
    async fn wait_for_socket(&mut self) -> Result<(), String> {
        let master = self.master.get_mut().unwrap_or_else(PoisonError::into_inner);
        let began = Instant::now();
        loop {
            if self.socket.exists() {
                return Ok(());
            }
            tokio::select! {
                // It has ended; why it cannot be waited for does not matter.
                _ = master.wait() => return Err((&mut self.printed).await.unwrap_or_default()),
                () = sleep((began.elapsed() / 4).clamp(MIN_POLL_INTERVAL, MAX_POLL_INTERVAL)) => {}
            }
        }
    }

    /// Whether calls can still go over it.
    pub async fn is_usable(&self) -> bool {
        if !matches!(locked(&self.master).try_wait(), Ok(None)) {
            return false;
        }
        if locked(&self.answered).elapsed() < ANSWER_VALIDITY {
            return true;
        }
        let mut check = self.call();
        check.args(["-O", "check"]).arg(&self.address).stdout(Stdio::null()).stderr(Stdio::null());
        let status = async { spawned(check).await?.wait().await };
        let answers = matches!(timeout(MASTER_TIMEOUT, status).await, Ok(Ok(status)) if status.success());
        if answers {
            *locked(&self.answered) = Instant::now();
        }
        answers
    }

    /// A call that runs a command on the host. If the server allows no more calls over this connection, ssh makes one of
    /// its own.
    pub fn run(&self, remote: &str) -> Command {
        let mut command = self.call();
        command.args(["-o", "ControlMaster=no", "-T", "--", &self.address, remote]);
        command
    }

    fn call(&self) -> Command {
        let mut command = self.client.command(&self.config);
        command.arg("-S").arg(&self.socket);
        command
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // The master is killed with its handle, and leaves the file.
        let _ = std::fs::remove_file(&self.socket);
    }
}

/// Locks, also if who locked it before has panicked.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads to the end, and returns the beginning.
pub(super) async fn read_beginning(pipe: Option<ChildStderr>) -> String {
    let mut beginning = Vec::new();
    if let Some(mut pipe) = pipe {
        // Only an explanation is lost.
        let _ = (&mut pipe).take(MAX_MESSAGE_BYTES).read_to_end(&mut beginning).await;
        let _ = tokio::io::copy(&mut pipe, &mut tokio::io::sink()).await;
    }
    String::from_utf8_lossy(&beginning).into_owned()
}
