use super::order::OrderDirection;
use crate::domain::audit::AuditOutcome;
use crate::read::Where;
use crate::read::declare::{
    Computed, GLOBAL_ID, INT, Inputs, JSON, Leaf, ListFilter, ListOrder, Object, Order, TEXT, TIME, ascending, column,
    columns, computed, leaf_of_json, term, text_leaf,
};
use crate::store::db::rows::Bind;
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

static OUTCOME: Leaf = text_leaf::<AuditOutcome>();
static CODES: Leaf = leaf_of_json::<Vec<String>>();

pub static AUDIT_ENTRY: Object = Object::new(
    "AuditEntry",
    "One attempt to change something, or several that were denied: who, from where, what, and what became of it.",
    "audit",
    ROW.id,
    &[
        computed(
            "id",
            "Unique and opaque. `node` does not take it.",
            &GLOBAL_ID,
            &[ROW.id],
            entry_id,
        ),
        column("at", "When; of denials, when the first of them was written.", &TIME, ROW.at),
        column("caller", "Name of the caller, or `command line` for commands that open the database.", &TEXT, ROW.caller),
        column(
            "credential",
            "What the caller proved its name with, for example `token 3`, or `command line`. Never a secret.",
            &TEXT,
            ROW.credential,
        ),
        column(
            "operation",
            "The mutation, or what a command did: `createToken`, `revokeTokens`, `restored`.",
            &TEXT,
            ROW.operation,
        ),
        column("outcome", "What became of it.", &OUTCOME, ROW.outcome),
        column(
            "input",
            "The input, defaults filled in. One that was refused or denied and is longer than `[limits] audit_input` is an object { cut: true, bytes: Int, begin: String }, with the length of its JSON and its beginning.",
            &JSON,
            ROW.input,
        ),
        column(
            "result",
            "Ids of what was made or changed, at most 1000; or the codes of the problems.",
            &CODES,
            ROW.result,
        ),
        column("requestId", "Id of the request, as its answer and the log have it; null for commands.", &TEXT, ROW.request_id)
            .nullable(),
        column("address", "Address that the request came from; null for commands.", &TEXT, ROW.address).nullable(),
        column("count", "How many attempts it stands for: denials of one minute are one entry.", &INT, ROW.count),
    ],
)
.order(BY_TIME);

fn entry_id(inputs: &Inputs<'_>) -> Result<Option<Computed>, ApiError> {
    Ok(inputs.int(ROW.id)?.map(|number| Computed::Text(format!("aud_{number}"))))
}

/// Which audit entries. All given conditions must hold.
#[derive(InputObject, Clone, Debug, Default)]
pub struct AuditFilter {
    /// Of one of these callers.
    pub callers: Option<Vec<String>>,
    /// Of one of these operations.
    pub operations: Option<Vec<String>>,
    /// With one of these outcomes.
    pub outcomes: Option<Vec<AuditOutcome>>,
    /// Written at or after this.
    pub from: Option<DateTime>,
    /// Written before this.
    pub to: Option<DateTime>,
}

impl ListFilter for AuditFilter {
    fn narrow(self, list: &mut Where) -> Result<(), ApiError> {
        list.indexed_texts(ROW.caller, self.callers);
        list.texts(ROW.operation, self.operations);
        list.words(ROW.outcome, self.outcomes);
        if let Some(DateTime(from)) = self.from {
            list.at_least(ROW.at, Bind::Time(from));
        }
        if let Some(DateTime(to)) = self.to {
            list.less(ROW.at, Bind::Time(to));
        }
        Ok(())
    }
}

/// What audit entries can be ordered by.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum AuditOrderField {
    /// When they were written.
    At,
}

/// Order of audit entries.
#[derive(InputObject, Clone, Debug)]
pub struct AuditOrder {
    /// By what.
    pub field: AuditOrderField,
    /// Which way.
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
