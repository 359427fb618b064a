//! How a release ended: on every end, what failed and what to do.

use super::describe::{between, canceled, length, reason_with_time};
use super::draw::Line;
use super::model::Model;
use super::screen::{BAD, GOOD};
use super::{time, waves};
use anstyle::Style;
use jiff::Timestamp;
use lockkeeper_client::operations::release::{ReleaseAction, ReleaseStatus, Target, TargetStatus, undo_among};

/// Targets that failed are listed up to this many.
const MAX_TARGETS: usize = 20;
/// Hosts that fit into a command that is to be read.
const MAX_HOSTS: usize = 10;

/// The lines that say how the release ended.
pub fn lines(model: &Model) -> Vec<Line> {
    let mut lines = vec![headline(model)];
    let not_undone = model.release.undo_message.as_ref();
    let undo = undo_among(&model.release.follow_ups).filter(|_| model.status.is_final());
    lines.extend(undo.map(|undo| Line::default().push(Style::new(), &format!("  undone by {undo}"))));
    lines.extend(not_undone.map(|why| Line::default().push(BAD, "  not undone: ").push(Style::new(), why)));
    lines.extend(waves::pause(&model.release).map(|why| Line::default().push(Style::new(), &format!("  {why}"))));
    lines.extend(model.unwell.iter().take(MAX_TARGETS).map(|target| {
        let sign = if target.status == TargetStatus::Unknown { "?" } else { "✕" };
        let text = format!(" {}   {}", target.host.hostname, reason_with_time(target));
        Line::default().push(Style::new(), "  ").push(BAD, sign).push(Style::new(), &text)
    }));
    if let Some(more) = model.unwell.len().checked_sub(MAX_TARGETS).filter(|more| *more > 0) {
        lines.push(Line::default().push(Style::new(), &format!("    … {more} more")));
    }
    lines
}

/// `rel_41 FAILED in 21:04: 36 succeeded, 1 failed of 37`
fn headline(model: &Model) -> Line {
    let Model { release, progress, .. } = model;
    let counts = [
        (progress.succeeded, "succeeded"),
        (progress.failed, "failed"),
        (progress.unknown, "unknown"),
        (progress.canceled, "canceled"),
        (progress.running, "running"),
        (progress.queued, "queued"),
    ];
    let counts: Vec<_> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    let end = release.finished_at.as_deref().map_or_else(Timestamp::now, time);
    let took = length(between(time(&release.created_at), end));
    let (joint, style) = match release.status {
        ReleaseStatus::Succeeded => ("in", GOOD),
        ReleaseStatus::Paused => ("after", Style::new()),
        _ => ("in", BAD),
    };
    let canceled = release.cancel_requested_at.as_ref().map(|_| canceled(release, model.canceled_by.as_deref()));
    let canceled = canceled.map_or_else(String::new, |canceled| format!("; {canceled}"));
    let rest = format!(" {joint} {took}: {} of {}{canceled}", counts.join(", "), progress.total);
    Line::default()
        .push(Style::new(), &format!("{} ", release.id))
        .push(style, release.status.word())
        .push(Style::new(), &rest)
}

/// Commands that help with what failed, if something did. Of a release that was canceled, what it moved goes back: nobody wants
/// it to go on.
pub fn help(model: &Model) -> Option<String> {
    let release = &model.release;
    if release.status == ReleaseStatus::Paused {
        return Some(help_at_pause(model));
    }
    if let Some(undo) = undo_among(&release.follow_ups) {
        return Some(format!("lockkeeper watch {undo}"));
    }
    let is_canceled = release.cancel_requested_at.is_some() && release.status.is_final();
    let has_moved = model.progress.succeeded + model.progress.failed > 0 && release.action != ReleaseAction::Uninstall;
    let undo = (is_canceled && has_moved).then(|| format!("lockkeeper undo {}", release.id));
    let Some(first) = model.unwell.first() else { return undo };
    let mut commands = vec![format!("lockkeeper log {} {}", release.id, first.host.hostname)];
    let service = &release.service.name;
    let is_unknown = |target: &&Target| target.status == TargetStatus::Unknown;
    if let Some(unknown) = model.unwell.iter().find(is_unknown) {
        commands.push(format!("lockkeeper confirm {service}/{} --version V|--nothing", unknown.host.hostname));
    }
    if is_canceled {
        commands.extend(undo);
        return Some(commands.join("    "));
    }
    let failed: Vec<_> = model.unwell.iter().filter(|target| !is_unknown(target)).collect();
    if (1..=MAX_HOSTS).contains(&failed.len()) {
        let hosts: Vec<_> = failed.iter().map(|target| target.host.hostname.as_str()).collect();
        let Some(verb) = release.action.verb() else { return Some(commands.join("    ")) };
        let version = release.target_version.as_ref().map(|version| format!(" {}", version.name)).unwrap_or_default();
        commands.push(format!("lockkeeper {verb} {service}{version} --hosts {}", hosts.join(",")));
    }
    Some(commands.join("    "))
}

/// Commands that let a paused release go on, or give it up.
fn help_at_pause(model: &Model) -> String {
    let id = &model.release.id;
    let log = model.unwell.first().map(|target| format!("lockkeeper log {id} {}    ", target.host.hostname));
    let undo = if model.release.action == ReleaseAction::Uninstall { "" } else { " --undo" };
    format!("{}lockkeeper resume {id}    lockkeeper cancel {id}{undo}", log.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::super::model::samples::{progress, release, target};
    use super::*;
    use serde_json::json;

    #[test]
    fn the_end_says_what_failed_and_what_to_do() {
        let mut model = Model::new(release("FAILED", progress(37, 0, 36, 1)));
        model.finish(vec![target(17, "FAILED")]);
        let text: Vec<_> = lines(&model).iter().map(Line::text).collect();
        assert_eq!(
            text,
            [
                "rel_41 FAILED in 21:04: 36 succeeded, 1 failed of 37",
                "  ✕ host-17   exit 3 after 0:41: rsync: No space left on device (28)",
            ]
        );
        let commands = "lockkeeper log rel_41 host-17    lockkeeper upgrade web 1.3.0 --hosts host-17";
        assert_eq!(help(&model).as_deref(), Some(commands));
    }

    #[test]
    fn a_canceled_release_says_by_whom_and_why_and_shows_the_way_back() {
        let mut model = Model::new(release("FAILED", progress(37, 0, 35, 1)));
        model.release.cancel_requested_at = Some("2026-11-28T16:20:00Z".to_owned());
        model.finish(vec![target(17, "FAILED")]);
        let end = "rel_41 FAILED in 21:04: 35 succeeded, 1 failed, 1 queued of 37; canceled";
        assert_eq!(lines(&model)[0].text(), end);
        (model.canceled_by, model.release.cancel_reason) = (Some("ana".to_owned()), Some("wrong version".to_owned()));
        assert_eq!(lines(&model)[0].text(), format!("{end} by ana: wrong version"));
        assert_eq!(help(&model).as_deref(), Some("lockkeeper log rel_41 host-17    lockkeeper undo rel_41"));
        model.unwell.clear();
        assert_eq!(help(&model).as_deref(), Some("lockkeeper undo rel_41"));
        model.progress = serde_json::from_value(progress(37, 0, 0, 0)).unwrap();
        assert_eq!(help(&model), None);
    }

    #[test]
    fn a_release_that_was_undone_names_the_undo() {
        let mut model = Model::new(release("FAILED", progress(2, 0, 1, 1)));
        model.release.follow_ups =
            serde_json::from_value(json!({ "nodes": [{ "id": "rel_42", "origin": "UNDO" }] })).unwrap();
        model.finish(vec![target(17, "FAILED")]);
        assert_eq!(lines(&model)[1].text(), "  undone by rel_42");
        assert_eq!(help(&model).as_deref(), Some("lockkeeper watch rel_42"));
    }

    #[test]
    fn a_paused_release_goes_on_or_is_given_up() {
        let mut model = Model::new(release("PAUSED", progress(2, 0, 0, 1)));
        model.finish(vec![target(17, "FAILED")]);
        let commands = "lockkeeper log rel_41 host-17    lockkeeper resume rel_41    lockkeeper cancel rel_41 --undo";
        assert_eq!(help(&model).as_deref(), Some(commands));
        model.release.action = ReleaseAction::Uninstall;
        assert!(help(&model).unwrap().ends_with("    lockkeeper cancel rel_41"));
    }

    #[test]
    fn what_went_well_needs_no_help() {
        let mut model = Model::new(release("SUCCEEDED", progress(2, 0, 2, 0)));
        model.finish(Vec::new());
        assert_eq!(lines(&model)[0].text(), "rel_41 SUCCEEDED in 21:04: 2 succeeded of 2");
        assert_eq!(help(&model), None);
    }
}
