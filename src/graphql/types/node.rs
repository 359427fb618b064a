//! What has a global id or a name that people use, and where its rows are.

use crate::domain::Kind;
use crate::domain::name::folded_hostname;
use crate::read::declare::{Field, Interface, NameTable, NodeTable, id};

pub const SERVICE_NODE: NodeTable = NodeTable { kind: Kind::Service, table: "service" };
pub const VERSION_NODE: NodeTable = NodeTable { kind: Kind::Version, table: "version" };
pub const HOST_NODE: NodeTable = NodeTable { kind: Kind::Host, table: "host" };
pub const INSTANCE_NODE: NodeTable = NodeTable { kind: Kind::Instance, table: "instance" };
pub const RELEASE_NODE: NodeTable = NodeTable { kind: Kind::Release, table: "release" };
pub const TARGET_NODE: NodeTable = NodeTable { kind: Kind::Target, table: "release_target" };
pub const HOLD_NODE: NodeTable = NodeTable { kind: Kind::Hold, table: "hold" };
pub const FREEZE_WINDOW_NODE: NodeTable = NodeTable { kind: Kind::FreezeWindow, table: "freeze_window" };

/// Names of services. One that was removed has lost its name.
pub const SERVICE_NAME: NameTable =
    NameTable { kind: Kind::Service, table: "service", column: "name", condition: "x.removed_at IS NULL", form: AS_IS };
/// Names of hosts. One that was removed has lost its name.
pub const HOST_NAME: NameTable = NameTable {
    kind: Kind::Host,
    table: "host",
    column: "folded_hostname",
    condition: "x.removed_at IS NULL",
    form: folded_hostname,
};
/// Names of versions. Those of several services may have the same name; removed ones are meant, too.
pub const VERSION_NAME: NameTable =
    NameTable { kind: Kind::Version, table: "version", column: "name", condition: "TRUE", form: AS_IS };

/// Names that are compared as they are written.
const AS_IS: fn(&str) -> String = |name| name.to_owned();

pub static NODE: Interface =
    Interface { name: "Node", about: "An object with a globally unique id.", fields: &[NODE_ID] };

const NODE_ID: Field = Field { about: "Global id. Its prefix names the type; the rest is opaque.", ..id() };
