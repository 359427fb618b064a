//! What goes over the wire whatever carries it: errors with their codes, and the bytes of a response.

mod error;
pub mod json;
mod response;

pub use error::{ApiError, ErrorCode, Reason};
pub use response::{body, complete, size};
