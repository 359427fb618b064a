//! The far runner on a host: how it gets there, and calls of it.

use super::connection::{Connection, read_beginning};
use super::message::Message;
use super::request::Request;
use crate::domain::order::HostIdentity;
use crate::executor::command::descriptors::spawned;
use sha2::{Digest, Sha256};
use std::fmt;
use std::io;
use std::process::Stdio;
use std::sync::LazyLock;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

/// The script.
const SCRIPT: &str = include_str!("far_runner.sh");
/// Its SHA-256, which is its name on a host.
static HASH: LazyLock<String> = LazyLock::new(|| hex::encode(Sha256::digest(SCRIPT)));
/// The first word of its answer. What a login shell prints comes before it.
const GREETING: &str = "lockkeeper-far 1 ";
/// Ends the script where it is sent: no line of it.
const END_OF_SCRIPT: &str = "end-of-the-far-runner";
/// The longest line of an answer.
const MAX_LINE_BYTES: u64 = 64 * 1024;
/// How long a host may take to answer a call over a connection that is there.
const GREETING_TIMEOUT: Duration = Duration::from_mins(1);
/// How many messages may wait to be taken.
const MESSAGES_CAPACITY: usize = 8;

/// Where the far runner is on a host, and as whom it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The directory of its state: an absolute path of letters, digits and `._-/`, so that any login shell takes it as
    /// it is.
    pub remote_state: String,
    /// Whether it runs as root, by `sudo -n`.
    pub sudo: bool,
}

impl Place {
    /// What goes before a command that runs as the far runner does.
    pub fn sudo(&self) -> &'static str {
        if self.sudo { "sudo -n " } else { "" }
    }

    /// Compares the script that is there with the one that comes from standard input, replaces it if they differ, and runs
    /// it with the rest of standard input. A script of which only a part came is not kept.
    fn command(&self) -> String {
        let (state, hash) = (&self.remote_state, &*HASH);
        let install = format!(
            "m=$(umask); umask 077; cd /; \
             s=$(while IFS= read -r l && [ \"$l\" != {END_OF_SCRIPT} ]; do printf \"%s\\n\" \"$l\"; done; printf \"%s\" \"$l\"); \
             case $s in *{END_OF_SCRIPT}) ;; *) exit 1 ;; esac; mkdir -p {state}/runner && cd {state}/runner && \
             {{ {{ [ -O {hash} ] && [ \"$s\" = \"$(cat {hash} && printf %s {END_OF_SCRIPT})\" ]; }} || \
             {{ printf \"%s\" \"${{s%{END_OF_SCRIPT}}}\" >new.$$ && chmod 700 new.$$ && mv -f new.$$ {hash}; }}; }} && \
             export FAR_UMASK=$m && exec sh {state}/runner/{hash}"
        );
        format!("{}sh -c '{install}'", self.sudo())
    }
}

/// Why a call ended before the far runner answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum CallFailure {
    /// The connection did not work, or not any more.
    Broken(String),
    /// The host answered that it does not let the far runner work; a phrase.
    Refused(String),
    /// The same, because of sudo.
    Sudo(String),
}

impl fmt::Display for CallFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (CallFailure::Broken(why) | CallFailure::Refused(why) | CallFailure::Sudo(why)) = self;
        f.write_str(why.trim_end_matches('.'))
    }
}

/// What a call brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Message(Message),
    Output { is_stderr: bool, offset: u64, bytes: Vec<u8> },
}

/// One call of the far runner. Dropped, it ends, and the command on the host goes on.
pub(super) struct Call {
    /// Killed when this is dropped.
    _child: Child,
    /// Open for as long as the call lives: its end tells the far runner that nobody listens.
    input: ChildStdin,
    answers: mpsc::Receiver<io::Result<Answer>>,
    _reading: AbortOnDropHandle<()>,
}

impl Call {
    /// Calls the far runner, and puts it there before if it is not. Returns what it says of its place.
    ///
    /// # Errors
    /// Why it did not answer.
    pub async fn new(
        connection: &Connection,
        place: &Place,
        request: &Request,
    ) -> Result<(Call, HostIdentity), CallFailure> {
        let broken = |error: io::Error| CallFailure::Broken(error.to_string());
        let mut command = connection.run(&place.command());
        command.stdin(Stdio::piped());
        let mut child = spawned(command).await.map_err(broken)?;
        let printed = tokio::spawn(read_beginning(child.stderr.take()));
        let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(CallFailure::Broken("a pipe of ssh is missing".into()));
        };
        let text = format!("{SCRIPT}{END_OF_SCRIPT}\n{}", request.text());
        // If it fails, the call has ended, and what it printed says why.
        let _ = input.write_all(text.as_bytes()).await;
        let mut output = BufReader::new(output);
        let greeting = timeout(GREETING_TIMEOUT, greeting(&mut output)).await;
        match greeting {
            Ok(Ok(Greeting::Place(identity))) => {
                let (sender, answers) = mpsc::channel(MESSAGES_CAPACITY);
                let reading = AbortOnDropHandle::new(tokio::spawn(pass_on(output, sender)));
                Ok((Call { _child: child, input, answers, _reading: reading }, identity))
            }
            Ok(Ok(Greeting::Refused(why))) => Err(CallFailure::Refused(why)),
            Ok(Ok(Greeting::None)) => {
                let status = child.wait().await.map_err(broken)?;
                let printed = one_line(&printed.await.unwrap_or_default());
                // ssh itself ends with 255 if its connection breaks.
                Err(match status.code() {
                    Some(255) | None => CallFailure::Broken(printed),
                    _ if printed.contains("sudo") => CallFailure::Sudo(printed),
                    _ => CallFailure::Refused(printed),
                })
            }
            Ok(Err(error)) => Err(CallFailure::Broken(error.to_string())),
            Err(_) => Err(CallFailure::Broken("the host did not answer in time".into())),
        }
    }

    /// Tells the far runner that its worker lives.
    pub async fn beat(&mut self) {
        // It fails only if the call has ended, which the next answer shows.
        let _ = self.input.write_all(b"\n").await;
    }

    /// Returns the next answer, or `None` when the call has ended. If it is dropped early, nothing is lost.
    pub async fn next(&mut self) -> io::Result<Option<Answer>> {
        self.answers.recv().await.transpose()
    }

    /// Returns the next message, as [`Call::next`] does; output is passed over.
    pub async fn message(&mut self) -> io::Result<Option<Message>> {
        loop {
            match self.next().await? {
                Some(Answer::Message(message)) => return Ok(Some(message)),
                Some(Answer::Output { .. }) => {}
                None => return Ok(None),
            }
        }
    }
}

enum Greeting {
    Place(HostIdentity),
    Refused(String),
    /// The call ended without one.
    None,
}

async fn greeting(output: &mut BufReader<ChildStdout>) -> io::Result<Greeting> {
    while let Some(line) = line(output).await? {
        // A login shell may leave a line open.
        if let Some((_, rest)) = line.split_once(GREETING)
            && let Some((boot, state)) = rest.split_once(' ')
        {
            let (boot_id, state_id) = (Some(boot.to_owned()), Some(state.to_owned()));
            return Ok(Greeting::Place(HostIdentity { boot_id, state_id }));
        }
        if let Some(reason) = line.strip_prefix("failed ") {
            return Ok(Greeting::Refused(reason.to_owned()));
        }
    }
    Ok(Greeting::None)
}

/// Passes answers on until the call ends or one cannot be read.
async fn pass_on(mut output: BufReader<ChildStdout>, answers: mpsc::Sender<io::Result<Answer>>) {
    loop {
        let answer = match answer(&mut output).await {
            Ok(Some(answer)) => Ok(answer),
            Ok(None) => return,
            Err(error) => Err(error),
        };
        let is_last = answer.is_err();
        if answers.send(answer).await.is_err() || is_last {
            return;
        }
    }
}

async fn answer(output: &mut BufReader<ChildStdout>) -> io::Result<Option<Answer>> {
    let Some(line) = line(output).await? else { return Ok(None) };
    match Message::parse(&line) {
        Some(Message::Output { is_stderr, offset, length }) => {
            let mut bytes = vec![0; length];
            output.read_exact(&mut bytes).await?;
            Ok(Some(Answer::Output { is_stderr, offset, bytes }))
        }
        Some(message) => Ok(Some(Answer::Message(message))),
        None => Err(io::Error::other(format!("the far runner said {line:?}, which it never says"))),
    }
}

async fn line(output: &mut BufReader<ChildStdout>) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    output.take(MAX_LINE_BYTES).read_until(b'\n', &mut line).await?;
    // A line that is cut is the end of an answer that broke off.
    Ok(line.ends_with(b"\n").then(|| String::from_utf8_lossy(&line).trim_end().to_owned()))
}

/// A text of several lines as part of a sentence.
pub(super) fn one_line(text: &str) -> String {
    let plain: String = text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}
