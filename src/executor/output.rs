//! A command's output on its way: the runner writes it into a bounded file, line by line, each with its
//! stream and time; the worker reads it there while it grows.

use super::mask::Mask;
use super::{LINE, Line};
use crate::domain::Timestamp;
use crate::domain::target::LogStream;
use crate::private;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

/// The most that is kept of one start's output, in bytes.
const KEPT: usize = 1 << 20;
/// How long to wait for the ends of pipes that something outside the session may hold open.
const ENDS: Duration = Duration::from_millis(200);

/// The side of the runner.
pub(super) struct Recording {
    ends: Receiver<()>,
    streams: usize,
    file: Arc<Mutex<Option<Bounded>>>,
}

struct Bounded {
    file: File,
    /// How much more it may grow; none when it is over.
    left: Option<usize>,
    /// The last record could not be written, or not in whole.
    broken: bool,
}

/// Records both streams of a command, without the secrets. A file that cannot be written loses output, and nothing else; what comes after says
/// so.
pub(super) fn record(
    path: &Path,
    mask: Mask,
    stdout: Option<impl Read + Send + 'static>,
    stderr: Option<impl Read + Send + 'static>,
) -> Recording {
    let file = private::file().create(true).truncate(true).open(path);
    let file = Arc::new(Mutex::new(file.ok().map(|file| Bounded { file, left: Some(KEPT), broken: false })));
    let (tell, ends) = channel();
    let mut streams = 0;
    if let Some(stdout) = stdout {
        streams += 1;
        follow(b'o', stdout, mask.clone(), file.clone(), tell.clone());
    }
    if let Some(stderr) = stderr {
        streams += 1;
        follow(b'e', stderr, mask, file.clone(), tell);
    }
    Recording { ends, streams, file }
}

impl Recording {
    /// Waits for the last lines, and closes the file.
    pub(super) fn finish(self) {
        for _ in 0..self.streams {
            // A pipe that a stranger holds open says nothing that counts.
            let _ = self.ends.recv_timeout(ENDS);
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
    tell: Sender<()>,
) {
    thread::spawn(move || {
        let mut source = BufReader::new(source);
        let mut line = Vec::new();
        while let Ok(Some(end)) = read_line(&mut source, LINE + mask.longest(), &mut line) {
            let shown = mask.line(&line, LINE, end == End::BrokeOff);
            if let Some(file) = &mut *file.lock() {
                file.write(stream, &shown);
            }
        }
        // The runner may wait no more.
        let _ = tell.send(());
    });
}

/// How a line ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    LineFeed,
    /// Without one: the command ended, or was ended.
    BrokeOff,
}

/// Reads up to the next line feed and keeps the first bytes of it, up to `limit`. Returns `None` at the end.
fn read_line(source: &mut impl BufRead, limit: usize, line: &mut Vec<u8>) -> std::io::Result<Option<End>> {
    line.clear();
    let mut any = false;
    loop {
        let chunk = source.fill_buf()?;
        if chunk.is_empty() {
            return Ok(any.then_some(End::BrokeOff));
        }
        any = true;
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let text = &chunk[..end.unwrap_or(chunk.len())];
        line.extend_from_slice(&text[..text.len().min(limit - line.len())]);
        let used = end.map_or(chunk.len(), |end| end + 1);
        source.consume(used);
        if end.is_some() {
            return Ok(Some(End::LineFeed));
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
            None => self.record(b's', b"More output than 1 MiB was dropped."),
        }
    }

    /// Says that something is missing, if that can be written now.
    fn mend(&mut self) {
        if self.broken && self.file.write_all(b"\n").is_ok() {
            self.broken = false;
            self.record(b's', b"Output is missing here: it could not be stored.");
        }
    }

    fn record(&mut self, stream: u8, line: &[u8]) {
        let mut record = format!("{}{} ", char::from(stream), Timestamp::now().0).into_bytes();
        record.extend_from_slice(line);
        record.push(b'\n');
        self.broken |= self.file.write_all(&record).is_err();
    }
}

/// The side of the worker: reads what is new.
pub(super) struct Tail {
    path: PathBuf,
    place: u64,
    /// What was read and not yet taken.
    pub lines: VecDeque<Line>,
}

impl Tail {
    pub(super) fn new(path: PathBuf) -> Tail {
        Tail { path, place: 0, lines: VecDeque::new() }
    }

    /// Reads the whole lines that came since the last look. Before the first one there is no file.
    pub(super) fn look(&mut self) {
        let lines = self.read().unwrap_or_default();
        self.lines.extend(lines);
    }

    fn read(&mut self) -> std::io::Result<Vec<Line>> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(self.place))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        self.place += whole as u64;
        Ok(bytes[..whole].split(|byte| *byte == b'\n').filter_map(parse).collect())
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
    Some(Line { stream, text: readable(&text[1..]), at: Timestamp(at) })
}

/// The text of a line: what is not UTF-8 and what no database takes is replaced, and the length kept.
fn readable(bytes: &[u8]) -> String {
    let mut text = String::from_utf8_lossy(bytes).replace('\0', "\u{fffd}");
    text.truncate(text.floor_char_boundary(LINE));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn recorded(stdout: Vec<u8>) -> Vec<Line> {
        masked(Mask::default(), Cursor::new(stdout))
    }

    fn masked(mask: Mask, stdout: impl Read + Send + 'static) -> Vec<Line> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("output");
        record(&path, mask, Some(stdout), None::<Cursor<Vec<u8>>>).finish();
        let mut tail = Tail::new(path);
        tail.look();
        tail.lines.into()
    }

    fn texts(stdout: Vec<u8>) -> Vec<String> {
        recorded(stdout).into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn output_is_kept_line_by_line_with_its_last_line_unended() {
        assert_eq!(texts(b"one\n\nthree".to_vec()), ["one", "", "three"]);
    }

    #[test]
    fn a_secret_that_comes_in_pieces_is_hidden_also_where_the_line_is_cut_or_breaks_off() {
        const SECRET: &str = "s3cr3t-t0ken-of-many-bytes";
        let filler = "x".repeat(LINE - 10);
        let lines = format!("a {SECRET} b\n{filler}{SECRET}{SECRET}\nend {}", &SECRET[..20]);
        let lines = masked(Mask::new([SECRET]), OneByOne(lines.into_bytes().into()));
        let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(texts, ["a *** b", &format!("{filler}***"), "end ***"]);
    }

    /// Gives one byte at a time.
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
        let mut text = vec![b'x'; 3 * LINE];
        text.extend_from_slice(b"\nnext\n");
        let texts = texts(text);
        assert_eq!((texts[0].len(), texts[1].as_str(), texts.len()), (LINE, "next", 2));
    }

    #[test]
    fn what_is_no_text_is_replaced_and_still_bounded() {
        assert_eq!(texts(b"a\xffb\0c\n".to_vec()), ["a\u{fffd}b\u{fffd}c"]);
        let texts = texts(vec![0xff; LINE]);
        assert!(texts[0].len() <= LINE && texts[0].starts_with('\u{fffd}'));
    }

    #[test]
    fn output_beyond_the_limit_is_dropped_and_that_is_said() {
        let line = [vec![b'x'; 1023], vec![b'\n']].concat();
        let lines = recorded(line.repeat(2000));
        assert_eq!(lines.len(), 1025);
        assert_eq!(lines[1024].stream, LogStream::System);
    }

    #[test]
    fn a_tail_gives_each_whole_line_once() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("output");
        let mut tail = Tail::new(path.clone());
        let mut look = || {
            tail.look();
            tail.lines.drain(..).collect::<Vec<_>>()
        };
        assert_eq!(look(), []);
        std::fs::write(&path, "o1 one\ne2 two").unwrap();
        assert_eq!(look().len(), 1);
        std::fs::write(&path, "o1 one\ne2 two\n").unwrap();
        let line = Line { stream: LogStream::Stderr, text: "two".into(), at: Timestamp(2) };
        assert_eq!((look(), look()), (vec![line], vec![]));
    }
}
