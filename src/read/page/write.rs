//! Writing the parts of a page: which row an item is, cursors, and where to go on.

use crate::read::level::Page;
use crate::read::order::Cursors;
use crate::read::write::{Current, WriteResult, Writer};
use crate::wire::{cursor, json};
use async_graphql::Pos;

impl<'a> Writer<'a> {
    /// The page that a level was planned as.
    pub(in crate::read) fn page(&self, level: usize) -> &'a Page {
        self.plan.levels[level].page.as_ref().expect("a page was planned here")
    }

    /// The row of an item; a page from the end was read backwards.
    pub(in crate::read) fn item(&self, here: &Current, i: usize) -> usize {
        match self.page(here.level).backward {
            true => here.page.end - 1 - i,
            false => here.page.start + i,
        }
    }

    pub(in crate::read) fn cursor(&mut self, level: usize, row: usize) {
        let (page, rows) = (self.page(level), &self.fetched.tables[level].rows);
        let place = |i: usize| rows.cell(row, page.cells[i]).int().unwrap_or_default();
        let text = match page.cursors {
            Cursors::Events(_) => return self.place(place(0)),
            Cursors::Output(_) => cursor::line(place(0), place(1)),
            Cursors::Keyset => {
                let keys = page.cells.iter().map(|cell| rows.cell(row, *cell));
                cursor::keyset(&page.list, &self.plan.levels[level].order().spelled(), keys)
            }
        };
        json::string(&text, &mut self.out);
    }

    /// The cursor of an item at an end of the page; null if the page is empty.
    pub(in crate::read) fn end_cursor(&mut self, here: &Current, i: usize) {
        match here.page.is_empty() {
            true => self.out.extend_from_slice(b"null"),
            false => self.cursor(here.level, self.item(here, i)),
        }
    }

    pub(in crate::read) fn place(&mut self, position: i64) {
        json::string(&cursor::event(&self.fetched.scene.log_id, position), &mut self.out);
    }

    /// The place to continue after: the end of the page if more items follow, else the end of what was searched, which is
    /// the newest place of the log or lies just before `before`. In a list that begins with the newest, new events come
    /// before the page: there it is always the end of the page.
    pub(in crate::read) fn next(&mut self, here: &Current, pos: Pos) -> WriteResult {
        let Some(head) = self.fetched.scene.head else { return self.null(false, pos) };
        let (page, order) = (self.page(here.level), self.plan.levels[here.level].order());
        let last = here.page.len().checked_sub(1).map(|last| self.item(here, last));
        let rows = &self.fetched.tables[here.level].rows;
        let last = last.and_then(|row| rows.cell(row, page.cells[0]).int());
        let searched_to = page.before.map_or(head.position, |before| (before - 1).max(0));
        let place = match (last, order.descending) {
            (last, true) => last.or(page.behind).unwrap_or(head.position),
            (last, false) if here.more && !page.backward => last.or(page.behind).unwrap_or(head.floor),
            (last, false) => last.unwrap_or_default().max(searched_to),
        };
        self.place(place);
        Ok(())
    }
}
