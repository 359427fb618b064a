//! Planning lists: things by their ids, plain lists, and pages.

use super::args::Args;
use super::cursor;
use super::declare::{Cursors, Field, Object, Order};
use super::level::{Feed, Level, Page, Parents};
use super::plan::{At, Belongs, Guard, Shape, Step};
use super::planner::{Nodes, Planner, slot};
use super::schema::connection_name;
use super::select::below;
use crate::domain::{Id, Kind};
use crate::store::db::rows::{Bind, CellKind};
use crate::wire::ApiError;

impl<'a> Planner<'a> {
    /// Things by their ids: a level for each kind that is among them.
    pub(super) fn anything(
        &mut self,
        objects: &'static [&'static Object],
        ids: &[Option<Id>],
        list: bool,
        nodes: Nodes<'_, 'a>,
    ) -> Step {
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
            let mut level = Level::read(object, object.table, Parents::These(numbers), object.key, false, self.list());
            level.rows = rows;
            let level = self.push(level);
            of.push((level, self.shape(object, At { level, table: 0 }, below(nodes))));
        }
        Step::Anything { of, ids: places, list }
    }

    /// A plain list: of a given row, or read.
    #[expect(clippy::too_many_arguments, reason = "the parts of a declaration and the place of the field")]
    pub(super) fn plain(
        &mut self,
        field: &'static Field,
        object: &'static Object,
        (of, order): (&'static Object, Option<Order>),
        (from, by, such): (&'static str, Option<&'static str>, &'static str),
        at: Option<At>,
        args: &Args,
        nodes: Nodes<'_, 'a>,
    ) -> Result<Step, ApiError> {
        let first = args.first()?;
        if let Some(at) = at.filter(|at| !self.plan.levels[at.level].is_read()) {
            let mut level = Level::handed(of, Feed::Within(at.level, field.name), self.list());
            level.cap = first;
            let level = self.push(level);
            return Ok(Step::List(level, Belongs::Row, self.shape(of, At { level, table: 0 }, below(nodes))));
        }
        let (parents, belongs) = self.parents(at, object, by);
        let mut level = Level::read(of, from, parents, by.unwrap_or_default(), false, self.list());
        if let Some(order) = order {
            level.ordered(order);
        }
        if !such.is_empty() {
            level.list.such(such, []);
        }
        args.narrow(&mut level.list)?;
        if !of.listed.is_empty() && !level.list.unlisted {
            level.list.such(of.listed, []);
        }
        if let Some(first) = first {
            level.up_to(first);
        }
        level.rows = self.rows(at, 5);
        let level = self.push(level);
        Ok(Step::List(level, belongs, self.shape(of, At { level, table: 0 }, below(nodes))))
    }

    /// A page of a list.
    pub(super) fn many(
        &mut self,
        field: &'static Field,
        object: &'static Object,
        (of, by, order): (&'static Object, Option<&'static str>, Option<Order>),
        at: Option<At>,
        args: Args,
        nodes: Nodes<'_, 'a>,
    ) -> Result<Step, ApiError> {
        let asked = args.page()?;
        let (parents, belongs) = self.parents(at, object, by);
        let mut level = Level::read(of, of.table, parents, by.unwrap_or_default(), true, self.list());
        if let Some(order) = args.order()?.or(order) {
            level.ordered(order);
        }
        args.narrow(&mut level.list)?;
        if !of.listed.is_empty() && !level.list.unlisted {
            level.list.such(of.listed, []);
        }
        let list = format!("{}.{}", object.name, field.name);
        let mut page = Page::new(asked.long, asked.backward, list, of.cursors, level.uncut());
        page.cut = if asked.backward { asked.before.is_some() } else { asked.after.is_some() };
        let mut guards = Vec::new();
        for (cursor, argument) in [(&asked.after, "after"), (&asked.before, "before")] {
            let Some(cursor) = cursor else { continue };
            let values = match of.cursors {
                Cursors::Keyset => cursor::read_keyset(cursor, &page.list, level.order(), argument)?,
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
            level.list.such(&format!("({columns}) {way} ({places})"), values);
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
        let shape = self.connection(of, level, nodes);
        Ok(Step::Page { level, belongs, guards, shape })
    }

    fn connection(&mut self, of: &'static Object, level: usize, nodes: Nodes<'_, 'a>) -> Shape {
        let at = At { level, table: 0 };
        let (name, edge_name) = (connection_name(of), format!("{}Edge", of.name));
        let mut slots = Vec::new();
        for (key, nodes) in self.document.fields(below(nodes), &name) {
            let step = match nodes[0].node.name.node.as_str() {
                "nodes" => Step::Nodes(self.shape(of, at, below(&nodes))),
                "edges" => {
                    let mut edge = Vec::new();
                    for (key, nodes) in self.document.fields(below(&nodes), &edge_name) {
                        let step = match nodes[0].node.name.node.as_str() {
                            "cursor" => Step::Cursor,
                            "node" => Step::Item(self.shape(of, at, below(&nodes))),
                            _ => Step::Typename(edge_name.clone()),
                        };
                        edge.push(slot(key, &nodes, false, step));
                    }
                    Step::Edges(Shape(edge))
                }
                "pageInfo" => {
                    let info = self.document.fields(below(&nodes), "PageInfo");
                    let info = info.iter().map(|(key, nodes)| {
                        let (nullable, step) = match nodes[0].node.name.node.as_str() {
                            "hasNextPage" => (false, Step::More(true)),
                            "hasPreviousPage" => (false, Step::More(false)),
                            "startCursor" => (true, Step::End(false)),
                            "endCursor" => (true, Step::End(true)),
                            _ => (false, Step::Typename("PageInfo".into())),
                        };
                        slot(key, nodes, nullable, step)
                    });
                    Step::Info(Shape(info.collect()))
                }
                "totalCount" => {
                    if let Some(page) = &mut self.plan.levels[level].page {
                        page.counted = true;
                    }
                    Step::Total
                }
                "nextCursor" => {
                    self.plan.head = true;
                    Step::Next
                }
                _ => Step::Typename(name.clone()),
            };
            slots.push(slot(key, &nodes, false, step));
        }
        Shape(slots)
    }
}
