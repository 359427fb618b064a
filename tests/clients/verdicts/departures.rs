//! Where the gate is meant to say something else than graphql-js 16.

use super::Verdict;
use apollo_compiler::{Name, Schema};

/// What the gate's refusal says, where graphql-js takes a request.
const STRICTER: [&str; 6] = [
    // Scalars of the schema's own, of which graphql-js takes any value.
    "is not a valid DateTime",
    // A page has a size within its field's limits, from one end.
    "it must be from 0 to",
    "Pass either `first` or `last`, not both.",
    // The specification of September 2025: no condition at the root of a subscription,
    "can not specify @skip or @include on root fields",
    // what tools ask of the schema is not null,
    "argument `includeDeprecated`",
    "`includeDeprecated`",
];

/// What graphql-js's refusal says, where the gate takes a request: descriptions of operations and of variables are of
/// that specification, too, and so is a nullable variable where exactly one field is given, if its default is not null.
const NEWER: [&str; 4] = [
    "Unexpected description",
    "Unexpected String",
    "Unexpected BlockString",
    "must be non-nullable to be used for OneOf Input Object",
];

/// Whether a difference is meant.
pub fn is_intended(schema: &Schema, ours: &Verdict, theirs: &Verdict) -> bool {
    match (ours, theirs) {
        (Verdict::Refused(why), Verdict::Taken(_)) => {
            // Where exactly one field is given, a variable is not null by the same specification.
            let inputs = schema.types.values().filter_map(|ty| ty.as_input_object()).filter(|input| input.is_one_of());
            let mut fields = inputs.flat_map(|input| input.fields.keys());
            let one_of = |field: &Name| why.contains(&format!("cannot be used for argument `{field}`"));
            STRICTER.iter().any(|known| why.contains(known)) || fields.any(one_of)
        }
        (Verdict::Taken(_), Verdict::Refused(why)) => {
            NEWER.iter().any(|known| why.contains(known))
                // A variable for a cursor may have the type that cursors have in answers.
                || why.contains("Cursor") && why.contains("used in position expecting type")
                || why.contains("Expected \"$\", found") && why.contains("String")
        }
        _ => false,
    }
}
