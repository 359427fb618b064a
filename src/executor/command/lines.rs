//! Cuts a stream of bytes into lines, as a terminal would show them.

use std::time::{Duration, Instant};

/// A line that stays open for so long is stored as it is.
pub const OPEN_LINE_TIMEOUT: Duration = Duration::from_secs(1);

/// A line, or what there is of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    /// The bytes that were kept, the first ones of the line.
    pub bytes: &'a [u8],
    /// So many of them were part of the piece before, and are not shown again: they tell where a secret began.
    pub shown: usize,
    /// Whether more bytes came than were kept.
    pub cut: bool,
    /// Whether the line has no end, or not yet.
    pub open: bool,
}

/// Takes the bytes of one stream.
///
/// A line ends with a line feed. A carriage return directly before it belongs to the end; any other discards what the line
/// had so far.
#[derive(Debug)]
pub struct Lines {
    /// How many bytes of a line are kept.
    limit: usize,
    /// How many bytes of a piece are kept for the next one of the same line.
    context: usize,
    line: Vec<u8>,
    shown: usize,
    cut: bool,
    after_return: bool,
    /// Whether the line was passed on while it was open.
    was_passed_on: bool,
    /// When the part that is not shown yet began; `None` if there is none.
    since: Option<Instant>,
}

impl Lines {
    pub fn new(limit: usize, context: usize) -> Lines {
        Lines {
            limit,
            context,
            line: Vec::new(),
            shown: 0,
            cut: false,
            after_return: false,
            was_passed_on: false,
            since: None,
        }
    }

    /// Takes bytes that came now, and passes on the lines that they end.
    pub fn feed(&mut self, mut bytes: &[u8], now: Instant, mut pass_on: impl FnMut(Piece)) {
        while !bytes.is_empty() {
            let place = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let text = &bytes[..place.unwrap_or(bytes.len())];
            if !text.is_empty() {
                if self.after_return {
                    self.clear();
                }
                self.keep(text, now);
            }
            let Some(place) = place else { return };
            if bytes[place] == b'\r' {
                self.after_return = true;
            } else {
                // A line that was stored while it was open, and got nothing since, is complete.
                if !self.was_passed_on || self.since.is_some() {
                    pass_on(self.piece(false));
                }
                self.clear();
            }
            bytes = &bytes[place + 1..];
        }
    }

    /// When the open line is to be stored as it is.
    pub fn deadline(&self) -> Option<Instant> {
        self.since.map(|since| since + OPEN_LINE_TIMEOUT)
    }

    /// Passes on the line that is open; what follows is a line of its own.
    pub fn pass_on_open(&mut self, mut pass_on: impl FnMut(Piece)) {
        if self.since.take().is_some() {
            pass_on(self.piece(true));
            let kept = self.line.len().min(self.context);
            self.line.drain(..self.line.len() - kept);
            self.shown = kept;
            self.cut = false;
            self.was_passed_on = true;
        }
    }

    fn keep(&mut self, text: &[u8], now: Instant) {
        self.since.get_or_insert(now);
        let room = (self.shown + self.limit).saturating_sub(self.line.len());
        self.line.extend_from_slice(&text[..text.len().min(room)]);
        self.cut |= text.len() > room;
    }

    fn piece(&self, open: bool) -> Piece<'_> {
        Piece { bytes: &self.line, shown: self.shown, cut: self.cut, open }
    }

    fn clear(&mut self) {
        self.line.clear();
        (self.shown, self.since) = (0, None);
        (self.cut, self.after_return, self.was_passed_on) = (false, false, false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is passed on when these come one after the other; `None` is a second without anything.
    fn pieces(parts: &[Option<&str>]) -> Vec<String> {
        let (mut lines, now, mut passed) = (Lines::new(10, 4), Instant::now(), Vec::new());
        let mut text = |piece: Piece| {
            let text = String::from_utf8(piece.bytes[piece.shown..].to_vec()).unwrap();
            let cut = if piece.cut { "+" } else { "" };
            passed.push(format!("{text}{cut}{}", if piece.open { "…" } else { "" }));
        };
        for part in parts {
            match part {
                Some(part) => lines.feed(part.as_bytes(), now, &mut text),
                None => lines.pass_on_open(&mut text),
            }
        }
        lines.pass_on_open(&mut text);
        passed
    }

    #[test]
    fn a_line_ends_with_a_line_feed_or_with_the_stream() {
        assert_eq!(pieces(&[Some("one\n\nthr"), Some("ee\nlast")]), ["one", "", "three", "last…"]);
        assert_eq!(pieces(&[Some("\n\n")]), ["", ""]);
        assert_eq!(pieces(&[]), [""; 0]);
    }

    #[test]
    fn a_carriage_return_belongs_to_a_line_end_or_discards() {
        assert_eq!(pieces(&[Some("a\r\nb\r"), Some("\nc\r\r\n")]), ["a", "b", "c"]);
        assert_eq!(pieces(&[Some("\r10%\r50%"), Some("\r99%\rdone\n")]), ["done"]);
        assert_eq!(pieces(&[Some("50%\r"), Some("failed")]), ["failed…"]);
        assert_eq!(pieces(&[Some("all there was\r")]), ["all there +…"], "nothing came to replace it");
    }

    #[test]
    fn a_line_that_stays_open_is_passed_on_and_what_follows_is_a_line_of_its_own() {
        assert_eq!(pieces(&[Some("Continue?"), None, Some("\nyes\n")]), ["Continue?…", "yes"]);
        assert_eq!(pieces(&[Some("a.."), None, None, Some(".."), None, Some("b\n")]), ["a..…", "..…", "b"]);
        assert_eq!(pieces(&[Some("30%"), None, Some("\r40%\n")]), ["30%…", "40%"]);
        assert_eq!(pieces(&[Some("30%\r"), None, Some("\n40%\n")]), ["30%…", "40%"]);
    }

    #[test]
    fn the_first_bytes_of_a_line_are_kept() {
        assert_eq!(pieces(&[Some("0123456789\n0123456789a\nb\n")]), ["0123456789", "0123456789+", "b"]);
        assert_eq!(pieces(&[Some("0123456789a"), None, Some("0123456789b\n")]), ["0123456789+…", "0123456789+"]);
    }
}
