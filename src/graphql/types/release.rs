use super::node::{HOST_NODE, NODE, RELEASE_NODE, SERVICE_NODE, VERSION_NODE};
use super::{LOG_LINE, SERVICE, SKIPPED_INSTANCE, TARGET, VERSION, log, skipped, target};
use crate::domain::release::{OnFailure, ReleaseAction, ReleaseOrigin, ReleaseStatus};
use crate::domain::target::ReleaseTargetStatus;
use crate::read::Where;
use crate::read::declare::{
    CURSOR, Computed, INT, Inputs, Leaf, ListFilter, NEWEST_FIRST, OLDEST_FIRST, Object, TEXT, TIME, column, columns,
    computed, connection, embedded, id, narrowing, one, parse, term, text_leaf,
};
use crate::store::db::rows::Bind;
use crate::wire::{ApiError, DateTime, cursor};
use async_graphql::{ID, InputObject};

pub(super) static ACTION: Leaf = text_leaf::<ReleaseAction>();
pub(super) static STATUS: Leaf = text_leaf::<ReleaseStatus>();
static ORIGIN: Leaf = text_leaf::<ReleaseOrigin>();
static ON_FAILURE: Leaf = text_leaf::<OnFailure>();

columns! {
    pub ROW: ReleaseRow {
        id: Int,
        service_id: Int,
        action: Text,
        target_version_id: Int,
        origin: Text,
        parent_id: Int,
        executor: Text,
        status: Text,
        reason: Text,
        created_by: Text,
        created_at: Time,
        started_at: Time,
        cancel_requested_at: Time,
        cancel_reason: Text,
        stopped_at: Time,
        finished_at: Time,
        revision: Int,
        position: Int,
    }
}
columns! { ROLLOUT_ROW: RolloutRow { max_parallel: Int, max_failures: Int, on_failure: Text, timeout_seconds: Int } }
columns! {
    /// The counts of a release's targets: of a release, an event, or a message on its progress.
    pub PROGRESS_ROW: ProgressRow {
        total: Int,
        queued: Int,
        running: Int,
        succeeded: Int,
        failed: Int,
        canceled: Int,
        unknown: Int,
        skipped: Int,
    }
}

pub static RELEASE: Object = Object::node(
    "Release",
    "One request to move instances of one service.",
    RELEASE_NODE,
    ROW.id,
    &[
        id(),
        one("service", "The service.", &SERVICE, ROW.service_id),
        column("action", "What is done.", &ACTION, ROW.action),
        one(
            "targetVersion",
            "The version moved to; null for UNINSTALL, and for an undo, where each target has its own.",
            &VERSION,
            ROW.target_version_id,
        )
        .nullable(),
        column("origin", "What it came from.", &ORIGIN, ROW.origin),
        one(
            "parent",
            "The release that it retries or undoes; null when it was asked for by itself.",
            &RELEASE,
            ROW.parent_id,
        )
        .nullable(),
        connection("followUps", "Releases that retry or undo this one, oldest first.", &RELEASE)
            .of_parent(ROW.parent_id)
            .order(OLDEST_FIRST),
        column("executor", "Executor that carries it out: the service's when it was accepted.", &TEXT, ROW.executor),
        embedded("rollout", "How it moves over its targets, all defaults filled in.", &ROLLOUT),
        column("status", "How far it is.", &STATUS, ROW.status),
        embedded("progress", "Counts of its targets.", &PROGRESS),
        column("reason", "Why it was asked for, empty when not said.", &TEXT, ROW.reason),
        column("createdBy", "Name of the caller who asked for it.", &TEXT, ROW.created_by),
        column("createdAt", "When it was accepted.", &TIME, ROW.created_at),
        column("startedAt", "When its first target began; null before.", &TIME, ROW.started_at).nullable(),
        column(
            "cancelRequestedAt",
            "When giving up was asked for; null when it was not.",
            &TIME,
            ROW.cancel_requested_at,
        )
        .nullable(),
        column("cancelReason", "Why; null when it was not.", &TEXT, ROW.cancel_reason).nullable(),
        column(
            "stoppedAt",
            "When too many targets had failed and no more began; null when that did not happen.",
            &TIME,
            ROW.stopped_at,
        )
        .nullable(),
        column("finishedAt", "When its last target ended; null before.", &TIME, ROW.finished_at).nullable(),
        connection("targets", "One entry for each instance taking part, in the order they are moved.", &TARGET)
            .of_parent(target::ROW.release_id)
            .args(&[narrowing::<Option<Vec<ReleaseTargetStatus>>>(
                "statuses",
                "Only those in one of these states; all unless given.",
                |value, list| {
                    list.words(target::ROW.status, parse::<Option<Vec<ReleaseTargetStatus>>>("statuses", Some(value))?);
                    Ok(())
                },
            )]),
        column("revision", "Grows by one with every event of this release.", &INT, ROW.revision),
        computed(
            "cursor",
            "Place in the log just before it was accepted: watching from here misses nothing of it.",
            &CURSOR,
            &[ROW.position],
            place,
        ),
        connection(
            "log",
            "Output of all its targets, oldest line first. Takes and gives the cursors of releaseLog.",
            &LOG_LINE,
        )
        .of_parent(log::ROW.release_id)
        .output_of(ROW.id),
        connection("skipped", "Instances that were chosen and left out.", &SKIPPED_INSTANCE)
            .of_parent(skipped::ROW.release_id),
    ],
)
.implements(&NODE)
.order(NEWEST_FIRST);

/// A place in the event log, as a cursor.
pub(super) fn place(inputs: &Inputs<'_>) -> Result<Option<Computed>, ApiError> {
    let place = inputs.int(ROW.position)?;
    Ok(place.map(|place| Computed::Text(cursor::event(&inputs.scene.log_id, place))))
}

static ROLLOUT: Object = Object::without_table(
    "Rollout",
    "How a release moves over its targets.",
    &[
        column("maxParallel", "How many targets at a time.", &INT, ROLLOUT_ROW.max_parallel),
        column(
            "maxFailures",
            "How many targets may end FAILED or UNKNOWN before onFailure applies.",
            &INT,
            ROLLOUT_ROW.max_failures,
        ),
        column("onFailure", "What happens then.", &ON_FAILURE, ROLLOUT_ROW.on_failure),
        column(
            "timeoutSeconds",
            "Longest time for one start of one target, in seconds.",
            &INT,
            ROLLOUT_ROW.timeout_seconds,
        ),
    ],
);

pub(super) static PROGRESS: Object = Object::without_table(
    "ReleaseProgress",
    "Counts of the targets of a release, by state.",
    &[
        column("total", "All targets.", &INT, PROGRESS_ROW.total),
        column("queued", "Not begun.", &INT, PROGRESS_ROW.queued),
        column("running", "Under way.", &INT, PROGRESS_ROW.running),
        column("succeeded", "Ended well.", &INT, PROGRESS_ROW.succeeded),
        column("failed", "Ended badly.", &INT, PROGRESS_ROW.failed),
        column("canceled", "Given up before they began.", &INT, PROGRESS_ROW.canceled),
        column("unknown", "Interrupted, outcome not known.", &INT, PROGRESS_ROW.unknown),
        column("skipped", "Chosen and left out; not in the total.", &INT, PROGRESS_ROW.skipped),
    ],
);

/// Which releases. All given conditions must hold.
#[derive(InputObject, Clone, Debug, Default)]
pub struct ReleaseFilter {
    /// Of one of these services.
    pub service_ids: Option<Vec<ID>>,
    /// In one of these states.
    pub statuses: Option<Vec<ReleaseStatus>>,
    /// Doing one of these.
    pub actions: Option<Vec<ReleaseAction>>,
    /// To one of these versions.
    pub target_version_ids: Option<Vec<ID>>,
    /// With a target on one of these hosts.
    pub host_ids: Option<Vec<ID>>,
    /// Asked for by one of these callers.
    pub created_by: Option<Vec<String>>,
    /// Accepted at or after this.
    pub created_from: Option<DateTime>,
    /// Asked for by the present caller with one of these keys.
    pub idempotency_keys: Option<Vec<String>>,
}

impl ListFilter for ReleaseFilter {
    fn narrow(self, list: &mut Where) -> Result<(), ApiError> {
        list.ids(ROW.service_id, SERVICE_NODE, "filter.serviceIds", self.service_ids)?;
        // What is under way has an index of its own, in which nothing of the past is.
        if self.statuses.as_ref().is_some_and(|statuses| statuses.iter().all(|status| !status.is_over())) {
            list.and(term!("{row}.finished_at IS NULL"), []);
        }
        list.words(ROW.status, self.statuses);
        list.words(ROW.action, self.actions);
        list.ids(ROW.target_version_id, VERSION_NODE, "filter.targetVersionIds", self.target_version_ids)?;
        let on_host = term!("{row}.id IN (SELECT x.release_id FROM release_target x WHERE x.host_id {any_value})");
        list.ids_where(on_host, HOST_NODE, "filter.hostIds", self.host_ids)?;
        list.texts(ROW.created_by, self.created_by);
        if let Some(DateTime(from)) = self.created_from {
            list.at_least(ROW.created_at, Bind::Time(from));
        }
        if let Some(keys) = self.idempotency_keys {
            let caller = list.caller().to_owned();
            let own = term!("{row}.created_by = {value} AND {row}.idempotency_key {any_value}");
            list.and(own, [Bind::Text(caller), Bind::Texts(keys)]);
        }
        Ok(())
    }
}
