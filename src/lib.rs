//! lockkeeper raises and lowers the versions of services on fleets of hosts.

#![cfg_attr(not(test), forbid(unsafe_code))]

pub mod app;
pub mod auth;
pub mod catalog;
pub mod change;
pub mod cli;
pub mod config;
pub mod domain;
pub mod events;
pub mod executor;
pub mod graphql;
pub mod read;
pub mod release;
pub mod server;
pub mod store;
