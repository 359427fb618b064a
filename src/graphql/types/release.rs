use super::{LOG_LINE, NODE, SERVICE, SKIPPED_INSTANCE, TARGET, VERSION};
use crate::domain::Kind;
use crate::domain::release::{OnFailure, ReleaseAction, ReleaseOrigin, ReleaseStatus};
use crate::domain::target::ReleaseTargetStatus;
use crate::read::declare::{
    CURSOR, Computed, INT, Leaf, ListFilter, NEWEST_FIRST, Object, TEXT, TIME, column, computed, embedded, id, many,
    narrowing, one, parse, text_leaf,
};
use crate::read::{Args, Scene, Where};
use crate::store::db::rows::{Bind, Cell, CellKind};
use crate::wire::{ApiError, DateTime, cursor};
use async_graphql::{ID, InputObject};

pub(super) static ACTION: Leaf = text_leaf::<ReleaseAction>();
pub(super) static STATUS: Leaf = text_leaf::<ReleaseStatus>();
static ORIGIN: Leaf = text_leaf::<ReleaseOrigin>();
static ON_FAILURE: Leaf = text_leaf::<OnFailure>();

pub static RELEASE: Object = Object::new(
    "Release",
    "One request to move instances of one service.",
    "release",
    &[
        id(),
        one("service", "The service.", &SERVICE, "service_id"),
        column("action", "What is done.", &ACTION, "action"),
        one(
            "targetVersion",
            "The version moved to; null for UNINSTALL, and for an undo, where each target has its own.",
            &VERSION,
            "target_version_id",
        )
        .nullable(),
        column("origin", "What it came from.", &ORIGIN, "origin"),
        one(
            "parent",
            "The release that it retries or undoes; null when it was asked for by itself.",
            &RELEASE,
            "parent_id",
        )
        .nullable(),
        many("followUps", "Releases that retry or undo this one, oldest first.", &RELEASE, "parent_id").oldest_first(),
        column("executor", "Executor that carries it out: the service's when it was accepted.", &TEXT, "executor"),
        embedded("rollout", "How it moves over its targets, all defaults filled in.", &ROLLOUT),
        column("status", "How far it is.", &STATUS, "status"),
        embedded("progress", "Counts of its targets.", &PROGRESS),
        column("reason", "Why it was asked for, empty when not said.", &TEXT, "reason"),
        column("createdBy", "Name of the caller who asked for it.", &TEXT, "created_by"),
        column("createdAt", "When it was accepted.", &TIME, "created_at"),
        column("startedAt", "When its first target began; null before.", &TIME, "started_at").nullable(),
        column(
            "cancelRequestedAt",
            "When giving up was asked for; null when it was not.",
            &TIME,
            "cancel_requested_at",
        )
        .nullable(),
        column("cancelReason", "Why; null when it was not.", &TEXT, "cancel_reason").nullable(),
        column(
            "stoppedAt",
            "When too many targets had failed and no more began; null when that did not happen.",
            &TIME,
            "stopped_at",
        )
        .nullable(),
        column("finishedAt", "When its last target ended; null before.", &TIME, "finished_at").nullable(),
        many("targets", "One entry for each instance taking part, in the order they are moved.", &TARGET, "release_id")
            .args(&[narrowing::<Option<Vec<ReleaseTargetStatus>>>(
                "statuses",
                "Only those in one of these states; all unless given.",
                |value, list| {
                    list.words("@.status", parse::<Option<Vec<ReleaseTargetStatus>>>("statuses", Some(value))?);
                    Ok(())
                },
            )]),
        column("revision", "Grows by one with every event of this release.", &INT, "revision"),
        computed(
            "cursor",
            "Place in the log just before it was accepted: watching from here misses nothing of it.",
            &CURSOR,
            &[("position", CellKind::Int)],
            place,
        ),
        many(
            "log",
            "Output of all its targets, oldest line first. Takes and gives the cursors of releaseLog.",
            &LOG_LINE,
            "release_id",
        ),
        many("skipped", "Instances that were chosen and left out.", &SKIPPED_INSTANCE, "release_id"),
    ],
)
.node(Kind::Release, &NODE)
.order(NEWEST_FIRST);

/// A place in the log of events, as a cursor.
#[expect(clippy::unnecessary_wraps, reason = "a computed value may fail")]
pub(super) fn place(needs: &[Cell<'_>], _: &Args, scene: &Scene) -> Result<Option<Computed>, ApiError> {
    let place = needs.first().and_then(|cell| cell.int());
    Ok(place.map(|place| Computed::Text(cursor::event(&scene.log_id, place))))
}

static ROLLOUT: Object = Object::new(
    "Rollout",
    "How a release moves over its targets.",
    "",
    &[
        column("maxParallel", "How many targets at a time.", &INT, "max_parallel"),
        column(
            "maxFailures",
            "How many targets may end FAILED or UNKNOWN before onFailure applies.",
            &INT,
            "max_failures",
        ),
        column("onFailure", "What happens then.", &ON_FAILURE, "on_failure"),
        column("timeoutSeconds", "Longest time for one start of one target, in seconds.", &INT, "timeout_seconds"),
    ],
);

pub(super) static PROGRESS: Object = Object::new(
    "ReleaseProgress",
    "Counts of the targets of a release, by state.",
    "",
    &[
        column("total", "All targets.", &INT, "total"),
        column("queued", "Not begun.", &INT, "queued"),
        column("running", "Under way.", &INT, "running"),
        column("succeeded", "Ended well.", &INT, "succeeded"),
        column("failed", "Ended badly.", &INT, "failed"),
        column("canceled", "Given up before they began.", &INT, "canceled"),
        column("unknown", "Interrupted, outcome not known.", &INT, "unknown"),
        column("skipped", "Chosen and left out; not in the total.", &INT, "skipped"),
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
        list.ids("@.service_id {any $}", Kind::Service, "filter.serviceIds", self.service_ids)?;
        // What is under way has an index of its own, in which nothing of the past is.
        if self.statuses.as_ref().is_some_and(|statuses| statuses.iter().all(|status| !status.is_over())) {
            list.and("@.finished_at IS NULL", []);
        }
        list.words("@.status", self.statuses);
        list.words("@.action", self.actions);
        list.ids("@.target_version_id {any $}", Kind::Version, "filter.targetVersionIds", self.target_version_ids)?;
        let on_host = "@.id IN (SELECT x.release_id FROM release_target x WHERE x.host_id {any $})";
        list.ids(on_host, Kind::Host, "filter.hostIds", self.host_ids)?;
        list.texts("@.created_by", self.created_by);
        if let Some(DateTime(from)) = self.created_from {
            list.and("@.created_at >= $", [Bind::Time(from)]);
        }
        if let Some(keys) = self.idempotency_keys {
            let caller = list.caller().to_owned();
            list.and("@.created_by = $ AND @.idempotency_key {any $}", [Bind::Text(caller), Bind::Texts(keys)]);
        }
        Ok(())
    }
}
