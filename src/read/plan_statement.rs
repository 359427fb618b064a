//! The statement that reads a plan. It can be kept with the plan and run with other values of arguments.

use super::args::Args;
use super::expected::NodeTable;
use super::fetch::LevelRows;
use super::filter::BoundArgument;
use super::level::ParentKeys;
use super::parents::ParentIds;
use super::plan::Plan;
use super::statement::{LevelParts, Statement};
use crate::store::db::PartsStatement;
use crate::store::db::rows::{Bind, Rows};
use crate::store::{Reads, Result};
use std::sync::Arc;

/// A statement with the places of its results.
pub(super) struct PlanStatement {
    /// `None` if nothing is read.
    statement: Option<PartsStatement>,
    binds: Vec<Bind>,
    /// The values that are arguments, by their places among `binds`.
    arguments: Vec<(usize, BoundArgument)>,
    /// The part with the ends of the event log.
    pub ends: Option<usize>,
    /// The part with the ids that exist of those that must, and the tables that these are of.
    pub known: Option<(usize, Vec<NodeTable>)>,
    /// The part with the things that have the expected names.
    pub names: Option<usize>,
    /// The part with the parents of the level's sibling, for each level.
    pub siblings: Vec<Option<usize>>,
    /// The parts of each level that is read.
    pub levels: Vec<Option<LevelParts>>,
}

impl PlanStatement {
    /// Makes the statement; `tables` has the rows of the levels that are not read.
    pub fn new(reads: Reads<'_>, plan: &Plan, tables: &[LevelRows]) -> PlanStatement {
        let mut statement = Statement::new(reads);
        let ends = plan.log.map(|log| statement.ends(log));
        let known = statement.known(plan.expected().map(|(_, ids)| ids));
        let names = statement.names(plan.expected_names().map(|(_, names)| names));
        let siblings = plan.levels.iter().map(|level| level.list.sibling.as_ref());
        let siblings = siblings.map(|sibling| sibling.map(|sibling| statement.parents_of(sibling))).collect();
        let levels = levels(&mut statement, plan, tables);
        let Statement { parts, binds, arguments, .. } = statement;
        let statement = (!parts.is_empty()).then(|| reads.statement(parts));
        PlanStatement { statement, binds, arguments, ends, known, names, siblings, levels }
    }

    /// Runs it with these arguments, and returns the rows of each part.
    pub async fn run(&self, reads: Reads<'_>, arguments: &[Arc<Args>]) -> Result<Vec<Rows>> {
        let Some(statement) = &self.statement else { return Ok(Vec::new()) };
        let mut binds = self.binds.clone();
        for (place, argument) in &self.arguments {
            if let Some(bind) = arguments[argument.field].bind(argument.name) {
                binds[*place] = bind;
            }
        }
        reads.run(statement, &binds).await
    }
}

/// Adds the parts of all levels that are read. A level that can belong to nothing has none.
fn levels(statement: &mut Statement<'_>, plan: &Plan, tables: &[LevelRows]) -> Vec<Option<LevelParts>> {
    let mut parts: Vec<Option<LevelParts>> = Vec::with_capacity(plan.levels.len());
    for level in &plan.levels {
        let mut values = level.list.binds.clone();
        let parents = match &level.parents {
            _ if !level.is_read() => None,
            ParentKeys::None => Some(ParentIds::Value),
            ParentKeys::Cell(at, cell) if plan.levels[*at].is_read() => {
                let once = plan.levels[*at].has_once(*cell);
                parts[*at].map(|parents| ParentIds::Part { part: parents.rows, cell: *cell, once })
            }
            _ => {
                let ids = ids(&level.parents, tables);
                let any = !ids.is_empty();
                values[0] = Bind::Ids(ids);
                any.then_some(ParentIds::Value)
            }
        };
        parts.push(parents.map(|parents| statement.level(level, &parents, &values)));
    }
    parts
}

/// The ids that supplied rows name as parents, each once.
fn ids(parents: &ParentKeys, tables: &[LevelRows]) -> Vec<i64> {
    let mut ids: Vec<i64> = match parents {
        ParentKeys::None => Vec::new(),
        ParentKeys::Cell(at, cell) => {
            let rows = &tables[*at].rows;
            (0..rows.len()).filter_map(|row| rows.cell(row, *cell).int()).collect()
        }
        ParentKeys::Things(at, list) => tables[*at].all_things(*list).collect(),
        ParentKeys::These(ids) => ids.clone(),
    };
    ids.sort_unstable();
    ids.dedup();
    ids
}
