//! What has a global id, and where its rows are.

use crate::domain::Kind;
use crate::read::declare::{Field, Interface, NodeTable, id};

pub const SERVICE_NODE: NodeTable = NodeTable { kind: Kind::Service, table: "service" };
pub const VERSION_NODE: NodeTable = NodeTable { kind: Kind::Version, table: "version" };
pub const HOST_NODE: NodeTable = NodeTable { kind: Kind::Host, table: "host" };
pub const INSTANCE_NODE: NodeTable = NodeTable { kind: Kind::Instance, table: "instance" };
pub const RELEASE_NODE: NodeTable = NodeTable { kind: Kind::Release, table: "release" };
pub const TARGET_NODE: NodeTable = NodeTable { kind: Kind::Target, table: "release_target" };
pub const HOLD_NODE: NodeTable = NodeTable { kind: Kind::Hold, table: "hold" };

pub static NODE: Interface =
    Interface { name: "Node", about: "An object with a globally unique id.", fields: &[NODE_ID] };

const NODE_ID: Field = Field { about: "Global id. Its prefix names the type; the rest is opaque.", ..id() };
