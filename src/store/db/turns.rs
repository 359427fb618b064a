//! Turns of callers at a resource with a limited number of places. One caller alone may take all of them; when several
//! callers wait, they are served in rotation, however many turns each of them waits for.

use parking_lot::Mutex;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use tokio::sync::oneshot;

/// A limited number of turns. Clones share them.
#[derive(Clone)]
pub struct Turns(Arc<Mutex<State>>);

struct State {
    free: usize,
    /// The number of the last one that waited; they are numbered in the order of their arrival.
    last_number: u64,
    /// Those that wait, by caller. Callers for whom none waits are removed.
    waiting: HashMap<Arc<str>, BTreeMap<u64, oneshot::Sender<Turn>>>,
    /// The callers for whom some wait, the next one first.
    rotation: VecDeque<Arc<str>>,
}

/// A turn. It ends when this is dropped.
pub struct Turn(Turns);

/// One that waits. It leaves the queue when this is dropped.
struct Waiter<'a> {
    turns: &'a Turns,
    caller: Arc<str>,
    number: u64,
}

impl Turns {
    /// At most this number of turns at a time.
    pub fn new(max: usize) -> Turns {
        let state = State { free: max, last_number: 0, waiting: HashMap::new(), rotation: VecDeque::new() };
        Turns(Arc::new(Mutex::new(state)))
    }

    /// Waits for a turn for this caller.
    pub async fn take(&self, caller: &str) -> Turn {
        let (waiter, turn) = {
            let mut state = self.0.lock();
            // While others wait, no turn is free.
            if state.free > 0 {
                state.free -= 1;
                return Turn(self.clone());
            }
            let (sender, turn) = oneshot::channel();
            let (caller, number) = state.wait(caller, sender);
            (Waiter { turns: self, caller, number }, turn)
        };
        let turn = turn.await.expect("the sender is kept until there is a turn or the waiter leaves");
        drop(waiter);
        turn
    }
}

impl State {
    fn wait(&mut self, caller: &str, sender: oneshot::Sender<Turn>) -> (Arc<str>, u64) {
        self.last_number += 1;
        let known = self.waiting.get_key_value(caller).map(|(caller, _)| caller.clone());
        let caller = known.unwrap_or_else(|| {
            let caller: Arc<str> = caller.into();
            self.rotation.push_back(caller.clone());
            caller
        });
        self.waiting.entry(caller.clone()).or_default().insert(self.last_number, sender);
        (caller, self.last_number)
    }

    /// Removes the one that is served next: the first of the caller that is first in the rotation, who then goes to its end.
    fn next(&mut self) -> Option<oneshot::Sender<Turn>> {
        let caller = self.rotation.pop_front()?;
        let waiters = self.waiting.get_mut(&caller)?;
        let (_, sender) = waiters.pop_first()?;
        match waiters.is_empty() {
            true => drop(self.waiting.remove(&caller)),
            false => self.rotation.push_back(caller),
        }
        Some(sender)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut state = self.0.0.lock();
        let Some(next) = state.next() else {
            state.free += 1;
            return;
        };
        drop(state);
        // If the receiver has left just now, the turn is dropped here, and so goes to the next one.
        let _ = next.send(Turn(self.0.clone()));
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        let mut state = self.turns.0.lock();
        let Some(waiters) = state.waiting.get_mut(&self.caller) else { return };
        waiters.remove(&self.number);
        if waiters.is_empty() {
            state.waiting.remove(&self.caller);
            state.rotation.retain(|caller| *caller != self.caller);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::{FutureExt, LocalBoxFuture};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;
    use tokio::time::timeout;

    /// Those that wait, in the order of their arrival, each with a name.
    struct Queue<'a>(Vec<(&'a str, LocalBoxFuture<'a, Turn>)>);

    impl<'a> Queue<'a> {
        /// Joins the queue while every turn is taken.
        fn join(&mut self, turns: &'a Turns, caller: &'a str) {
            let mut waiting = turns.take(caller).boxed_local();
            assert!((&mut waiting).now_or_never().is_none(), "{caller} need not wait");
            self.0.push((caller, waiting));
        }

        /// The one that has a turn now, or `None`.
        fn served(&mut self) -> Option<(&'a str, Turn)> {
            let found =
                self.0.iter_mut().enumerate().find_map(|(at, (_, waiting))| Some((at, waiting.now_or_never()?)));
            found.map(|(at, turn)| (self.0.remove(at).0, turn))
        }

        /// The order in which all are served, one after the other.
        fn order(&mut self, mut turn: Turn) -> Vec<&'a str> {
            let mut order = Vec::new();
            loop {
                drop(turn);
                let Some((caller, next)) = self.served() else { return order };
                order.push(caller);
                turn = next;
            }
        }
    }

    fn take(turns: &Turns, caller: &str) -> Turn {
        turns.take(caller).now_or_never().expect("a turn is free")
    }

    /// Free turns, callers that wait, and callers in the rotation.
    fn left(turns: &Turns) -> (usize, usize, usize) {
        let state = turns.0.lock();
        (state.free, state.waiting.len(), state.rotation.len())
    }

    #[test]
    fn one_caller_alone_may_take_all_turns() {
        let turns = Turns::new(3);
        let taken = [take(&turns, "ana"), take(&turns, "ana"), take(&turns, "ana")];
        assert!(turns.take("ana").now_or_never().is_none());
        drop(taken);
        assert_eq!(left(&turns), (3, 0, 0));
    }

    #[test]
    fn waiting_callers_are_served_in_rotation() {
        let turns = Turns::new(1);
        let (taken, mut queue) = (take(&turns, "ana"), Queue(Vec::new()));
        for caller in ["ana", "ana", "ana", "ana", "ben", "ben", "cleo"] {
            queue.join(&turns, caller);
        }
        assert_eq!(queue.order(taken), ["ana", "ben", "cleo", "ana", "ben", "ana", "ana"]);
        assert_eq!(left(&turns), (1, 0, 0));
    }

    #[test]
    fn those_who_leave_the_queue_get_no_turn_and_leave_nothing_behind() {
        let turns = Turns::new(1);
        let (taken, mut queue) = (take(&turns, "ana"), Queue(Vec::new()));
        for caller in ["ana", "ben", "cleo", "ana"] {
            queue.join(&turns, caller);
        }
        // Ben leaves, and so does the first of Ana.
        queue.0.drain(0..2);
        assert_eq!(left(&turns), (0, 2, 2));
        assert_eq!(queue.order(taken), ["ana", "cleo"]);
        assert_eq!(left(&turns), (1, 0, 0));
    }

    #[test]
    fn a_turn_that_was_sent_to_one_who_left_goes_to_the_next() {
        let turns = Turns::new(1);
        let (taken, mut queue) = (take(&turns, "ana"), Queue(Vec::new()));
        queue.join(&turns, "ben");
        queue.join(&turns, "cleo");
        drop(taken);
        // Ben's turn was sent and not received yet.
        drop(queue.0.remove(0));
        let (caller, turn) = queue.served().unwrap();
        assert_eq!(caller, "cleo");
        drop(turn);
        assert_eq!(left(&turns), (1, 0, 0));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn no_turn_is_lost_or_made_where_callers_race_and_leave() {
        let turns = Turns::new(2);
        let in_use = Arc::new(AtomicUsize::new(0));
        let tasks = (0..8).map(|caller: u64| {
            let (turns, in_use) = (turns.clone(), in_use.clone());
            tokio::spawn(async move {
                for round in 0..500 {
                    let taking = turns.take(if caller.is_multiple_of(2) { "ana" } else { "ben" });
                    let limit = Duration::from_micros((round * 7 + caller) % 50);
                    if let Ok(turn) = timeout(limit, taking).await {
                        assert!(in_use.fetch_add(1, Ordering::SeqCst) < 2);
                        tokio::task::yield_now().await;
                        in_use.fetch_sub(1, Ordering::SeqCst);
                        drop(turn);
                    }
                }
            })
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await.unwrap();
        }
        assert_eq!(left(&turns), (2, 0, 0));
    }
}
