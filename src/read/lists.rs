//! Planning lists: things by their ids, plain lists, and pages.

use super::args::Args;
use super::declare::{Cursors, Field, Object, Order};
use super::level::{Level, Page, ParentKeys, RowSource};
use super::plan::{Guard, Link, ObjectPlan, RowPlace, ValuePlan};
use super::planner::{Nodes, Planner, field_plan};
use super::select::below;
use crate::domain::{Id, Kind};
use crate::store::db::rows::{Bind, CellKind};
use crate::wire::{ApiError, cursor};

impl<'a> Planner<'a> {
    /// Things by their ids: a level for each kind that is among them.
    pub(super) fn anything(
        &mut self,
        objects: &'static [&'static Object],
        ids: &[Option<Id>],
        list: bool,
        nodes: Nodes<'_, 'a>,
    ) -> ValuePlan {
        let mut of = Vec::new();
        let mut places = vec![None; ids.len()];
        for object in objects {
            let mut numbers = Vec::new();
            for (place, id) in places.iter_mut().zip(ids) {
                if let Some(id) = id.filter(|id| Some(id.kind) == object.kind) {
                    *place = Some((of.len(), id.number));
                    numbers.push(id.number);
                }
            }
            if numbers.is_empty() {
                continue;
            }
            let rows = numbers.len() as i64;
            let mut level =
                Level::read(object, object.table, ParentKeys::These(numbers), object.key, false, self.list());
            level.rows = rows;
            let level = self.push(level);
            of.push((level, self.object(object, RowPlace { level, table: 0 }, below(nodes))));
        }
        ValuePlan::Anything { of, ids: places, list }
    }

    /// A plain list: of a given row, or read.
    #[expect(clippy::too_many_arguments, reason = "the parts of a declaration and the place of the field")]
    pub(super) fn plain(
        &mut self,
        field: &'static Field,
        object: &'static Object,
        (of, order): (&'static Object, Option<Order>),
        (from, by, such): (&'static str, Option<&'static str>, &'static str),
        at: Option<RowPlace>,
        args: &Args,
        nodes: Nodes<'_, 'a>,
    ) -> Result<ValuePlan, ApiError> {
        let first = args.first()?;
        if let Some(at) = at.filter(|at| !self.plan.levels[at.level].is_read()) {
            let mut level = Level::handed(of, RowSource::Within(at.level, field.name), self.list());
            level.cap = first;
            let level = self.push(level);
            return Ok(ValuePlan::List(level, Link::Row, self.object(of, RowPlace { level, table: 0 }, below(nodes))));
        }
        let (parents, link) = self.parents(at, object, by);
        let mut level = Level::read(of, from, parents, by.unwrap_or_default(), false, self.list());
        if let Some(order) = order {
            level.ordered(order);
        }
        if !such.is_empty() {
            level.list.and(such, []);
        }
        args.narrow(&mut level.list)?;
        if !of.listed.is_empty() && !level.list.unlisted {
            level.list.and(of.listed, []);
        }
        if let Some(first) = first {
            level.up_to(first);
        }
        level.rows = self.rows(at, 5);
        let level = self.push(level);
        Ok(ValuePlan::List(level, link, self.object(of, RowPlace { level, table: 0 }, below(nodes))))
    }

    /// A page of a list.
    pub(super) fn many(
        &mut self,
        field: &'static Field,
        object: &'static Object,
        (of, by, order): (&'static Object, Option<&'static str>, Option<Order>),
        at: Option<RowPlace>,
        args: Args,
        nodes: Nodes<'_, 'a>,
    ) -> Result<ValuePlan, ApiError> {
        let asked = args.page()?;
        let (parents, link) = self.parents(at, object, by);
        let mut level = Level::read(of, of.table, parents, by.unwrap_or_default(), true, self.list());
        if let Some(order) = args.order()?.or(order) {
            level.ordered(order);
        }
        args.narrow(&mut level.list)?;
        if !of.listed.is_empty() && !level.list.unlisted {
            level.list.and(of.listed, []);
        }
        let list = format!("{}.{}", object.name, field.name);
        let mut page = Page::new(asked.long, asked.backward, list, of.cursors, level.uncut());
        page.cut = if asked.backward { asked.before.is_some() } else { asked.after.is_some() };
        let mut guards = Vec::new();
        for (cursor, argument) in [(&asked.after, "after"), (&asked.before, "before")] {
            let Some(cursor) = cursor else { continue };
            let values = match of.cursors {
                Cursors::Keyset => {
                    let order = level.order();
                    cursor::read_keyset(cursor, &page.list, &order.spelled(), &order.kinds(), argument)?
                }
                Cursors::Event => {
                    let place = cursor::read_event(cursor, self.app.db.log_id(), argument)?;
                    if argument == "after" {
                        page.behind = Some(place);
                    }
                    vec![Bind::Int(place)]
                }
                Cursors::Log => {
                    let (release, place) = cursor::read_line(cursor, argument)?;
                    let at = at.expect("output belongs to a release or a target");
                    let column = if object.kind == Some(Kind::Release) { "id" } else { "release_id" };
                    guards.push(Guard { cell: self.column(at, column, CellKind::Int), release, argument });
                    vec![Bind::Int(place)]
                }
            };
            let (order, forward) = (*level.order(), argument == "after");
            let way = if order.descending == forward { '<' } else { '>' };
            let columns = order.columns.iter().map(|(column, _)| *column).chain([of.key]);
            let columns = columns.map(|column| format!("@.{column}")).collect::<Vec<_>>().join(", ");
            let places = vec!["$"; values.len()].join(", ");
            level.list.and(&format!("({columns}) {way} ({places})"), values);
        }
        if of.cursors == Cursors::Event && by.is_none() {
            self.plan.head = true;
        }
        let columns: Vec<(&str, CellKind)> = match of.cursors {
            Cursors::Keyset => level.order().columns.iter().copied().chain([(of.key, CellKind::Int)]).collect(),
            Cursors::Event => vec![(of.key, CellKind::Int)],
            Cursors::Log => vec![("release_id", CellKind::Int), (of.key, CellKind::Int)],
        };
        page.cells = columns.into_iter().map(|(column, kind)| level.column(0, column, kind)).collect();
        level.rows = self.rows(at.filter(|_| by.is_some()), asked.long);
        level.page(page);
        let level = self.push(level);
        let object = self.connection(of, level, nodes);
        Ok(ValuePlan::Page { level, link, guards, object })
    }

    fn connection(&mut self, of: &'static Object, level: usize, nodes: Nodes<'_, 'a>) -> ObjectPlan {
        let at = RowPlace { level, table: 0 };
        let (name, edge_name) = (of.connection_name(), format!("{}Edge", of.name));
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
                    self.plan.head = true;
                    ValuePlan::Next
                }
                _ => ValuePlan::Typename(name.clone()),
            };
            fields.push(field_plan(key, &nodes, false, value));
        }
        ObjectPlan(fields)
    }
}
