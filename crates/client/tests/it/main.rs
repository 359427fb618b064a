//! The client against servers that follow a script.

mod answers;
mod documents;
mod follow;
mod scripted;
