//! What the tests and benches of lockkeeper share. It knows the program only from outside: it fills a database by its
//! URL, starts the program whose path it is handed, and talks to it through the client that the terminal uses, too.

pub mod certificates;
pub mod choices;
pub mod client;
pub mod cluster;
pub mod database;
pub mod databases;
pub mod environment;
pub mod fleet;
pub mod large;
mod on_both;
pub mod process;
pub mod program;
pub mod relay;
pub mod rows;
pub mod server;
pub mod small_disk;
pub mod socket;
pub mod sse;
pub mod sshd;
pub mod waiting;

pub use client::Client;
pub use database::Database;
pub use fleet::Fleet;
pub use process::Process;
pub use program::Program;
pub use relay::Relay;
pub use server::Server;
pub use small_disk::SmallDisk;
pub use socket::Socket;
pub use sshd::SshHosts;
pub use waiting::until;

use std::time::Duration;

/// The longest that a test waits for an event. Nothing takes nearly as long, not even on a busy machine.
pub const MAX_WAIT: Duration = Duration::from_mins(1);
