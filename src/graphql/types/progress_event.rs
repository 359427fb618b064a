use super::RELEASE;
use super::release::{PROGRESS, STATUS, place};
use crate::read::declare::{BOOLEAN, CURSOR, Object, column, computed, embedded, one};
use crate::store::db::rows::CellKind;

pub static RELEASE_PROGRESS_EVENT: Object = Object::new(
    "ReleaseProgressEvent",
    "How far a release was when the message was made.",
    "",
    &[
        computed("cursor", "Place in the log.", &CURSOR, &[("position", CellKind::Int)], place),
        one("release", "The release.", &RELEASE, "release_id"),
        column("status", "Status at that moment.", &STATUS, "status"),
        embedded("progress", "Counts at that moment.", &PROGRESS),
        column(
            "isFinal",
            "Whether this is the last message: the release is over and the stream ends.",
            &BOOLEAN,
            "is_final",
        ),
    ],
);
