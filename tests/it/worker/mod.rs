//! Workers with real child processes, on both databases.

mod canceling;
mod carrying;
mod faults;
mod fleet;
mod limits;
mod probing;
mod process;
