//! The arguments of pages.

use crate::read::arg::{Arg, ArgRole, arg};
use crate::read::args::Args;
use crate::read::declare::{Field, FieldSource};
use crate::read::order::Cursors;
use crate::wire::ApiError;

/// How many items a page has by default.
pub const DEFAULT_PAGE: i64 = 50;
/// The most items that a page has.
pub const MAX_PAGE: i64 = 200;

const FIRST: Arg = arg::<Option<i32>>("first", "Number of items from the beginning, 0 to 200; 50 by default.");
const LAST: Arg =
    arg::<Option<i32>>("last", "Number of items from the end, 0 to 200. Cannot be combined with `first`.");
const AFTER: &str = "Only items after this cursor.";
const BEFORE: &str = "Only items before this cursor.";

static PAGE: [Arg; 4] = [FIRST, arg::<Option<String>>("after", AFTER), LAST, arg::<Option<String>>("before", BEFORE)];
/// What is supplied is read from its beginning.
static SUPPLIED: [Arg; 2] = [FIRST, arg::<Option<String>>("after", AFTER)];
static EVENT_LOG: [Arg; 4] = [
    FIRST,
    arg::<Option<String>>(
        "after",
        "Only events after this position in the event log; by default, from the oldest event that is kept.",
    ),
    LAST,
    arg::<Option<String>>(
        "before",
        "Only events before this position in the event log; by default, up to the newest event.",
    ),
];

impl Field {
    /// Its arguments, those of a page included.
    pub fn all_args(&'static self) -> impl Iterator<Item = &'static Arg> {
        let page: &'static [Arg] = match &self.source {
            FieldSource::Connection(list) if list.supplied.is_some() => &SUPPLIED,
            FieldSource::Connection(list) => match list.of.cursors {
                Cursors::Events(_) if list.parent.is_none() => &EVENT_LOG,
                Cursors::Events(_) | Cursors::Output(_) | Cursors::Keyset => &PAGE,
            },
            _ => &[],
        };
        page.iter().chain(self.args)
    }

    /// Whether its arguments are only bound, or read by what computes it.
    pub(in crate::read) fn only_binds(&self) -> bool {
        let is_read_by_value = |arg: &Arg| matches!(arg.role, ArgRole::Plain | ArgRole::Text(_) | ArgRole::Id(_));
        matches!(self.source, FieldSource::Find(_) | FieldSource::Column(..) | FieldSource::Computed { .. })
            && !self.args.is_empty()
            && self.args.iter().all(is_read_by_value)
    }
}

/// Which page of a list is wanted.
#[derive(Debug)]
pub struct PageArgs {
    pub size: i64,
    pub backward: bool,
    pub after: Option<String>,
    pub before: Option<String>,
}

impl PageArgs {
    /// The page that these arguments ask for. Its size was checked before.
    pub fn of(args: &Args) -> Result<PageArgs, ApiError> {
        let (first, last) = (args.get::<Option<i32>>("first")?, args.get::<Option<i32>>("last")?);
        let size = first.or(last).map_or(DEFAULT_PAGE, i64::from);
        let (after, before) = (args.get("after")?, args.get("before")?);
        Ok(PageArgs { size, backward: last.is_some(), after, before })
    }
}
