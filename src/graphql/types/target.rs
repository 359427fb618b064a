use super::node::{NODE, TARGET_NODE};
use super::{HOST, INSTANCE, LOG_LINE, RELEASE, VERSION, log};
use crate::domain::target::{ReleaseTargetStatus, TargetFailure};
use crate::read::declare::{INT, Leaf, Object, TEXT, TIME, ascending, column, columns, connection, id, one, word_leaf};

static STATUS: Leaf = word_leaf::<ReleaseTargetStatus>();
static FAILURE: Leaf = word_leaf::<TargetFailure>();

columns! {
    pub ROW: TargetRow {
        id: Int,
        release_id: Int,
        ordinal: Int,
        instance_id: Int,
        host_id: Int,
        from_version_id: Int,
        to_version_id: Int,
        status: Text,
        attempt: Int,
        failure: Text,
        message: Text,
        exit_status: Int,
        started_at: Time,
        finished_at: Time,
    }
}

pub static TARGET: Object = Object::node(
    "ReleaseTarget",
    "One instance in one release.",
    TARGET_NODE,
    ROW.id,
    &[
        id(),
        one("release", "The release.", &RELEASE, ROW.release_id),
        one("instance", "The instance.", &INSTANCE, ROW.instance_id),
        one("host", "The host.", &HOST, ROW.host_id),
        one("fromVersion", "Version before the release; null for INSTALL.", &VERSION, ROW.from_version_id).nullable(),
        one("toVersion", "Version after the release if the target succeeds; null for UNINSTALL.", &VERSION, ROW.to_version_id)
            .nullable(),
        column("status", "Current status.", &STATUS, ROW.status),
        column(
            "attempt",
            "Number of the latest start: 0 before the first one. It is more than 1 only if the executor allows a target to be started again.",
            &INT,
            ROW.attempt,
        ),
        column("failure", "How it failed; null if it did not fail.", &FAILURE, ROW.failure).nullable(),
        column("message", "Why it failed or was canceled, for people; null otherwise.", &TEXT, ROW.message).nullable(),
        column("exitStatus", "Exit status of the command; null if it has none.", &INT, ROW.exit_status).nullable(),
        column("startedAt", "When it was started last; null before the first start.", &TIME, ROW.started_at).nullable(),
        column("finishedAt", "When it finished; null before that.", &TIME, ROW.finished_at).nullable(),
        connection(
            "log",
            "Output of the executor, oldest line first. Its cursors are those of the subscription releaseLog.",
            &LOG_LINE,
        )
        .of_parent(log::ROW.target_id)
        .output_of(ROW.release_id),
    ],
)
.implements(&NODE)
.order(ascending("ORDINAL", &[ROW.ordinal]));
