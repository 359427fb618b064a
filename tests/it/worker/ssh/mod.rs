//! Commands on hosts that are reached by ssh: real sshd processes on this machine.

mod api;
mod carrying;
mod crowd;
mod cutting;
mod files;
pub mod hosts;
mod interrupting;
mod random;
mod shells;
mod stopping;
