//! A cache of valid documents: programs send the same few all the time, and parsing and validating them takes longer
//! than answering.

use super::checked_operation::CheckedOperation;
use hashlink::LruCache;
use parking_lot::Mutex;
use std::sync::Arc;

/// The most documents that are cached, and the most bytes of their texts; a cached document takes about twenty times as
/// much as its text, and the plans of a query, whose number and size are limited, come to that.
const MAX_DOCUMENTS: usize = 1_000;
const MAX_TEXT_BYTES: usize = 1024 * 1024;

/// The text of a document, and the name of the requested operation, if the request has one.
pub type Key = (String, Option<String>);

/// The operations that were used last.
#[derive(Default)]
pub struct DocumentCache(Mutex<Entries>);

struct Entries {
    operations: LruCache<Key, Arc<CheckedOperation>>,
    bytes: usize,
}

impl Default for Entries {
    fn default() -> Entries {
        Entries { operations: LruCache::new_unbounded(), bytes: 0 }
    }
}

impl DocumentCache {
    /// Returns the operation with this key, or `None` if it is not cached.
    pub fn get(&self, key: &Key) -> Option<Arc<CheckedOperation>> {
        self.0.lock().operations.get(key).cloned()
    }

    /// Caches an operation. If the cache is full, the operations that have not been used for longest are dropped.
    pub fn insert(&self, key: Key, operation: Arc<CheckedOperation>) {
        let mut entries = self.0.lock();
        let bytes = bytes(&key);
        if entries.operations.insert(key, operation).is_none() {
            entries.bytes += bytes;
        }
        while entries.bytes > MAX_TEXT_BYTES || entries.operations.len() > MAX_DOCUMENTS {
            let Some((dropped, _)) = entries.operations.remove_lru() else { break };
            entries.bytes -= self::bytes(&dropped);
        }
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
    fn the_documents_that_were_used_last_are_cached_as_many_as_fit() {
        let cache = DocumentCache::default();
        let operation = Arc::new(operation("{ viewer { name } }"));
        let key = |number: usize| (format!("{{ a{number} }}"), None);
        for number in 0..MAX_DOCUMENTS {
            cache.insert(key(number), operation.clone());
        }
        assert!(cache.get(&key(0)).is_some());
        cache.insert(key(MAX_DOCUMENTS), operation.clone());
        assert!(cache.get(&key(0)).is_some(), "it was used last");
        assert!(cache.get(&key(1)).is_none(), "it was not");

        let long = ("x".repeat(MAX_TEXT_BYTES / 2), None);
        cache.insert(long.clone(), operation.clone());
        cache.insert(long.clone(), operation.clone());
        assert!(cache.get(&key(MAX_DOCUMENTS)).is_some(), "the same one twice takes no more room");
        let other = (long.0.clone(), Some("name".to_owned()));
        cache.insert(other.clone(), operation);
        assert!(cache.get(&key(MAX_DOCUMENTS)).is_some() && cache.get(&long).is_none());
        assert!(cache.get(&other).is_some());
        let entries = cache.0.lock();
        assert_eq!((entries.operations.len(), entries.bytes), (2, bytes(&other) + bytes(&key(MAX_DOCUMENTS))));
    }
}
