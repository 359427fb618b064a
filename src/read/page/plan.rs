//! Planning a page of a list.

use super::args::PageArgs;
use crate::read::args::Args;
use crate::read::column::{Column, RowList};
use crate::read::declare::{Field, List, Object};
use crate::read::level::{Level, Page, RowSource};
use crate::read::order::Cursors;
use crate::read::plan::{Guard, Link, ObjectPlan, RowPlace, ValuePlan};
use crate::read::planner::{Nodes, Planner, field_plan};
use crate::read::select::below;
use crate::store::db::rows::Bind;
use crate::wire::{ApiError, cursor};

impl<'a> Planner<'a> {
    /// A page of a list.
    pub(in crate::read) fn page(
        &mut self,
        field: &'static Field,
        object: &'static Object,
        list: List,
        at: Option<RowPlace>,
        args: &Args,
        nodes: Nodes<'_, 'a>,
    ) -> Result<ValuePlan, ApiError> {
        let wanted = PageArgs::of(args)?;
        let of = list.of;
        let name = format!("{}.{}", object.name, field.name);
        if let (Some(at), Some(supplied)) = (at, list.supplied) {
            return self.supplied_page(of, supplied, at, wanted, name, nodes);
        }
        let (mut level, link) = self.list_level(object, list, at);
        if let Some(order) = args.order()? {
            level.ordered(order);
        }
        Self::narrow(&mut level, list, args)?;
        let mut page = Page::new(wanted.size, wanted.backward, name, of.cursors);
        page.cut = if wanted.backward { wanted.before.is_some() } else { wanted.after.is_some() };
        let mut guards = Vec::new();
        for (cursor, argument) in [(&wanted.after, "after"), (&wanted.before, "before")] {
            let Some(cursor) = cursor else { continue };
            let is_after = argument == "after";
            let values = match of.cursors {
                Cursors::Keyset => {
                    let order = level.order();
                    cursor::read_keyset(cursor, &page.list, &order.spelled(), &order.kinds(), argument)?
                }
                Cursors::Events(_) => {
                    let place = cursor::read_event(cursor, self.app.db.log_id(), argument)?;
                    *if is_after { &mut page.behind } else { &mut page.before } = Some(place);
                    vec![Bind::Int(place)]
                }
                Cursors::Output(_) => {
                    let (release, place) = cursor::read_line(cursor, argument)?;
                    let (at, column) = at.zip(list.release).expect("output belongs to a release of the object");
                    guards.push(Guard { cell: self.column(at, column), release, argument });
                    vec![Bind::Int(place)]
                }
            };
            cut(&mut level, of.key, is_after, values);
        }
        if let (Cursors::Events(log), None) = (of.cursors, list.parent) {
            self.plan.log = Some(log);
        }
        let columns: Vec<Column> = match of.cursors {
            Cursors::Keyset => level.order().columns.iter().copied().chain([of.key]).collect(),
            Cursors::Events(_) => vec![of.key],
            Cursors::Output(release) => vec![release, of.key],
        };
        page.cells = columns.into_iter().map(|column| level.column(0, column)).collect();
        level.rows = self.rows(at.filter(|_| list.parent.is_some()), wanted.size);
        level.page(page);
        let level = self.push(level);
        let object = self.connection(of, level, nodes);
        Ok(ValuePlan::Page { level, link, guards, object })
    }

    /// A page of a list that a supplied row has. The key of its rows is their place in the list, from 1, which cursors name.
    fn supplied_page(
        &mut self,
        of: &'static Object,
        list: RowList,
        at: RowPlace,
        wanted: PageArgs,
        name: String,
        nodes: Nodes<'_, 'a>,
    ) -> Result<ValuePlan, ApiError> {
        let mut level = Level::supplied(of, RowSource::Within(at.level, list), self.conditions());
        let mut page = Page::new(wanted.size, false, name, of.cursors);
        if let Some(after) = &wanted.after {
            let order = level.order();
            let values = cursor::read_keyset(after, &page.list, &order.spelled(), &order.kinds(), "after")?;
            if let [Bind::Int(place)] = values[..] {
                level.skip = place.max(0);
            }
            page.cut = true;
        }
        page.cells = vec![level.column(0, of.key)];
        level.cap = Some(wanted.size + 1);
        level.rows = wanted.size;
        level.page(page);
        let level = self.push(level);
        Ok(ValuePlan::Page { level, link: Link::Row, guards: Vec::new(), object: self.connection(of, level, nodes) })
    }

    fn connection(&mut self, of: &'static Object, level: usize, nodes: Nodes<'_, 'a>) -> ObjectPlan {
        let at = RowPlace { level, table: 0 };
        let (name, edge_name) = (of.connection_name(), of.edge_name());
        let mut fields = Vec::new();
        for (key, nodes) in self.document.fields(below(nodes), &name) {
            let value = match nodes[0].node.name.node.as_str() {
                "nodes" => ValuePlan::Nodes(self.object(of, at, below(&nodes))),
                "edges" => {
                    let mut edge = Vec::new();
                    for (key, nodes) in self.document.fields(below(&nodes), &edge_name) {
                        let value = match nodes[0].node.name.node.as_str() {
                            "cursor" => ValuePlan::Cursor,
                            "node" => ValuePlan::Item(self.object(of, at, below(&nodes))),
                            _ => ValuePlan::Typename(edge_name.clone()),
                        };
                        edge.push(field_plan(key, &nodes, false, value));
                    }
                    ValuePlan::Edges(ObjectPlan(edge))
                }
                "pageInfo" => {
                    let info = self.document.fields(below(&nodes), "PageInfo");
                    let info = info.iter().map(|(key, nodes)| {
                        let (nullable, value) = match nodes[0].node.name.node.as_str() {
                            "hasNextPage" => (false, ValuePlan::HasNext),
                            "hasPreviousPage" => (false, ValuePlan::HasPrevious),
                            "startCursor" => (true, ValuePlan::StartCursor),
                            "endCursor" => (true, ValuePlan::EndCursor),
                            _ => (false, ValuePlan::Typename("PageInfo".into())),
                        };
                        field_plan(key, nodes, nullable, value)
                    });
                    ValuePlan::Info(ObjectPlan(info.collect()))
                }
                "totalCount" => {
                    if let Some(page) = &mut self.plan.levels[level].page {
                        page.counted = true;
                    }
                    ValuePlan::Total
                }
                "nextCursor" => {
                    if let Cursors::Events(log) = of.cursors {
                        self.plan.log = Some(log);
                    }
                    ValuePlan::Next
                }
                _ => ValuePlan::Typename(name.clone()),
            };
            fields.push(field_plan(key, &nodes, false, value));
        }
        ObjectPlan(fields)
    }
}

/// Leaves out of a list what is not behind a cursor, or not before it.
fn cut(level: &mut Level, key: Column, is_after: bool, values: Vec<Bind>) {
    let order = *level.order();
    level.list.cut(order.columns.iter().copied().chain([key]), is_after != order.descending, values);
}
