//! The worker's side of a command's output: reads the file of the runner while it grows.

use crate::domain::Timestamp;
use crate::domain::target::LogStream;
use crate::executor::{Line, MAX_LINE_BYTES};
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;

/// A reader of a file of output.
pub(super) struct Tail {
    path: PathBuf,
    /// The bytes of the file that were read.
    offset: u64,
    /// Lines that were read and not yet taken.
    pub lines: VecDeque<Line>,
}

impl Tail {
    pub(super) fn new(path: PathBuf) -> Tail {
        Tail { path, offset: 0, lines: VecDeque::new() }
    }

    /// Reads the complete lines that came since the last time. The file does not exist before the first one.
    pub(super) fn read_on(&mut self) {
        let lines = self.read().unwrap_or_default();
        self.lines.extend(lines);
    }

    fn read(&mut self) -> io::Result<Vec<Line>> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(self.offset))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let complete = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        self.offset += complete as u64;
        Ok(bytes[..complete].split(|byte| *byte == b'\n').filter_map(parse).collect())
    }
}

fn parse(record: &[u8]) -> Option<Line> {
    let (head, text) = record.split_at(record.iter().position(|byte| *byte == b' ')?);
    let stream = match head.first()? {
        b'o' => LogStream::Stdout,
        b'e' => LogStream::Stderr,
        _ => LogStream::System,
    };
    let at = std::str::from_utf8(&head[1..]).ok()?.parse().ok()?;
    Some(Line { stream, text: readable(&text[1..]), at: Timestamp(at), stream_end: None })
}

/// The text of a line: bytes that are not UTF-8 or that no database accepts are replaced, within the same length.
fn readable(bytes: &[u8]) -> String {
    let mut text = String::from_utf8_lossy(bytes).replace('\0', "\u{fffd}");
    text.truncate(text.floor_char_boundary(MAX_LINE_BYTES));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tail_returns_each_complete_line_once() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("output");
        let mut tail = Tail::new(path.clone());
        let mut read = || {
            tail.read_on();
            tail.lines.drain(..).collect::<Vec<_>>()
        };
        assert_eq!(read(), []);
        std::fs::write(&path, "o1 one\ne2 two").unwrap();
        assert_eq!(read().len(), 1);
        std::fs::write(&path, "o1 one\ne2 two\n").unwrap();
        let line = Line { stream: LogStream::Stderr, text: "two".into(), at: Timestamp(2), stream_end: None };
        assert_eq!((read(), read()), (vec![line], vec![]));
    }
}
