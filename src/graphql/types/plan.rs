//! The plan of a release, in the payloads of mutations that accept one. All of it is supplied.

use super::payload::PAYLOAD;
use super::release::ROLLOUT;
use super::wave::RELEASE_WAVE;
use super::{HOST, INSTANCE, VERSION};
use crate::domain::release::plan::PlanWarningCode;
use crate::read::declare::{
    INT, Leaf, Object, TEXT, ascending, column, columns, connection, embedded, one, supplied_list, word_leaf,
};

static CODE: Leaf = word_leaf::<PlanWarningCode>();

columns! {
    /// The place of a target in the plan, from 1, is its key.
    pub PLAN_TARGET_ROW: PlanTargetRow {
        place: Int,
        host_id: Int,
        instance_id: Int,
        wave: Int,
        from_version_id: Int,
        to_version_id: Int,
    }
}
columns! { pub PLAN_WARNING_ROW: PlanWarningRow { code: Text, message: Text, counts: Rows } }
columns! { pub VERSION_COUNT_ROW: VersionCountRow { version_id: Int, count: Int } }

pub static PLAN: Object = Object::without_table(
    "Plan",
    "What a release does, or would do on a dry run, computed by the same code that carries it out.",
    &[
        embedded("rollout", "How the release proceeds over its targets, with all defaults filled in.", &ROLLOUT),
        supplied_list(
            "waves",
            "The waves in which it moves its targets, in their order, as they are when it is accepted; at least one.",
            &RELEASE_WAVE,
            PAYLOAD.plan_waves,
        )
        .at_most(5),
        column(
            "worstCaseFailures",
            "How many targets may end as failed before the limit of the release stops it: maxFailures and maxParallel together, at most all targets; all targets if onFailure is CONTINUE.",
            &INT,
            PAYLOAD.worst_case_failures,
        ),
        supplied_list(
            "warnings",
            "What deserves attention before it starts. Empty in the answer to an earlier request.",
            &PLAN_WARNING,
            PAYLOAD.plan_warnings,
        )
        .at_most(7),
        connection(
            "targets",
            "What it moves, in the order in which it does. Each page is computed anew: compare totalCount, or send expectedCount, to notice that something has changed.",
            &PLAN_TARGET,
        )
        .supplied_as(PAYLOAD.plan_targets),
    ],
);

static PLAN_WARNING: Object = Object::without_table(
    "PlanWarning",
    "Something about a release that deserves attention before it starts. It does not keep the release from being accepted.",
    &[
        column("code", "What it is about, for programs.", &CODE, PLAN_WARNING_ROW.code),
        column("message", "The same for people, with what to do about it.", &TEXT, PLAN_WARNING_ROW.message),
        supplied_list(
            "counts",
            "For MIXED_VERSIONS, how many instances have which version now, the most frequent first; empty otherwise.",
            &VERSION_COUNT,
            PLAN_WARNING_ROW.counts,
        )
        .at_most(5),
    ],
);

static VERSION_COUNT: Object = Object::without_table(
    "VersionCount",
    "A number of instances that have the same version.",
    &[
        one("version", "The version; null for instances without a version.", &VERSION, VERSION_COUNT_ROW.version_id)
            .nullable(),
        column("count", "Number of instances.", &INT, VERSION_COUNT_ROW.count),
    ],
);

static PLAN_TARGET: Object = Object::without_table(
    "PlanTarget",
    "A host or an instance that a release moves, or would move.",
    &[
        one("host", "The host.", &HOST, PLAN_TARGET_ROW.host_id),
        one(
            "instance",
            "The instance; null on a dry run if the release would make it.",
            &INSTANCE,
            PLAN_TARGET_ROW.instance_id,
        )
        .nullable(),
        column("wave", "Number of its wave.", &INT, PLAN_TARGET_ROW.wave),
        one(
            "fromVersion",
            "Version before the release; null if it has none.",
            &VERSION,
            PLAN_TARGET_ROW.from_version_id,
        )
        .nullable(),
        one(
            "toVersion",
            "Version after the release if the target succeeds; null if the release uninstalls it.",
            &VERSION,
            PLAN_TARGET_ROW.to_version_id,
        )
        .nullable(),
    ],
)
.key(PLAN_TARGET_ROW.place)
.order(ascending("PLACE", &[]));
