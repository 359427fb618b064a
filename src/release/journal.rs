//! Releases in the operator's log: a line when one is accepted, stopped, canceled or over, and a line when a target has
//! ended.

use crate::domain::event::ReleaseEventKind;
use crate::domain::event::{Changed, NewEvent};
use crate::domain::{Kind, Word};

/// Logs what was committed.
pub(crate) fn log(events: &[NewEvent]) {
    for event in events {
        let (service, by) = (event.service_name.as_deref(), &event.caused_by);
        match &event.changed {
            Changed::Release(change) if is_logged(change.kind) => tracing::info!(
                release = %Kind::Release.id(change.release_id),
                service,
                action = change.action.word(),
                status = change.status.word(),
                targets = change.progress.total,
                succeeded = change.progress.succeeded,
                failed = change.progress.failed,
                unknown = change.progress.unknown,
                canceled = change.progress.canceled,
                skipped = change.progress.skipped,
                by,
                "release {}",
                change.kind
            ),
            Changed::Instance(change) => {
                let (Some(release), Some(target), Some(end)) = (change.release_id, change.target_id, change.target_end)
                else {
                    continue;
                };
                tracing::info!(
                    release = %Kind::Release.id(release),
                    target = %Kind::Target.id(target),
                    service,
                    hostname = change.hostname,
                    status = end.word(),
                    instance_status = change.status.word(),
                    by,
                    "target ended"
                );
            }
            _ => {}
        }
    }
}

/// The ends of single targets have lines of their own; their starts and steps are in the output.
fn is_logged(kind: ReleaseEventKind) -> bool {
    use ReleaseEventKind::{TargetFinished, TargetStarted, TargetStep};
    !matches!(kind, TargetStarted | TargetStep | TargetFinished)
}
