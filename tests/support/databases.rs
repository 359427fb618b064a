//! Fresh databases for tests: an SQLite file, or a database of a throw-away PostgreSQL cluster.
//!
//! The first test that needs it starts the cluster from the installed binaries, as an ordinary user; all
//! tests of a run share it, each with a database of its own. It ends by itself two minutes after the last
//! process that asked for it.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Both kinds of database, by name.
pub const BOTH: [&str; 2] = ["sqlite", "postgres"];

/// The URL of a new, empty database. The directory is for SQLite's file, and has to outlive its use.
pub fn fresh(kind: &str, directory: &Path) -> String {
    match kind {
        "sqlite" => format!("sqlite:{}", directory.join("lockkeeper.db").display()),
        "postgres" => postgres(),
        other => panic!("no database of kind {other}"),
    }
}

fn postgres() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let cluster = cluster();
    // Numbers of processes come again while the cluster lives.
    let (process, count) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let name = format!("t{process}_{count}_{:08x}", rand::random::<u32>());
    run(Command::new(binary("psql"))
        .args(["-h", "127.0.0.1", "-p", &cluster, "-U", "lockkeeper", "-d", "postgres", "-qc"])
        .arg(format!("CREATE DATABASE {name} TEMPLATE template0 STRATEGY file_copy")));
    format!("postgres://lockkeeper@127.0.0.1:{cluster}/{name}")
}

/// The port of the cluster, started if need be.
fn cluster() -> String {
    let base = std::env::temp_dir()
        .join(format!("lockkeeper-tests-{}", fs::metadata(env!("CARGO_MANIFEST_DIR")).unwrap().ino()));
    fs::create_dir_all(&base).unwrap();
    let lock = File::create(base.join("lock")).unwrap();
    lock.lock().unwrap();
    let port = base.join("port");
    let alive = fs::read_to_string(&port).ok().filter(|port| {
        let mut ready = Command::new(binary("pg_isready"));
        ready.args(["-q", "-h", "127.0.0.1", "-p", port]).status().is_ok_and(|status| status.success())
    });
    let found = alive.unwrap_or_else(|| {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
        start(&base, &free);
        fs::write(&port, &free).unwrap();
        free
    });
    keep_in_use(base.join("used"));
    found
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

fn start(base: &Path, port: &str) {
    // Not the directory of an earlier cluster, which its keeper may be removing at this moment.
    let data = base.join(format!("data-{port}"));
    let _ = fs::remove_dir_all(&data);
    fs::create_dir(&data).unwrap();
    // initdb refuses to run as root.
    let root = fs::metadata("/proc/self").unwrap().uid() == 0;
    if root {
        run(Command::new("chown").arg("postgres").arg(&data));
    }
    let as_user = |program: PathBuf| match root {
        true => {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
            command
        }
        false => Command::new(program),
    };
    run(as_user(binary("initdb")).arg("-D").arg(&data).args([
        "-U",
        "lockkeeper",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--no-sync",
        "--locale=C",
    ]));
    let options = format!(
        "-c port={port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c max_connections=400 -c shared_buffers=128MB"
    );
    run(as_user(binary("pg_ctl"))
        .arg("-D")
        .arg(&data)
        .args(["-w", "-l"])
        .arg(data.join("log"))
        .args(["-o", &options, "start"]));
    // Its keeper: stops it, and removes it, when nobody has asked for it for two minutes.
    let keep = format!(
        "while [ $(($(date +%s) - $(stat -c %Y '{used}'))) -lt 120 ]; do sleep 5; done; {stop} -D '{data}' -m smart -t 3600 stop; rm -rf '{data}'",
        used = base.join("used").display(),
        stop = binary("pg_ctl").display(),
        data = data.display(),
    );
    fs::write(base.join("used"), "").unwrap();
    run(Command::new("chmod").arg("a+rwx").arg(base));
    #[expect(clippy::zombie_processes, reason = "it outlives the test that started it")]
    as_user("/bin/sh".into())
        .args(["-c", &keep])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
}

/// A program of PostgreSQL: the newest that Debian's packages put in place, else whatever is on the path.
fn binary(name: &str) -> PathBuf {
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
