//! The position of a part of a text: its line and column, counted in characters.

use apollo_compiler::parser::SourceSpan;
use async_graphql::Pos;

/// The number of bytes between two offsets whose characters are counted in advance.
const STEP_BYTES: usize = 256;

/// The positions in one text.
pub struct Positions<'t> {
    text: &'t str,
    /// The offset of each line.
    lines: Vec<usize>,
    /// The number of characters before each [`STEP_BYTES`] bytes; empty if every character is one byte.
    counted: Vec<usize>,
}

impl<'t> Positions<'t> {
    pub fn of(text: &'t str) -> Positions<'t> {
        let bytes = text.as_bytes();
        let ends = bytes.iter().enumerate();
        let ends = ends.filter(|&(at, byte)| *byte == b'\n' || *byte == b'\r' && bytes.get(at + 1) != Some(&b'\n'));
        let lines = std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect();
        let mut counted = Vec::new();
        if !text.is_ascii() {
            let mut characters = 0;
            for step in bytes.chunks(STEP_BYTES) {
                counted.push(characters);
                characters += step.iter().filter(|byte| is_first(**byte)).count();
            }
        }
        Positions { text, lines, counted }
    }

    /// Returns the position where a part begins, or the beginning of the text without a span.
    pub fn of_span(&self, span: Option<SourceSpan>) -> Pos {
        self.at(span.map_or(0, |span| span.offset()))
    }

    /// Returns the position at an offset.
    fn at(&self, offset: usize) -> Pos {
        let line = self.lines.partition_point(|start| *start <= offset);
        let column = self.characters(offset) - self.characters(self.lines[line - 1]) + 1;
        Pos { line, column }
    }

    /// Returns how many characters begin before an offset.
    fn characters(&self, offset: usize) -> usize {
        let step = offset / STEP_BYTES;
        match self.counted.get(step) {
            Some(counted) => {
                let rest = &self.text.as_bytes()[step * STEP_BYTES..offset];
                counted + rest.iter().filter(|byte| is_first(**byte)).count()
            }
            None if self.counted.is_empty() => offset,
            None => self.text.chars().count(),
        }
    }
}

/// Whether a byte is the first of a character.
fn is_first(byte: u8) -> bool {
    byte & 0b1100_0000 != 0b1000_0000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_in_three_ways_and_columns_are_characters() {
        for text in ["a\nbé\r\n cd\re", &format!("{}\n{}é😀x", "é".repeat(700), "ü".repeat(300))] {
            let positions = Positions::of(text);
            let (mut line, mut column) = (1, 1);
            for (offset, char) in text.char_indices() {
                assert_eq!(positions.at(offset), Pos { line, column }, "{offset}");
                let ends = char == '\n' || char == '\r' && !text[offset..].starts_with("\r\n");
                (line, column) = if ends { (line + 1, 1) } else { (line, column + 1) };
            }
            assert_eq!(positions.at(text.len()), Pos { line, column }, "at the end");
        }
        assert_eq!(Positions::of("").at(0), Pos { line: 1, column: 1 });
    }
}
