//! A fleet whose hosts are reached by ssh.

use crate::worker::fleet::{Fleet, request};
use lockkeeper::domain::Kind;
use lockkeeper::domain::reference::{CURRENT_VERSION, Reference, VERSION};
use lockkeeper::release::{Aim, ReleaseRequest, Selection};
use std::ops::Deref;
use std::time::Duration;
use testkit::relay::Network;
use testkit::{Relay, SshHosts};

macro_rules! test_hosts {
    () => {
        "kind = 'ssh'\nknown_hosts = '{dir}/ssh/known_hosts'\nssh_config = '{dir}/ssh/ssh_config'\nremote_state = '{dir}/far'\n"
    };
}

/// How the hosts of the tests are reached.
pub const TEST_HOSTS: &str = test_hosts!();

/// An executor whose program is that of [`Fleet::script`].
pub const SSH: &str = concat!(test_hosts!(), "program = '{dir}/deploy'\nenv = { DIR = '{dir}' }\ngrace = '1s'\n");

/// A fleet, and the sshd of its hosts.
pub struct SshFleet {
    fleet: Fleet,
    pub hosts: SshHosts,
}

impl Deref for SshFleet {
    type Target = Fleet;

    fn deref(&self) -> &Fleet {
        &self.fleet
    }
}

impl SshFleet {
    /// Hosts `h1`, `h2`, … that one sshd with these settings serves.
    pub async fn new(kind: &str, hosts: usize, executor: &str, sshd: &str) -> SshFleet {
        SshFleet::without_sshd(kind, hosts, executor).await.behind(sshd).await
    }

    /// The hosts of this fleet, in the same way.
    pub async fn of(fleet: Fleet, sshd: &str) -> SshFleet {
        SshFleet::unreached(fleet).await.behind(sshd).await
    }

    async fn behind(mut self, sshd: &str) -> SshFleet {
        let sshd = self.hosts.sshd(sshd);
        for host in self.rows.texts("SELECT hostname FROM host").await {
            self.hosts.alias(&host, sshd, "");
        }
        self
    }

    /// Hosts `h1`, `h2`, … without aliases yet, whose addresses are their names.
    pub async fn without_sshd(kind: &str, hosts: usize, executor: &str) -> SshFleet {
        SshFleet::unreached(Fleet::new(kind, hosts, executor).await).await
    }

    async fn unreached(fleet: Fleet) -> SshFleet {
        fleet.rows.execute("UPDATE host SET address = hostname").await;
        let hosts = SshHosts::new(&fleet.directory);
        SshFleet { fleet, hosts }
    }

    /// A revert of `web` to version 2 everywhere.
    pub fn revert(&self) -> ReleaseRequest {
        let version = Reference::by_id(&VERSION, Kind::Version.id(self.versions[1]).to_string());
        let aim = Aim::Revert { version, current_version: Reference::omitted(&CURRENT_VERSION) };
        request(self.service, aim, Selection::All(true))
    }

    /// Releases to version 3 everywhere, and returns the status of the release and of its targets.
    pub async fn upgraded(&self) -> (i64, String, Vec<Vec<String>>) {
        let release = self.accept(&self.upgrade()).await;
        let status = self.over(release).await;
        (release, status, self.targets(release).await)
    }
}

/// Breaks the connections of some hosts, and lets others through after a moment.
pub async fn cut(relays: &[&Relay]) {
    for relay in relays {
        relay.set(Network::Resets);
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    for relay in relays {
        relay.set(Network::Passes);
    }
}
