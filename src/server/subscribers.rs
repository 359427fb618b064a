//! How many subscriptions each caller has, over all its connections to this process.

use super::answer::Refused;
use parking_lot::{Mutex, MutexGuard};
use std::collections::HashMap;
use std::sync::Arc;

/// The subscriptions of all callers, by their names. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Subscribers(Arc<Mutex<HashMap<String, usize>>>);

/// One subscription, counted until this is dropped.
#[derive(Debug)]
pub struct Subscribed {
    subscribers: Subscribers,
    caller: String,
}

impl Subscribers {
    /// Counts one more subscription of a caller, unless it has as many as it may have.
    pub fn admit(&self, caller: &str, most: usize) -> Result<Subscribed, Refused> {
        let mut all = self.lock();
        match all.get_mut(caller) {
            Some(many) if *many < most => *many += 1,
            None if most > 0 => drop(all.insert(caller.to_owned(), 1)),
            _ => {
                let message = format!(
                    "{caller} has {most} subscriptions to this server, as many as `subscriptions_per_caller` allows. End \
                     one first."
                );
                return Err(Refused::full(message));
            }
        }
        Ok(Subscribed { subscribers: self.clone(), caller: caller.to_owned() })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.0.lock()
    }
}

impl Drop for Subscribed {
    fn drop(&mut self) {
        let mut all = self.subscribers.lock();
        match all.get_mut(&self.caller) {
            Some(many) if *many > 1 => *many -= 1,
            _ => drop(all.remove(&self.caller)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_caller_has_a_number_of_its_own_and_what_has_ended_makes_room() {
        let subscribers = Subscribers::default();
        let mut anns: Vec<_> = (0..3).map(|_| subscribers.admit("ann", 3).unwrap()).collect();
        let message = subscribers.admit("ann", 3).unwrap_err().into_message();
        assert!(message.contains("`subscriptions_per_caller`") && message.contains('3'), "{message}");
        let bob = subscribers.admit("bob", 3).unwrap();
        anns.pop();
        anns.push(subscribers.admit("ann", 3).unwrap());
        assert!(subscribers.admit("ann", 3).is_err() && subscribers.admit("ann", 0).is_err());
        drop((anns, bob));
        assert!(subscribers.lock().is_empty());
    }
}
