use super::order::OrderDirection;
use crate::domain::audit::AuditOutcome;
use crate::read::Where;
use crate::read::declare::{
    Computed, GLOBAL_ID, INT, Inputs, JSON, Leaf, ListFilter, ListOrder, Object, Order, TEXT, TIME, ascending, column,
    columns, computed, leaf_of_json, term, word_leaf,
};
use crate::wire::{ApiError, DateTime};
use async_graphql::{Enum, InputObject};

columns! {
    ROW: AuditRow {
        id: Int,
        at: Time,
        caller: Text,
        credential: Text,
        operation: Text,
        outcome: Text,
        input: Text = term!("CAST({row}.input AS text)"),
        result: Text = term!("CAST({row}.result AS text)"),
        request_id: Text,
        address: Text,
        count: Int,
    }
}

/// By when they were written.
const BY_TIME: Order = ascending("AT", &[ROW.at]);

static OUTCOME: Leaf = word_leaf::<AuditOutcome>();
static CODES: Leaf = leaf_of_json::<Vec<String>>();

pub static AUDIT_ENTRY: Object = Object::new(
    "AuditEntry",
    "A record of an attempt to change something: who made it, from where, what it was, and its outcome. Attempts that were denied are counted together in one entry for each minute.",
    "audit",
    ROW.id,
    &[
        computed(
            "id",
            "Unique id of the entry. Opaque; the query `node` does not accept it.",
            &GLOBAL_ID,
            &[ROW.id],
            entry_id,
        ),
        column("at", "When the entry was written; for denied attempts, the time of the first one.", &TIME, ROW.at),
        column("caller", "Name of the caller, or `command line` for commands that open the database directly.", &TEXT, ROW.caller),
        column(
            "credential",
            "The credential that the caller used, for example `token 3`, or `command line`. It never contains a secret.",
            &TEXT,
            ROW.credential,
        ),
        column(
            "operation",
            "Name of the mutation, or of the operation of a command: `createToken`, `revokeTokens`, `restored`.",
            &TEXT,
            ROW.operation,
        ),
        column("outcome", "The outcome.", &OUTCOME, ROW.outcome),
        column(
            "input",
            "The input, with defaults filled in. If the attempt was refused or denied and the input is longer than `[limits] audit_input`, this is an object { cut: true, bytes: Int, begin: String } with the length of the input's JSON and its beginning.",
            &JSON,
            ROW.input,
        ),
        column(
            "result",
            "Ids of what was created or changed, at most 1000; or the codes of the problems.",
            &CODES,
            ROW.result,
        ),
        column("requestId", "Id of the request, as in its response and in the server's log; null for commands.", &TEXT, ROW.request_id)
            .nullable(),
        column("address", "IP address that the request came from; null for commands.", &TEXT, ROW.address).nullable(),
        column("count", "Number of attempts that the entry stands for. It is more than 1 only for denied attempts.", &INT, ROW.count),
    ],
)
.order(BY_TIME);

fn entry_id(inputs: &Inputs<'_>) -> Result<Option<Computed>, ApiError> {
    Ok(inputs.int(ROW.id)?.map(|number| Computed::Text(format!("aud_{number}"))))
}

/// Conditions on audit entries. An entry is returned if it meets all conditions that are set.
#[derive(InputObject, Clone, Debug, Default)]
pub struct AuditFilter {
    /// By one of these callers.
    pub callers: Option<Vec<String>>,
    /// With one of these operations.
    pub operations: Option<Vec<String>>,
    /// With one of these outcomes.
    pub outcomes: Option<Vec<AuditOutcome>>,
    /// Written at this time or later.
    pub from: Option<DateTime>,
    /// Written before this time.
    pub to: Option<DateTime>,
}

impl ListFilter for AuditFilter {
    fn narrow(self, list: &mut Where) -> Result<(), ApiError> {
        list.indexed_texts(ROW.caller, self.callers);
        list.texts(ROW.operation, self.operations);
        list.words(ROW.outcome, self.outcomes);
        list.between(ROW.at, ["filter.from", "filter.to"], self.from, self.to)
    }
}

/// The values that audit entries can be ordered by.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum AuditOrderField {
    /// The time when the entry was written.
    At,
}

/// Order of audit entries.
#[derive(InputObject, Clone, Debug)]
pub struct AuditOrder {
    /// The value to order by.
    pub field: AuditOrderField,
    /// The direction.
    #[graphql(default_with = "OrderDirection::Asc")]
    pub direction: OrderDirection,
}

impl ListOrder for AuditOrder {
    fn order(self) -> Order {
        let by = match self.field {
            AuditOrderField::At => BY_TIME,
        };
        Order { descending: self.direction == OrderDirection::Desc, ..by }
    }
}
