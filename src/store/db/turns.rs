//! Turns of callers at something that only a limited number may use at a time. One caller alone may have all of them;
//! when several wait, each has its turn in rotation, however many turns it waits for.

use parking_lot::{Mutex, MutexGuard};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use tokio::sync::oneshot;

/// A number of turns. Clones share them.
#[derive(Clone)]
pub struct Turns(Arc<Mutex<State>>);

struct State {
    free: usize,
    /// Numbers those that wait, in the order in which they came.
    came: u64,
    /// Those that wait, by caller. No caller is here without one.
    waiting: HashMap<Arc<str>, BTreeMap<u64, oneshot::Sender<Turn>>>,
    /// The callers that wait, the next one first.
    rotation: VecDeque<Arc<str>>,
}

/// A turn, which ends when this is dropped.
pub struct Turn(Turns);

/// A place among those that wait, which is left when this is dropped.
struct Place<'a> {
    turns: &'a Turns,
    caller: Arc<str>,
    number: u64,
}

impl Turns {
    /// This many turns at a time.
    pub fn new(many: usize) -> Turns {
        let state = State { free: many, came: 0, waiting: HashMap::new(), rotation: VecDeque::new() };
        Turns(Arc::new(Mutex::new(state)))
    }

    /// Waits for a turn of this caller.
    pub async fn take(&self, caller: &str) -> Turn {
        let (place, turn) = {
            let mut state = self.lock();
            // While somebody waits, none is free.
            if state.free > 0 {
                state.free -= 1;
                return Turn(self.clone());
            }
            let (sender, turn) = oneshot::channel();
            let (caller, number) = state.wait(caller, sender);
            (Place { turns: self, caller, number }, turn)
        };
        let turn = turn.await.expect("a place keeps its sender until it has its turn or is left");
        drop(place);
        turn
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock()
    }
}

impl State {
    fn wait(&mut self, caller: &str, sender: oneshot::Sender<Turn>) -> (Arc<str>, u64) {
        self.came += 1;
        let known = self.waiting.get_key_value(caller).map(|(caller, _)| caller.clone());
        let caller = known.unwrap_or_else(|| {
            let caller: Arc<str> = caller.into();
            self.rotation.push_back(caller.clone());
            caller
        });
        self.waiting.entry(caller.clone()).or_default().insert(self.came, sender);
        (caller, self.came)
    }

    /// The one whose turn is next: the first of the caller that comes first in the rotation and then goes to its end.
    fn next(&mut self) -> Option<oneshot::Sender<Turn>> {
        let caller = self.rotation.pop_front()?;
        let places = self.waiting.get_mut(&caller)?;
        let (_, sender) = places.pop_first()?;
        match places.is_empty() {
            true => drop(self.waiting.remove(&caller)),
            false => self.rotation.push_back(caller),
        }
        Some(sender)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        let Some(next) = state.next() else {
            state.free += 1;
            return;
        };
        drop(state);
        // Whoever waited may have left just now: what cannot be sent is dropped here, and goes to the next one.
        let _ = next.send(Turn(self.0.clone()));
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = self.turns.lock();
        let Some(places) = state.waiting.get_mut(&self.caller) else { return };
        places.remove(&self.number);
        if places.is_empty() {
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

    /// Those that wait, in the order in which they came, each with a name.
    struct Queue<'a>(Vec<(&'a str, LocalBoxFuture<'a, Turn>)>);

    impl<'a> Queue<'a> {
        /// Joins a queue while every turn is taken.
        fn join(&mut self, turns: &'a Turns, caller: &'a str) {
            let mut waiting = turns.take(caller).boxed_local();
            assert!((&mut waiting).now_or_never().is_none(), "{caller} need not wait");
            self.0.push((caller, waiting));
        }

        /// Who has a turn now, if anybody.
        fn served(&mut self) -> Option<(&'a str, Turn)> {
            let found =
                self.0.iter_mut().enumerate().find_map(|(at, (_, waiting))| Some((at, waiting.now_or_never()?)));
            found.map(|(at, turn)| (self.0.remove(at).0, turn))
        }

        /// In which order all are served, one after the other.
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
        let state = turns.lock();
        (state.free, state.waiting.len(), state.rotation.len())
    }

    #[test]
    fn one_caller_alone_has_all_turns() {
        let turns = Turns::new(3);
        let taken = [take(&turns, "ana"), take(&turns, "ana"), take(&turns, "ana")];
        assert!(turns.take("ana").now_or_never().is_none());
        drop(taken);
        assert_eq!(left(&turns), (3, 0, 0));
    }

    #[test]
    fn callers_that_wait_have_their_turns_in_rotation() {
        let turns = Turns::new(1);
        let (taken, mut queue) = (take(&turns, "ana"), Queue(Vec::new()));
        for caller in ["ana", "ana", "ana", "ana", "ben", "ben", "cleo"] {
            queue.join(&turns, caller);
        }
        assert_eq!(queue.order(taken), ["ana", "ben", "cleo", "ana", "ben", "ana", "ana"]);
        assert_eq!(left(&turns), (1, 0, 0));
    }

    #[test]
    fn whoever_leaves_the_queue_has_no_turn_and_leaves_nothing_behind() {
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
    fn a_turn_that_was_given_to_one_who_left_goes_to_the_next() {
        let turns = Turns::new(1);
        let (taken, mut queue) = (take(&turns, "ana"), Queue(Vec::new()));
        queue.join(&turns, "ben");
        queue.join(&turns, "cleo");
        drop(taken);
        // Ben has it and does not know yet.
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
                    let patience = Duration::from_micros((round * 7 + caller) % 50);
                    if let Ok(turn) = timeout(patience, taking).await {
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
