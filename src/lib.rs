//! lockkeeper upgrades and reverts versions of services on fleets of hosts, through a GraphQL API. This is the crate
//! under the binary; its modules stand in layers, and imports point downwards only (`ARCHITECTURE.md` has the map).
//!
//! - [`cli`]: the command line, one file for each command. It puts the layers below together.
//! - `fuzz`: what must hold for any bytes that are sent or written.
//! - [`config`]: settings, and where they come from.
//! - [`server`]: HTTP: routes, transports, metrics, shutdown.
//! - [`gate`]: one reading of a request: its document parsed, validated and measured, its variables coerced.
//! - [`graphql`]: the schema: a table of fields for each type, inputs, mutations, subscriptions.
//! - [`read`]: how a selection becomes one statement, and its rows the bytes of the answer.
//! - [`watch`]: the fan-out of events to any number of subscribers.
//! - [`worker`]: claiming the targets of releases and carrying them out.
//! - [`release`]: accepting and canceling releases.
//! - [`catalog`]: what is recorded and corrected by hand: services, hosts, versions, instances, holds, freezes.
//! - [`events`]: the live end of the log of events, for any number of subscribers.
//! - [`auth`]: credentials, and the callers whose they are.
//! - [`change`]: what every mutation has in common: one transaction with key, effect, events and audit entry.
//! - [`wire`]: errors with their codes, scalars, cursors, and the bytes of responses.
//! - [`app`]: what all of these share while the program runs.
//! - [`store`]: all SQL, written once for SQLite and PostgreSQL.
//! - [`executor`]: how a target is carried out on a host.
//! - [`limits`]: what a caller, a connection, an answer and a log line may cost, with the defaults.
//! - [`net`]: web origins and proxies, from which the server is reached.
//! - [`version`]: which lockkeeper this is.
//! - [`domain`]: words and rules as plain types and functions, without HTTP, GraphQL, SQL or async.
//! - [`failpoint`]: the places at which tests let the process die.
//! - `blocking`: work that keeps its thread busy for a long time.
//! - `private`: files that only their owner may read and write.

#![cfg_attr(not(test), forbid(unsafe_code))]

pub mod app;
pub mod auth;
mod blocking;
pub mod catalog;
pub mod change;
pub mod cli;
pub mod config;
pub mod domain;
pub mod events;
pub mod executor;
pub mod failpoint;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
pub mod gate;
pub mod graphql;
pub mod limits;
pub mod net;
mod private;
pub mod read;
pub mod release;
pub mod server;
pub mod store;
pub mod upkeep;
pub mod version;
pub mod watch;
pub mod wire;
pub mod worker;
