//! The defaults of a service's rollouts. They are kept as one JSON document, from which each field is read.

use super::budget::{self, PER_LABEL};
use super::host::LABEL;
use super::release::{ON_FAILURE, ORDER};
use crate::read::declare::{BOOLEAN, Field, INT, Object, Term, ascending, column, columns, find, list, term};

columns! {
    /// Of a service.
    pub ROW: RolloutDefaultsRow {
        rollout_text: Text = term!("CAST({row}.rollout_defaults AS text)"),
        default_on_failure: Text = term!("{row}.rollout_defaults ->> 'on_failure'"),
        default_withdraw: Bool = term!("{bool {row}.rollout_defaults ->> 'withdraw_on_undo'}"),
        default_order: Text = term!("{row}.rollout_defaults ->> 'order'"),
        default_timeout: Int = term!("CAST({row}.rollout_defaults ->> 'timeout_seconds' AS bigint)"),
        default_deadline: Int = term!("CAST({row}.rollout_defaults ->> 'deadline_seconds' AS bigint)"),
        default_first: Text = term!("{row}.rollout_defaults ->> 'first'"),
        default_waves: Text = term!("{row}.rollout_defaults ->> 'waves'"),
    }
}
columns! { AMOUNT_ROW: AmountRow { id: Int, owner_id: Int, number: Int, percent: Int } }
columns! { FIRST: DefaultFirstRow { owner_id: Int, place: Int } }
columns! {
    WAVE_ROW: WaveDefaultRow { id: Int, owner_id: Int, place: Int, soak_seconds: Int, pause_after: Bool }
}

/// The places of a list of at most 20.
macro_rules! places {
    () => {
        "(VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12), (13), (14), (15), (16), (17), (18),
            (19)) AS nth"
    };
}

/// The amount at this path of the defaults of a service, or of one of their waves.
macro_rules! amount_at {
    ($key:literal, $document:literal, $from:expr) => {
        term!(concat!(
            "SELECT ",
            $key,
            " AS id, ",
            $key,
            " AS owner_id, CAST(",
            $document,
            " ->> 'count' AS bigint) AS number, CAST(",
            $document,
            " ->> 'percent' AS bigint) AS percent FROM service s ",
            $from,
            " WHERE ",
            $key,
            " {parents} AND COALESCE(",
            $document,
            " ->> 'count', ",
            $document,
            " ->> 'percent') IS NOT NULL"
        ))
    };
}

pub static ROLLOUT_DEFAULTS: Object = Object::without_table(
    "RolloutDefaults",
    "What the rollouts of a service's releases have where a request says nothing. What is null comes from the configuration.",
    &[
        amount(
            "maxParallel",
            "How many targets move at a time.",
            amount_at!("s.id", "s.rollout_defaults -> 'max_parallel'", ""),
        ),
        amount(
            "maxFailures",
            "How many failures there may be before onFailure applies.",
            amount_at!("s.id", "s.rollout_defaults -> 'max_failures'", ""),
        ),
        amount(
            "maxUnreachable",
            "How many targets may fail because their hosts were not reached, before the release is paused.",
            amount_at!("s.id", "s.rollout_defaults -> 'max_unreachable'", ""),
        ),
        column(
            "onFailure",
            "What happens when there are more failures than that; UNDO is STOP for an uninstallation.",
            &ON_FAILURE,
            ROW.default_on_failure,
        )
        .nullable(),
        column(
            "withdrawOnUndo",
            "Whether the version is withdrawn when a release is undone as it ends; only of an installation or an upgrade.",
            &BOOLEAN,
            ROW.default_withdraw,
        )
        .nullable(),
        column("timeoutSeconds", "Timeout of one start of one target, in seconds.", &INT, ROW.default_timeout)
            .nullable(),
        column("deadlineSeconds", "Time from the acceptance to the deadline, in seconds.", &INT, ROW.default_deadline)
            .nullable(),
        column(
            "order",
            "The order of the targets; AS_GIVEN is BY_HOSTNAME where a request names no hosts.",
            &ORDER,
            ROW.default_order,
        )
        .nullable(),
        list("first", "Hosts with one of these labels go before all others.", &LABEL)
            .of_parent(FIRST.owner_id)
            .from_query(term!(concat!(
                "SELECT s.id AS owner_id, nth.column1 AS place,
                    s.rollout_defaults -> 'first' -> nth.column1 ->> 0 AS key,
                    s.rollout_defaults -> 'first' -> nth.column1 ->> 1 AS value
                 FROM service s JOIN ",
                places!(),
                " ON s.rollout_defaults -> 'first' -> nth.column1 IS NOT NULL WHERE s.id {parents}"
            )))
            .order(ascending("PLACE", &[FIRST.place]))
            .present(ROW.default_first)
            .at_most(2),
        find(
            "maxPerLabel",
            "How many targets of a release may run at a time on hosts with the same value of a label.",
            &PER_LABEL,
        )
        .of_parent(budget::ROW.service_id)
        .from_query(term!(
            "SELECT s.id, s.id AS service_id, s.rollout_defaults -> 'max_per_label' ->> 'key' AS label_key,
                CAST(s.rollout_defaults -> 'max_per_label' ->> 'count' AS bigint) AS label_count
             FROM service s WHERE s.id {parents} AND s.rollout_defaults -> 'max_per_label' IS NOT NULL"
        )),
        list("waves", "The waves in which the targets are moved; empty if there are none.", &WAVE_DEFAULT)
            .of_parent(WAVE_ROW.owner_id)
            .from_query(term!(concat!(
                "SELECT s.id * 32 + nth.column1 AS id, s.id AS owner_id, nth.column1 AS place,
                    CAST(s.rollout_defaults -> 'waves' -> nth.column1 ->> 'soak_seconds' AS bigint) AS soak_seconds,
                    {bool s.rollout_defaults -> 'waves' -> nth.column1 ->> 'pause_after'} AS pause_after
                 FROM service s JOIN ",
                places!(),
                " ON s.rollout_defaults -> 'waves' -> nth.column1 IS NOT NULL WHERE s.id {parents}"
            )))
            .present(ROW.default_waves)
            .at_most(5),
    ],
);

static AMOUNT: Object = Object::new(
    "Amount",
    "A number of targets, or a share of them: exactly one of the two is not null.",
    "service",
    AMOUNT_ROW.id,
    &[
        column("count", "A number of targets.", &INT, AMOUNT_ROW.number).nullable(),
        column("percent", "A share in percent.", &INT, AMOUNT_ROW.percent).nullable(),
    ],
);

static WAVE_DEFAULT: Object = Object::new(
    "WaveDefault",
    "A wave, as the defaults of a service have it.",
    "service",
    WAVE_ROW.id,
    &[
        Field {
            nullable: false,
            ..amount(
                "upTo",
                "How many targets are in this wave and in those before it, together.",
                amount_at!(
                    "(s.id * 32 + nth.column1)",
                    "s.rollout_defaults -> 'waves' -> nth.column1 -> 'up_to'",
                    concat!("CROSS JOIN ", places!())
                ),
            )
        },
        amount(
            "maxFailures",
            "How many targets of this wave may fail.",
            amount_at!(
                "(s.id * 32 + nth.column1)",
                "s.rollout_defaults -> 'waves' -> nth.column1 -> 'max_failures'",
                concat!("CROSS JOIN ", places!())
            ),
        ),
        column("soakSeconds", "How long a release waits after it, in seconds.", &INT, WAVE_ROW.soak_seconds),
        column("pauseAfter", "Whether a release pauses after it.", &BOOLEAN, WAVE_ROW.pause_after),
    ],
)
.order(ascending("PLACE", &[WAVE_ROW.place]));

const fn amount(name: &'static str, about: &'static str, query: Term) -> Field {
    find(name, about, &AMOUNT).of_parent(AMOUNT_ROW.owner_id).from_query(query)
}
