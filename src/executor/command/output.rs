//! The runner's side of a command's output: one thread reads both streams as they come, so that the order in which they
//! were written is kept as far as the system shows it.

use super::kept::{Kept, Record, Stream};
use super::lines::{Lines, Piece};
use super::mask::Mask;
use crate::domain::Timestamp;
use crate::executor::MAX_LINE_BYTES;
use crate::private;
use parking_lot::Mutex;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_setfl};
use std::fs::File;
use std::io::{self, PipeReader, PipeWriter, Read};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Instant;

/// The most that is read at a time.
const BUFFER_BYTES: usize = 64 << 10;
/// The most that is read after the command has ended: what a pipe can hold. What a process that is left writes later is no
/// output of the command.
const MAX_REST_BYTES: usize = 1 << 20;
/// The end of a line that was cut.
const CUT: &str = " [the rest of this line was cut off]";

/// The reading ends of a command's output.
pub(super) struct Streams {
    stdout: PipeReader,
    /// `None` if both streams are one.
    stderr: Option<PipeReader>,
}

/// Makes the pipes of a command's output.
pub(super) fn pipes(merge: bool) -> io::Result<(Streams, Stdio, Stdio)> {
    let (stdout, to_stdout) = io::pipe()?;
    if merge {
        let to_stderr = to_stdout.try_clone()?;
        return Ok((Streams { stdout, stderr: None }, to_stdout.into(), to_stderr.into()));
    }
    let (stderr, to_stderr) = io::pipe()?;
    Ok((Streams { stdout, stderr: Some(stderr) }, to_stdout.into(), to_stderr.into()))
}

/// A recording of the output of a command.
pub(super) struct Recording {
    thread: JoinHandle<Kept<Option<File>>>,
    /// Closed when the command has ended.
    until: PipeWriter,
    newest: Arc<Mutex<Instant>>,
}

/// Records the output of a command, with the secrets masked. If the file cannot be written, only output is lost, and a line
/// says so as soon as one can be written.
pub(super) fn record(path: &Path, mask: Mask, streams: Streams) -> io::Result<Recording> {
    let file = private::file().create(true).truncate(true).open(path).ok();
    let explaining = if streams.stderr.is_some() { Stream::Stderr } else { Stream::Stdout };
    let named = [(Stream::Stdout, Some(streams.stdout)), (Stream::Stderr, streams.stderr)];
    let mut sources = Vec::new();
    for (stream, pipe) in named {
        if let Some(pipe) = pipe {
            fcntl_setfl(&pipe, OFlags::NONBLOCK)?;
            let lines = Lines::new(MAX_LINE_BYTES + mask.longest(), mask.longest());
            sources.push(Source { stream, pipe, lines });
        }
    }
    let (ended, until) = io::pipe()?;
    let newest = Arc::new(Mutex::new(Instant::now()));
    let kept = Kept::new(file, explaining);
    let recorder = Recorder { sources, mask, kept, buffer: vec![0; BUFFER_BYTES], newest: newest.clone() };
    Ok(Recording { thread: thread::spawn(move || recorder.run(&ended)), until, newest })
}

impl Recording {
    /// When the command wrote something last, or was started.
    pub(super) fn newest(&self) -> Instant {
        *self.newest.lock()
    }

    /// Takes what the command has written until now, and closes the file with a message of lockkeeper at its end. Returns
    /// the last lines of standard error, or of the output if both streams are one.
    pub(super) fn finish(self, note: Option<String>) -> String {
        drop(self.until);
        // A recorder that failed has lost output, and nothing else.
        self.thread.join().map(|mut kept| kept.finish(now(), note)).unwrap_or_default()
    }
}

/// One stream.
struct Source {
    stream: Stream,
    pipe: PipeReader,
    lines: Lines,
}

struct Recorder {
    /// Those that have not ended.
    sources: Vec<Source>,
    mask: Mask,
    kept: Kept<Option<File>>,
    buffer: Vec<u8>,
    newest: Arc<Mutex<Instant>>,
}

impl Recorder {
    fn run(mut self, ended: &PipeReader) -> Kept<Option<File>> {
        while !self.sources.is_empty() {
            let Ok(ready) = self.wait(ended) else { break };
            if ready.last() == Some(&true) {
                break;
            }
            let ready = (0..self.sources.len()).filter(|number| ready[*number]);
            let ended: Vec<usize> = ready.filter(|number| self.read(*number) == Reading::Ended).collect();
            for number in ended.into_iter().rev() {
                self.close(number);
            }
            self.pass_on_overdue();
        }
        self.read_rest();
        self.kept
    }

    /// Waits until one of the sources has something, the command has ended, or a line was open for too long. Returns which of
    /// them are ready, the end of the command last.
    fn wait(&self, ended: &PipeReader) -> rustix::io::Result<Vec<bool>> {
        let pipes = self.sources.iter().map(|source| &source.pipe).chain([ended]);
        let mut waiting: Vec<PollFd> = pipes.map(|pipe| PollFd::new(pipe, PollFlags::IN)).collect();
        let deadline = self.sources.iter().filter_map(|source| source.lines.deadline()).min();
        let timeout = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
        match poll(&mut waiting, timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error),
        }
        Ok(waiting.iter().map(|pipe| !pipe.revents().is_empty()).collect())
    }

    fn read(&mut self, number: usize) -> Reading {
        let Recorder { sources, mask, kept, buffer, newest } = self;
        let source = &mut sources[number];
        match source.pipe.read(buffer) {
            Ok(0) => Reading::Ended,
            Ok(count) => {
                *newest.lock() = Instant::now();
                source.lines.feed(&buffer[..count], Instant::now(), |piece| add(kept, mask, source.stream, piece));
                Reading::Some(count)
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {
                Reading::Nothing
            }
            Err(_) => Reading::Ended,
        }
    }

    fn close(&mut self, number: usize) {
        let mut source = self.sources.remove(number);
        source.lines.pass_on_open(|piece| add(&mut self.kept, &self.mask, source.stream, piece));
    }

    fn pass_on_overdue(&mut self) {
        let now = Instant::now();
        for source in &mut self.sources {
            if source.lines.deadline().is_some_and(|deadline| deadline <= now) {
                source.lines.pass_on_open(|piece| add(&mut self.kept, &self.mask, source.stream, piece));
            }
        }
    }

    /// Takes what is in the pipes, also where a process that is left holds them open.
    fn read_rest(&mut self) {
        while !self.sources.is_empty() {
            let mut left = MAX_REST_BYTES;
            while let Reading::Some(count) = self.read(0)
                && left > 0
            {
                left = left.saturating_sub(count);
            }
            self.close(0);
        }
    }
}

/// What came of a try to read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    Some(usize),
    Nothing,
    Ended,
}

fn add(kept: &mut Kept<Option<File>>, mask: &Mask, stream: Stream, piece: Piece) {
    kept.add(Record { stream, at: now(), text: text(mask, piece), stream_end: None });
}

fn now() -> i64 {
    Timestamp::now().0
}

/// The text of a line: secrets are masked, bytes that are not UTF-8 or that no database accepts are replaced, and what is
/// longer than a line may be is cut.
pub fn text(mask: &Mask, piece: Piece) -> String {
    let limit = piece.shown + MAX_LINE_BYTES;
    let masked = mask.line(piece.bytes, piece.shown, limit, piece.open);
    let mut text = String::from_utf8_lossy(&masked).replace('\0', "\u{fffd}");
    if piece.cut || piece.bytes.len() > limit || text.len() > MAX_LINE_BYTES {
        text.truncate(text.floor_char_boundary(MAX_LINE_BYTES - CUT.len()));
        text.push_str(CUT);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::tail::Tail;
    use super::*;
    use crate::domain::target::LogStream;
    use crate::executor::Line;
    use std::io::Write;

    /// What is recorded of what this writes to standard output and standard error.
    fn recorded(mask: Mask, merge: bool, write: impl FnOnce(&mut PipeWriter, &mut PipeWriter)) -> (Vec<Line>, String) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("output");
        let (stdout, mut to_stdout) = io::pipe().unwrap();
        let (stderr, mut to_stderr) = if merge {
            (None, to_stdout.try_clone().unwrap())
        } else {
            let (stderr, to_stderr) = io::pipe().unwrap();
            (Some(stderr), to_stderr)
        };
        let recording = record(&path, mask, Streams { stdout, stderr }).unwrap();
        write(&mut to_stdout, &mut to_stderr);
        // Both pipes are still open, as if a process had been left.
        let last_lines = recording.finish(None);
        let mut tail = Tail::new(path);
        tail.read_on();
        (tail.lines.into(), last_lines)
    }

    fn texts(bytes: &[u8]) -> Vec<String> {
        let (lines, _) = recorded(Mask::default(), false, |stdout, _| stdout.write_all(bytes).unwrap());
        lines.into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn the_last_line_is_kept_without_an_end_also_while_the_pipe_is_open() {
        assert_eq!(texts(b"one\n\nversion 1.2.0 is live"), ["one", "", "version 1.2.0 is live"]);
    }

    #[test]
    fn with_one_stream_the_order_is_exact_and_the_last_lines_are_those_of_the_output() {
        let (lines, last) = recorded(Mask::default(), true, |stdout, stderr| {
            for number in 0..300 {
                writeln!(stdout, "out {number}").unwrap();
                writeln!(stderr, "err {number}").unwrap();
            }
        });
        let expected: Vec<String> =
            (0..300).flat_map(|number| [format!("out {number}"), format!("err {number}")]).collect();
        assert_eq!(lines.iter().map(|line| line.text.clone()).collect::<Vec<_>>(), expected);
        assert!(lines.iter().all(|line| line.stream == LogStream::Stdout));
        assert!(last.ends_with("out 299\nerr 299"), "{last}");
    }

    #[test]
    fn both_streams_keep_their_names_and_the_last_lines_are_those_of_standard_error() {
        let (lines, last) = recorded(Mask::default(), false, |stdout, stderr| {
            stdout.write_all(b"out\n").unwrap();
            stderr.write_all(b"FATAL: migration 42 failed\n").unwrap();
        });
        let mut streams: Vec<_> = lines.iter().map(|line| (line.stream, line.text.as_str())).collect();
        streams.sort_by_key(|(_, text)| *text);
        assert_eq!(streams, [(LogStream::Stderr, "FATAL: migration 42 failed"), (LogStream::Stdout, "out")]);
        assert_eq!(last, "FATAL: migration 42 failed");
    }

    #[test]
    fn a_secret_that_comes_in_pieces_is_hidden_also_where_the_line_is_cut_or_breaks_off() {
        // So long that the mark of a cut line would not hide its beginning.
        const SECRET: &str = "s3cr3t-t0ken-of-very-many-bytes-more-than-the-mark-of-a-cut-line-has";
        let filler = "x".repeat(MAX_LINE_BYTES - 50);
        let lines = format!("a {SECRET} b\n{filler}{SECRET}{SECRET}\nend {}", &SECRET[..20]);
        let (lines, _) = recorded(Mask::new([SECRET]), false, |stdout, _| {
            for byte in lines.bytes() {
                stdout.write_all(&[byte]).unwrap();
            }
        });
        let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
        let cut = format!("{filler}***{CUT}");
        assert_eq!(texts, ["a *** b", &cut, "end ***"]);
    }

    #[test]
    fn a_line_that_is_cut_says_so_and_the_next_one_is_whole() {
        let texts = texts(&[&vec![b'x'; 3 * MAX_LINE_BYTES][..], b"\nnext\n"].concat());
        assert!(texts[0].len() == MAX_LINE_BYTES && texts[0].ends_with(CUT));
        assert_eq!((texts[1].as_str(), texts.len()), ("next", 2));
    }

    #[test]
    fn bytes_that_are_not_text_are_replaced_within_the_limit() {
        assert_eq!(texts(b"a\xffb\0c\n"), ["a\u{fffd}b\u{fffd}c"]);
        let texts = texts(&vec![0xff; MAX_LINE_BYTES]);
        assert!(texts[0].len() <= MAX_LINE_BYTES && texts[0].starts_with('\u{fffd}') && texts[0].ends_with(CUT));
    }

    #[test]
    fn an_open_line_is_stored_after_a_while() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("output");
        let (stdout, mut to_stdout) = io::pipe().unwrap();
        let recording = record(&path, Mask::default(), Streams { stdout, stderr: None }).unwrap();
        to_stdout.write_all(b"Continue? ").unwrap();
        let mut tail = Tail::new(path);
        while tail.lines.is_empty() {
            tail.read_on();
            thread::sleep(std::time::Duration::from_millis(20));
        }
        assert_eq!(tail.lines[0].text, "Continue? ");
        recording.finish(None);
    }
}
