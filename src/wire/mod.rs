//! What goes over the wire, whichever transport carries it: errors with their codes, cursors, scalars, and the bytes of a
//! response.

pub mod cursor;
mod error;
pub mod json;
mod response;
mod scalar;

pub use error::{ApiError, ErrorCode, Reason};
pub use response::{Response, body, complete, size};
pub use scalar::{Cursor, DateTime, JsonValue, SCALARS, ScalarCheck};
