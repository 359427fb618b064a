use super::{INSTANCE, LOCK};
use crate::domain::release::SkipReason;
use crate::read::declare::{INT, Leaf, OLDEST_FIRST, Object, column, list, one, text_leaf};

static REASON: Leaf = text_leaf::<SkipReason>();

pub static SKIPPED_INSTANCE: Object = Object::new(
    "SkippedInstance",
    "An instance that was left out of a release.",
    "release_skip",
    &[
        one("instance", "The instance.", &INSTANCE, "instance_id"),
        column("reason", "Why.", &REASON, "reason"),
        list(
            "locks",
            "Who had it when the reason is LOCKED; empty otherwise.",
            &LOCK,
            "(SELECT l.*, 0 AS rank FROM skip_lock l)",
            "release_skip_id",
            "",
        )
        .at_most(2),
    ],
)
.order(OLDEST_FIRST);

pub static SKIP_COUNT: Object = Object::new(
    "SkipCount",
    "So many instances were left out for this reason.",
    "",
    &[column("reason", "Why.", &REASON, "reason"), column("count", "How many.", &INT, "count")],
);
