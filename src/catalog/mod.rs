//! What is recorded about services, hosts, versions, instances and holds, and how callers change it. Each
//! operation is one `Change`: it reports every problem of its input at once and then changes nothing (R4), or
//! takes effect together with its events and its audit entry. The roles of callers are checked above.

mod event;
pub mod freeze;
pub mod hold;
mod hold_checks;
mod hold_end;
pub mod host;
pub mod instance;
pub mod service;
pub mod version;

pub use hold_end::end_expired;

#[cfg(test)]
mod tests;
