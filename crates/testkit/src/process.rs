//! A running program, until it is dropped.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};

use rustix::process::{Pid, Signal, kill_process};

/// A program that said that it is ready.
pub struct Process {
    child: Child,
    /// The line that it printed when it was.
    pub ready: String,
    said: Arc<Mutex<VecDeque<String>>>,
}

impl Process {
    /// Starts it, and waits for its first line. What it logs is shown when none comes.
    pub fn start(mut command: Command) -> Process {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let said = Arc::<Mutex<VecDeque<String>>>::default();
        let (keep, stderr) = (said.clone(), BufReader::new(child.stderr.take().unwrap()));
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let mut said = keep.lock().unwrap();
                said.push_back(line);
                if said.len() > 200 {
                    said.pop_front();
                }
            }
        });
        let mut ready = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        let process = Process { child, ready, said };
        assert!(!process.ready.is_empty(), "it did not come up:\n{}", process.log());
        process
    }

    /// Its number.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Its exit status, or `None` while it runs.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// Ends it at once, as a crash would.
    pub fn kill(mut self) {
        self.end();
    }

    /// Asks it to stop, as a service manager would; returns whether it succeeded.
    pub fn terminate(mut self) -> bool {
        self.signal(Signal::TERM);
        self.child.wait().unwrap().success()
    }

    /// The last lines that it wrote to standard error.
    pub fn log(&self) -> String {
        self.said.lock().unwrap().iter().fold(String::new(), |text, line| text + line + "\n")
    }

    fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
        if std::thread::panicking() {
            eprintln!("It logged:\n{}", self.log());
        }
    }
}
