//! Text from others, made safe for terminals: characters that a terminal would act on are escaped, as `\x1b` for example.
//! The stored data keeps them.

use std::borrow::Cow;
use std::fmt::{self, Write};

/// Escapes a text that is part of a line.
pub fn line(text: &str) -> Cow<'_, str> {
    escaped(text, |_| false)
}

/// Escapes a text of several lines.
pub fn lines(text: &str) -> Cow<'_, str> {
    escaped(text, |char| matches!(char, '\n' | '\t'))
}

/// Passes on what is written to it, escaped like [`line`].
pub struct Escaping<W>(pub W);

impl<W: Write> Write for Escaping<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write_str(&line(text))
    }
}

fn escaped(text: &str, kept: fn(char) -> bool) -> Cow<'_, str> {
    let is_plain = |char: char| kept(char) || !acts(char);
    if text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for char in text.chars() {
        // Writing to a string does not fail.
        let _ = match u32::from(char) {
            _ if is_plain(char) => shown.write_char(char),
            code @ 0..0x100 => write!(shown, "\\x{code:02x}"),
            code => write!(shown, "\\u{{{code:x}}}"),
        };
    }
    Cow::Owned(shown)
}

/// Whether a terminal acts on a character: control characters, and those that change the direction of text.
fn acts(char: char) -> bool {
    char.is_control() || matches!(char, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_act_on_is_written_out_and_nothing_else() {
        assert_eq!(line("\u{1b}[31mred\u{7f}\u{9b}\u{202e}\r\n\t"), "\\x1b[31mred\\x7f\\x9b\\u{202e}\\x0d\\x0a\\x09");
        assert_eq!(lines("one\n\ttwo\r"), "one\n\ttwo\\x0d");
        assert!(matches!(line("Größe 🚢 → \\x1b"), Cow::Borrowed("Größe 🚢 → \\x1b")));
    }
}
