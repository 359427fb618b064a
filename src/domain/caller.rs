//! Callers, and what each role may do.

use std::net::IpAddr;

words! {
    /// What a caller may do. Every role may read and subscribe.
    Role {
        /// May only read and subscribe.
        Viewer = "VIEWER",
        /// May register versions and report builds.
        Builder = "BUILDER",
        /// May start and cancel releases, hold, confirm and edit instances, freeze services and the fleet, withdraw and reinstate versions, and read about the server and its workers. Does not include the rights of BUILDER.
        Operator = "OPERATOR",
        /// May do everything.
        Admin = "ADMIN",
    }
}

/// What a mutation, or a field that not every role may read, needs of its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Register versions and report builds.
    Build,
    /// Start and cancel releases, hold, confirm and edit instances, freeze services, withdraw and reinstate versions.
    Operate,
    /// Register, edit and remove services and hosts, remove versions, and suspend the fleet.
    Administer,
    /// Read the audit log.
    Audit,
    /// Read about the server and its workers.
    Inspect,
}

impl Role {
    /// Whether a caller of this role has the right.
    pub fn has(self, right: Right) -> bool {
        match self {
            Role::Viewer => false,
            Role::Builder => right == Right::Build,
            Role::Operator => matches!(right, Right::Operate | Right::Inspect),
            Role::Admin => true,
        }
    }
}

/// The sender of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Name of the caller. Events, holds and idempotency keys belong to it.
    pub name: String,
    pub role: Role,
    /// What it proved its name with, as the audit log shows it: `token 3`. Never a secret.
    pub credential: String,
    /// Where its request came from, if that is known.
    pub address: Option<IpAddr>,
}

impl Caller {
    /// A caller whose address is not known.
    pub fn new(name: impl Into<String>, role: Role, credential: impl Into<String>) -> Caller {
        Caller { name: name.into(), role, credential: credential.into(), address: None }
    }
}
