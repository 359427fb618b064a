use super::host::{LABEL, LABEL_ROW};
use super::release::PROGRESS;
use crate::domain::release::WaveStatus;
use crate::read::declare::{
    BOOLEAN, INT, Leaf, Object, TIME, Term, ascending, column, columns, embedded, term, word_leaf,
};

static STATUS: Leaf = word_leaf::<WaveStatus>();

columns! {
    pub ROW: WaveRow {
        id: Int,
        release_id: Int,
        number: Int,
        total: Int,
        max_failures: Int,
        soak_seconds: Int,
        pause_after: Bool,
        soak_until: Time,
        status: Text,
    }
}

/// The waves of releases, with their statuses.
pub(super) const WAVES: Term = term!(
    "SELECT w.*, CASE WHEN r.finished_at IS NOT NULL OR w.number < r.wave THEN 'DONE' WHEN w.number > r.wave THEN 'WAITING'
        WHEN r.soaks_until IS NOT NULL THEN 'SOAKING' WHEN r.status = 'PAUSED' THEN 'PAUSED' ELSE 'RUNNING' END AS status
     FROM release_wave w JOIN release r ON r.id = w.release_id WHERE w.release_id {parents}"
);

pub static RELEASE_WAVE: Object = Object::new(
    "ReleaseWave",
    "One of the waves in which a release moves its targets: the next one starts when this one is done.",
    "release_wave",
    ROW.id,
    &[
        column("number", "Its place among the waves of the release, from 1.", &INT, ROW.number),
        column("size", "Number of its targets.", &INT, ROW.total),
        column(
            "maxFailures",
            "Number of its targets that may fail before onFailure of the release applies; null if only the limit of the release applies.",
            &INT,
            ROW.max_failures,
        )
        .nullable(),
        column(
            "soakSeconds",
            "How long the release waits after its last target, in seconds.",
            &INT,
            ROW.soak_seconds,
        ),
        column("pauseAfter", "Whether the release pauses after it, and after its soak.", &BOOLEAN, ROW.pause_after),
        embedded(
            "label",
            "Label that its hosts have in common, where waves go by a label; null otherwise, and for hosts without the label.",
            &LABEL,
        )
        .present(LABEL_ROW.key),
        column("status", "Current status.", &STATUS, ROW.status),
        embedded("progress", "Numbers of its targets by status.", &PROGRESS),
        column(
            "soakUntil",
            "Until when it soaks, or soaked; null before its last target has finished, and if it does not soak.",
            &TIME,
            ROW.soak_until,
        )
        .nullable(),
    ],
)
.order(ascending("NUMBER", &[ROW.number]));
