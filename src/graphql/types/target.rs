use super::node::{NODE, TARGET_NODE};
use super::order::OrderDirection;
use super::wait::{self, WAIT, WAITS};
use super::{HOST, INSTANCE, LOG_LINE, RELEASE, TARGET_STEP, VERSION, log, step};
use crate::domain::target::{ReleaseTargetStatus, TargetFailure};
use crate::read::declare::{
    INT, Leaf, ListOrder, Object, Order, TEXT, TIME, ascending, column, columns, connection, id, list, one, term,
    word_leaf,
};
use async_graphql::{Enum, InputObject};

static STATUS: Leaf = word_leaf::<ReleaseTargetStatus>();
static FAILURE: Leaf = word_leaf::<TargetFailure>();

columns! {
    pub ROW: TargetRow {
        id: Int,
        release_id: Int,
        ordinal: Int,
        wave: Int,
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
        folded_hostname: Text = term!("(SELECT h.folded_hostname FROM host h WHERE h.id = {row}.host_id)"),
        started_or_never: Time = term!("COALESCE({row}.started_at, {never})"),
        finished_or_never: Time = term!("COALESCE({row}.finished_at, {never})"),
    }
}

const BY_ORDINAL: Order = ascending("ORDINAL", &[ROW.ordinal]);

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
        column("wave", "Number of its wave.", &INT, ROW.wave),
        column("status", "Current status.", &STATUS, ROW.status),
        column(
            "attempt",
            "Number of the latest start: 0 before the first one. It is more than 1 only if the target was interrupted and started again: at the step under way, which for RUN the executor must allow.",
            &INT,
            ROW.attempt,
        ),
        column("failure", "How it failed; null if it did not fail.", &FAILURE, ROW.failure).nullable(),
        column("message", "Why it failed or was canceled, for people; null otherwise.", &TEXT, ROW.message).nullable(),
        column("exitStatus", "Exit status of the command; null if it has none.", &INT, ROW.exit_status).nullable(),
        column("startedAt", "When it was started last; null before the first start.", &TIME, ROW.started_at).nullable(),
        column("finishedAt", "When it finished; null before that.", &TIME, ROW.finished_at).nullable(),
        list(
            "waitsFor",
            "What it waits for: what would have to change first comes first. Empty for a target that has started, and for one that is about to start.",
            &WAIT,
        )
        .of_parent(wait::ROW.target_id)
        .from_query(WAITS)
        .at_most(3),
        list(
            "steps",
            "Its steps, in the order in which they happen. Empty before the first start: the executor decides which steps there are.",
            &TARGET_STEP,
        )
        .of_parent(step::ROW.target_id)
        .at_most(5),
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
.order(BY_ORDINAL);

/// The values that release targets can be ordered by.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReleaseTargetOrderField {
    /// The order in which the release starts them.
    Ordinal,
    /// Name of the host. Case makes no difference.
    Hostname,
    /// Status, by its word: CANCELED, FAILED, QUEUED, RUNNING, SUCCEEDED, UNKNOWN.
    Status,
    /// The time of the last start; targets that have not started come after all others.
    StartedAt,
    /// The time of the end; targets that have not ended come after all others.
    FinishedAt,
}

/// Order of release targets.
#[derive(InputObject, Clone, Debug)]
pub struct ReleaseTargetOrder {
    /// The value to order by.
    pub field: ReleaseTargetOrderField,
    /// The direction.
    #[graphql(default_with = "OrderDirection::Asc")]
    pub direction: OrderDirection,
}

impl ListOrder for ReleaseTargetOrder {
    fn order(self) -> Order {
        let by = match self.field {
            ReleaseTargetOrderField::Ordinal => BY_ORDINAL,
            ReleaseTargetOrderField::Hostname => ascending("HOSTNAME", &[ROW.folded_hostname]),
            ReleaseTargetOrderField::Status => ascending("STATUS", &[ROW.status, ROW.ordinal]),
            ReleaseTargetOrderField::StartedAt => ascending("STARTED_AT", &[ROW.started_or_never]),
            ReleaseTargetOrderField::FinishedAt => ascending("FINISHED_AT", &[ROW.finished_or_never]),
        };
        Order { descending: self.direction == OrderDirection::Desc, ..by }
    }
}
