//! How many subscriptions each caller has, over all its connections to this process.

use crate::server::refusal::Refusal;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;

/// The number of subscriptions of each caller, by name. Clones share the numbers.
#[derive(Clone, Debug)]
pub struct SubscriptionCounts {
    counts: Arc<Mutex<HashMap<String, usize>>>,
    max_per_caller: usize,
}

/// One subscription, counted until this is dropped.
#[derive(Debug)]
pub struct CountedSubscription {
    all: SubscriptionCounts,
    caller: String,
}

impl SubscriptionCounts {
    /// No subscriptions yet, and at most this many of each caller.
    pub fn new(max_per_caller: usize) -> SubscriptionCounts {
        SubscriptionCounts { counts: Arc::default(), max_per_caller }
    }

    /// Counts one more subscription of a caller.
    ///
    /// # Errors
    /// If the caller has as many as it may have.
    pub fn admit(&self, caller: &str) -> Result<CountedSubscription, Refusal> {
        let max = self.max_per_caller;
        let mut counts = self.counts.lock();
        match counts.get_mut(caller) {
            Some(count) if *count < max => *count += 1,
            None if max > 0 => drop(counts.insert(caller.to_owned(), 1)),
            _ => {
                let message = format!(
                    "Caller {caller} has {max} subscriptions to this server, as many as `subscriptions_per_caller` allows. \
                     End one first."
                );
                return Err(Refusal::at_capacity(message));
            }
        }
        Ok(CountedSubscription { all: self.clone(), caller: caller.to_owned() })
    }
}

impl Drop for CountedSubscription {
    fn drop(&mut self) {
        let mut counts = self.all.counts.lock();
        match counts.get_mut(&self.caller) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(counts.remove(&self.caller)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_caller_has_a_number_of_its_own_and_what_has_ended_makes_room() {
        let subscriptions = SubscriptionCounts::new(3);
        let mut anns: Vec<_> = (0..3).map(|_| subscriptions.admit("ann").unwrap()).collect();
        let message = subscriptions.admit("ann").unwrap_err().message;
        assert!(message.contains("`subscriptions_per_caller`") && message.contains('3'), "{message}");
        let bob = subscriptions.admit("bob").unwrap();
        anns.pop();
        anns.push(subscriptions.admit("ann").unwrap());
        assert!(subscriptions.admit("ann").is_err() && SubscriptionCounts::new(0).admit("ann").is_err());
        drop((anns, bob));
        assert!(subscriptions.counts.lock().is_empty());
    }
}
