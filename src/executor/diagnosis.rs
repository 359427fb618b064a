//! What a look at a host finds, stage by stage: what has to work before a command can be started there.

/// A stage on the way to a command on a host, in the order in which they are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The address names a machine.
    Name,
    /// Something answers there.
    Port,
    /// The host's key is the known one.
    HostKey,
    /// The login is accepted.
    Login,
    /// The host's `sh` has the tools that are needed, and sudo is allowed where it is used.
    Shell,
    /// The directory of lockkeeper's state can be used.
    StateDirectory,
    /// The executor's program can be started.
    Program,
    /// The host's clock agrees with this machine's.
    Clock,
}

/// How a stage went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub stage: Stage,
    /// What is wrong and what to do about it, in sentences; `None` if nothing is. Stages behind one without which they cannot
    /// be tried are left out.
    pub problem: Option<String>,
}

impl Stage {
    /// Its name for people.
    pub fn label(self) -> &'static str {
        match self {
            Stage::Name => "name",
            Stage::Port => "port",
            Stage::HostKey => "host key",
            Stage::Login => "login",
            Stage::Shell => "shell",
            Stage::StateDirectory => "state directory",
            Stage::Program => "program",
            Stage::Clock => "clock",
        }
    }
}
