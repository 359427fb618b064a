use super::budget::PER_LABEL;
use super::host::LABEL;
use super::node::{HOST_NAME, HOST_NODE, NODE, RELEASE_NODE, SERVICE_NAME, SERVICE_NODE, VERSION_NAME, VERSION_NODE};
use super::order::OrderDirection;
use super::wave::{self, RELEASE_WAVE, WAVES};
use super::{LOG_LINE, ReleaseTargetOrder, SERVICE, SKIPPED_INSTANCE, TARGET, VERSION, log, skipped, target};
use crate::domain::release::rollout::{MAX_PARALLEL, RolloutOrder};
use crate::domain::release::{OnFailure, PauseReason, ReleaseAction, ReleaseOrigin, ReleaseStatus};
use crate::domain::target::ReleaseTargetStatus;
use crate::read::Where;
use crate::read::declare::{
    BOOLEAN, CURSOR, Computed, INT, Inputs, Leaf, ListFilter, ListOrder, OLDEST_FIRST, Object, Order, TEXT, TIME,
    ascending, column, columns, computed, connection, descending, embedded, id, list, narrowing, one, ordered, parse,
    term, word_leaf,
};
use crate::store::db::rows::Bind;
use crate::wire::{ApiError, DateTime, cursor};
use async_graphql::{Enum, ID, InputObject};

pub(super) static ACTION: Leaf = word_leaf::<ReleaseAction>();
pub(super) static STATUS: Leaf = word_leaf::<ReleaseStatus>();
static ORIGIN: Leaf = word_leaf::<ReleaseOrigin>();
pub(super) static ON_FAILURE: Leaf = word_leaf::<OnFailure>();
pub(super) static ORDER: Leaf = word_leaf::<RolloutOrder>();
static PAUSE_REASON: Leaf = word_leaf::<PauseReason>();

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
        deadline_at: Time,
        pause_reason: Text,
        paused_at: Time,
        paused_by: Text,
        pause_message: Text,
        started_at: Time,
        cancel_requested_at: Time,
        cancel_reason: Text,
        stopped_at: Time,
        undo_message: Text,
        finished_at: Time,
        revision: Int,
        position: Int,
    }
}
columns! {
    /// How a release proceeds: of a release, or of the payload of a mutation.
    pub ROLLOUT_ROW: RolloutRow {
        max_parallel: Int,
        max_failures: Int,
        max_unreachable: Int,
        on_failure: Text,
        withdraw_on_undo: Bool,
        timeout_seconds: Int,
        deadline_seconds: Int,
        target_order: Text,
        first: Rows,
        label_key: Text,
        label_count: Int,
    }
}
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
        unreachable: Int,
        unhealthy: Int,
    }
}
columns! { FIRST_LABEL: FirstLabelRow { release_id: Int, place: Int } }

/// They are accepted in the order of their ids.
const BY_ACCEPTANCE: Order = descending("CREATED_AT", &[]);

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
        column(
            "deadlineAt",
            "What has not started by then is canceled.",
            &TIME,
            ROW.deadline_at,
        ),
        embedded("pause", "Why and since when it is paused; null if it is not paused.", &PAUSE).present(ROW.pause_reason),
        list("waves", "The waves in which it moves its targets, in their order; at least one.", &RELEASE_WAVE)
            .of_parent(wave::ROW.release_id)
            .from_query(WAVES)
            .at_most(5),
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
        list("undoWaitsFor", "The running targets that its undo waits for; empty if it is not to be undone.", &TARGET)
            .of_parent(target::ROW.release_id)
            .condition(term!(
                "{row}.status = 'RUNNING' AND EXISTS (SELECT 1 FROM release r WHERE r.id = {row}.release_id
                    AND (r.undo_requested_by IS NOT NULL
                        OR (r.on_failure = 'UNDO' AND r.stopped_at IS NOT NULL AND r.cancel_requested_at IS NULL)))"
            ))
            .at_most(MAX_PARALLEL as u64),
        column("undoMessage", "Why it was not undone, though it was to be; null otherwise.", &TEXT, ROW.undo_message)
            .nullable(),
        column("finishedAt", "When its last target finished; null before that.", &TIME, ROW.finished_at).nullable(),
        connection("targets", "The targets, one for each instance that takes part, by default in the order in which they are started.", &TARGET)
            .of_parent(target::ROW.release_id)
            .args(&[
                narrowing::<Option<Vec<ReleaseTargetStatus>>>(
                    "statuses",
                    "Only targets with one of these statuses; all by default.",
                    |value, list| {
                        let statuses = parse::<Option<Vec<ReleaseTargetStatus>>>("statuses", Some(value))?;
                        list.words(target::ROW.status, statuses);
                        Ok(())
                    },
                ),
                ordered::<ReleaseTargetOrder>("Order of the list; as they are started by default."),
            ]),
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
.order(BY_ACCEPTANCE);

/// A place in the event log, as a cursor.
pub(super) fn place(inputs: &Inputs<'_>) -> Result<Option<Computed>, ApiError> {
    let place = inputs.int(ROW.position)?;
    Ok(place.map(|place| Computed::Text(cursor::event(&inputs.scene.log_id, place))))
}

pub static ROLLOUT: Object = Object::without_table(
    "Rollout",
    "How a release proceeds over its targets.",
    &[
        column("maxParallel", "Number of targets that may run at the same time.", &INT, ROLLOUT_ROW.max_parallel),
        column(
            "maxFailures",
            "Number of failures before onFailure applies: targets that became FAILED or UNKNOWN, and instances that became unhealthy during a soak.",
            &INT,
            ROLLOUT_ROW.max_failures,
        ),
        column(
            "maxUnreachable",
            "Number of targets that may fail because their hosts were not reached, before the release is paused.",
            &INT,
            ROLLOUT_ROW.max_unreachable,
        ),
        column("onFailure", "What happens when more targets than that failed.", &ON_FAILURE, ROLLOUT_ROW.on_failure),
        column(
            "withdrawOnUndo",
            "Whether the version is withdrawn when the release is undone as it ends.",
            &BOOLEAN,
            ROLLOUT_ROW.withdraw_on_undo,
        ),
        column("timeoutSeconds", "Timeout of one start of one target, in seconds.", &INT, ROLLOUT_ROW.timeout_seconds),
        column(
            "deadlineSeconds",
            "Time from the acceptance to the deadline, in seconds.",
            &INT,
            ROLLOUT_ROW.deadline_seconds,
        ),
        column("order", "The order of the targets.", &ORDER, ROLLOUT_ROW.target_order),
        list("first", "Hosts with one of these labels go before all others.", &LABEL)
            .from_table("release_first_label")
            .of_parent(FIRST_LABEL.release_id)
            .order(ascending("PLACE", &[FIRST_LABEL.place]))
            .supplied_as(ROLLOUT_ROW.first)
            .at_most(2),
        embedded(
            "maxPerLabel",
            "How many of its targets may run at a time on hosts with the same value of a label; null for any number. The limit of its service holds beside it.",
            &PER_LABEL,
        )
        .present(ROLLOUT_ROW.label_key),
    ],
);

static PAUSE: Object = Object::without_table(
    "Pause",
    "Why a release is paused: no more targets start until it is resumed.",
    &[
        column("reason", "Why, for programs.", &PAUSE_REASON, ROW.pause_reason),
        column("since", "Since when.", &TIME, ROW.paused_at),
        column("by", "Name of the caller who paused it, or lockkeeper if nobody did.", &TEXT, ROW.paused_by),
        column("message", "Why, for people; empty if no reason was given.", &TEXT, ROW.pause_message),
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
        column("unreachable", "Those of the failed whose hosts were not reached.", &INT, PROGRESS_ROW.unreachable),
        column(
            "unhealthy",
            "Those of the succeeded whose instances became unhealthy while the release soaked. They count as failures against maxFailures.",
            &INT,
            PROGRESS_ROW.unhealthy,
        ),
    ],
);

/// Conditions on releases. A release is returned if it meets all conditions that are set.
#[derive(InputObject, Clone, Debug, Default)]
pub struct ReleaseFilter {
    /// Of one of these services.
    pub service_ids: Option<Vec<ID>>,
    /// Of one of the services with these names. Each name must exist.
    pub services: Option<Vec<String>>,
    /// With one of these statuses.
    pub statuses: Option<Vec<ReleaseStatus>>,
    /// With one of these actions.
    pub actions: Option<Vec<ReleaseAction>>,
    /// To one of these versions.
    pub target_version_ids: Option<Vec<ID>>,
    /// To a version with one of these names, of any service. Each name must exist.
    pub target_versions: Option<Vec<String>>,
    /// With a target on one of these hosts.
    pub host_ids: Option<Vec<ID>>,
    /// With a target on one of the hosts with these names. Each name must exist.
    pub hostnames: Option<Vec<String>>,
    /// Requested by one of these callers.
    pub created_by: Option<Vec<String>>,
    /// Accepted at this time or later.
    pub created_from: Option<DateTime>,
    /// Accepted before this time.
    pub created_to: Option<DateTime>,
    /// Requested by the caller of this query with one of these idempotency keys.
    pub idempotency_keys: Option<Vec<String>>,
}

impl ListFilter for ReleaseFilter {
    fn narrow(self, list: &mut Where) -> Result<(), ApiError> {
        list.ids(ROW.service_id, SERVICE_NODE, "filter.serviceIds", self.service_ids)?;
        list.names(ROW.service_id, SERVICE_NAME, "filter.services", self.services);
        // What is under way has an index of its own, in which nothing of the past is.
        if self.statuses.as_ref().is_some_and(|statuses| statuses.iter().all(|status| !status.is_over())) {
            list.and(term!("{row}.finished_at IS NULL"), []);
        }
        list.words(ROW.status, self.statuses);
        list.words(ROW.action, self.actions);
        list.ids(ROW.target_version_id, VERSION_NODE, "filter.targetVersionIds", self.target_version_ids)?;
        let to_named = term!("{row}.target_version_id IN (SELECT x.id FROM version x WHERE x.name {any_value})");
        list.names_where(to_named, VERSION_NAME, "filter.targetVersions", self.target_versions);
        let on_host = term!("{row}.id IN (SELECT x.release_id FROM release_target x WHERE x.host_id {any_value})");
        list.ids_where(on_host, HOST_NODE, "filter.hostIds", self.host_ids)?;
        let on_host_named = term!(
            "{row}.id IN (SELECT x.release_id FROM release_target x JOIN host h ON h.id = x.host_id \
             WHERE h.removed_at IS NULL AND h.folded_hostname {any_value})"
        );
        list.names_where(on_host_named, HOST_NAME, "filter.hostnames", self.hostnames);
        list.texts(ROW.created_by, self.created_by);
        let ends = ["filter.createdFrom", "filter.createdTo"];
        list.between(ROW.created_at, ends, self.created_from, self.created_to)?;
        if let Some(keys) = self.idempotency_keys {
            let caller = list.caller().to_owned();
            let own = term!("{row}.created_by = {value} AND {row}.idempotency_key {any_value}");
            list.and(own, [Bind::Text(caller), Bind::Texts(keys)]);
        }
        Ok(())
    }
}

/// The values that releases can be ordered by.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReleaseOrderField {
    /// The time of acceptance.
    CreatedAt,
}

/// Order of releases.
#[derive(InputObject, Clone, Debug)]
pub struct ReleaseOrder {
    /// The value to order by.
    pub field: ReleaseOrderField,
    /// The direction.
    #[graphql(default_with = "OrderDirection::Desc")]
    pub direction: OrderDirection,
}

impl ListOrder for ReleaseOrder {
    fn order(self) -> Order {
        let by = match self.field {
            ReleaseOrderField::CreatedAt => BY_ACCEPTANCE,
        };
        Order { descending: self.direction == OrderDirection::Desc, ..by }
    }
}
