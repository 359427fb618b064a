//! The runner's side of a command's output: writes it into a bounded file, line by line, each with its stream and time.

use super::mask::Mask;
use crate::domain::Timestamp;
use crate::executor::MAX_LINE_BYTES;
use crate::private;
use parking_lot::Mutex;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

/// The most that is kept of one start's output.
const MAX_OUTPUT_BYTES: usize = 1 << 20;
/// How long to wait for the ends of pipes that a process outside the session may hold open.
const PIPE_END_TIMEOUT: Duration = Duration::from_millis(200);

/// A recording of both streams of a command.
pub(super) struct Recording {
    /// Gets a message for each stream that has ended.
    ended: Receiver<()>,
    streams: usize,
    file: Arc<Mutex<Option<Bounded>>>,
}

struct Bounded {
    file: File,
    /// How many bytes more are kept; `None` once more came.
    left: Option<usize>,
    /// The last record could not be written, or not completely.
    broken: bool,
}

/// Records both streams of a command, with the secrets masked. If the file cannot be written, only output is lost, and
/// a line says so as soon as one can be written.
pub(super) fn record(
    path: &Path,
    mask: Mask,
    stdout: Option<impl Read + Send + 'static>,
    stderr: Option<impl Read + Send + 'static>,
) -> Recording {
    let file = private::file().create(true).truncate(true).open(path);
    let file =
        Arc::new(Mutex::new(file.ok().map(|file| Bounded { file, left: Some(MAX_OUTPUT_BYTES), broken: false })));
    let (end, ended) = channel();
    let mut streams = 0;
    if let Some(stdout) = stdout {
        streams += 1;
        follow(b'o', stdout, mask.clone(), file.clone(), end.clone());
    }
    if let Some(stderr) = stderr {
        streams += 1;
        follow(b'e', stderr, mask, file.clone(), end);
    }
    Recording { ended, streams, file }
}

impl Recording {
    /// Waits for the last lines and closes the file.
    pub(super) fn finish(self) {
        for _ in 0..self.streams {
            // What another process that holds the pipe open writes later is not output of the command.
            let _ = self.ended.recv_timeout(PIPE_END_TIMEOUT);
        }
        if let Some(mut file) = self.file.lock().take() {
            file.mend();
        }
    }
}

fn follow(
    stream: u8,
    source: impl Read + Send + 'static,
    mask: Mask,
    file: Arc<Mutex<Option<Bounded>>>,
    end: Sender<()>,
) {
    thread::spawn(move || {
        let mut source = BufReader::new(source);
        let mut line = Vec::new();
        while let Ok(Some(line_end)) = read_line(&mut source, MAX_LINE_BYTES + mask.longest(), &mut line) {
            let shown = mask.line(&line, MAX_LINE_BYTES, line_end == LineEnd::BrokeOff);
            if let Some(file) = &mut *file.lock() {
                file.write(stream, &shown);
            }
        }
        // The runner may have stopped waiting.
        let _ = end.send(());
    });
}

/// How a line ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LineEnd {
    LineFeed,
    /// The stream ended within the line.
    BrokeOff,
}

/// Reads to the next line feed, and keeps the first `limit` bytes. Returns `None` at the end of the stream.
fn read_line(source: &mut impl BufRead, limit: usize, line: &mut Vec<u8>) -> std::io::Result<Option<LineEnd>> {
    line.clear();
    let mut any = false;
    loop {
        let chunk = source.fill_buf()?;
        if chunk.is_empty() {
            return Ok(any.then_some(LineEnd::BrokeOff));
        }
        any = true;
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let text = &chunk[..end.unwrap_or(chunk.len())];
        line.extend_from_slice(&text[..text.len().min(limit - line.len())]);
        let used = end.map_or(chunk.len(), |end| end + 1);
        source.consume(used);
        if end.is_some() {
            return Ok(Some(LineEnd::LineFeed));
        }
    }
}

impl Bounded {
    fn write(&mut self, stream: u8, line: &[u8]) {
        let Some(left) = self.left else { return };
        self.left = left.checked_sub(line.len() + 1);
        self.mend();
        match self.left {
            Some(_) => self.record(stream, line),
            None => self.record(b's', b"The output beyond 1 MiB was dropped."),
        }
    }

    /// Notes that something is missing, if that can be written now.
    fn mend(&mut self) {
        if self.broken && self.file.write_all(b"\n").is_ok() {
            self.broken = false;
            self.record(b's', b"Output is missing here: it could not be written to the state directory.");
        }
    }

    fn record(&mut self, stream: u8, line: &[u8]) {
        let mut record = format!("{}{} ", char::from(stream), Timestamp::now().0).into_bytes();
        record.extend_from_slice(line);
        record.push(b'\n');
        self.broken |= self.file.write_all(&record).is_err();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::target::LogStream;
    use crate::executor::Line;
    use crate::executor::command::tail::Tail;
    use std::collections::VecDeque;
    use std::io::Cursor;

    fn recorded(stdout: Vec<u8>) -> Vec<Line> {
        masked(Mask::default(), Cursor::new(stdout))
    }

    fn masked(mask: Mask, stdout: impl Read + Send + 'static) -> Vec<Line> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("output");
        record(&path, mask, Some(stdout), None::<Cursor<Vec<u8>>>).finish();
        let mut tail = Tail::new(path);
        tail.read_on();
        tail.lines.into()
    }

    fn texts(stdout: Vec<u8>) -> Vec<String> {
        recorded(stdout).into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn output_is_kept_line_by_line_also_a_last_line_without_an_end() {
        assert_eq!(texts(b"one\n\nthree".to_vec()), ["one", "", "three"]);
    }

    #[test]
    fn a_secret_that_comes_in_pieces_is_hidden_also_where_the_line_is_cut_or_breaks_off() {
        const SECRET: &str = "s3cr3t-t0ken-of-many-bytes";
        let filler = "x".repeat(MAX_LINE_BYTES - 10);
        let lines = format!("a {SECRET} b\n{filler}{SECRET}{SECRET}\nend {}", &SECRET[..20]);
        let lines = masked(Mask::new([SECRET]), OneByOne(lines.into_bytes().into()));
        let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(texts, ["a *** b", &format!("{filler}***"), "end ***"]);
    }

    /// Returns one byte at a time.
    struct OneByOne(VecDeque<u8>);

    impl Read for OneByOne {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            let Some(byte) = self.0.pop_front() else { return Ok(0) };
            into[0] = byte;
            Ok(1)
        }
    }

    #[test]
    fn a_long_line_is_cut_and_the_next_one_is_whole() {
        let mut text = vec![b'x'; 3 * MAX_LINE_BYTES];
        text.extend_from_slice(b"\nnext\n");
        let texts = texts(text);
        assert_eq!((texts[0].len(), texts[1].as_str(), texts.len()), (MAX_LINE_BYTES, "next", 2));
    }

    #[test]
    fn bytes_that_are_not_text_are_replaced_within_the_limit() {
        assert_eq!(texts(b"a\xffb\0c\n".to_vec()), ["a\u{fffd}b\u{fffd}c"]);
        let texts = texts(vec![0xff; MAX_LINE_BYTES]);
        assert!(texts[0].len() <= MAX_LINE_BYTES && texts[0].starts_with('\u{fffd}'));
    }

    #[test]
    fn output_beyond_the_limit_is_dropped_and_a_line_says_so() {
        let line = [vec![b'x'; 1023], vec![b'\n']].concat();
        let lines = recorded(line.repeat(2000));
        assert_eq!(lines.len(), 1025);
        assert_eq!(lines[1024].stream, LogStream::System);
    }
}
