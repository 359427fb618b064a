//! What a caller, a connection, an answer and a log line may cost: the section `[limits]` of the configuration, each
//! setting with its default and its meaning, in one place. `docs/security.md` has the same table, made from this one.

mod bytes;
pub mod open_files;
#[cfg(test)]
mod tests;

pub use bytes::Bytes;

use crate::domain::duration;
use serde::{Deserialize, Deserializer, de};
use std::fmt;
use std::time::Duration;

/// Declares the settings: for each its meaning, name, type and default, the latter as the configuration spells it.
macro_rules! limits {
    ($($(#[doc = $meaning:literal])+ $(#[serde($($serde:tt)+)])? $name:ident: $type:ty = $default:expr, $spelled:literal;)+) => {
        /// The limits that are in force, each as configured or with its default.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Limits {
            $($(#[doc = $meaning])+ $(#[serde($($serde)+)])? pub $name: $type,)+
        }

        impl Default for Limits {
            fn default() -> Limits {
                Limits { $($name: $default,)+ }
            }
        }

        /// All settings of `[limits]`, in the order of the documentation.
        pub const SETTINGS: &[Setting] = &[
            $(Setting { name: stringify!($name), default: $spelled, meaning: concat!($($meaning),+) },)+
        ];
    };
}

/// One setting of `[limits]`, for documentation.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The key in the configuration.
    pub name: &'static str,
    /// The default, as the configuration spells it.
    pub default: &'static str,
    /// What it limits, with its unit.
    pub meaning: &'static str,
}

limits! {
    /// Tokens in the text of one document, white space included.
    document_tokens: usize = 20_000, "20000";
    /// Operations in one document.
    document_operations: usize = 100, "100";
    /// How deep fields nest in the requested operation.
    depth: u64 = 15, "15";
    /// Fields and fragments of the requested operation, counted wherever a fragment is spread.
    nodes: u64 = 1_000, "1000";
    /// Aliases of the requested operation, counted wherever a fragment is spread.
    aliases: u64 = 30, "30";
    /// Directives of the requested operation, counted wherever a fragment is spread.
    directives: u64 = 50, "50";
    /// Response keys at the root of a query, a mutation and a subscription.
    root_fields: RootFields = RootFields { query: 20, mutation: 5, subscription: 1 }, "[20, 5, 1]";
    /// Objects that one request may return, by its page sizes; an exact `totalCount` costs 100 for each parent.
    objects: u64 = 50_000, "50000";
    /// Objects in one message of a subscription.
    message_objects: u64 = 5_000, "5000";
    /// The longest time for a query, and for the answer to a mutation.
    #[serde(deserialize_with = "positive_duration")]
    query_deadline: Duration = Duration::from_secs(30), "\"30s\"";
    /// Queries that run at the same time, of 16 connections to the database; waiting callers take turns.
    #[serde(deserialize_with = "query_turns")]
    query_turns: usize = 12, "12";
    /// Bytes of requests of one caller that were read and wait for their turn.
    waiting_bytes_per_caller: Bytes = Bytes::mebi(16), "\"16 MiB\"";
    /// Bytes of requests of all callers that were read and wait for their turn.
    waiting_bytes: Bytes = Bytes::mebi(128), "\"128 MiB\"";
    /// Queries and mutations that run or wait on one socket.
    operations_per_socket: usize = 100, "100";
    /// Subscriptions on one socket.
    subscriptions_per_socket: usize = 1_000, "1000";
    /// Subscriptions of one caller, over all its connections to this process.
    subscriptions_per_caller: usize = 20_000, "20000";
    /// Bytes that wait for one subscriber to read them; a single message may be larger.
    queue_bytes_per_subscriber: Bytes = Bytes::kibi(256), "\"256 KiB\"";
    /// Bytes that wait for all subscribers together to read them.
    queue_bytes: Bytes = Bytes::mebi(256), "\"256 MiB\"";
    /// Open connections; 0 means the limit of open files less 256.
    connections: usize = 0, "0";
    /// The longest time for the head of a request to arrive.
    #[serde(deserialize_with = "positive_duration")]
    header_timeout: Duration = Duration::from_secs(10), "\"10s\"";
    /// The longest time that a connection stays open between two requests.
    #[serde(deserialize_with = "positive_duration")]
    keep_alive: Duration = Duration::from_secs(75), "\"75s\"";
    /// The longest time that a client may read nothing of a response; a socket has 10 seconds for one message.
    #[serde(deserialize_with = "positive_duration")]
    write_timeout: Duration = Duration::from_secs(30), "\"30s\"";
    /// Requests per second of one caller, with bursts of twice as many; 0 means any number.
    requests_per_second: u32 = 0, "0";
    /// Requests per second of one address without a valid token, with bursts of four times as many; 0 means any number.
    stranger_requests_per_second: u32 = 50, "50";
    /// Bytes of the input of a refused mutation that its audit entry keeps.
    audit_input: Bytes = Bytes::kibi(4), "\"4 KiB\"";
}

impl Limits {
    /// How many connections may be open: as configured, or what the limit of open files leaves.
    pub fn max_connections(&self) -> usize {
        match self.connections {
            0 => open_files::connections(),
            connections => connections,
        }
    }
}

/// How many response keys an operation may have at its root, by its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "[u64; 3]")]
pub struct RootFields {
    /// For a query.
    pub query: u64,
    /// For a mutation.
    pub mutation: u64,
    /// For a subscription.
    pub subscription: u64,
}

impl From<[u64; 3]> for RootFields {
    fn from([query, mutation, subscription]: [u64; 3]) -> RootFields {
        RootFields { query, mutation, subscription }
    }
}

impl fmt::Display for RootFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}, {}", self.query, self.mutation, self.subscription)
    }
}

/// A duration of at least a millisecond.
fn positive_duration<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    match duration::deserialize(from)? {
        length if length < Duration::from_millis(1) => Err(de::Error::custom("the duration must be at least 1ms")),
        length => Ok(length),
    }
}

/// Connections to the database of a process that serves or works, for queries, mutations and the worker.
pub const CONNECTIONS: u32 = 16;

/// Connections beside them, with which subscriptions read.
pub const SUBSCRIPTION_CONNECTIONS: u32 = 4;

/// A number of turns that leaves connections for everything that is not a query.
fn query_turns<'de, D: Deserializer<'de>>(from: D) -> Result<usize, D::Error> {
    let turns = usize::deserialize(from)?;
    match (1..CONNECTIONS as usize).contains(&turns) {
        true => Ok(turns),
        false => Err(de::Error::custom(format!("query_turns must be from 1 to {}", CONNECTIONS - 1))),
    }
}
