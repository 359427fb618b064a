//! The connections of an executor: one to each host, made when it is needed and kept for a while after its last use, and at
//! most `connect_at_once` at a time being made.

use super::client::Client;
use super::connection::{Connection, locked};
use super::failure::Failure;
use crate::executor::StateDir;
use crate::executor::command::descriptors::spawned;
use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex as BlockingMutex, Weak};
use std::time::Duration;
use tokio::sync::{Mutex, Semaphore};
use tokio::time::{Instant, sleep};

/// How long a host that is not reached is tried, without the time in which others have their turn.
const CONNECT_PERIOD: Duration = Duration::from_secs(30);
/// The mean of the first pause between two tries. Each is twice as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(300);
const MAX_PAUSE: Duration = Duration::from_secs(5);
/// How long a connection is kept after its last use: for the next step of the same target.
const LINGER: Duration = Duration::from_secs(30);

/// Connections by address, each made by one task at a time.
type Hosts = HashMap<String, Arc<Mutex<Weak<Connection>>>>;

/// The connections of one executor.
#[derive(Debug)]
pub(super) struct Pool {
    pub client: Client,
    /// New connections at a time through one jump host, or to hosts without one.
    connect_at_once: usize,
    hosts: BlockingMutex<Hosts>,
    /// By jump host; an empty text for none.
    slots: BlockingMutex<HashMap<String, Arc<Semaphore>>>,
}

/// A connection in use.
pub(super) struct Use(Arc<Connection>);

impl Deref for Use {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.0
    }
}

impl Drop for Use {
    fn drop(&mut self) {
        let connection = Arc::clone(&self.0);
        // Without a runtime, the process ends.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                sleep(LINGER).await;
                drop(connection);
            });
        }
    }
}

impl Pool {
    pub fn new(client: Client, connect_at_once: usize) -> Pool {
        Pool { client, connect_at_once, hosts: BlockingMutex::default(), slots: BlockingMutex::default() }
    }

    /// Returns a connection to a host that works. A host that is not reached is tried again for 30 seconds.
    ///
    /// # Errors
    /// The failure of the last try.
    pub async fn get(&self, address: &str, state: &StateDir) -> Result<Use, Failure> {
        self.get_within(CONNECT_PERIOD, address, state).await
    }

    /// The same for another time.
    pub async fn get_within(&self, period: Duration, address: &str, state: &StateDir) -> Result<Use, Failure> {
        let host = Arc::clone(locked(&self.hosts).entry(address.to_owned()).or_default());
        // Whom to trust may have changed since a connection was made.
        self.client.prepare(state)?;
        let mut kept = host.lock().await;
        if let Some(connection) = kept.upgrade()
            && connection.is_usable().await
        {
            return Ok(Use(connection));
        }
        let connection = Arc::new(self.connect(period, address, state).await?);
        *kept = Arc::downgrade(&connection);
        Ok(Use(connection))
    }

    async fn connect(&self, period: Duration, address: &str, state: &StateDir) -> Result<Connection, Failure> {
        let jump = self.jump_host(address, state).await?;
        let slots = Arc::clone(
            locked(&self.slots).entry(jump).or_insert_with(|| Arc::new(Semaphore::new(self.connect_at_once))),
        );
        let (mut spent, mut pause) = (Duration::ZERO, FIRST_PAUSE);
        loop {
            // The semaphore is never closed.
            let permit = slots.acquire().await;
            let began = Instant::now();
            let failure = match Connection::open(&self.client, address, state).await {
                Err(failure) if failure.is_worth_a_retry() => failure,
                result => return result,
            };
            drop(permit);
            let jittered = pause.mul_f64(rand::random_range(0.5..1.5));
            spent += began.elapsed() + jittered;
            if spent > period {
                return Err(failure);
            }
            sleep(jittered).await;
            pause = (2 * pause).min(MAX_PAUSE);
        }
    }

    /// Returns the jump host or the proxy command of a host, by ssh's configuration; an empty text for none.
    async fn jump_host(&self, address: &str, state: &StateDir) -> Result<String, Failure> {
        let config = self.client.prepare(state)?;
        if self.client.ssh_config.is_none() {
            return Ok(String::new());
        }
        let mut ask = self.client.command(&config);
        ask.args(["-G", "--", address]);
        let asked = async { spawned(ask).await?.wait_with_output().await };
        let asked =
            asked.await.map_err(|error| Failure::client(format!("the program ssh cannot be started: {error}")))?;
        if !asked.status.success() {
            return Err(Failure::client(Failure::from_stderr(&String::from_utf8_lossy(&asked.stderr))));
        }
        let text = String::from_utf8_lossy(&asked.stdout);
        let jump = text.lines().find_map(|line| line.strip_prefix("proxyjump ").or(line.strip_prefix("proxycommand ")));
        Ok(jump.filter(|jump| *jump != "none").unwrap_or_default().to_owned())
    }
}
