//! Several processes on one database, each of which may be killed and started again.

use crate::PROGRAM;
use rustix::process::Signal;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::sync::{Arc, Mutex};
use testkit::{Client, Process, Server};

/// One executor whose commands may be started again, and one whose commands may not. The failpoints are those of the
/// runners.
fn configuration(failpoints: &str) -> String {
    format!(
        "
        [worker]
        drain = '1s'

        [executors.repeat]
        kind = 'command'
        program = './deploy'
        dir = '.'
        grace = '1s'
        env = {{ FAILPOINTS = '{failpoints}' }}
        on_lost = 'retry'

        [executors.repeat.undrain]
        program = '/bin/true'

        [executors.careful]
        kind = 'command'
        program = './deploy'
        dir = '.'
        grace = '1s'
        env = {{ FAILPOINTS = '{failpoints}' }}
        "
    )
}

/// All processes on one database: on PostgreSQL two servers and a worker, on SQLite the one server there can be. All
/// of them carry out releases. They are named by number, the servers first.
pub struct Processes {
    pub servers: Vec<Server>,
    worker: Option<Process>,
    /// Where the servers are now.
    addresses: Arc<Mutex<Vec<Client>>>,
}

impl Processes {
    pub fn start(kind: &str) -> Processes {
        let first = Server::configured(PROGRAM, kind, &configuration(""));
        let worker = (kind == "postgres").then(|| first.worker());
        let second = (kind == "postgres").then(|| first.another(&[]));
        let processes =
            Processes { servers: [first].into_iter().chain(second).collect(), worker, addresses: Arc::default() };
        processes.tell();
        processes
    }

    fn tell(&self) {
        *self.addresses.lock().unwrap() = self.servers.iter().map(Server::client).collect();
    }

    /// Whoever is there when this is called, by turns.
    pub fn client(&self) -> impl Fn() -> Client + Clone + Send + 'static {
        let (addresses, turn) = (self.addresses.clone(), Arc::new(Mutex::new(0)));
        move || {
            let mut turn = turn.lock().unwrap();
            *turn += 1;
            let addresses = addresses.lock().unwrap();
            addresses[*turn % addresses.len()].clone()
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.servers.len() + usize::from(self.worker.is_some())
    }

    /// Starts one of them again, in whatever state it is, with these failpoints armed, and others in its runners.
    pub fn start_again(&mut self, number: usize, own: &str, runners: &str) {
        // It is read when a process starts, and only then.
        fs::write(self.servers[0].path("lockkeeper.toml"), configuration(runners)).unwrap();
        if let Some(server) = self.servers.get_mut(number) {
            server.kill();
            server.serve_armed(own);
            self.tell();
        } else {
            drop(self.worker.take());
            self.worker = Some(self.servers[0].worker_armed(own));
        }
    }

    /// Asks one of them to stop, as a service manager would, and waits until it has.
    pub fn stop(&mut self, number: usize) {
        let stopped = match self.servers.get_mut(number) {
            Some(server) => server.terminate(),
            None => self.worker.take().expect("there is one of this number").terminate(),
        };
        assert!(stopped, "it did not end well");
    }

    /// Asks one of them to stop, as a service manager would.
    pub fn ask_to_stop(&mut self, number: usize) {
        self.process(number).signal(Signal::TERM);
    }

    /// Whether one of them was ended by itself with a signal that nobody survives. No other end is in order.
    pub fn has_died(&mut self, number: usize) -> bool {
        let process = self.process(number);
        let Some(status) = process.ended() else { return false };
        assert_eq!(status.signal(), Some(Signal::KILL.as_raw()), "{status}:\n{}", process.log());
        true
    }

    /// What one of them logged last.
    pub fn log(&mut self, number: usize) -> String {
        self.process(number).log()
    }

    fn process(&mut self, number: usize) -> &mut Process {
        let server = self.servers.get_mut(number);
        server.and_then(Server::process).or(self.worker.as_mut()).expect("there is one of this number")
    }
}
