//! Lists: read page by page, filtered, and printed as a table or as one JSON document.

use crate::failure::{ExitStatus, Failure};
use crate::filter::{Filter, Keys};
use crate::output::Output;
use crate::table::Table;
use clap::Args;
use lockkeeper_client::operations::Page;
use serde::Serialize;
use serde_json::Value;

/// The largest page that the server sends.
const MAX_PAGE: u32 = 200;

/// Arguments of every list.
#[derive(Args, Clone, Debug)]
pub struct ListArgs {
    /// Show only items with these values; the keys are below. Different keys must all hold, the same key twice means either
    #[arg(long, value_name = "KEY=VALUE,…")]
    pub filter: Vec<String>,
    /// Show at most this many items
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: u32,
    /// Show all items
    #[arg(long, conflicts_with = "limit")]
    pub all: bool,
    /// Show wide columns in full, also where lines become longer than the terminal is wide
    #[arg(long)]
    pub wide: bool,
}

/// An item of a list.
pub trait Item: Serialize {
    /// What lists of it can be filtered by.
    const KEYS: Keys;
    /// The headings of its table.
    const HEADINGS: &[&str];
    /// What such items are called.
    const PLURAL: &str;
    /// What is said after the sentence that there are none, for example how to make one.
    const WHEN_NONE: &str = "";

    /// Its row, with a cell for each heading.
    fn row(&self, output: &Output) -> Vec<String>;
}

/// What the help of a list says at its end: the keys of `--filter`, and these examples.
pub fn help<T: Item>(examples: &str) -> String {
    format!("Keys of --filter: {}.\n\n{examples}", T::KEYS.names().join(", "))
}

/// A list as scripts see it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct List<T> {
    pub items: Vec<T>,
    /// How many items there are in all; `None` where only a part was looked at.
    pub total_count: Option<u64>,
    /// The place behind the last item; `None` where the list cannot be continued there.
    pub end_cursor: Option<String>,
}

impl<T> List<T> {
    /// A list that is complete.
    pub fn complete(items: Vec<T>) -> List<T> {
        List { total_count: Some(items.len() as u64), items, end_cursor: None }
    }
}

impl ListArgs {
    /// Reads pages with `fetch`, which takes the size of a page and the cursor that it follows, until there are enough items
    /// that match the filter.
    pub async fn read<T: Item>(
        &self,
        filter: &Filter,
        fetch: impl AsyncFn(u32, Option<String>) -> Result<Page<T>, Failure>,
    ) -> Result<List<T>, Failure> {
        let limit = if self.all { usize::MAX } else { self.limit as usize };
        let mut list = List { items: Vec::new(), total_count: None, end_cursor: None };
        loop {
            // Where items are left out here, it is unknown how many have to be read.
            let left = limit - list.items.len();
            let size = if filter.is_applied() { left.min(MAX_PAGE as usize) as u32 } else { MAX_PAGE };
            let page = fetch(size, list.end_cursor.take()).await?;
            if filter.is_applied() {
                list.total_count = page.total_count;
            }
            let mut is_cut = false;
            for item in page.nodes {
                if !matches(filter, &item) {
                    continue;
                }
                is_cut = list.items.len() == limit;
                if is_cut {
                    break;
                }
                list.items.push(item);
            }
            let next = page.page_info.end_cursor.filter(|_| !is_cut);
            list.end_cursor = next;
            if list.items.len() >= limit || page.page_info.has_next_page != Some(true) {
                return Ok(list);
            }
        }
    }

    /// Reads and prints a list.
    pub async fn show<T: Item>(
        &self,
        output: &Output,
        filter: &Filter,
        fetch: impl AsyncFn(u32, Option<String>) -> Result<Page<T>, Failure>,
    ) -> Result<ExitStatus, Failure> {
        self.show_of("", output, filter, fetch).await
    }

    /// As [`ListArgs::show`], of a part that is not everything, for example ` of web`.
    pub async fn show_of<T: Item>(
        &self,
        part: &str,
        output: &Output,
        filter: &Filter,
        fetch: impl AsyncFn(u32, Option<String>) -> Result<Page<T>, Failure>,
    ) -> Result<ExitStatus, Failure> {
        let list = self.read(filter, fetch).await?;
        if list.items.is_empty() && !output.json {
            let none = match self.filter.is_empty() {
                true => format!("There are no {}{part}. {}", T::PLURAL, T::WHEN_NONE),
                false => format!("None of the {}{part} match the filter.", T::PLURAL),
            };
            output.note(none.trim_end());
            return Ok(ExitStatus::Success);
        }
        print(output, &list, self.wide)?;
        let shown = list.items.len() as u64;
        match list.total_count {
            Some(total) if total > shown => {
                output.note(&format!("{shown} of {total} {} are shown; --all shows all of them.", T::PLURAL));
            }
            None if !self.all && shown >= u64::from(self.limit) => {
                output.note(&format!("{shown} {} are shown; there may be more: --all shows all of them.", T::PLURAL));
            }
            _ => {}
        }
        Ok(ExitStatus::Success)
    }
}

/// Prints items as a table or as JSON.
pub fn print<T: Item>(output: &Output, list: &List<T>, wide: bool) -> Result<(), Failure> {
    if output.json {
        return output.json_line(list);
    }
    if list.items.is_empty() {
        output.note(&format!("There are no {}.", T::PLURAL));
        return Ok(());
    }
    let mut table = Table::new(T::HEADINGS.iter().copied());
    for item in &list.items {
        table.row(item.row(output));
    }
    table.print(output, wide)
}

/// Prints the thing that a command made or changed: in JSON, if a list has such things with the list's fields, else as a
/// sentence.
pub fn print_changed<T: Serialize>(output: &Output, item: &T, sentence: &str) -> Result<(), Failure> {
    if output.json {
        return output.json_line(item);
    }
    output.note(sentence);
    Ok(())
}

/// Whether an item matches what the server has not applied.
fn matches<T: Item>(filter: &Filter, item: &T) -> bool {
    filter.is_applied() || serde_json::to_value(item).is_ok_and(|item: Value| filter.matches(&item))
}
