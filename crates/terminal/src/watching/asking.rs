//! What a person decides about a release that is paused.

use super::waves;
use crate::commands::pause::ResumeTo;
use lockkeeper_client::operations::release::{Progress, Release, ReleaseAction};
use std::io;
use std::thread;
use tokio::sync::oneshot;

/// What becomes of a paused release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    Resume(ResumeTo),
    /// It is canceled, and what it moved goes back.
    Undo,
    /// It stays paused, and is no longer watched.
    Leave,
}

impl Decision {
    /// Reads an answer. What is none of the words leaves the release as it is.
    fn read(answer: &str, release: &Release) -> Decision {
        match answer.trim().to_lowercase().as_str() {
            "y" | "yes" => Decision::Resume(ResumeTo::NextPause),
            "e" | "end" => Decision::Resume(ResumeTo::End),
            "u" | "undo" if can_be_undone(release) => Decision::Undo,
            _ => Decision::Leave,
        }
    }
}

/// Whether what it moved can go back.
fn can_be_undone(release: &Release) -> bool {
    release.action != ReleaseAction::Uninstall
}

/// The question about a paused release.
pub fn question(release: &Release, progress: &Progress) -> String {
    let Release { id, .. } = release;
    let why = waves::pause(release).unwrap_or_else(|| "paused".to_owned());
    let Progress { total, failed, unknown, .. } = progress;
    let done = progress.done();
    let undo = if can_be_undone(release) { ", [u]ndo" } else { "" };
    format!(
        "{id} is {why}. {done}/{total} done, {failed} failed, {unknown} unknown. Go on? [y]es, to the [e]nd{undo}, [N]o "
    )
}

/// Answers that are typed at the terminal. A thread of its own waits for a line, and does not keep the program from ending. If
/// the question is over before the line comes, the line answers the next one.
#[derive(Default)]
pub struct Answers {
    awaited: Option<oneshot::Receiver<String>>,
}

impl Answers {
    /// The next decision. It may be dropped and called again. The end of the input leaves the release as it is.
    pub async fn next(&mut self, release: &Release) -> Decision {
        let awaited = self.awaited.get_or_insert_with(|| {
            let (sender, receiver) = oneshot::channel();
            thread::spawn(move || {
                let mut line = String::new();
                // An input that cannot be read is one that has ended. Nobody may wait any more.
                let _ = io::stdin().read_line(&mut line);
                let _ = sender.send(line);
            });
            receiver
        });
        let line = awaited.await.unwrap_or_default();
        self.awaited = None;
        Decision::read(&line, release)
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::samples::{progress, release};
    use super::*;
    use serde_json::{from_value, json};

    #[test]
    fn only_a_yes_lets_a_release_go_on() {
        let mut release = release("PAUSED", progress(40, 0, 2, 1));
        for (answer, decision) in [
            ("y\n", Decision::Resume(ResumeTo::NextPause)),
            (" YES\n", Decision::Resume(ResumeTo::NextPause)),
            ("e\n", Decision::Resume(ResumeTo::End)),
            ("n\n", Decision::Leave),
            ("\n", Decision::Leave),
            ("", Decision::Leave),
            ("u\n", Decision::Undo),
            ("undo?\n", Decision::Leave),
        ] {
            assert_eq!(Decision::read(answer, &release), decision, "{answer:?}");
        }
        release.action = ReleaseAction::Uninstall;
        assert_eq!(Decision::read("u", &release), Decision::Leave);
    }

    #[test]
    fn a_question_says_how_the_release_stands() {
        let mut release = release("PAUSED", progress(40, 0, 2, 1));
        release.pause =
            from_value(json!({ "reason": "REQUESTED", "since": "2026-11-28T16:20:00Z", "by": "ana", "message": "" }))
                .unwrap();
        assert_eq!(
            question(&release, &release.progress),
            "rel_41 is paused by ana. 3/40 done, 1 failed, 0 unknown. Go on? [y]es, to the [e]nd, [u]ndo, [N]o "
        );
        release.action = ReleaseAction::Uninstall;
        assert!(question(&release, &release.progress).ends_with("to the [e]nd, [N]o "));
    }
}
