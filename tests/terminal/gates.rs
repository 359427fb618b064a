//! A server whose commands on hosts go on when the test says so.

use crate::PROGRAM;
use std::fs;
use testkit::{Fleet, Server};

/// Prints a line in two languages, waits for the gate of its host, and ends as that says.
const SCRIPT: &str = r#"
echo "stopping $LOCKKEEPER_SERVICE on $LOCKKEEPER_HOSTNAME 正在停止机房一号的服务，请稍候"
while [ ! -e "$GATES/$LOCKKEEPER_HOSTNAME" ] && [ ! -e "$GATES/all" ]; do sleep 0.05; done
read -r status < "$GATES/$LOCKKEEPER_HOSTNAME" || status=0
[ "$status" = 0 ] || printf 'no space \033[31mleft\033[0m\n' >&2
exit "$status"
"#;

/// The server, with executors `quick`, `slow`, `failing` and `gated`.
pub struct Gates {
    pub server: Server,
}

impl Gates {
    pub fn start() -> Gates {
        let directory = tempfile::tempdir().unwrap();
        let gates = directory.path().join("gates");
        fs::create_dir(&gates).unwrap();
        let configuration = format!(
            "[worker]\nlease = '5s'\n
             [executors.quick]\nkind = 'simulate'\ndelay = '5ms'\nlines = 2\n
             [executors.slow]\nkind = 'simulate'\ndelay = '60s'\n
             [executors.failing]\nkind = 'simulate'\ndelay = '5ms'\nfail_every = 1\n
             [executors.gated]\nkind = 'command'\nprogram = '/bin/sh'\nargs = ['-c', '''{SCRIPT}''']\n
             [executors.gated.env]\nGATES = '{}'\n",
            gates.display()
        );
        Gates { server: Server::configured_in(directory, PROGRAM, "sqlite", &configuration) }
    }

    /// A service on so many hosts, at its oldest version, whose further releases go through this executor.
    pub async fn fleet(&self, name: &str, hosts: usize, executor: &str) -> Fleet {
        let fleet = self.server.client().service(name).hosts(hosts).install().await;
        let input = serde_json::json!({ "serviceId": fleet.service, "executor": executor });
        fleet.client.change("updateService", input, "service { id }").await;
        fleet
    }

    /// Lets the command on a host end with this status.
    pub fn open(&self, hostname: &str, status: u8) {
        let gates = self.server.path("gates");
        // Complete once it is there.
        fs::write(gates.join("next"), format!("{status}\n")).unwrap();
        fs::rename(gates.join("next"), gates.join(hostname)).unwrap();
    }
}
