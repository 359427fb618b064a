use super::node::{HOST_NODE, NODE, RELEASE_NODE, SERVICE_NODE, VERSION_NODE};
use super::{LOG_LINE, SERVICE, SKIPPED_INSTANCE, TARGET, VERSION, log, skipped, target};
use crate::domain::release::{OnFailure, ReleaseAction, ReleaseOrigin, ReleaseStatus};
use crate::domain::target::ReleaseTargetStatus;
use crate::read::Where;
use crate::read::declare::{
    CURSOR, Computed, INT, Inputs, Leaf, ListFilter, NEWEST_FIRST, OLDEST_FIRST, Object, TEXT, TIME, column, columns,
    computed, connection, embedded, id, narrowing, one, parse, term, word_leaf,
};
use crate::store::db::rows::Bind;
use crate::wire::{ApiError, DateTime, cursor};
use async_graphql::{ID, InputObject};

pub(super) static ACTION: Leaf = word_leaf::<ReleaseAction>();
pub(super) static STATUS: Leaf = word_leaf::<ReleaseStatus>();
static ORIGIN: Leaf = word_leaf::<ReleaseOrigin>();
static ON_FAILURE: Leaf = word_leaf::<OnFailure>();

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
    "A request to install, upgrade, revert or uninstall instances of one service.",
    RELEASE_NODE,
    ROW.id,
    &[
        id(),
        one("service", "The service.", &SERVICE, ROW.service_id),
        column("action", "What the release does to instances.", &ACTION, ROW.action),
        one(
            "targetVersion",
            "The version that instances are moved to; null for UNINSTALL, and for an undo, in which each target has its own version.",
            &VERSION,
            ROW.target_version_id,
        )
        .nullable(),
        column("origin", "How the release came about.", &ORIGIN, ROW.origin),
        one(
            "parent",
            "The release that this one retries or undoes; null if it does neither.",
            &RELEASE,
            ROW.parent_id,
        )
        .nullable(),
        connection("followUps", "Releases that retry or undo this one, oldest first.", &RELEASE)
            .of_parent(ROW.parent_id)
            .order(OLDEST_FIRST),
        column("executor", "Name of the executor that carries it out: the executor of the service at the time of acceptance.", &TEXT, ROW.executor),
        embedded("rollout", "How the release proceeds over its targets, with all defaults filled in.", &ROLLOUT),
        column("status", "Current status.", &STATUS, ROW.status),
        embedded("progress", "Numbers of its targets by status.", &PROGRESS),
        column("reason", "Why it was requested; empty if no reason was given.", &TEXT, ROW.reason),
        column("createdBy", "Name of the caller who requested it.", &TEXT, ROW.created_by),
        column("createdAt", "When it was accepted.", &TIME, ROW.created_at),
        column("startedAt", "When its first target started; null before that.", &TIME, ROW.started_at).nullable(),
        column(
            "cancelRequestedAt",
            "When its cancellation was requested; null if it was not.",
            &TIME,
            ROW.cancel_requested_at,
        )
        .nullable(),
        column("cancelReason", "Why its cancellation was requested; null if it was not.", &TEXT, ROW.cancel_reason).nullable(),
        column(
            "stoppedAt",
            "When it was stopped because too many targets had failed; null if it was not stopped.",
            &TIME,
            ROW.stopped_at,
        )
        .nullable(),
        column("finishedAt", "When its last target finished; null before that.", &TIME, ROW.finished_at).nullable(),
        connection("targets", "The targets, one for each instance that takes part, in the order in which they are started.", &TARGET)
            .of_parent(target::ROW.release_id)
            .args(&[narrowing::<Option<Vec<ReleaseTargetStatus>>>(
                "statuses",
                "Only targets with one of these statuses; all by default.",
                |value, list| {
                    list.words(target::ROW.status, parse::<Option<Vec<ReleaseTargetStatus>>>("statuses", Some(value))?);
                    Ok(())
                },
            )]),
        column("revision", "Number of the last event of this release. Every event increases it by one.", &INT, ROW.revision),
        computed(
            "cursor",
            "Position in the event log just before the release was accepted. A subscription that starts here misses none of its events.",
            &CURSOR,
            &[ROW.position],
            place,
        ),
        connection(
            "log",
            "Output of all its targets, oldest line first. Its cursors are those of the subscription releaseLog.",
            &LOG_LINE,
        )
        .of_parent(log::ROW.release_id)
        .output_of(ROW.id),
        connection("skipped", "Instances that were selected but left out.", &SKIPPED_INSTANCE)
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
    "How a release proceeds over its targets.",
    &[
        column("maxParallel", "Number of targets that may run at the same time.", &INT, ROLLOUT_ROW.max_parallel),
        column(
            "maxFailures",
            "Number of targets that may become FAILED or UNKNOWN before onFailure applies.",
            &INT,
            ROLLOUT_ROW.max_failures,
        ),
        column("onFailure", "What happens when more targets than that failed.", &ON_FAILURE, ROLLOUT_ROW.on_failure),
        column("timeoutSeconds", "Timeout of one start of one target, in seconds.", &INT, ROLLOUT_ROW.timeout_seconds),
    ],
);

pub(super) static PROGRESS: Object = Object::without_table(
    "ReleaseProgress",
    "Numbers of targets of a release, by status.",
    &[
        column("total", "All targets.", &INT, PROGRESS_ROW.total),
        column("queued", "Not started yet.", &INT, PROGRESS_ROW.queued),
        column("running", "Running.", &INT, PROGRESS_ROW.running),
        column("succeeded", "Succeeded.", &INT, PROGRESS_ROW.succeeded),
        column("failed", "Failed.", &INT, PROGRESS_ROW.failed),
        column("canceled", "Canceled before they started.", &INT, PROGRESS_ROW.canceled),
        column("unknown", "Interrupted, with an outcome that could not be determined.", &INT, PROGRESS_ROW.unknown),
        column(
            "skipped",
            "Instances that were selected but left out. They are not part of the total.",
            &INT,
            PROGRESS_ROW.skipped,
        ),
    ],
);

/// Conditions on releases. A release is returned if it meets all conditions that are set.
#[derive(InputObject, Clone, Debug, Default)]
pub struct ReleaseFilter {
    /// Of one of these services.
    pub service_ids: Option<Vec<ID>>,
    /// With one of these statuses.
    pub statuses: Option<Vec<ReleaseStatus>>,
    /// With one of these actions.
    pub actions: Option<Vec<ReleaseAction>>,
    /// To one of these versions.
    pub target_version_ids: Option<Vec<ID>>,
    /// With a target on one of these hosts.
    pub host_ids: Option<Vec<ID>>,
    /// Requested by one of these callers.
    pub created_by: Option<Vec<String>>,
    /// Accepted at this time or later.
    pub created_from: Option<DateTime>,
    /// Requested by the caller of this query with one of these idempotency keys.
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
