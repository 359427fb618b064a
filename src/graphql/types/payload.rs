//! What the answers of all mutations have in common.

use crate::domain::ProblemCode;
use crate::read::declare::{Field, IDS, Interface, Leaf, Object, TEXT, TEXTS, column, given, text_leaf};

static CODE: Leaf = text_leaf::<ProblemCode>();

static USER_ERROR: Object = Object::new(
    "UserError",
    "A problem that the caller can correct.",
    "",
    &[
        column("code", "Stable, machine-readable reason.", &CODE, "code"),
        column(
            "field",
            "Path to the offending input from `input` on, up to a list; null when no single input is to blame.",
            &TEXTS,
            "field",
        )
        .nullable(),
        column("message", "Sentence for a person: what is wrong and what to do about it.", &TEXT, "message"),
        column(
            "relatedIds",
            "Ids the problem is about, or hostnames as sent where there is no id, at most 100: the unknown, the held, the one that exists already (TAKEN, IDEMPOTENCY_KEY_REUSED).",
            &IDS,
            "related_ids",
        ),
    ],
);

/// User errors that one mutation has; a list that is wrong in each of its items has more.
const MAX_ERRORS: u64 = 100;

/// The field that every payload has; its rows are given by `SuppliedRow::problems`.
pub const USER_ERRORS: Field = given("userErrors", "Every problem found.", &USER_ERROR).at_most(MAX_ERRORS);

pub static MUTATION_PAYLOAD: Interface = Interface {
    name: "MutationPayload",
    about: "A mutation result that can carry problems the caller is able to correct.",
    fields: &[given(
        "userErrors",
        "Every problem found in the input. Empty exactly when the mutation took effect or was a successful dry run.",
        &USER_ERROR,
    )
    .at_most(MAX_ERRORS)],
};
