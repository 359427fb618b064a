//! lockkeeper raises and lowers the versions of services on fleets of hosts.

#![cfg_attr(not(test), forbid(unsafe_code))]

pub mod app;
pub mod catalog;
pub mod change;
pub mod domain;
pub mod executor;
pub mod release;
pub mod store;
