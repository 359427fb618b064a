//! Which lockkeeper this is.

/// The number of the version, as `Cargo.toml` has it.
pub const NUMBER: &str = env!("CARGO_PKG_VERSION");

/// The number and the commit that was built, for example `0.1.0 (0123456789ab)`; without a commit if none was known.
/// A debug build names the commit that it began with.
pub const TEXT: &str = env!("LOCKKEEPER_VERSION");
