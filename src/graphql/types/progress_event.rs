use super::RELEASE;
use super::release::{PROGRESS, STATUS, place};
use crate::read::declare::{BOOLEAN, CURSOR, Object, column, columns, computed, embedded, one};

columns! {
    pub PROGRESS_EVENT_ROW: ProgressEventRow { position: Int, release_id: Int, status: Text, is_final: Bool }
}

pub static RELEASE_PROGRESS_EVENT: Object = Object::without_table(
    "ReleaseProgressEvent",
    "The state of a release at one moment.",
    &[
        computed("cursor", "Position in the event log.", &CURSOR, &[PROGRESS_EVENT_ROW.position], place),
        one("release", "The release.", &RELEASE, PROGRESS_EVENT_ROW.release_id),
        column("status", "Status at that moment.", &STATUS, PROGRESS_EVENT_ROW.status),
        embedded("progress", "Numbers of targets at that moment.", &PROGRESS),
        column(
            "isFinal",
            "Whether this is the last message: the release is finished, and the stream ends.",
            &BOOLEAN,
            PROGRESS_EVENT_ROW.is_final,
        ),
    ],
);
