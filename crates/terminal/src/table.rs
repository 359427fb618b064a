//! Tables that fit the terminal.

use crate::cells;
use crate::escape;
use crate::failure::Failure;
use crate::output::Output;
use anstyle::Style;
use comfy_table::{ContentArrangement, Row, Table as Layout};

/// Cells between two columns.
const GAP: u16 = 2;

/// Rows of text under a heading for each column.
pub struct Table {
    headings: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table with these columns; without any, it has no headings.
    pub fn new<'h>(headings: impl IntoIterator<Item = &'h str>) -> Table {
        Table { headings: headings.into_iter().map(str::to_owned).collect(), rows: Vec::new() }
    }

    /// Adds a row. Characters that a terminal would act on are escaped; an empty cell is shown as `–`.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let cell = |text: String| if text.is_empty() { "–".to_owned() } else { escape::line(&text).into_owned() };
        self.rows.push(cells.into_iter().map(cell).collect());
    }

    /// Prints the table. In a terminal its lines are cut to the width, unless it may be `wide`.
    pub fn print(&self, output: &Output, wide: bool) -> Result<(), Failure> {
        self.print_lines(output, if wide { None } else { output.width() }, "")
    }

    /// Prints the table with this text before each of its lines, which are cut to the width of the terminal.
    pub fn print_indented(&self, output: &Output, indent: &str) -> Result<(), Failure> {
        let width = output.width().map(|width| width.saturating_sub(cells::width(indent)));
        self.print_lines(output, width, indent)
    }

    fn print_lines(&self, output: &Output, width: Option<usize>, indent: &str) -> Result<(), Failure> {
        for (place, line) in self.lines(width).iter().enumerate() {
            let is_heading = place == 0 && !self.headings.is_empty();
            let style = if is_heading { Style::new().bold() } else { Style::new() };
            output.print(&format!("{indent}{style}{line}{style:#}"))?;
        }
        Ok(())
    }

    /// The lines, of at most this many cells each if a width is given.
    fn lines(&self, width: Option<usize>) -> Vec<String> {
        let mut layout = Layout::new();
        layout.load_style(comfy_table::presets::NOTHING).set_truncation_indicator("…");
        if !self.headings.is_empty() {
            layout.set_header(one_line(&self.headings));
        }
        layout.add_rows(self.rows.iter().map(one_line));
        for column in layout.column_iter_mut() {
            column.set_padding((0, GAP));
        }
        match width {
            Some(width) => {
                layout.set_content_arrangement(ContentArrangement::Dynamic);
                layout.set_width(u16::try_from(width).unwrap_or(u16::MAX));
            }
            None => {
                layout.set_content_arrangement(ContentArrangement::Disabled);
            }
        }
        let cut = |line: String| cells::cut(line.trim_end(), width.unwrap_or(usize::MAX)).into_owned();
        layout.lines().map(cut).collect()
    }
}

/// A row of one line: what does not fit is cut.
fn one_line(cells: impl Into<Row>) -> Row {
    let mut row = cells.into();
    row.max_height(1);
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(["HOSTNAME", "STATUS", "NOTE"]);
        table.row(["host-1".to_owned(), "RUNNING".to_owned(), String::new()]);
        table.row(["机房一号".to_owned(), "FAILED".to_owned(), "a\u{1b}[31m long note that does not fit".to_owned()]);
        table
    }

    #[test]
    fn a_table_without_a_limit_shows_everything_and_no_control_characters() {
        assert_eq!(
            table().lines(None),
            [
                "HOSTNAME  STATUS   NOTE",
                "host-1    RUNNING  –",
                "机房一号  FAILED   a\\x1b[31m long note that does not fit",
            ]
        );
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for width in 1..80 {
            let lines = table().lines(Some(width));
            assert_eq!(lines.len(), 3, "{lines:?}");
            assert!(lines.iter().all(|line| cells::width(line) <= width), "{width}: {lines:?}");
        }
        assert!(table().lines(Some(40))[2].contains('…'));
    }
}
