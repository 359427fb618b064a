//! What an operation is: its document, its variables, its result.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A query, mutation or subscription with its document.
pub trait Operation {
    /// Its variables.
    type Variables: Serialize;
    /// What `data` is in its answer, or in one message of a subscription.
    type Data: DeserializeOwned;
    /// The name of the operation in its document.
    const NAME: &str;
    /// The text that is sent. It has exactly one operation.
    const DOCUMENT: &str;
    /// Whether the client may send it again when it does not know whether the server executed it: a query, or a mutation
    /// that has an idempotency key or has the same effect when it is repeated.
    const REPEATABLE: bool;
    /// Whether a lost answer is asked for again without the caller's doing: mutations that are repeatable. A query fails
    /// instead, since nothing depends on it.
    const RECOVERS_ANSWER: bool;
}

/// The variables of an operation that has none.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct NoVariables {}

/// The data of an operation with one root field, which its document calls `payload`.
#[derive(Clone, Debug, Deserialize)]
pub struct Payload<T> {
    pub payload: T,
}

/// Declares an operation: its kind, its document's file in `documents/` without the extension, which is also the name of the
/// operation, its variables and its data.
///
/// The kinds are `query`, `mutation` (never repeated by the client), `repeatable mutation` and `subscription`. Fragments of
/// `documents/fragments/` that the document uses are named after `with`.
macro_rules! operation {
    ($(#[$doc:meta])* query $name:ident($variables:ty) -> $data:ty $(, with $fragment:ident)?) => {
        $crate::operation::operation!(@ $(#[$doc])* $name($variables) -> $data, true, false $(, $fragment)?);
    };
    ($(#[$doc:meta])* mutation $name:ident($variables:ty) -> $data:ty $(, with $fragment:ident)?) => {
        $crate::operation::operation!(@ $(#[$doc])* $name($variables) -> $data, false, false $(, $fragment)?);
    };
    ($(#[$doc:meta])* repeatable mutation $name:ident($variables:ty) -> $data:ty $(, with $fragment:ident)?) => {
        $crate::operation::operation!(@ $(#[$doc])* $name($variables) -> $data, true, true $(, $fragment)?);
    };
    ($(#[$doc:meta])* subscription $name:ident($variables:ty) -> $data:ty $(, with $fragment:ident)?) => {
        $crate::operation::operation!(@ $(#[$doc])* $name($variables) -> $data, true, false $(, $fragment)?);
    };
    (@ $(#[$doc:meta])* $name:ident($variables:ty) -> $data:ty, $repeatable:literal, $recovers:literal $(, $fragment:ident)?) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name;

        impl $crate::Operation for $name {
            type Variables = $variables;
            type Data = $data;
            const NAME: &str = stringify!($name);
            const DOCUMENT: &str = concat!(
                include_str!(concat!("../../documents/", stringify!($name), ".graphql")),
                $(include_str!(concat!("../../documents/fragments/", stringify!($fragment), ".graphql")),)?
            );
            const REPEATABLE: bool = $repeatable;
            const RECOVERS_ANSWER: bool = $recovers;
        }
    };
}

pub(crate) use operation;
