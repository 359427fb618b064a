//! A throw-away PostgreSQL: made from the installed programs, run as an ordinary user, removed when nobody needs it.

use crate::certificates::Authority;
use rustix::process::{Pid, Signal, kill_process};
use sqlx::migrate::Migrator;
use sqlx::{Connection as _, PgConnection};
use std::fs::{self, File, Permissions};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Once};
use std::time::Duration;
use tempfile::TempDir;

/// Settings of every cluster; their users are many and small.
const SETTINGS: &str = "
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 400
shared_buffers = 128MB
";

const MIGRATIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations/postgres");

/// What processes have in their environment beside the usual.
pub type Environment = Vec<(&'static str, String)>;

/// A cluster of one test, which it may stop, start and pause. What it commits is on disk (I7). It is gone when this is
/// dropped.
pub struct Cluster {
    data: TempDir,
    port: u16,
    environment: Environment,
}

/// How a cluster is stopped.
#[derive(Clone, Copy, Debug)]
pub enum Stop {
    /// Sessions are ended with an error.
    Fast,
    /// No session is ended and nothing is finished, as in a crash.
    Immediate,
}

impl Cluster {
    pub fn start() -> Cluster {
        Cluster::start_in(Vec::new())
    }

    /// As [`Cluster::start`], with all of its processes in this environment.
    pub fn start_in(environment: Environment) -> Cluster {
        let (data, port) = (tempfile::tempdir().unwrap(), own_port());
        make(data.path(), port, "");
        launch(data.path(), &environment);
        keep_while(data.path(), &format!("[ -d /proc/{} ]", std::process::id()));
        Cluster { data, port, environment }
    }

    /// One that takes nothing but TLS, with a certificate of this authority for 127.0.0.1, and admits clients by this
    /// method.
    pub fn with_tls(authority: &Authority, method: &str) -> Cluster {
        let (data, port) = (tempfile::tempdir().unwrap(), own_port());
        let files = "ssl = on\nssl_cert_file = 'server.pem'\nssl_key_file = 'server.key'\nssl_ca_file = 'ca.pem'\n";
        make(data.path(), port, files);
        let (certificate, key) = authority.signed("127.0.0.1");
        let hba = format!("hostssl all all 127.0.0.1/32 {method}\n");
        for (name, text) in [
            ("ca.pem", authority.certificate()),
            ("server.pem", certificate),
            ("server.key", key),
            ("pg_hba.conf", hba),
        ] {
            let path = data.path().join(name);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
            if is_root() {
                run(Command::new("chown").arg("postgres").arg(&path));
            }
        }
        let environment = Environment::new();
        launch(data.path(), &environment);
        keep_while(data.path(), &format!("[ -d /proc/{} ]", std::process::id()));
        Cluster { data, port, environment }
    }

    /// The URL of a new, empty database of it.
    pub fn fresh(&self) -> String {
        copy(self.port, "template0")
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn stop(&self, how: Stop) {
        let mode = match how {
            Stop::Fast => "fast",
            Stop::Immediate => "immediate",
        };
        run(as_user(&program("pg_ctl")).arg("-D").arg(self.data.path()).args(["-w", "-m", mode, "stop"]));
    }

    /// Starts it after [`Cluster::stop`], with what is on disk.
    pub fn start_again(&self) {
        launch(self.data.path(), &self.environment);
    }

    /// Has all of its processes stand still, so that its connections stay and nothing is answered.
    pub fn pause(&self) {
        self.signal(Signal::STOP);
    }

    /// Has them go on after [`Cluster::pause`].
    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }

    /// The first process comes first: one that stands still makes no others.
    fn signal(&self, signal: Signal) {
        // Not there when it was stopped.
        let Ok(text) = fs::read_to_string(self.data.path().join("postmaster.pid")) else { return };
        let first = text.lines().next().and_then(|line| line.parse().ok()).and_then(Pid::from_raw).unwrap();
        kill_process(first, signal).unwrap();
        for child in children(first) {
            // It may have ended just now.
            let _ = kill_process(child, signal);
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.resume();
        let mut stop = as_user(&program("pg_ctl"));
        stop.arg("-D").arg(self.data.path()).args(["-w", "-m", "immediate", "stop"]);
        // It may be stopped already.
        let _ = stop.stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

/// The port of the cluster that all tests share, each with databases of its own; it is started if necessary. What it commits
/// may be lost with the machine, and nothing vacuums its hundreds of small databases, which is faster. It stops two minutes after the last process that used it.
pub fn shared() -> u16 {
    let base = std::env::temp_dir()
        .join(format!("lockkeeper-tests-{}", fs::metadata(env!("CARGO_MANIFEST_DIR")).unwrap().ino()));
    fs::create_dir_all(&base).unwrap();
    let lock = File::create(base.join("lock")).unwrap();
    lock.lock().unwrap();
    let (noted, used) = (base.join("port"), base.join("used"));
    let alive = fs::read_to_string(&noted).ok().filter(|port| {
        let mut ready = Command::new(program("pg_isready"));
        ready.args(["-q", "-h", "127.0.0.1", "-p", port]).status().is_ok_and(|status| status.success())
    });
    let port = alive.map_or_else(free_port, |port| port.parse().unwrap());
    // Not the directory of an earlier cluster, which its keeper may be removing at this moment.
    let data = base.join(format!("data-{port}"));
    if fs::read_to_string(&noted).ok() != Some(port.to_string()) {
        let _ = fs::remove_dir_all(&data);
        fs::create_dir(&data).unwrap();
        make(&data, port, "fsync = off\nautovacuum = off\n");
        launch(&data, &Environment::new());
        fs::write(&used, "").unwrap();
        run(Command::new("chmod").arg("a+rwx").arg(&base));
        keep_while(&data, &format!("[ $(($(date +%s) - $(stat -c %Y '{}'))) -lt 120 ]", used.display()));
        fs::write(&noted, port.to_string()).unwrap();
    }
    make_template(port, &data);
    keep_in_use(used);
    port
}

/// The URL of a new database of the shared cluster, which has lockkeeper's tables and no rows.
pub fn new_database() -> String {
    copy(shared(), &TEMPLATE)
}

/// The name of the database that has what is in the migrations today. Making the tables takes longer than copying them.
static TEMPLATE: LazyLock<String> = LazyLock::new(|| {
    let mut hasher = DefaultHasher::new();
    let mut files: Vec<PathBuf> = fs::read_dir(MIGRATIONS).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files {
        fs::read(file).unwrap().hash(&mut hasher);
    }
    format!("template_{:016x}", hasher.finish())
});

/// Makes the template of the cluster at this port, unless a file beside its data says that it is there: every test looks, and
/// a question to the server takes longer. One process at a time does this.
fn make_template(port: u16, data: &Path) {
    let template = TEMPLATE.as_str();
    let made = data.join(template);
    if made.exists() {
        return;
    }
    // What a process left that did not come to its end.
    psql(port, "DROP DATABASE IF EXISTS half_made");
    psql(port, &format!("DROP DATABASE IF EXISTS {template}"));
    psql(port, "CREATE DATABASE half_made");
    // The caller may be in a runtime already, where nothing can wait for another one.
    let migrating = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let migrator = Migrator::new(Path::new(MIGRATIONS)).await.unwrap();
            let mut connection = PgConnection::connect(&url(port, "half_made")).await.unwrap();
            migrator.run(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        });
    });
    migrating.join().unwrap();
    psql(port, &format!("ALTER DATABASE half_made RENAME TO {template}"));
    fs::write(made, "").unwrap();
}

/// Says that this process uses the cluster, whose keeper looks at how old this file is.
fn keep_in_use(used: PathBuf) {
    static KEEPING: Once = Once::new();
    fs::write(&used, "").unwrap();
    KEEPING.call_once(|| {
        std::thread::spawn(move || {
            loop {
                std::thread::sleep(Duration::from_secs(30));
                fs::write(&used, "").unwrap();
            }
        });
    });
}

/// The URL of a new database of the cluster at this port, a copy of another.
fn copy(port: u16, template: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    // Numbers of processes come again while a cluster lives.
    let (process, count) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let name = format!("t{process}_{count}_{:08x}", rand::random::<u32>());
    psql(port, &format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy"));
    url(port, &name)
}

fn url(port: u16, database: &str) -> String {
    format!("postgres://lockkeeper@127.0.0.1:{port}/{database}")
}

/// Runs a statement at the cluster of this port.
fn psql(port: u16, statement: &str) {
    let port = port.to_string();
    let options = ["-h", "127.0.0.1", "-p", &port, "-U", "lockkeeper", "-d", "postgres", "-qc"];
    run(Command::new(program("psql")).args(options).arg(statement));
}

/// Makes a cluster in this empty directory.
fn make(data: &Path, port: u16, settings: &str) {
    if is_root() {
        run(Command::new("chown").arg("postgres").arg(data));
    }
    run(as_user(&program("initdb")).arg("-D").arg(data).args([
        "-U",
        "lockkeeper",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--no-sync",
        "--locale=C",
    ]));
    let mut file = File::options().append(true).open(data.join("postgresql.conf")).unwrap();
    write!(file, "port = {port}\n{SETTINGS}{settings}").unwrap();
}

fn launch(data: &Path, environment: &Environment) {
    // Set only here: what changes the user on the way is none of the cluster's processes.
    let mut start = as_user(Path::new("env"));
    start.args(environment.iter().map(|(name, value)| format!("{name}={value}"))).arg(program("pg_ctl"));
    run(start.arg("-D").arg(data).args(["-w", "-l"]).arg(data.join("log")).arg("start"));
}

/// Leaves a process behind that stops the cluster, and removes it, when this condition of the shell ends.
fn keep_while(data: &Path, condition: &str) {
    let keep = format!(
        "while {condition}; do sleep 5; done; {stop} -D '{data}' -m fast -t 3600 stop; rm -rf '{data}'",
        stop = program("pg_ctl").display(),
        data = data.display(),
    );
    #[expect(clippy::zombie_processes, reason = "it outlives the test that started it")]
    as_user(Path::new("/bin/sh"))
        .args(["-c", &keep])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A free port outside the range from which the system assigns ports: it stays free while the server is stopped.
fn own_port() -> u16 {
    let mut ports = std::iter::repeat_with(|| rand::random_range(15_000..32_000));
    ports.find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).unwrap()
}

/// The processes that this one started.
fn children(parent: Pid) -> Vec<Pid> {
    let ids = fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok());
    let own = ids.filter(|id| {
        // The second field is the program's name in parentheses, which may hold anything; the fourth is the parent.
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        let fields = stat.rsplit_once(')').map(|(_, fields)| fields.split_whitespace().collect::<Vec<_>>());
        fields.is_some_and(|fields| fields.get(1) == Some(&parent.as_raw_nonzero().to_string().as_str()))
    });
    own.filter_map(Pid::from_raw).collect()
}

pub(crate) fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

/// The program as an ordinary user: PostgreSQL refuses to run as root.
fn as_user(program: &Path) -> Command {
    match is_root() {
        true => {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
            command
        }
        false => Command::new(program),
    }
}

/// A program of PostgreSQL: the newest that Debian's packages put in place, else whatever is on the path.
pub fn program(name: &str) -> PathBuf {
    let mut found: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin").join(name)))
        .filter(|path| path.exists())
        .collect();
    found.sort();
    found.pop().unwrap_or_else(|| name.into())
}

fn run(command: &mut Command) {
    let output = command
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}. Is PostgreSQL installed?"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
