//! A region at the end of a terminal's contents that is drawn again and again, line by line.

use crate::{cells, escape};
use anstyle::Style;
use std::fmt::Write as _;
use unicode_width::UnicodeWidthChar as _;

/// A line of styled texts. Characters that a terminal would act on are escaped as they are added.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    parts: Vec<(Style, String)>,
}

impl Line {
    /// Adds a text.
    pub fn push(mut self, style: Style, text: &str) -> Line {
        self.parts.push((style, escape::line(text).into_owned()));
        self
    }

    /// The text without its styles.
    pub fn text(&self) -> String {
        self.parts.iter().map(|(_, text)| text.as_str()).collect()
    }

    /// The text with its styles, if they are wanted.
    pub fn styled(&self, has_colors: bool) -> String {
        if !has_colors {
            return self.text();
        }
        let mut all = String::new();
        for (style, text) in &self.parts {
            // Writing to a string does not fail.
            let _ = write!(all, "{style}{text}{style:#}");
        }
        all
    }

    /// The line cut to this many cells.
    pub fn cut(&self, width: usize) -> Line {
        if cells::width(&self.text()) <= width {
            return self.clone();
        }
        let mut left = width;
        let mut parts = Vec::new();
        for (place, (style, text)) in self.parts.iter().enumerate() {
            let takes = cells::width(text);
            let is_last = self.parts[place + 1..].iter().all(|(_, text)| text.is_empty());
            // One cell stays for the sign that something is missing.
            if takes < left || (is_last && takes == left) {
                left -= takes;
                parts.push((*style, text.clone()));
                continue;
            }
            let text = if takes == left { format!("{text} ") } else { text.clone() };
            parts.push((*style, cells::cut(&text, left).into_owned()));
            break;
        }
        Line { parts }
    }
}

/// What is drawn on the terminal now. The cursor is at the beginning of the row below it.
#[derive(Default)]
pub struct Region {
    drawn: Vec<String>,
}

impl Region {
    /// The characters that draw these lines in place of those that are drawn. Lines that are wider than the terminal, or
    /// more than it has rows, have to be cut before.
    ///
    /// Terminals break a line that became too wide into several rows, so it is counted how many rows the old lines take in
    /// the present width. Rows are cleared one by one: clearing the rest of the screen would push it into the history of a
    /// multiplexer.
    pub fn draw(&mut self, lines: &[Line], width: usize, has_colors: bool) -> String {
        let mut all = String::new();
        let rows: usize = self.drawn.iter().map(|line| rows(line, width)).sum();
        if rows > 0 {
            let _ = write!(all, "\x1b[{rows}A");
        }
        all.push('\r');
        for line in lines {
            let _ = write!(all, "{}\x1b[K\r\n", line.styled(has_colors));
        }
        let left_over = rows.saturating_sub(lines.len());
        for _ in 0..left_over {
            all.push_str("\x1b[2K\r\n");
        }
        if left_over > 0 {
            let _ = write!(all, "\x1b[{left_over}A");
        }
        // What a key has echoed there.
        all.push_str("\x1b[K");
        self.drawn = lines.iter().map(Line::text).collect();
        all
    }
}

/// How many rows a line takes in a terminal of this width.
fn rows(line: &str, width: usize) -> usize {
    let (mut rows, mut column) = (1, 0);
    for cells in line.chars().map(|char| char.width().unwrap_or(0)) {
        // A wide character does not begin in the last column.
        if column + cells > width.max(2) {
            rows += 1;
            column = 0;
        }
        column += cells;
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Line {
        Line::default().push(Style::new(), text)
    }

    #[test]
    fn a_line_is_cut_over_its_parts() {
        let line = line("ab").push(Style::new().bold(), "机房").push(Style::new(), "cd");
        assert_eq!(line.cut(8).text(), "ab机房cd");
        assert_eq!(line.cut(7).text(), "ab机房…");
        assert_eq!(line.cut(6).text(), "ab机…");
        assert_eq!(line.cut(3).text(), "ab…");
        assert_eq!(line.cut(2).text(), "a…");
        for width in 0..9 {
            assert!(cells::width(&line.cut(width).text()) <= width);
        }
    }

    #[test]
    fn rows_are_those_of_a_terminal_that_breaks_lines() {
        assert_eq!((rows("", 10), rows("0123456789", 10), rows("0123456789a", 10)), (1, 1, 2));
        assert_eq!(rows("机房机房", 3), 4);
    }

    #[test]
    fn a_narrower_terminal_has_more_rows_to_clear() {
        let mut region = Region::default();
        assert_eq!(region.draw(&[line("0123456789")], 20, false), "\r0123456789\x1b[K\r\n\x1b[K");
        let again = region.draw(&[line("01234")], 5, false);
        assert_eq!(again, "\x1b[2A\r01234\x1b[K\r\n\x1b[2K\r\n\x1b[1A\x1b[K");
        assert_eq!(region.draw(&[], 5, false), "\x1b[1A\r\x1b[2K\r\n\x1b[1A\x1b[K");
        assert_eq!(region.draw(&[], 5, false), "\r\x1b[K");
    }

    #[test]
    fn control_characters_are_shown_and_styles_only_where_they_are_wanted() {
        let line = Line::default().push(Style::new().bold(), "a\x1b[2J\r");
        assert_eq!(line.styled(false), "a\\x1b[2J\\x0d");
        assert_eq!(line.styled(true), "\x1b[1ma\\x1b[2J\\x0d\x1b[0m");
    }
}
