//! Workers with real child processes, on both databases.

mod canceling;
mod carrying;
mod drifting;
mod families;
mod faults;
mod fleet;
mod http;
mod limits;
mod output;
mod probing;
mod process;
mod retention;
mod rollout_story;
mod runner;
mod soaking;
mod ssh;
mod stepping;
mod story;
mod unkillable;
