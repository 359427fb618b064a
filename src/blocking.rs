//! Work that keeps its thread busy for a long time.

use std::sync::LazyLock;
use std::thread::available_parallelism;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::Semaphore;

/// Work on fewer bytes ends sooner than another thread would take over.
const MIN_BYTES: usize = 64 * 1024;

/// Limits how much of it is done at the same time: one processor is left for short work.
static TURNS: LazyLock<Semaphore> = LazyLock::new(|| {
    let processors = available_parallelism().map_or(1, usize::from);
    Semaphore::new(processors.saturating_sub(1).max(1))
});

/// Runs work on this many bytes that never waits, and that runs no other such work. If it is long, it waits for its turn
/// first, and meanwhile another thread runs the other tasks of this one.
pub fn run<T>(bytes: usize, work: impl FnOnce() -> T) -> T {
    let has_others = || Handle::try_current().is_ok_and(|on| on.runtime_flavor() == RuntimeFlavor::MultiThread);
    if bytes < MIN_BYTES || !has_others() {
        return work();
    }
    tokio::task::block_in_place(|| {
        let _turn = Handle::current().block_on(TURNS.acquire());
        work()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn other_tasks_of_the_thread_go_on_beside_long_work() {
        let (send, receive) = mpsc::channel();
        let long = tokio::spawn(async move { run(MIN_BYTES, || receive.recv().unwrap()) });
        // The message is sent only if another task runs while the first one keeps its thread busy.
        tokio::spawn(async move { send.send(7).unwrap() }).await.unwrap();
        assert_eq!(long.await.unwrap(), 7);
    }

    #[tokio::test]
    async fn on_a_runtime_with_one_thread_that_thread_does_the_work() {
        assert_eq!(run(MIN_BYTES, || 7), 7);
    }
}
