//! What the answers of all mutations have in common.

use crate::domain::{Problem, ProblemCode};
use crate::read::SuppliedRow;
use crate::read::declare::{
    Field, IDS, Interface, Leaf, Object, TEXT, TEXTS, column, columns, supplied_list, word_leaf,
};

static CODE: Leaf = word_leaf::<ProblemCode>();

columns! {
    /// What the payloads of mutations have, each of them a part of it.
    pub PAYLOAD: PayloadRow {
        service_id: Int,
        version_id: Int,
        host_id: Int,
        instance_id: Int,
        release_id: Int,
        hold_id: Int,
        freeze_window_id: Int,
        suspension_id: Int,
        accepted_count: Int,
        skipped_count: Int,
        replayed: Bool,
        hosts: Ids,
        instances: Ids,
        holds: Ids,
        accepted: Ids,
        accepted_hosts: Ids,
        skipped: Rows,
        skipped_counts: Rows,
        user_errors: Rows,
        plan_waves: Rows,
        plan_warnings: Rows,
        plan_targets: Rows,
        worst_case_failures: Int,
    }
}
columns! { PROBLEM: ProblemRow { code: Text, field: Text, message: Text, related_ids: Text } }

static USER_ERROR: Object = Object::without_table(
    "UserError",
    "A problem with the input that the caller can correct.",
    &[
        column("code", "Reason, for programs. The codes are stable.", &CODE, PROBLEM.code),
        column(
            "field",
            "Path to the input that is wrong, starting with `input`; it ends at a list, without the index of the item. Null if no single input is wrong.",
            &TEXTS,
            PROBLEM.field,
        )
        .nullable(),
        column("message", "What is wrong and what to do about it, for people.", &TEXT, PROBLEM.message),
        column(
            "relatedIds",
            "Ids that the problem is about, at most 100; hostnames where no id exists. For example the ids that were not found, the instances that are locked, or the object that exists already (TAKEN, IDEMPOTENCY_KEY_REUSED).",
            &IDS,
            PROBLEM.related_ids,
        ),
    ],
);

/// User errors that one mutation has; a list that is wrong in each of its items has more.
const MAX_ERRORS: u64 = 100;

/// The field that every payload has; its rows come from [`with_problems`].
pub const USER_ERRORS: Field = supplied_list(
    "userErrors",
    "All problems with the input. Empty if the mutation took effect or was a successful dry run.",
    &USER_ERROR,
    PAYLOAD.user_errors,
)
.at_most(MAX_ERRORS);

pub static MUTATION_PAYLOAD: Interface = Interface {
    name: "MutationPayload",
    about: "The result of a mutation. It can contain problems that the caller can correct.",
    fields: &[supplied_list(
        "userErrors",
        "All problems with the input. Empty if the mutation took effect or was a successful dry run.",
        &USER_ERROR,
        PAYLOAD.user_errors,
    )
    .at_most(MAX_ERRORS)],
};

/// Adds the problems of an input to the row of a payload.
pub fn with_problems(payload: SuppliedRow, problems: &[Problem]) -> SuppliedRow {
    payload.rows(PAYLOAD.user_errors, problems.iter().map(problem).collect())
}

/// Returns whether the row of a payload has problems.
pub fn has_problems(payload: &SuppliedRow) -> bool {
    !payload.list(PAYLOAD.user_errors).is_empty()
}

fn problem(problem: &Problem) -> SuppliedRow {
    let list = |texts: &[String]| serde_json::Value::from(texts).to_string();
    SuppliedRow::new()
        .word(PROBLEM.code, problem.code)
        .text(PROBLEM.field, (!problem.field.is_empty()).then(|| list(&problem.field)))
        .text(PROBLEM.message, problem.message.clone())
        .text(PROBLEM.related_ids, list(&problem.related_ids))
}
