//! Planning lists that are not pages: things by their ids, whole lists, the first of a list.

use super::args::Args;
use super::column::{IdList, RowList};
use super::declare::{List, Object, ParentMatch};
use super::level::{Level, ParentKeys, RowSource};
use super::plan::{Link, RowPlace, ValuePlan};
use super::planner::{Nodes, Planner};
use super::select::below;
use crate::domain::Id;
use crate::wire::ApiError;

/// How many items a whole list has, roughly.
const USUAL_ITEMS: i64 = 5;

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
                if let Some(id) = id.filter(|id| object.node.is_some_and(|node| node.kind == id.kind)) {
                    *place = Some((of.len(), id.number));
                    numbers.push(id.number);
                }
            }
            if numbers.is_empty() {
                continue;
            }
            let rows = numbers.len() as i64;
            let mut level = Level::by_key(object, ParentKeys::These(numbers), self.conditions());
            level.rows = rows;
            let level = self.push(level);
            of.push((level, self.object(object, RowPlace { level, table: 0 }, below(nodes))));
        }
        ValuePlan::Anything { of, ids: places, list }
    }

    /// A level for a list that is read, and which of its rows belong to the present one.
    pub(super) fn list_level(&mut self, object: &Object, list: List, at: Option<RowPlace>) -> (Level, Link) {
        let (parents, link) = match (at, list.parent) {
            (Some(at), Some(_)) => {
                let cell = self.column(at, object.key);
                (ParentKeys::Cell(at.level, cell), Link::Cell(cell))
            }
            _ => (ParentKeys::None, Link::All),
        };
        let parent = list.parent.unwrap_or(ParentMatch::Column(list.of.key));
        let mut level = Level::read(list.of, parents, parent, self.conditions());
        if let Some(from) = list.from {
            level.read_from(from);
        }
        if let Some(order) = list.order {
            level.ordered(order);
        }
        (level, link)
    }

    /// Adds the conditions of a list, of its arguments and of its type.
    pub(super) fn narrow(level: &mut Level, list: List, args: &Args) -> Result<(), ApiError> {
        if let Some(condition) = list.condition {
            let arguments = level.arguments(condition.arguments(), args);
            level.list.and_bound(condition, &arguments);
        }
        args.narrow(&mut level.list)?;
        if let Some(listed) = list.of.listed.filter(|_| !level.list.unlisted) {
            level.list.and(listed, []);
        }
        Ok(())
    }

    /// The first thing of a list.
    pub(super) fn find(
        &mut self,
        object: &'static Object,
        list: List,
        at: Option<RowPlace>,
        args: &Args,
        nodes: Nodes<'_, 'a>,
    ) -> Result<ValuePlan, ApiError> {
        let (mut level, link) = self.list_level(object, list, at);
        Self::narrow(&mut level, list, args)?;
        level.up_to(1);
        level.rows = self.rows(at, 1);
        let level = self.push(level);
        Ok(ValuePlan::First(level, link, self.object(list.of, RowPlace { level, table: 0 }, below(nodes))))
    }

    /// A whole list: read, or of a supplied row.
    pub(super) fn list(
        &mut self,
        object: &'static Object,
        list: List,
        at: Option<RowPlace>,
        args: &Args,
        nodes: Nodes<'_, 'a>,
    ) -> Result<ValuePlan, ApiError> {
        if let (Some(at), Some(supplied)) = (at, list.supplied)
            && !self.plan.levels[at.level].is_read()
        {
            return self.supplied_list(list.of, supplied, at, args, nodes);
        }
        let (mut level, link) = self.list_level(object, list, at);
        Self::narrow(&mut level, list, args)?;
        if let Some(first) = args.first()? {
            level.up_to(first);
        }
        level.rows = self.rows(at, USUAL_ITEMS);
        let present = at.zip(list.present).map(|(at, present)| self.column(at, present));
        let level = self.push(level);
        let items = ValuePlan::List(level, link, self.object(list.of, RowPlace { level, table: 0 }, below(nodes)));
        Ok(match present {
            Some(cell) => ValuePlan::Present(cell, Box::new(items)),
            None => items,
        })
    }

    /// A list of rows that a supplied row has.
    pub(super) fn supplied_list(
        &mut self,
        of: &'static Object,
        list: RowList,
        at: RowPlace,
        args: &Args,
        nodes: Nodes<'_, 'a>,
    ) -> Result<ValuePlan, ApiError> {
        let mut level = Level::supplied(of, RowSource::Within(at.level, list), self.conditions());
        level.cap = args.first()?;
        let level = self.push(level);
        Ok(ValuePlan::List(level, Link::Row, self.object(of, RowPlace { level, table: 0 }, below(nodes))))
    }

    /// The first things that a supplied row lists by their numbers.
    pub(super) fn supplied_ids(
        &mut self,
        of: &'static Object,
        list: IdList,
        first: i64,
        at: RowPlace,
        nodes: Nodes<'_, 'a>,
    ) -> ValuePlan {
        let list = self.plan.levels[at.level].thing(list);
        let mut level = Level::by_key(of, ParentKeys::Things(at.level, list), self.conditions());
        level.rows = first.min(1000);
        let level = self.push(level);
        let object = self.object(of, RowPlace { level, table: 0 }, below(nodes));
        ValuePlan::Things { level, list, first, object }
    }
}
