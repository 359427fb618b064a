//! Text measured in the cells of a terminal: a Chinese character takes two.

use std::borrow::Cow;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// The number of cells that a text takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// Cuts a text to this many cells. A text that is cut ends with `…`.
pub fn cut(text: &str, cells: usize) -> Cow<'_, str> {
    if width(text) <= cells {
        return Cow::Borrowed(text);
    }
    let Some(room) = cells.checked_sub(1) else { return Cow::Borrowed("") };
    let mut taken = 0;
    let end = text.char_indices().find(|(_, char)| {
        taken += char.width().unwrap_or(0);
        taken > room
    });
    let kept = &text[..end.map_or(text.len(), |(at, _)| at)];
    Cow::Owned(format!("{kept}…"))
}

/// Breaks a text into lines of at most this many cells, at words. A longer word is not broken, so that it can be copied.
pub fn wrap(text: &str, cells: usize) -> Vec<Cow<'_, str>> {
    let options = textwrap::Options::new(cells.max(1))
        .break_words(false)
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    textwrap::wrap(text, options)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_by_its_cells() {
        assert_eq!(cut("host-1", 6), "host-1");
        assert_eq!(cut("host-10", 6), "host-…");
        assert_eq!(cut("机房一号", 8), "机房一号");
        // The second character would end in the cell of the ellipsis.
        assert_eq!(cut("机房一号", 4), "机…");
        assert_eq!(cut("机房", 1), "…");
        assert_eq!(cut("机房", 0), "");
        for cells in 0..12 {
            assert!(width(&cut("a机b房c一d号", cells)) <= cells);
        }
    }

    #[test]
    fn a_text_is_wrapped_at_words_and_words_stay_whole() {
        assert_eq!(wrap("lockkeeper log rel_41 host-17", 16), ["lockkeeper log", "rel_41 host-17"]);
        assert_eq!(wrap("a lockkeeper-with-a-long-name b", 5), ["a", "lockkeeper-with-a-long-name", "b"]);
    }
}
