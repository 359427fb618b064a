//! A release in a terminal: a bar with its counts, what failed, and what runs.

use super::describe::{between, length, reason, took};
use super::draw::{Line, Region};
use super::model::{Away, Change, Model, Running};
use super::{View, summary, waves};
use crate::cells;
use crate::failure::Failure;
use crate::output::Output;
use crate::times::Clock;
use anstyle::{AnsiColor, Style};
use jiff::Timestamp;
use lockkeeper_client::operations::release::{Target, TargetStatus};
use std::io::Write as _;
use std::time::Duration;
use tokio::time::Instant;

const PLAIN: Style = Style::new();
const DIM: Style = Style::new().dimmed();
pub const GOOD: Style = AnsiColor::Green.on_default();
pub const BAD: Style = AnsiColor::Red.on_default();
const BUSY: Style = AnsiColor::Cyan.on_default();
const WARNING: Style = AnsiColor::Yellow.on_default();

/// The widest bar, and the narrowest one that says anything.
const MAX_BAR_CELLS: usize = 40;
const MIN_BAR_CELLS: usize = 8;
/// Targets that failed are shown up to this many; the end has more.
const MAX_UNWELL_ROWS: usize = 5;
/// Targets that run are shown up to this many.
const MAX_RUNNING_ROWS: usize = 10;
/// Rows that are drawn on a small screen, if there are so many.
const MIN_ROWS: usize = 4;
/// Times are shown anew this often.
const CLOCK: Duration = Duration::from_secs(1);

pub struct Screen<'o> {
    output: &'o Output,
    region: Region,
    drawn_at: Option<Instant>,
    /// Width and height at that time.
    drawn_size: (usize, usize),
    is_outdated: bool,
}

impl<'o> Screen<'o> {
    pub fn new(output: &'o Output) -> Screen<'o> {
        Screen { output, region: Region::default(), drawn_at: None, drawn_size: (0, 0), is_outdated: true }
    }

    fn draw(&mut self, lines: &[Line], width: usize) -> Result<(), Failure> {
        let text = self.region.draw(lines, width, self.output.has_colors());
        let mut stdout = std::io::stdout().lock();
        // All at once, so that nobody sees half of it.
        stdout
            .write_all(text.as_bytes())
            .and_then(|()| stdout.flush())
            .map_err(|error| Failure::usage(format!("The terminal cannot be written: {error}.")))
    }
}

impl View for Screen<'_> {
    fn changed(&mut self, _: &Model, _: &Change) -> Result<(), Failure> {
        self.is_outdated = true;
        Ok(())
    }

    fn tick(&mut self, model: &Model, now: Instant) -> Result<(), Failure> {
        let size = self.output.size();
        let is_old = self.drawn_at.is_none_or(|drawn| now.duration_since(drawn) >= CLOCK);
        if !self.is_outdated && !is_old && size == self.drawn_size {
            return Ok(());
        }
        (self.is_outdated, self.drawn_at, self.drawn_size) = (false, Some(now), size);
        let lines = frame(model, size.0, height(size.1), &self.output.clock, Timestamp::now());
        self.draw(&lines, size.0)
    }

    fn close(&mut self) -> Result<(), Failure> {
        self.draw(&[], self.output.size().0)
    }

    fn ended(&mut self, model: &Model) -> Result<(), Failure> {
        let (width, _) = self.output.size();
        let has_colors = self.output.has_colors();
        for line in summary::lines(model) {
            self.output.print(&line.cut(width).styled(has_colors))?;
        }
        Ok(())
    }
}

/// How many rows of a screen are drawn. Not more than half of them: when a terminal becomes narrower, it breaks lines into
/// several rows, and what is pushed off the top cannot be drawn over. The cursor stands below them.
fn height(rows: usize) -> usize {
    (rows / 2).max(MIN_ROWS).min(rows.saturating_sub(1))
}

/// The lines that show a release, none wider than `width` cells and at most `height` of them.
fn frame(model: &Model, width: usize, height: usize, clock: &Clock, now: Timestamp) -> Vec<Line> {
    let mut lines = vec![Line::default(), bar(model, width)];
    lines.extend(waves::line(&model.release, clock, now).map(|line| Line::default().push(PLAIN, &format!("  {line}"))));
    lines.extend(model.away.as_ref().map(not_connected));
    let room = height.saturating_sub(lines.len());
    let unwell_room = MAX_UNWELL_ROWS.min(room.div_ceil(2));
    // The newest say most.
    let unwell = &model.unwell[model.unwell.len().saturating_sub(unwell_room)..];
    let running_room = MAX_RUNNING_ROWS.min(room - unwell.len());
    let fits = model.running.len() <= running_room;
    // One row says how many there are beside.
    let shown = if fits { model.running.len() } else { running_room.saturating_sub(1) };
    let running = &model.running[..shown];
    let names =
        unwell.iter().map(|target| &target.host.hostname).chain(running.iter().map(|running| &running.hostname));
    let names = names.map(|name| cells::width(name)).max().unwrap_or(0).min((width / 3).max(8));
    lines.extend(unwell.iter().map(|target| of_unwell(target, names)));
    lines.extend(running.iter().map(|running| of_running(running, names, now)));
    if !fits && running_room > 0 {
        lines.push(Line::default().push(DIM, &format!("    … {} more", model.running.len() - shown)));
    }
    lines.truncate(height);
    lines.iter().map(|line| line.cut(width)).collect()
}

/// The bar, where it has room, with the counts.
fn bar(model: &Model, width: usize) -> Line {
    let progress = &model.progress;
    let counts = [
        (GOOD, "✓", progress.succeeded),
        (BAD, "✕", progress.failed),
        (BAD, "?", progress.unknown),
        (DIM, "–", progress.canceled),
        (BUSY, "◐", progress.running),
    ];
    let counts: Vec<_> = counts.into_iter().filter(|(_, _, count)| *count > 0).collect();
    let done = format!("{}/{}", progress.done(), progress.total);
    let counts_cells: usize = counts.iter().map(|(_, _, count)| 4 + count.to_string().len()).sum();
    let room = width.saturating_sub(2 + 2 + done.len() + 1 + counts_cells);
    let mut line = Line::default().push(PLAIN, "  ");
    if room >= MIN_BAR_CELLS {
        let cells = room.min(MAX_BAR_CELLS);
        let share = |count: u64| (count as usize * cells).checked_div(progress.total as usize).unwrap_or(0);
        let bad = share(progress.failed + progress.unknown).max(usize::from(progress.failed + progress.unknown > 0));
        let filled = share(progress.done()).max(bad);
        let is_partial = filled < cells;
        let good = "━".repeat(filled - bad) + if is_partial { "╸" } else { "" };
        line = line.push(BAD, &"━".repeat(bad)).push(GOOD, &good);
        line = line.push(PLAIN, &" ".repeat(cells - filled - usize::from(is_partial) + 2));
    }
    line = line.push(PLAIN, &done);
    if model.status.word() == "PAUSED" {
        line = line.push(WARNING, "  PAUSED");
    }
    for (place, (style, sign, count)) in counts.into_iter().enumerate() {
        let gap = if place == 0 { "   " } else { "  " };
        line = line.push(PLAIN, gap).push(style, sign).push(PLAIN, &format!(" {count}"));
    }
    line
}

fn not_connected(away: &Away) -> Line {
    let left = away.next_attempt.saturating_duration_since(Instant::now());
    let text = format!(
        "  not connected for {} s, trying again ({} s): {}",
        away.since.elapsed().as_secs(),
        left.as_secs_f64().ceil(),
        away.reason
    );
    Line::default().push(WARNING, &text)
}

fn of_unwell(target: &Target, names: usize) -> Line {
    let sign = if target.status == TargetStatus::Unknown { "?" } else { "✕" };
    let took = took(target).map(length).unwrap_or_default();
    of_target(BAD, sign, &target.host.hostname, names, &took, &reason(target))
}

fn of_running(running: &Running, names: usize, now: Timestamp) -> Line {
    let took = length(between(running.since, now));
    of_target(BUSY, "◐", &running.hostname, names, &took, running.line.as_deref().unwrap_or_default())
}

fn of_target(style: Style, sign: &str, hostname: &str, names: usize, took: &str, text: &str) -> Line {
    let name = cells::cut(hostname, names);
    let padding = " ".repeat(names.saturating_sub(cells::width(&name)));
    Line::default()
        .push(PLAIN, "  ")
        .push(style, sign)
        .push(PLAIN, &format!(" {name}{padding}  {took:>5}  "))
        .push(DIM, text)
}

#[cfg(test)]
mod tests {
    use super::super::model::samples::{progress, release, target};
    use super::*;

    fn model(running: u32) -> Model {
        let mut model =
            Model::new(release("RUNNING", progress(if running > 10 { 300 } else { 37 }, u64::from(running), 23, 1)));
        model.fill(vec![target(17, "FAILED")]);
        model.fill((20..20 + running).map(|number| target(number, "RUNNING")).collect());
        model.running[0].line = Some("stopping web.service".into());
        model
    }

    fn shown(model: &Model, width: usize, height: usize) -> Vec<String> {
        let lines = frame(model, width, height, &Clock::new(true, true), "2026-11-28T16:10:12Z".parse().unwrap());
        lines.iter().map(|line| line.text().trim_end().to_owned()).collect()
    }

    #[test]
    fn a_frame_has_a_bar_what_failed_and_what_runs() {
        assert_eq!(
            shown(&model(10), 80, 6),
            [
                "",
                "  ━━━━━━━━━━━━━━━━━━━━━━━━━╸                24/37   ✓ 23  ✕ 1  ◐ 10",
                "  ✕ host-17   0:41  exit 3: rsync: No space left on device (28)",
                "  ◐ host-20   0:12  stopping web.service",
                "  ◐ host-21   0:12",
                "    … 8 more",
            ]
        );
    }

    #[test]
    fn a_frame_never_has_a_line_that_is_too_wide_or_one_too_many() {
        let mut model = model(200);
        model.unwell = (1..50).map(|number| target(number, "FAILED")).collect();
        model.running[1].hostname = "机房一号-web".into();
        model.running[2].line = Some("\x1b[2J机房机房机房机房机房机房机房机房机房机房机房".into());
        for width in 1..100 {
            for height in 0..30 {
                let lines = shown(&model, width, height);
                assert!(lines.len() <= height, "{width}×{height}: {lines:#?}");
                for line in lines {
                    assert!(cells::width(&line) <= width && !line.contains('\x1b'), "{width}×{height}: {line}");
                }
            }
        }
    }

    #[test]
    fn half_of_the_screen_is_drawn_and_never_all_of_it() {
        assert_eq!([0, 1, 4, 5, 10, 24].map(height), [0, 0, 3, 4, 5, 12]);
    }

    #[test]
    fn a_narrow_terminal_has_the_counts() {
        assert_eq!(shown(&model(10), 20, 2)[1], "  24/37   ✓ 23  ✕ 1…");
    }
}
