//! Hosts that are reached by ssh: real sshd processes on this machine, run by the current user, with keys of their own.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A folder with the files of a client: its key, an `ssh_config` with aliases, and a `known_hosts` with the keys of all hosts.
/// Its hosts run until it is dropped.
pub struct SshHosts {
    pub directory: PathBuf,
    sshds: Vec<Sshd>,
}

/// One sshd.
struct Sshd {
    port: u16,
    child: Child,
}

impl SshHosts {
    /// A client without hosts, with its files in a new folder `ssh` of this directory.
    pub fn new(directory: &Path) -> SshHosts {
        let directory = directory.join("ssh");
        fs::create_dir(&directory).unwrap();
        if user() == "root" {
            // Where sshd has no right, as in a container.
            fs::create_dir_all("/run/sshd").unwrap();
        }
        make_key(&directory.join("key"));
        fs::copy(directory.join("key.pub"), directory.join("authorized_keys")).unwrap();
        fs::write(directory.join("known_hosts"), "").unwrap();
        fs::write(directory.join("ssh_config"), "").unwrap();
        SshHosts { directory, sshds: Vec::new() }
    }

    /// Starts an sshd with these settings beside the usual ones. Sessions have a home without files, so that shells read none
    /// of this machine's user, unless the settings have a `SetEnv`. Returns its number.
    pub fn sshd(&mut self, settings: &str) -> usize {
        let number = self.sshds.len();
        make_key(&self.host_key(number));
        let port = free_port();
        let child = self.spawn(number, port, settings);
        self.sshds.push(Sshd { port, child });
        self.wait_for(number);
        number
    }

    /// Ends an sshd, with the sessions that it has if they are idle, and starts it on the same port with these settings.
    pub fn restart(&mut self, number: usize, settings: &str) {
        let port = self.sshds[number].port;
        self.stop(number);
        self.sshds[number].child = self.spawn(number, port, settings);
        self.wait_for(number);
    }

    fn wait_for(&self, number: usize) {
        let deadline = Instant::now() + super::MAX_WAIT;
        while TcpStream::connect(("127.0.0.1", self.port(number))).is_err() {
            assert!(Instant::now() < deadline, "{}", self.log(number));
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Ends an sshd. Sessions that it has go on.
    pub fn stop(&mut self, number: usize) {
        // It may have ended before.
        let _ = self.sshds[number].child.kill();
        let _ = self.sshds[number].child.wait();
    }

    /// Gives an sshd another host key, which the client does not know. It takes effect with its restart.
    pub fn change_host_key(&self, number: usize) {
        fs::remove_file(self.host_key(number)).unwrap();
        make_key(&self.host_key(number));
    }

    fn spawn(&self, number: usize, port: u16, settings: &str) -> Child {
        let directory = self.directory.display();
        let config = self.directory.join(format!("sshd_config-{number}"));
        let text = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {directory}/host_key-{number}\nPidFile none\nUsePAM no\n\
             StrictModes no\nAuthorizedKeysFile {directory}/authorized_keys\nPasswordAuthentication no\n{settings}\n\
             SetEnv HOME={directory}\n"
        );
        fs::write(&config, text).unwrap();
        Command::new("/usr/sbin/sshd")
            .arg("-D")
            .arg("-f")
            .arg(config)
            .arg("-E")
            .arg(self.directory.join(format!("sshd-{number}.log")))
            .stdin(Stdio::null())
            .spawn()
            .expect("install openssh-server")
    }

    /// What an sshd has logged.
    pub fn log(&self, number: usize) -> String {
        fs::read_to_string(self.directory.join(format!("sshd-{number}.log"))).unwrap_or_default()
    }

    /// The port of an sshd.
    pub fn port(&self, number: usize) -> u16 {
        self.sshds[number].port
    }

    fn host_key(&self, number: usize) -> PathBuf {
        self.directory.join(format!("host_key-{number}"))
    }

    /// Adds an alias for an sshd, with these options beside the usual ones, and the key of its host. Keys are exchanged in the
    /// way that takes the least of a processor.
    pub fn alias(&self, alias: &str, number: usize, options: &str) {
        self.alias_at(alias, self.port(number), number, options);
    }

    /// The same for an sshd that is reached at another port.
    pub fn alias_at(&self, alias: &str, port: u16, number: usize, options: &str) {
        let (directory, user) = (self.directory.display(), user());
        self.append(
            "ssh_config",
            &format!(
                "Host {alias}\n  HostName 127.0.0.1\n  Port {port}\n  User {user}\n  IdentityFile {directory}/key\n  \
                 IdentitiesOnly yes\n  HostKeyAlias {alias}\n  KexAlgorithms curve25519-sha256\n  {options}\n"
            ),
        );
        let key = fs::read_to_string(self.host_key(number).with_added_extension("pub")).unwrap();
        self.append("known_hosts", &format!("{alias} {key}"));
    }

    fn append(&self, file: &str, text: &str) {
        let path = self.directory.join(file);
        let before = fs::read_to_string(&path).unwrap();
        fs::write(path, before + text).unwrap();
    }
}

impl Drop for SshHosts {
    fn drop(&mut self) {
        for number in 0..self.sshds.len() {
            self.stop(number);
        }
    }
}

/// The name of the current user.
fn user() -> String {
    let output = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn make_key(path: &Path) {
    let status = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(path).status();
    assert!(status.expect("install openssh-client").success());
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
