//! From a selection to statements and steps: one level for each list, to-one things joined in, and only what
//! is selected.

use super::args::Args;
use super::cursor;
use super::declare::*;
use super::error::{ApiError, ErrorCode};
use super::filter::Where;
use super::level::{Feed, Level, Page, Parents};
use super::select::{Document, below};
use crate::app::App;
use crate::domain::{Caller, Id, Kind};
use crate::store::rows::{Bind, CellKind};
use async_graphql::parser::types::{Field as Node, SelectionSet};
use async_graphql::{ID, Name, Pos, Positioned};
use std::fmt::Write;

/// The most rows that one field of the root may come to, roughly.
const MOST_ROWS: i64 = 1_000_000;

/// What is written for an object: its keys in order.
pub(super) struct Shape(pub Vec<Slot>);

/// One key of an object.
pub(super) struct Slot {
    pub key: Name,
    pub pos: Pos,
    pub nullable: bool,
    pub step: Step,
}

/// How a value is written. Cells are of the present row.
pub(super) enum Step {
    Typename(String),
    Id(Kind, usize),
    Leaf(usize, &'static Leaf),
    Computed(Vec<usize>, Args, Compute),
    /// Columns of the same row, there if this cell is not null.
    Same(Option<usize>, Shape),
    /// The first row of a level that belongs there.
    First(usize, Belongs, Shape),
    /// Things by their ids, each of one of these levels or nothing; one of them, or a list.
    Anything {
        of: Vec<(usize, Shape)>,
        ids: Vec<Option<(usize, i64)>>,
        list: bool,
    },
    /// The first of these that is not null.
    Either(Vec<Step>),
    /// All rows of a level that belong there.
    List(usize, Belongs, Shape),
    /// The rows that a list of things names, up to so many, in its order.
    Things {
        level: usize,
        list: usize,
        first: i64,
        shape: Shape,
    },
    Page {
        level: usize,
        belongs: Belongs,
        guard: Option<Guard>,
        shape: Shape,
    },
    Nodes(Shape),
    Edges(Shape),
    Info(Shape),
    Total,
    /// The newest place that was looked at.
    Next,
    /// The item of an edge.
    Item(Shape),
    Cursor,
    /// Whether there are more, in the way of the list or against it.
    More(bool),
    /// The cursor of the first or of the last item.
    End(bool),
    /// The newest place in the log of events.
    Head,
    Fail(ApiError),
}

/// To what the rows of a level belong, seen from the present row: to nothing,
#[derive(Clone, Copy)]
pub(super) enum Belongs {
    All,
    /// to the id in this cell,
    Cell(usize),
    /// or to the row itself, which was given.
    Row,
}

/// The output that a cursor is of must be that of the release in this cell.
pub(super) struct Guard {
    pub cell: usize,
    pub release: i64,
    pub argument: &'static str,
}

/// All levels of one field of the root, parents first.
#[derive(Default)]
pub(super) struct Plan {
    pub levels: Vec<Level>,
    /// Whether the ends of the log of events are asked for, before everything else.
    pub head: bool,
}

impl Plan {
    /// Refuses what asks for too much at once.
    pub fn check(&self) -> Result<(), ApiError> {
        let total = self.levels.iter().fold(0_i64, |sum, level| sum.saturating_add(level.rows));
        match total > MOST_ROWS {
            true => Err(ApiError::new(ErrorCode::TooComplex, "This asks for too much at once. Ask for shorter pages.")),
            false => Ok(()),
        }
    }
}

/// Where a row's columns are.
#[derive(Clone, Copy)]
pub(super) struct At {
    level: usize,
    table: usize,
}

impl At {
    pub const GIVEN: At = At { level: 0, table: 0 };
}

pub(super) struct Planner<'a> {
    pub document: Document<'a>,
    pub app: &'a App,
    pub caller: &'a Caller,
    pub plan: Plan,
}

type Nodes<'n, 'a> = &'n [&'a Positioned<Node>];

impl<'a> Planner<'a> {
    /// A plan whose first level, of this type, is handed in.
    pub fn given(&mut self, of: &'static Object) {
        let level = Level::handed(of, Feed::Given, self.list());
        self.plan.levels.push(level);
    }

    fn list(&self) -> Where {
        Where::new(&self.caller.name)
    }

    fn push(&mut self, level: Level) -> usize {
        self.plan.levels.push(level);
        self.plan.levels.len() - 1
    }

    /// How many rows a level may have that has so many for each row of another.
    fn rows(&self, at: Option<At>, each: i64) -> i64 {
        at.map_or(1, |at| self.plan.levels[at.level].rows.max(1)).saturating_mul(each)
    }

    /// The fields that are selected of a row.
    pub fn shape(
        &mut self,
        object: &'static Object,
        at: At,
        sets: impl IntoIterator<Item = &'a SelectionSet>,
    ) -> Shape {
        let merged = self.document.fields(sets, object.name);
        let slot = |(key, nodes): &(&Name, Vec<&'a Positioned<Node>>)| {
            let name = nodes[0].node.name.node.as_str();
            let Some(field) = object.fields.iter().find(|field| field.name == name) else {
                return slot(key, nodes, false, Step::Typename(object.name.into()));
            };
            let step = self.step(field, object, Some(at), nodes).unwrap_or_else(Step::Fail);
            slot(key, nodes, field.nullable, step)
        };
        Shape(merged.iter().map(slot).collect())
    }

    /// One field of a row, or of the root.
    pub fn step(
        &mut self,
        field: &'static Field,
        object: &'static Object,
        at: Option<At>,
        nodes: Nodes<'_, 'a>,
    ) -> Result<Step, ApiError> {
        let args = self.document.args(field.all_args(), nodes[0])?;
        if let Source::Made { of, many, make } = field.source {
            let rows = make(self.app, self.caller);
            let level = Level::handed(of, Feed::Made(rows), self.list());
            let level = self.push(level);
            let shape = self.shape(of, At { level, table: 0 }, below(nodes));
            return Ok(match many {
                true => Step::List(level, Belongs::All, shape),
                false => Step::First(level, Belongs::All, shape),
            });
        }
        match field.source {
            Source::Node(of) => {
                let id: ID = args.get("id")?;
                return Ok(self.anything(of, &[Id::parse(&id)], false, nodes));
            }
            Source::Nodes(of) => {
                let ids: Vec<ID> = args.get("ids")?;
                if ids.len() > 200 {
                    return Err(ApiError::bad("ids", format!("{} ids are too many; give at most 200.", ids.len())));
                }
                let ids: Vec<Option<Id>> = ids.iter().map(|id| Id::parse(id)).collect();
                return Ok(self.anything(of, &ids, true, nodes));
            }
            Source::Head => {
                self.plan.head = true;
                return Ok(Step::Head);
            }
            Source::Many { of, by, order } => return self.many(field, object, (of, by, order), at, args, nodes),
            Source::List { of, from, by, such } => {
                return self.plain(field, object, of, (from, by, such), at, &args, nodes);
            }
            Source::Find { of, by, such } => {
                let (parents, belongs) = self.parents(at, object, by);
                let mut level = Level::read(of, of.table, parents, by.unwrap_or_default(), true, self.list());
                let such = with_args(such, &args, &mut level.list);
                level.list.placed(&such);
                if !of.listed.is_empty() {
                    level.list.such(of.listed, []);
                }
                level.first();
                level.rows = self.rows(at, 1);
                let level = self.push(level);
                return Ok(Step::First(level, belongs, self.shape(of, At { level, table: 0 }, below(nodes))));
            }
            _ => {}
        }
        let at = at.expect("the root has only fields of the kinds above");
        Ok(match field.source {
            Source::Id => {
                let kind = object.kind.expect("what has an id is declared as a node");
                Step::Id(kind, self.column(at, object.key, CellKind::Int))
            }
            Source::Ref(kind, column) => Step::Id(kind, self.column(at, column, CellKind::Int)),
            Source::Column(leaf, sql) => Step::Leaf(self.column(at, sql, leaf.kind), leaf),
            Source::Computed { needs, by, .. } => {
                let mut cells = Vec::with_capacity(needs.len());
                for (sql, kind) in needs {
                    let sql = with_args(sql, &args, &mut self.plan.levels[at.level].list);
                    cells.push(self.column(at, &sql, *kind));
                }
                Step::Computed(cells, args, by)
            }
            Source::Embedded { of, present } => {
                let present = present.map(|column| self.column(at, column, CellKind::Text));
                Step::Same(present, self.shape(of, at, below(nodes)))
            }
            Source::One { to, key } => self.one(to, key, at, &below(nodes)),
            Source::Choice(choice) => {
                let sets = below(nodes);
                Step::Either(choice.of.iter().map(|(to, key)| self.one(to, key, at, &sets)).collect())
            }
            Source::Picked { of, list } => {
                let list = self.plan.levels[at.level].thing(list);
                let mut level = Level::read(of, of.table, Parents::Things(at.level, list), of.key, false, self.list());
                let first = args.first()?.unwrap_or(i64::MAX);
                level.rows = first.min(1000);
                let level = self.push(level);
                Step::Things { level, list, first, shape: self.shape(of, At { level, table: 0 }, below(nodes)) }
            }
            _ => unreachable!("all other kinds were planned above"),
        })
    }

    fn column(&mut self, at: At, sql: &str, kind: CellKind) -> usize {
        self.plan.levels[at.level].column(at.table, sql, kind)
    }

    /// The ids that the rows of a list belong to, and what they belong to seen from the present row.
    fn parents(&mut self, at: Option<At>, object: &Object, by: Option<&str>) -> (Parents, Belongs) {
        match (at, by) {
            (Some(at), Some(_)) => {
                let cell = self.column(at, object.key, CellKind::Int);
                (Parents::Cell(at.level, cell), Belongs::Cell(cell))
            }
            _ => (Parents::None, Belongs::All),
        }
    }

    /// The thing that a column names: joined to a row that is read, else by its id.
    fn one(&mut self, to: &'static Object, key: &str, at: At, sets: &[&'a SelectionSet]) -> Step {
        let sets = sets.iter().copied();
        if self.plan.levels[at.level].is_read() {
            let table = self.plan.levels[at.level].join(at.table, to, key);
            let at = At { level: at.level, table };
            let present = self.column(at, to.key, CellKind::Int);
            return Step::Same(Some(present), self.shape(to, at, sets));
        }
        let cell = self.column(at, key, CellKind::Int);
        let mut level = Level::read(to, to.table, Parents::Cell(at.level, cell), to.key, false, self.list());
        level.rows = self.rows(Some(at), 1);
        let level = self.push(level);
        Step::First(level, Belongs::Cell(cell), self.shape(to, At { level, table: 0 }, sets))
    }

    /// Things by their ids: one statement for each kind that is among them.
    fn anything(
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
    fn plain(
        &mut self,
        field: &'static Field,
        object: &'static Object,
        of: &'static Object,
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
    fn many(
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
        let mut guard = None;
        for (cursor, argument) in [(&asked.after, "after"), (&asked.before, "before")] {
            let Some(cursor) = cursor else { continue };
            let values = match of.cursors {
                Cursors::Keyset => cursor::read_keyset(cursor, &page.list, level.order(), argument)?,
                Cursors::Event => {
                    let place = cursor::read_event(cursor, self.app.db.log_id(), argument)?;
                    page.behind = by.is_none().then_some(place);
                    vec![Bind::Int(place)]
                }
                Cursors::Log => {
                    let (release, place) = cursor::read_line(cursor, argument)?;
                    let at = at.expect("output belongs to a release or a target");
                    let column = if object.kind == Some(Kind::Release) { "id" } else { "release_id" };
                    guard = Some(Guard { cell: self.column(at, column, CellKind::Int), release, argument });
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
        Ok(Step::Page { level, belongs, guard, shape })
    }

    fn connection(&mut self, of: &'static Object, level: usize, nodes: Nodes<'_, 'a>) -> Shape {
        let at = At { level, table: 0 };
        let (name, edge_name) = (format!("{}Connection", of.name), format!("{}Edge", of.name));
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

fn slot(key: &Name, nodes: &[&Positioned<Node>], nullable: bool, step: Step) -> Slot {
    Slot { key: key.clone(), pos: nodes[0].pos, nullable, step }
}

/// A text with the places of the arguments that it names.
fn with_args(sql: &str, args: &Args, list: &mut Where) -> String {
    let mut pieces = sql.split(':');
    let mut told = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let end = piece.find(|char: char| !char.is_ascii_alphanumeric()).unwrap_or(piece.len());
        let (name, after) = piece.split_at(end);
        let value = args.bind(name).expect("a statement names only arguments that are needed");
        let _ = write!(told, "${}{after}", list.bind(value));
    }
    told
}
