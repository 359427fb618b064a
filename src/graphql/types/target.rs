use super::node::{NODE, TARGET_NODE};
use super::{HOST, INSTANCE, LOG_LINE, RELEASE, VERSION, log};
use crate::domain::target::{ReleaseTargetStatus, TargetFailure};
use crate::read::declare::{INT, Leaf, Object, TEXT, TIME, ascending, column, columns, connection, id, one, text_leaf};

static STATUS: Leaf = text_leaf::<ReleaseTargetStatus>();
static FAILURE: Leaf = text_leaf::<TargetFailure>();

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
    "The part of one instance in one release.",
    TARGET_NODE,
    ROW.id,
    &[
        id(),
        one("release", "The release.", &RELEASE, ROW.release_id),
        one("instance", "The instance.", &INSTANCE, ROW.instance_id),
        one("host", "The host.", &HOST, ROW.host_id),
        one("fromVersion", "What ran before; null for INSTALL.", &VERSION, ROW.from_version_id).nullable(),
        one("toVersion", "What runs afterwards if all goes well; null for UNINSTALL.", &VERSION, ROW.to_version_id)
            .nullable(),
        column("status", "How far it is.", &STATUS, ROW.status),
        column(
            "attempt",
            "Number of the start, from 1, 0 before; more than 1 only where the executor allows to run again.",
            &INT,
            ROW.attempt,
        ),
        column("failure", "In what way it failed; null otherwise.", &FAILURE, ROW.failure).nullable(),
        column("message", "Sentence on why it failed or was canceled; null otherwise.", &TEXT, ROW.message).nullable(),
        column("exitStatus", "Exit status of the command; null when there is none.", &INT, ROW.exit_status).nullable(),
        column("startedAt", "When the latest start was; null before.", &TIME, ROW.started_at).nullable(),
        column("finishedAt", "When it reached its final state; null before.", &TIME, ROW.finished_at).nullable(),
        connection(
            "log",
            "Output of the executor, oldest line first. Takes and gives the cursors of releaseLog.",
            &LOG_LINE,
        )
        .of_parent(log::ROW.target_id)
        .output_of(ROW.release_id),
    ],
)
.implements(&NODE)
.order(ascending("ORDINAL", &[ROW.ordinal]));
