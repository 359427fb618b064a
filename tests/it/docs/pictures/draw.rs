//! The pictures, as SVG.

use super::course::{Course, Moved, Why};
use lockkeeper::domain::release::PauseReason;
use lockkeeper::domain::release::waves::ResolvedWave;
use lockkeeper::domain::target::ReleaseTargetStatus;
use std::fmt::Write as _;

const MARGIN: i64 = 16;
const TEXT_HEIGHT: i64 = 18;
/// Left of the bars: the names of the waves.
const NAMES_WIDTH: i64 = 190;
/// Left of sizes: what was requested.
const REQUESTS_WIDTH: i64 = 230;
/// The width of a minute, and the height of a target.
const MINUTE: i64 = 14;
const ROW: i64 = 9;
const WAVE_GAP: i64 = 8;
/// The side of a target where only the sizes of waves are drawn.
const CELL: i64 = 11;

const GOOD: &str = "#2f8f4e";
const BAD: &str = "#c9302c";
const UNKNOWN: &str = "#d98a1f";
const NEVER: &str = "#b6bcc6";
const BACK: &str = "#6b4fb3";
const PAUSE: &str = "#fbe3b0";
const SOAK: &str = "#d7e6f7";
const WAVES: [&str; 2] = ["#1b6ac9", "#7fb0ea"];

/// A picture that grows downwards.
struct Picture {
    body: String,
    width: i64,
    height: i64,
}

impl Picture {
    fn new(title: &str) -> Picture {
        let mut picture = Picture { body: String::new(), width: 0, height: MARGIN };
        picture.height += TEXT_HEIGHT;
        picture.text(MARGIN, picture.height - 4, title, " font-weight=\"bold\"");
        picture
    }

    fn text(&mut self, x: i64, y: i64, text: &str, style: &str) {
        // As wide as a wide font makes it.
        self.width = self.width.max(x + 7 * i64::try_from(text.chars().count()).unwrap());
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        writeln!(self.body, "<text x=\"{x}\" y=\"{y}\"{style}>{text}</text>").unwrap();
    }

    fn rect(&mut self, (x, y): (i64, i64), (width, height): (i64, i64), color: &str) {
        self.width = self.width.max(x + width);
        writeln!(self.body, "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{color}\"/>")
            .unwrap();
    }

    /// Colors with their meaning, in a line.
    fn legend(&mut self, entries: &[(&str, &str)]) {
        self.height += TEXT_HEIGHT;
        let mut x = MARGIN;
        for (color, meaning) in entries {
            self.rect((x, self.height - 10), (10, 10), color);
            self.text(x + 15, self.height, meaning, "");
            x += 15 + 7 * i64::try_from(meaning.chars().count()).unwrap() + 12;
        }
    }

    fn into_svg(self, title: &str) -> String {
        let (width, height) = (self.width + MARGIN, self.height + MARGIN);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
             role=\"img\" aria-label=\"{title}\" font-family=\"sans-serif\" font-size=\"12\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n{}</svg>\n",
            self.body
        )
    }
}

/// The sizes of the waves of several releases, with what happens after each.
pub fn sizes(title: &str, releases: &[(&str, Vec<ResolvedWave>)]) -> String {
    let mut picture = Picture::new(title);
    for (name, waves) in releases {
        picture.height += TEXT_HEIGHT + 4;
        picture.text(MARGIN, picture.height, name, "");
        let (mut x, top) = (MARGIN + REQUESTS_WIDTH, picture.height - 10);
        for (wave, color) in waves.iter().zip(WAVES.iter().cycle()) {
            for _ in 0..wave.size {
                picture.rect((x, top), (CELL - 1, CELL - 1), color);
                x += CELL;
            }
            x += 3;
            if wave.soak_seconds > 0 {
                picture.rect((x, top - 3), (8, CELL + 5), SOAK);
                x += 11;
            }
            if wave.pause_after {
                picture.rect((x, top - 3), (8, CELL + 5), PAUSE);
                x += 11;
            }
        }
        let sizes: Vec<String> = waves.iter().map(|wave| wave.size.to_string()).collect();
        picture.text(x + 6, picture.height, &sizes.join(" + "), "");
    }
    picture.height += 6;
    picture.legend(&[(WAVES[0], "an instance; waves have two colors in turn"), (SOAK, "soak"), (PAUSE, "pause")]);
    picture.into_svg(title)
}

/// How a release went: a bar for each target, from its start to its end.
pub fn course(title: &str, course: &Course) -> String {
    let mut picture = Picture::new(title);
    let left = MARGIN + NAMES_WIDTH;
    let top = picture.height + TEXT_HEIGHT;
    let rows = i64::try_from(course.targets.len()).unwrap();
    let bottom = top + rows * ROW + i64::try_from(course.waves.len()).unwrap() * WAVE_GAP;
    for stay in &course.stays {
        let (color, name) = match stay.why {
            Why::Soak => (SOAK, "soak"),
            Why::Pause(PauseReason::Wave) => (PAUSE, "pause"),
            Why::Pause(PauseReason::Failures) => (PAUSE, "failures"),
            Why::Pause(PauseReason::Unreachable) => (PAUSE, "not reached"),
            Why::Pause(PauseReason::Requested) => (PAUSE, "requested"),
        };
        let x = left + stay.from * MINUTE;
        picture.rect((x, top - 4), ((stay.to - stay.from) * MINUTE, bottom - top), color);
        picture.text(x, top - 8, name, " font-size=\"10\"");
    }
    picture.height = top;
    let mut number = 0;
    for (target, put_back) in course.targets.iter().zip(&course.put_back) {
        if target.wave != number {
            number = target.wave;
            let wave = &course.waves[usize::try_from(number - 1).unwrap()];
            picture.height += if number > 1 { WAVE_GAP } else { 0 };
            picture.text(MARGIN, picture.height + ROW, &named(number, wave), "");
        }
        bar(&mut picture, left, target);
        if let Some((from, to)) = put_back {
            picture.rect((left + from * MINUTE, picture.height + 1), ((to - from) * MINUTE - 1, ROW - 2), BACK);
        }
        picture.height += ROW;
    }
    let end = format!("{} after {} minutes", course.status, course.over_at);
    picture.height += TEXT_HEIGHT + 4;
    picture.text(left, picture.height, &end, " font-weight=\"bold\"");
    let all = [
        (ReleaseTargetStatus::Succeeded, GOOD, "succeeded"),
        (ReleaseTargetStatus::Failed, BAD, "failed"),
        (ReleaseTargetStatus::Unknown, UNKNOWN, "unknown"),
        (ReleaseTargetStatus::Canceled, NEVER, "canceled, never started"),
    ];
    let count = |status| course.targets.iter().filter(|target| target.status == status).count();
    let broken = course.targets.iter().filter(|target| target.was_unavailable).count();
    let before = (broken > 0).then(|| (UNKNOWN, format!("{broken} broken before")));
    let back = course.put_back.iter().flatten().count();
    let back = (back > 0).then(|| (BACK, format!("{back} put back")));
    let legend: Vec<(&str, String)> = all
        .iter()
        .filter(|(status, ..)| count(*status) > 0)
        .map(|(status, color, what)| (*color, format!("{} {what}", count(*status))))
        .chain(before)
        .chain(back)
        .collect();
    picture.legend(&legend.iter().map(|(color, what)| (*color, what.as_str())).collect::<Vec<_>>());
    picture.into_svg(title)
}

/// `wave 2: 8 (zone=a)`
fn named(number: i64, wave: &ResolvedWave) -> String {
    let label = wave.label.as_ref().map_or_else(String::new, |(key, value)| format!(" ({key}={value})"));
    let limit = wave.max_failures.map_or_else(String::new, |max| format!(", limit {max}"));
    format!("wave {number}: {}{label}{limit}", wave.size)
}

fn bar(picture: &mut Picture, left: i64, target: &Moved) {
    let color = match target.status {
        ReleaseTargetStatus::Failed => BAD,
        ReleaseTargetStatus::Unknown => UNKNOWN,
        ReleaseTargetStatus::Canceled => NEVER,
        _ => GOOD,
    };
    let end = target.ended_at.unwrap_or_default();
    let (from, width) = match target.started_at {
        Some(started) => (started, (end - started) * MINUTE - 1),
        None => (end, 3),
    };
    if target.was_unavailable {
        picture.rect((left - MINUTE, picture.height + 1), (MINUTE - 3, ROW - 2), UNKNOWN);
    }
    picture.rect((left + from * MINUTE, picture.height + 1), (width, ROW - 2), color);
}
