//! The API over HTTP.

pub mod graphiql;
pub mod limits;
