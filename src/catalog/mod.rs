//! What is recorded about services, hosts, versions, instances and holds, and how callers change it. Each
//! operation is one `Change`: it reports every problem of its input at once and then changes nothing (R4), or
//! takes effect together with its events and its audit entry. The roles of callers are checked above.

pub mod confirm_many;
mod event;
pub mod freeze;
pub mod hold;
mod hold_checks;
mod hold_end;
pub mod host;
pub mod host_hold;
pub mod host_many;
mod host_removal;
mod host_rename;
pub mod instance;
pub mod instance_request;
pub mod service;
pub mod suspension;
pub mod version;
pub mod window;

pub(crate) use event::InstanceEventDraft;
pub use hold_end::end_expired;

#[cfg(test)]
mod tests;
