use super::{HOST, INSTANCE, LOG_LINE, NODE, RELEASE, VERSION};
use crate::domain::Kind;
use crate::domain::target::{ReleaseTargetStatus, TargetFailure};
use crate::read::declare::{INT, Leaf, Object, TEXT, TIME, ascending, column, id, many, one, text_leaf};
use crate::store::db::rows::CellKind;

static STATUS: Leaf = text_leaf::<ReleaseTargetStatus>();
static FAILURE: Leaf = text_leaf::<TargetFailure>();

pub static TARGET: Object = Object::new(
    "ReleaseTarget",
    "The part of one instance in one release.",
    "release_target",
    &[
        id(),
        one("release", "The release.", &RELEASE, "release_id"),
        one("instance", "The instance.", &INSTANCE, "instance_id"),
        one("host", "The host.", &HOST, "host_id"),
        one("fromVersion", "What ran before; null for INSTALL.", &VERSION, "from_version_id").nullable(),
        one("toVersion", "What runs afterwards if all goes well; null for UNINSTALL.", &VERSION, "to_version_id")
            .nullable(),
        column("status", "How far it is.", &STATUS, "status"),
        column(
            "attempt",
            "Number of the start, from 1, 0 before; more than 1 only where the executor allows to run again.",
            &INT,
            "attempt",
        ),
        column("failure", "In what way it failed; null otherwise.", &FAILURE, "failure").nullable(),
        column("message", "Sentence on why it failed or was canceled; null otherwise.", &TEXT, "message").nullable(),
        column("exitStatus", "Exit status of the command; null when there is none.", &INT, "exit_status").nullable(),
        column("startedAt", "When the latest start was; null before.", &TIME, "started_at").nullable(),
        column("finishedAt", "When it reached its final state; null before.", &TIME, "finished_at").nullable(),
        many(
            "log",
            "Output of the executor, oldest line first. Takes and gives the cursors of releaseLog.",
            &LOG_LINE,
            "target_id",
        ),
    ],
)
.node(Kind::Target, &NODE)
.order(ascending("ORDINAL", &[("ordinal", CellKind::Int)]));
