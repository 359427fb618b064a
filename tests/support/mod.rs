//! What the end-to-end tests have in common: the real program with either database, a client of its public
//! API, and fleets made through it.

#![allow(dead_code, unused_imports, reason = "each test binary uses its part")]

pub mod client;
pub mod databases;
pub mod fleet;
pub mod server;
pub mod socket;
pub mod sse;
pub mod stored;

pub use client::Client;
pub use fleet::Fleet;
pub use server::Server;
pub use socket::Socket;
