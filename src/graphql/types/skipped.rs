use super::{INSTANCE, LOCK, lock};
use crate::domain::release::SkipReason;
use crate::read::declare::{INT, Leaf, OLDEST_FIRST, Object, column, columns, list, one, term, word_leaf};

static REASON: Leaf = word_leaf::<SkipReason>();

columns! { pub ROW: SkippedRow { id: Int, release_id: Int, instance_id: Int, reason: Text, locks: Rows } }
columns! { pub SKIP_COUNT_ROW: SkipCountRow { reason: Text, count: Int } }

pub static SKIPPED_INSTANCE: Object = Object::new(
    "SkippedInstance",
    "An instance that was selected for a release but left out.",
    "release_skip",
    ROW.id,
    &[
        one("instance", "The instance.", &INSTANCE, ROW.instance_id),
        column("reason", "Why it was left out.", &REASON, ROW.reason),
        list("locks", "What locked the instance, if the reason is LOCKED; empty otherwise.", &LOCK)
            .of_parent(lock::ROW.release_skip_id)
            .from_query(term!("SELECT l.*, 0 AS rank FROM skip_lock l"))
            .supplied_as(ROW.locks)
            .at_most(2),
    ],
)
.order(OLDEST_FIRST);

pub static SKIP_COUNT: Object = Object::without_table(
    "SkipCount",
    "A number of instances that were left out for the same reason.",
    &[
        column("reason", "Why it was left out.", &REASON, SKIP_COUNT_ROW.reason),
        column("count", "Number of instances.", &INT, SKIP_COUNT_ROW.count),
    ],
);
