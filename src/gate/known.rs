//! Documents that were found valid, kept for the next request with the same text: programs send the same few all the
//! time, and parsing and validating them takes longer than answering.

use super::operation::Operation;
use hashlink::LruCache;
use parking_lot::{Mutex, MutexGuard};
use std::sync::Arc;

/// The most documents that are kept, and the most bytes of their texts; what is kept of a document takes about
/// twenty times as much.
const MAX_DOCUMENTS: usize = 1_000;
const MAX_BYTES: usize = 1024 * 1024;

/// The text of a document, and the name of the operation that is meant, if the request has one.
pub type Key = (String, Option<String>);

/// The operations that were used last.
#[derive(Default)]
pub struct Known(Mutex<Kept>);

struct Kept {
    operations: LruCache<Key, Arc<Operation>>,
    bytes: usize,
}

impl Default for Kept {
    fn default() -> Kept {
        Kept { operations: LruCache::new_unbounded(), bytes: 0 }
    }
}

impl Known {
    /// Returns the operation with this key, or `None` if it is not kept.
    pub fn find(&self, key: &Key) -> Option<Arc<Operation>> {
        self.lock().operations.get(key).cloned()
    }

    /// Keeps an operation, and drops those that have not been used for the longest time if there is no room.
    pub fn keep(&self, key: Key, operation: Arc<Operation>) {
        let mut kept = self.lock();
        let bytes = bytes(&key);
        if kept.operations.insert(key, operation).is_none() {
            kept.bytes += bytes;
        }
        while kept.bytes > MAX_BYTES || kept.operations.len() > MAX_DOCUMENTS {
            let Some((dropped, _)) = kept.operations.remove_lru() else { break };
            kept.bytes -= self::bytes(&dropped);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock()
    }
}

fn bytes((text, name): &Key) -> usize {
    text.len() + name.as_ref().map_or(0, String::len)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::tests::operation;

    #[test]
    fn as_many_documents_are_kept_as_fit_and_those_used_last() {
        let known = Known::default();
        let operation = Arc::new(operation("{ viewer { name } }"));
        let key = |number: usize| (format!("{{ a{number} }}"), None);
        for number in 0..MAX_DOCUMENTS {
            known.keep(key(number), operation.clone());
        }
        assert!(known.find(&key(0)).is_some());
        known.keep(key(MAX_DOCUMENTS), operation.clone());
        assert!(known.find(&key(0)).is_some(), "it was used last");
        assert!(known.find(&key(1)).is_none(), "it was not");

        let long = ("x".repeat(MAX_BYTES / 2), None);
        known.keep(long.clone(), operation.clone());
        known.keep(long.clone(), operation.clone());
        assert!(known.find(&key(MAX_DOCUMENTS)).is_some(), "the same one twice takes no more room");
        let other = (long.0.clone(), Some("name".to_owned()));
        known.keep(other.clone(), operation);
        assert!(known.find(&key(MAX_DOCUMENTS)).is_some() && known.find(&long).is_none());
        assert!(known.find(&other).is_some());
        let kept = known.lock();
        assert_eq!((kept.operations.len(), kept.bytes), (2, bytes(&other) + bytes(&key(MAX_DOCUMENTS))));
    }
}
