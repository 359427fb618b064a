//! Where the gate is meant to say something else than graphql-js 16.

use super::Verdict;

/// What the gate's refusal says, where graphql-js takes a request.
const STRICTER: [&str; 7] = [
    // Scalars of the schema's own, of which graphql-js takes any value.
    "is not a DateTime",
    "is not a Cursor",
    // A page has a size within its field's limits, from one end.
    "it can be 0 to",
    "Ask for the first items of a list or for the last ones",
    // The specification of September 2025: no condition at the root of a subscription,
    "can not specify @skip or @include on root fields",
    // what tools ask of the schema is not null,
    "argument `includeDeprecated`",
    "`includeDeprecated`",
];

/// Fields of inputs of which exactly one is given: by the same specification, a variable there is not null.
const ONE_OF: [&str; 7] = ["all", "hostIds", "hostnames", "labels", "count", "percent", "versionId"];

/// What graphql-js's refusal says, where the gate takes a request: descriptions of operations and of variables are of
/// that specification, too.
const NEWER: [&str; 3] = ["Unexpected description", "Unexpected String", "Unexpected BlockString"];

pub fn is_intended(ours: &Verdict, theirs: &Verdict) -> bool {
    match (ours, theirs) {
        (Verdict::Refused(why), Verdict::Taken(_)) => {
            let one_of = |field: &&str| why.contains(&format!("argument `{field}`")) && why.contains("cannot be used");
            STRICTER.iter().any(|known| why.contains(known)) || ONE_OF.iter().any(one_of)
        }
        (Verdict::Taken(_), Verdict::Refused(why)) => {
            NEWER.iter().any(|known| why.contains(known))
                || why.contains("Expected \"$\", found") && why.contains("String")
        }
        _ => false,
    }
}
