use crate::domain::{StepName, StepStatus};
use crate::read::declare::{Leaf, Object, TEXT, TIME, ascending, column, columns, word_leaf};

static NAME: Leaf = word_leaf::<StepName>();
static STATUS: Leaf = word_leaf::<StepStatus>();

columns! {
    pub ROW: StepRow {
        id: Int,
        target_id: Int,
        name: Text,
        status: Text,
        message: Text,
        started_at: Time,
        finished_at: Time,
    }
}

pub static TARGET_STEP: Object = Object::new(
    "TargetStep",
    "One step of a release target. Which steps a target has, its executor says.",
    "target_step",
    ROW.id,
    &[
        column("name", "Which step.", &NAME, ROW.name),
        column("status", "Current status.", &STATUS, ROW.status),
        column(
            "startedAt",
            "When it began, the first time if it was repeated after an interruption; null before that.",
            &TIME,
            ROW.started_at,
        )
        .nullable(),
        column("finishedAt", "When it ended; null before that, and if it was skipped.", &TIME, ROW.finished_at)
            .nullable(),
        column("message", "Why it did not succeed, for people; null otherwise.", &TEXT, ROW.message).nullable(),
    ],
)
.order(ascending("ID", &[ROW.id]));
