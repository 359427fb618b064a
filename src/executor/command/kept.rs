//! What is kept of a start's output: its first part, in a file that the worker reads while it grows, and its last part, in
//! memory until the command has ended.

use crate::domain::target::MAX_MESSAGE_CHARS;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Write};

/// The most that is kept of the first part and of the last part of a start's output.
const MAX_PART_BYTES: usize = 512 << 10;
/// What a line costs beside its bytes.
const LINE_COST_BYTES: usize = 64;

/// A stream, as a record of the file names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    Stdout,
    Stderr,
    System,
}

/// A line.
#[derive(Clone, Debug)]
pub struct Record {
    pub stream: Stream,
    /// In microseconds.
    pub at: i64,
    /// Without a line end.
    pub text: String,
    /// Where it ends in its stream, if the stream can be read again from there.
    pub stream_end: Option<u64>,
}

/// Where the kept lines go.
pub trait Sink {
    /// Puts a line there.
    ///
    /// # Errors
    /// If it is not there, or not as a whole.
    fn put(&mut self, record: &Record) -> io::Result<()>;

    /// Ends a line of which only a part is there.
    fn end_broken(&mut self) -> io::Result<()>;
}

/// `None` is a file that could not be made: then the output is lost.
impl Sink for Option<File> {
    fn put(&mut self, record: &Record) -> io::Result<()> {
        let Some(file) = self else { return Ok(()) };
        let stream = match record.stream {
            Stream::Stdout => 'o',
            Stream::Stderr => 'e',
            Stream::System => 's',
        };
        file.write_all(format!("{stream}{} {}\n", record.at, record.text).as_bytes())
    }

    fn end_broken(&mut self) -> io::Result<()> {
        self.as_mut().map_or(Ok(()), |file| file.write_all(b"\n"))
    }
}

impl Sink for Vec<Record> {
    fn put(&mut self, record: &Record) -> io::Result<()> {
        self.push(record.clone());
        Ok(())
    }

    fn end_broken(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Record {
    fn cost(&self) -> usize {
        self.text.len() + LINE_COST_BYTES
    }
}

/// The kept output of one start.
pub struct Kept<S> {
    pub sink: S,
    /// The last record could not be written, or not completely.
    broken: bool,
    /// How much more the first part may have; `None` once more came.
    first_left: Option<usize>,
    last: VecDeque<Record>,
    last_cost: usize,
    missing_lines: u64,
    missing_bytes: u64,
    /// The stream whose last lines explain a failure.
    explaining: Stream,
    explanation: VecDeque<String>,
    explanation_chars: usize,
}

impl<S: Sink> Kept<S> {
    pub fn new(sink: S, explaining: Stream) -> Kept<S> {
        Kept {
            sink,
            broken: false,
            first_left: Some(MAX_PART_BYTES),
            last: VecDeque::new(),
            last_cost: 0,
            missing_lines: 0,
            missing_bytes: 0,
            explaining,
            explanation: VecDeque::new(),
            explanation_chars: 0,
        }
    }

    /// Goes on after another one that kept these numbers of bytes and lines, and whose explaining stream ended like this.
    pub fn go_on(&mut self, lines: u64, bytes: u64, explanation: &[String]) {
        let cost = usize::try_from(bytes + lines * LINE_COST_BYTES as u64).unwrap_or(usize::MAX);
        // If it had filled the first part, what it had of the last part was not stored.
        self.first_left = Some(MAX_PART_BYTES.saturating_sub(cost));
        for text in explanation {
            self.explain(text);
        }
    }

    pub fn add(&mut self, record: Record) {
        if record.stream == self.explaining {
            self.explain(&record.text);
        }
        if let Some(left) = self.first_left {
            self.first_left = left.checked_sub(record.cost());
            if self.first_left.is_some() {
                return self.write(&record);
            }
            self.note(record.at, "More output follows when the command has ended: its last 512 KiB.".to_owned());
        }
        self.last_cost += record.cost();
        self.last.push_back(record);
        while self.last_cost > MAX_PART_BYTES
            && let Some(oldest) = self.last.pop_front()
        {
            self.last_cost -= oldest.cost();
            self.missing_lines += 1;
            self.missing_bytes += oldest.text.len() as u64 + 1;
        }
    }

    /// Writes the last part, and a message of lockkeeper behind it. Returns the last lines of the stream that explains a
    /// failure.
    pub fn finish(&mut self, at: i64, note: Option<String>) -> String {
        if self.missing_lines > 0 {
            let (lines, bytes) = (self.missing_lines, self.missing_bytes);
            let text = format!(
                "Here {lines} lines with {bytes} bytes are missing: of the output, the first and the last 512 KiB are kept."
            );
            self.note(at, text);
        }
        for record in std::mem::take(&mut self.last) {
            self.write(&record);
        }
        if let Some(note) = note {
            self.note(at, note);
        }
        self.mend(at);
        Vec::from(std::mem::take(&mut self.explanation)).join("\n")
    }

    /// Remembers a line as one of the last ones.
    fn explain(&mut self, text: &str) {
        let text = text.trim_end();
        if text.is_empty() {
            return;
        }
        let surplus = text.chars().count().saturating_sub(MAX_MESSAGE_CHARS - 1);
        let text: String = text.chars().skip(surplus).collect();
        self.explanation_chars += text.chars().count() + 1;
        self.explanation.push_back(text);
        while self.explanation_chars > MAX_MESSAGE_CHARS
            && let Some(oldest) = self.explanation.pop_front()
        {
            self.explanation_chars -= oldest.chars().count() + 1;
        }
    }

    fn note(&mut self, at: i64, text: String) {
        self.write(&Record { stream: Stream::System, at, text, stream_end: None });
    }

    fn write(&mut self, record: &Record) {
        self.mend(record.at);
        self.put(record);
    }

    /// Notes that something is missing, if that can be written now.
    fn mend(&mut self, at: i64) {
        if self.broken && self.sink.end_broken().is_ok() {
            self.broken = false;
            let text = "Output is missing here: it could not be written to the state directory.".to_owned();
            self.put(&Record { stream: Stream::System, at, text, stream_end: None });
        }
    }

    fn put(&mut self, record: &Record) {
        self.broken |= self.sink.put(record).is_err();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(lines: impl IntoIterator<Item = (Stream, String)>, explaining: Stream) -> (Vec<String>, String) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("output");
        let mut kept = Kept::new(Some(File::create(&path).unwrap()), explaining);
        for (at, (stream, text)) in (1..).zip(lines) {
            kept.add(Record { stream, at, text, stream_end: None });
        }
        let explanation = kept.finish(0, Some("the end".into()));
        (std::fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect(), explanation)
    }

    #[test]
    fn the_first_and_the_last_part_are_kept_and_what_is_missing_is_counted() {
        let lines = (0..40_000).map(|number| (Stream::Stdout, format!("{number:064}")));
        let (lines, _) = kept(lines.chain([(Stream::Stderr, "FATAL".into())]), Stream::Stderr);
        // Each line costs 128 bytes.
        let part = MAX_PART_BYTES / 128;
        assert_eq!(lines[part - 1], format!("o{part} {:064}", part - 1));
        assert!(lines[part].starts_with('s') && lines[part].contains("follows when the command has ended"));
        let missing = 40_001 - 2 * part;
        assert!(
            lines[part + 1].contains(&format!("Here {missing} lines with {} bytes", missing * 65)),
            "{}",
            lines[part + 1]
        );
        assert_eq!(lines.len(), 2 * part + 3);
        assert_eq!(lines[lines.len() - 2..], ["e40001 FATAL", "s0 the end"]);
    }

    #[test]
    fn a_line_costs_its_place_so_that_a_part_has_8192_lines_at_most() {
        let (lines, _) = kept((0..1_000_000).map(|_| (Stream::Stdout, String::new())), Stream::Stderr);
        assert_eq!(lines.len(), 2 * 8192 + 3);
    }

    #[test]
    fn what_fits_into_both_parts_is_complete() {
        let (lines, _) = kept((0..16_000).map(|_| (Stream::Stdout, String::new())), Stream::Stderr);
        assert_eq!(lines.iter().filter(|line| line.starts_with('o')).count(), 16_000);
        assert!(!lines.iter().any(|line| line.contains("missing")));
    }

    #[test]
    fn the_last_lines_of_the_explaining_stream_are_returned() {
        let lines = [(Stream::Stderr, "why"), (Stream::Stdout, "done"), (Stream::Stderr, " "), (Stream::Stderr, "so")];
        let lines = lines.map(|(stream, text)| (stream, text.to_owned()));
        assert_eq!(kept(lines.clone(), Stream::Stderr).1, "why\nso");
        assert_eq!(kept(lines, Stream::Stdout).1, "done");
        let many = (0..500).map(|number| (Stream::Stderr, format!("line {number}")));
        let (_, last) = kept(many.chain([(Stream::Stderr, "ä".repeat(800))]), Stream::Stderr);
        assert!(last.chars().count() <= MAX_MESSAGE_CHARS && last.contains("line 499\nä"), "{last}");
        let (_, last) = kept([(Stream::Stderr, format!("{}end", "x".repeat(5000)))], Stream::Stderr);
        assert!(last.chars().count() < MAX_MESSAGE_CHARS && last.ends_with("xend"));
    }
}
