//! Releases: accepting them.

pub mod accept;
mod choose;
mod found;
mod record;
pub mod request;

pub use accept::accept;
pub use request::{Accepted, Aim, Refused, Request, Selection};

#[cfg(test)]
mod tests;
