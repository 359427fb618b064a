//! Host keys: scanned through `ssh`, compared with a file of known hosts, and added to it.
//!
//! `ssh` itself does the scanning, so that ports, aliases, jump hosts and the preferred kind of key are those with which an
//! executor will reach the host.

mod known_hosts;
mod scan;

pub use known_hosts::{Key, KnownHosts};
pub use scan::{Scanned, State, scan_all};
