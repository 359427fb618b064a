//! The worker's side of a command's output: cuts what it reads from the host into lines, and keeps the first and last part.

use crate::domain::Timestamp;
use crate::domain::target::LogStream;
use crate::executor::command::kept::{Kept, Record, Stream};
use crate::executor::command::lines::Lines;
use crate::executor::command::mask::Mask;
use crate::executor::command::output::text;
use crate::executor::{Begun, Line, MAX_LINE_BYTES, Stored};
use std::time::Instant;

/// The output of one start.
pub(super) struct Output {
    mask: Mask,
    stdout: Source,
    stderr: Source,
    kept: Kept<Vec<Record>>,
    /// When the command wrote something last.
    pub newest: Instant,
}

/// One stream.
struct Source {
    stream: Stream,
    lines: Lines,
    /// The offset of the next byte to read.
    next: u64,
    /// What ends before this offset is stored.
    stored: u64,
}

impl Source {
    /// Begins so far before what is stored that a secret that was cut there is recognized.
    fn new(stream: Stream, mask: &Mask, stored: Stored) -> Source {
        let context = mask.longest().max(1);
        let lines = Lines::new(MAX_LINE_BYTES + mask.longest(), mask.longest());
        Source { stream, lines, next: stored.end.saturating_sub(context as u64), stored: stored.end }
    }

    fn feed(&mut self, mut bytes: &[u8], now: Instant, mask: &Mask, kept: &mut Kept<Vec<Record>>) {
        if self.next < self.stored {
            let known = usize::try_from(self.stored - self.next).unwrap_or(usize::MAX).min(bytes.len());
            self.lines.feed(&bytes[..known], now, |_| {});
            self.next += known as u64;
            bytes = &bytes[known..];
            if self.next == self.stored {
                // It was stored while it was open.
                self.lines.pass_on_open(|_| {});
            }
        }
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.next += part.len() as u64;
            let (stream, stream_end) = (self.stream, Some(self.next));
            self.lines.feed(part, now, |piece| {
                kept.add(Record { stream, at: Timestamp::now().0, text: text(mask, piece), stream_end });
            });
        }
    }

    fn pass_on_open(&mut self, mask: &Mask, kept: &mut Kept<Vec<Record>>) {
        let (stream, stream_end) = (self.stream, Some(self.next));
        self.lines.pass_on_open(|piece| {
            kept.add(Record { stream, at: Timestamp::now().0, text: text(mask, piece), stream_end });
        });
    }
}

impl Output {
    /// Goes on with what is stored.
    pub fn new(mask: Mask, merge: bool, begun: &Begun) -> Output {
        let stdout = Source::new(Stream::Stdout, &mask, begun.stdout);
        let stderr = Source::new(Stream::Stderr, &mask, begun.stderr);
        let mut kept = Kept::new(Vec::new(), if merge { Stream::Stdout } else { Stream::Stderr });
        kept.go_on(begun.stdout.lines + begun.stderr.lines, begun.stdout.bytes + begun.stderr.bytes, &begun.last_lines);
        Output { mask, stdout, stderr, kept, newest: Instant::now() }
    }

    /// Where to read on: in standard output, and in standard error.
    pub fn offsets(&self) -> (u64, u64) {
        (self.stdout.next, self.stderr.next)
    }

    /// Takes what was read from this offset on.
    pub fn add(&mut self, is_stderr: bool, offset: u64, mut bytes: &[u8]) {
        let source = if is_stderr { &mut self.stderr } else { &mut self.stdout };
        self.newest = Instant::now();
        if offset > source.next {
            source.pass_on_open(&self.mask, &mut self.kept);
            let text =
                format!("Here {} bytes are missing: the host keeps the last 64 MiB of a stream.", offset - source.next);
            self.kept.add(Record { stream: Stream::System, at: Timestamp::now().0, text, stream_end: None });
            (source.next, source.stored) = (offset, source.stored.min(offset));
        }
        let known = usize::try_from(source.next - offset).unwrap_or(usize::MAX).min(bytes.len());
        bytes = &bytes[known..];
        source.feed(bytes, self.newest, &self.mask, &mut self.kept);
    }

    /// When a line that is open is to be passed on as it is.
    pub fn deadline(&self) -> Option<Instant> {
        [&self.stdout, &self.stderr].iter().filter_map(|source| source.lines.deadline()).min()
    }

    /// Passes on lines that were open for too long.
    pub fn pass_on_overdue(&mut self) {
        let now = Instant::now();
        for source in [&mut self.stdout, &mut self.stderr] {
            if source.lines.deadline().is_some_and(|deadline| deadline <= now) {
                source.pass_on_open(&self.mask, &mut self.kept);
            }
        }
    }

    /// Takes the lines that are to be stored now.
    pub fn take(&mut self) -> Vec<Line> {
        self.kept.sink.drain(..).map(line).collect()
    }

    /// Ends the output, with a message of lockkeeper behind it. Returns the lines that are left, and the last lines of the
    /// stream that explains a failure.
    pub fn finish(&mut self, note: Option<String>) -> (Vec<Line>, String) {
        self.stdout.pass_on_open(&self.mask, &mut self.kept);
        self.stderr.pass_on_open(&self.mask, &mut self.kept);
        let last_lines = self.kept.finish(Timestamp::now().0, note);
        (self.take(), last_lines)
    }
}

fn line(record: Record) -> Line {
    let stream = match record.stream {
        Stream::Stdout => LogStream::Stdout,
        Stream::Stderr => LogStream::Stderr,
        Stream::System => LogStream::System,
    };
    Line { stream, text: record.text, at: Timestamp(record.at), stream_end: record.stream_end }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(lines: &[Line]) -> Vec<String> {
        lines.iter().map(|line| line.text.clone()).collect()
    }

    fn begun(lines: &[Line]) -> Begun {
        let end = lines.iter().filter_map(|line| line.stream_end).max().unwrap_or_default();
        let bytes = lines.iter().map(|line| line.text.len() as u64).sum();
        Begun { stdout: Stored { lines: lines.len() as u64, bytes, end }, ..Begun::default() }
    }

    #[test]
    fn another_worker_goes_on_at_the_byte_where_a_line_was_left_open() {
        let mut first = Output::new(Mask::new(["s3cr3t-t0ken"]), false, &Begun::default());
        first.add(false, 0, b"one\nContinue? s3cr3t");
        let (lines, _) = first.finish(None);
        assert_eq!(texts(&lines), ["one", "Continue? s3cr3t"]);
        let mut second = Output::new(Mask::new(["s3cr3t-t0ken"]), false, &begun(&lines));
        assert_eq!(second.offsets(), (8, 0));
        second.add(false, 8, b"inue? s3cr3t-t0ken\n\nthree\n");
        assert_eq!(texts(&second.take()), ["***", "", "three"]);
    }

    #[test]
    fn what_the_host_did_not_keep_is_counted() {
        let mut output = Output::new(Mask::default(), false, &Begun::default());
        output.add(false, 0, b"one\n");
        output.add(false, 104, b"two\n");
        let lines = texts(&output.take());
        assert_eq!((lines[0].as_str(), lines[2].as_str()), ("one", "two"));
        assert!(lines[1].contains("Here 100 bytes are missing"), "{}", lines[1]);
    }

    proptest! {
        #[test]
        fn no_line_is_lost_or_doubled_wherever_another_worker_goes_on(text in "[ab\n]{0,60}", cut in 0_usize..60, stored in 0_usize..20) {
            let cut = cut.min(text.len());
            let mut first = Output::new(Mask::default(), false, &Begun::default());
            first.add(false, 0, &text.as_bytes()[..cut]);
            let mut lines = first.take();
            // It died before it had stored all of them.
            lines.truncate(stored);
            let mut second = Output::new(Mask::default(), false, &begun(&lines));
            let from = second.offsets().0 as usize;
            second.add(false, from as u64, &text.as_bytes()[from..]);
            lines.extend(second.finish(None).0);
            prop_assert_eq!(texts(&lines), text.lines().map(str::to_owned).collect::<Vec<_>>());
        }
    }
}
