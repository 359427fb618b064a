//! The mutations, one file each: its input, its payload, and what it does.

mod create_service;

use super::mutation::Entry;

/// All of them, in the order of the schema.
pub(super) static MUTATIONS: &[Entry] = &[Entry::of::<create_service::CreateService>()];
