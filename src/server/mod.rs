//! The API over HTTP.

pub mod limits;
