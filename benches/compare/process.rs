//! The processes of the comparison. Each is killed when it is dropped.

use anyhow::Context;
use std::fs::File;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a system may take until it listens.
const START_TIMEOUT: Duration = Duration::from_mins(2);

/// A process.
pub struct Process(Child);

impl Process {
    /// Starts it, with its output in a file.
    pub fn spawn(mut command: Command, log: &Path) -> anyhow::Result<Process> {
        let output = File::create(log)?;
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        Ok(Process(command.spawn().with_context(|| format!("{command:?}"))?))
    }

    /// Starts it, and waits until it listens.
    pub fn start(command: Command, port: u16, log: &Path) -> anyhow::Result<Process> {
        let name = format!("{command:?}");
        let mut process = Process::spawn(command, log)?;
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let exited = process.0.try_wait()?.is_some();
            if exited || start.elapsed() > START_TIMEOUT {
                anyhow::bail!("{name} does not listen:\n{}", std::fs::read_to_string(log)?);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(process)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A port that is free.
pub fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Runs a command to its end and returns its output.
pub fn run(command: &mut Command) -> anyhow::Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("{command:?}"))?;
    if !output.status.success() {
        anyhow::bail!("{command:?}:\n{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8(output.stdout)?)
}
