//! From a selection to a plan: to-one things joined in, and only what is selected.

use super::args::Args;
use super::column::Column;
use super::declare::*;
use super::filter::Where;
use super::level::{Level, ParentKeys, RowSource};
use super::plan::{FieldArguments, FieldPlan, Link, ObjectPlan, Plan, RowPlace, ValuePlan};
use super::select::{Document, below, variables};
use super::supplied::SuppliedRow;
use crate::app::App;
use crate::domain::{Caller, Id};
use crate::wire::ApiError;
use async_graphql::parser::types::{Field as Node, SelectionSet};
use async_graphql::{ID, Name, Positioned};
use std::sync::Arc;

/// The most ids that one field takes.
const MAX_IDS: usize = 200;

/// Makes the plan of a document for one caller.
pub(super) struct Planner<'a> {
    pub document: Document<'a>,
    pub app: &'a App,
    pub caller: &'a Caller,
    pub plan: Plan,
}

/// The nodes of a document that are merged into one field.
pub(super) type Nodes<'n, 'a> = &'n [&'a Positioned<Node>];

impl<'a> Planner<'a> {
    /// A plan whose first level has supplied rows of this type.
    pub fn supplied(&mut self, of: &'static Object) {
        let level = Level::supplied(of, RowSource::Supplied, self.conditions());
        self.plan.levels.push(level);
    }

    /// The conditions of a list, none yet.
    pub(super) fn conditions(&self) -> Where {
        Where::new(&self.caller.name)
    }

    pub(super) fn push(&mut self, level: Level) -> usize {
        self.plan.levels.push(level);
        self.plan.levels.len() - 1
    }

    /// How many rows a level may have that has `each` for a row of another one.
    pub(super) fn rows(&self, at: Option<RowPlace>, each: i64) -> i64 {
        at.map_or(1, |at| self.plan.levels[at.level].rows.max(1)).saturating_mul(each)
    }

    /// The fields that are selected of a row.
    pub fn object(
        &mut self,
        object: &'static Object,
        at: RowPlace,
        sets: impl IntoIterator<Item = &'a SelectionSet>,
    ) -> ObjectPlan {
        let merged = self.document.fields(sets, object.name);
        self.plan.keys += merged.len();
        let plan = |(key, nodes): &(&Name, Vec<&'a Positioned<Node>>)| {
            let name = nodes[0].node.name.node.as_str();
            let Some(field) = object.fields.iter().find(|field| field.name == name) else {
                return field_plan(key, nodes, false, ValuePlan::Typename(object.name.into()));
            };
            let value = self.value(field, object, Some(at), nodes).unwrap_or_else(|error| {
                self.plan.has_failures = true;
                ValuePlan::Fail(error)
            });
            field_plan(key, nodes, field.nullable, value)
        };
        ObjectPlan(merged.iter().map(plan).collect())
    }

    /// One field of a row, or of the root.
    pub fn value(
        &mut self,
        field: &'static Field,
        object: &'static Object,
        at: Option<RowPlace>,
        nodes: Nodes<'_, 'a>,
    ) -> Result<ValuePlan, ApiError> {
        if field.right.is_some_and(|right| !self.caller.role.has(right)) {
            return Err(ApiError::forbidden(self.caller.role));
        }
        let args = self.args(field, nodes[0])?;
        let args = &*args;
        let here = || at.expect("the root has no field that is of a row");
        Ok(match field.source {
            FieldSource::Node(of) => {
                let id: ID = args.get("id")?;
                self.anything(of, &[Id::parse(&id)], false, nodes)
            }
            FieldSource::Nodes(of) => {
                let ids: Vec<ID> = args.get("ids")?;
                if ids.len() > MAX_IDS {
                    let message = format!("{} ids were sent; at most {MAX_IDS} are allowed.", ids.len());
                    return Err(ApiError::bad("ids", message));
                }
                let ids: Vec<Option<Id>> = ids.iter().map(|id| Id::parse(id)).collect();
                self.anything(of, &ids, true, nodes)
            }
            FieldSource::Head(log) => {
                self.plan.log = Some(log);
                ValuePlan::Head
            }
            FieldSource::Made { of, many, make } => {
                self.plan.is_made = true;
                self.made(of, many, make(self.app, self.caller), nodes)
            }
            FieldSource::Connection(list) => return self.page(field, object, list, at, args, nodes),
            FieldSource::List(list) => return self.list(object, list, at, args, nodes),
            FieldSource::SuppliedList { of, list } => return self.supplied_list(of, list, here(), args, nodes),
            FieldSource::Find(list) => return self.find(object, list, at, args, nodes),
            FieldSource::Id => {
                let node = object.node.expect("what has an id is declared as a node");
                ValuePlan::Id(node.kind, self.column(here(), object.key))
            }
            FieldSource::Ref(kind, column) => ValuePlan::Id(kind, self.column(here(), column)),
            FieldSource::Column(leaf, column) => {
                let at = here();
                ValuePlan::Leaf(self.plan.levels[at.level].column_with(at.table, column, args), leaf)
            }
            FieldSource::Computed { columns, compute, .. } => {
                let at = here();
                let level = &mut self.plan.levels[at.level];
                let cells = columns.iter().map(|column| level.column_with(at.table, *column, args)).collect();
                ValuePlan::Computed { columns, cells, field: args.field, compute }
            }
            FieldSource::Embedded { of, present } => {
                let present = present.map(|column| self.column(here(), column));
                ValuePlan::Same(present, self.object(of, here(), below(nodes)))
            }
            FieldSource::One { to, key } => self.one(to, key, here(), &below(nodes)),
            FieldSource::Union(union) => {
                let sets = below(nodes);
                ValuePlan::Either(union.of.iter().map(|(to, key)| self.one(to, *key, here(), &sets)).collect())
            }
            FieldSource::SuppliedIds { of, list } => {
                let first = args.first()?.unwrap_or(i64::MAX);
                self.supplied_ids(of, list, first, here(), nodes)
            }
        })
    }

    /// The arguments of a field. What the plan depends on beside their binding is noted.
    fn args(&mut self, field: &'static Field, node: &Positioned<Node>) -> Result<Arc<Args>, ApiError> {
        let nodes = &node.node.arguments;
        let mut args = self.document.args(field.all_args(), nodes)?;
        if field.only_binds() {
            let number = self.plan.fields.len();
            args.field = Some(number);
            let args = Arc::new(args);
            self.plan.fields.push(FieldArguments { field, nodes: nodes.clone(), values: args.clone() });
            return Ok(args);
        }
        for (_, value) in nodes {
            variables(&value.node, &mut self.plan.variables);
        }
        Ok(Arc::new(args))
    }

    /// What the server knows without the database.
    fn made(&mut self, of: &'static Object, many: bool, rows: Vec<SuppliedRow>, nodes: Nodes<'_, 'a>) -> ValuePlan {
        let level = Level::supplied(of, RowSource::Made(rows), self.conditions());
        let level = self.push(level);
        let object = self.object(of, RowPlace { level, table: 0 }, below(nodes));
        match many {
            true => ValuePlan::List(level, Link::All, object),
            false => ValuePlan::First(level, Link::All, object),
        }
    }

    pub(super) fn column(&mut self, at: RowPlace, column: Column) -> usize {
        self.plan.levels[at.level].column(at.table, column)
    }

    /// The thing that a column names: joined to a row that is read, else of a level of its own.
    fn one(&mut self, to: &'static Object, key: Column, at: RowPlace, sets: &[&'a SelectionSet]) -> ValuePlan {
        let sets = sets.iter().copied();
        if let Some(table) = self.plan.levels[at.level].join(at.table, to, key) {
            let at = RowPlace { level: at.level, table };
            let present = self.column(at, to.key);
            return ValuePlan::Same(Some(present), self.object(to, at, sets));
        }
        let cell = self.column(at, key);
        let mut level = Level::by_key(to, ParentKeys::Cell(at.level, cell), self.conditions());
        level.rows = self.rows(Some(at), 1);
        let level = self.push(level);
        ValuePlan::First(level, Link::Cell(cell), self.object(to, RowPlace { level, table: 0 }, sets))
    }
}

/// A key with how its value is written.
pub(super) fn field_plan(key: &Name, nodes: &[&Positioned<Node>], nullable: bool, value: ValuePlan) -> FieldPlan {
    FieldPlan { key: key.clone(), pos: nodes[0].pos, nullable, value }
}
