use super::order::OrderDirection;
use crate::domain::audit::AuditOutcome;
use crate::read::declare::{
    Computed, INT, JSON, Leaf, ListFilter, ListOrder, Object, Order, TEXT, TIME, ascending, column, computed,
    leaf_of_json, text_leaf,
};
use crate::read::{Args, Scene, Where};
use crate::store::db::rows::{Bind, Cell, CellKind};
use crate::wire::{ApiError, DateTime};
use async_graphql::{Enum, ID, InputObject};

/// By when they were written.
const BY_TIME: Order = ascending("AT", &[("at", CellKind::Time)]);

static ENTRY_ID: Leaf = text_leaf::<ID>();
static OUTCOME: Leaf = text_leaf::<AuditOutcome>();
static CODES: Leaf = leaf_of_json::<Vec<String>>();

pub static AUDIT_ENTRY: Object = Object::new(
    "AuditEntry",
    "One attempt to change something, or several that were denied: who, from where, what, and what became of it.",
    "audit",
    &[
        computed(
            "id",
            "Unique and opaque. `node` does not take it.",
            &ENTRY_ID,
            &[("id", CellKind::Int)],
            entry_id,
        ),
        column("at", "When; of denials, when the first of them was written.", &TIME, "at"),
        column("caller", "Name of the caller, or `command line` for commands that open the database.", &TEXT, "caller"),
        column(
            "credential",
            "What the caller proved its name with, for example `token 3`, or `command line`. Never a secret.",
            &TEXT,
            "credential",
        ),
        column(
            "operation",
            "The mutation, or what a command did: `createToken`, `revokeTokens`, `restored`.",
            &TEXT,
            "operation",
        ),
        column("outcome", "What became of it.", &OUTCOME, "outcome"),
        column(
            "input",
            "The input, defaults filled in. One that was refused or denied and is longer than `[limits] audit_input` is an object { cut: true, bytes: Int, begin: String }, with the length of its JSON and its beginning.",
            &JSON,
            "CAST(@.input AS text)",
        ),
        column(
            "result",
            "Ids of what was made or changed, at most 1000; or the codes of the problems.",
            &CODES,
            "CAST(@.result AS text)",
        ),
        column("requestId", "Id of the request, as its answer and the log have it; null for commands.", &TEXT, "request_id")
            .nullable(),
        column("address", "Address that the request came from; null for commands.", &TEXT, "address").nullable(),
        column("count", "How many attempts it stands for: denials of one minute are one entry.", &INT, "count"),
    ],
)
.order(BY_TIME);

#[expect(clippy::unnecessary_wraps, reason = "a computed value may fail")]
fn entry_id(needs: &[Cell<'_>], _: &Args, _: &Scene) -> Result<Option<Computed>, ApiError> {
    let number = needs.first().and_then(|cell| cell.int());
    Ok(number.map(|number| Computed::Text(format!("aud_{number}"))))
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
        list.indexed_texts("@.caller", self.callers);
        list.texts("@.operation", self.operations);
        list.words("@.outcome", self.outcomes);
        if let Some(DateTime(from)) = self.from {
            list.and("@.at >= $", [Bind::Time(from)]);
        }
        if let Some(DateTime(to)) = self.to {
            list.and("@.at < $", [Bind::Time(to)]);
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
