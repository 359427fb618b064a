//! What the far runner says, a message in each line.

use std::str::SplitWhitespace;

/// The most output that follows a line.
pub(super) const MAX_OUTPUT_BYTES: usize = 1 << 20;

/// The result of a start that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum FarResult {
    /// It ended on its own, with the exit status of a shell: 128 and the number of a signal if that ended it. So many
    /// processes stayed behind in its session, and were ended.
    Exited { status: i32, stayed: u32 },
    /// It was stopped, and ended after this number of seconds by the last signal that was sent.
    Stopped { reason: String, seconds: u64, killed: bool },
    /// These of its processes could not be ended.
    MayStillRun { processes: String },
    /// Nothing of it runs any more, and its result is not known.
    Lost,
    /// Its program was not started.
    NeverStarted,
}

/// One message of the far runner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Message {
    /// There is no trace of the start, and it will be refused if it still comes.
    NoTrace,
    /// It runs; for how many seconds, if that was asked.
    Running {
        seconds: u64,
    },
    /// Nothing of it runs any more, since the host was booted anew.
    Lost,
    /// A start with this order or a higher one is known, so this one was refused.
    Fenced(i64),
    /// Another call has the lock of the instance, or these processes of an earlier start could not be ended.
    Busy(String),
    /// Nothing was started, for this reason.
    Failed(String),
    /// So many bytes of output follow, from this offset on.
    Output {
        is_stderr: bool,
        offset: u64,
        length: usize,
    },
    /// It has ended, and its result was asked only by its state.
    HasEnded,
    Ended(FarResult),
}

impl Message {
    /// Reads a line. Returns `None` if the far runner never says this.
    pub fn parse(line: &str) -> Option<Message> {
        let mut words = line.split_whitespace();
        let word = words.next()?;
        let rest = || line[word.len()..].trim().to_owned();
        Some(match word {
            "none" => Message::NoTrace,
            "running" => Message::Running { seconds: number(&mut words).unwrap_or_default() },
            "lost" => Message::Lost,
            "fenced" => Message::Fenced(words.next()?.parse().ok()?),
            "busy" => Message::Busy(rest()),
            "failed" => Message::Failed(rest()),
            "out" | "err" => {
                let (offset, length) = (number(&mut words)?, usize::try_from(number(&mut words)?).ok()?);
                if length > MAX_OUTPUT_BYTES {
                    return None;
                }
                Message::Output { is_stderr: word == "err", offset, length }
            }
            // The boot in which it ended comes first.
            "ended" => match words.next() {
                Some(_) => Message::Ended(result(words)?),
                None => Message::HasEnded,
            },
            _ => return None,
        })
    }
}

fn number(words: &mut SplitWhitespace<'_>) -> Option<u64> {
    words.next()?.parse().ok()
}

fn result(mut words: SplitWhitespace<'_>) -> Option<FarResult> {
    Some(match words.next()? {
        "exit" => FarResult::Exited { status: words.next()?.parse().ok()?, stayed: words.next()?.parse().ok()? },
        "stop" => {
            let reason = words.next()?.to_owned();
            FarResult::Stopped { reason, seconds: number(&mut words)?, killed: words.next()? == "KILL" }
        }
        "unknown" => FarResult::MayStillRun { processes: words.collect::<Vec<_>>().join(", ") },
        "lost" => FarResult::Lost,
        "none" => FarResult::NeverStarted,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_read_and_nothing_else_is() {
        let stopped = FarResult::Stopped { reason: "idle".into(), seconds: 12, killed: true };
        for (line, message) in [
            ("none", Message::NoTrace),
            ("running 7", Message::Running { seconds: 7 }),
            ("fenced 81", Message::Fenced(81)),
            ("busy", Message::Busy(String::new())),
            ("busy 71 72", Message::Busy("71 72".into())),
            ("failed /x is not there", Message::Failed("/x is not there".into())),
            ("err 10 1048576", Message::Output { is_stderr: true, offset: 10, length: MAX_OUTPUT_BYTES }),
            ("ended", Message::HasEnded),
            ("ended 4f-7 exit 3 1", Message::Ended(FarResult::Exited { status: 3, stayed: 1 })),
            ("ended 4f-7 stop idle 12 KILL   ", Message::Ended(stopped)),
            ("ended 4f-7 unknown 5 6", Message::Ended(FarResult::MayStillRun { processes: "5, 6".into() })),
            ("ended 4f-7 lost", Message::Ended(FarResult::Lost)),
            ("ended 4f-7 none", Message::Ended(FarResult::NeverStarted)),
        ] {
            assert_eq!(Message::parse(line), Some(message), "{line}");
        }
        for line in ["", "hello", "out 1", "out 1 1048577", "fenced x", "ended 4f-7 exit", "ended 4f-7 dance"] {
            assert_eq!(Message::parse(line), None, "{line}");
        }
    }
}
