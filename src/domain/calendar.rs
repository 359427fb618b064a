//! Weekly calendars: which times of the week a window covers, by the wall clock of a time zone (R17).
//!
//! The zones are those that are built into the program, never those of the machine, so that all replicas agree.

use super::{Problem, ProblemCode, Problems, Timestamp, Word as _};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use std::sync::LazyLock;

words! {
    /// A day of the week.
    Weekday {
        /// Monday.
        Monday = "MONDAY",
        /// Tuesday.
        Tuesday = "TUESDAY",
        /// Wednesday.
        Wednesday = "WEDNESDAY",
        /// Thursday.
        Thursday = "THURSDAY",
        /// Friday.
        Friday = "FRIDAY",
        /// Saturday.
        Saturday = "SATURDAY",
        /// Sunday.
        Sunday = "SUNDAY",
    }
}

const DAY_MINUTES: i64 = 24 * 60;
const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = DAY_MINUTES * MINUTE_MS;
/// How far ahead a change is looked for. A window opens and closes in every week, but for one in the hour that a change
/// of the clock leaves out.
const MAX_SEARCH_MS: i64 = 28 * DAY_MS;

static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// Days of the week, a bit each: 1 is Monday, 64 is Sunday.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days(i64);

impl Days {
    /// These days.
    pub fn of(days: &[Weekday]) -> Days {
        Days(days.iter().fold(0, |bits, day| bits | Days::bit(*day as i64)))
    }

    /// The days with these bits, as [`Days::bits`] returned them.
    pub fn from_bits(bits: i64) -> Days {
        Days(bits)
    }

    pub fn bits(self) -> i64 {
        self.0
    }

    /// The days, Monday first.
    pub fn list(self) -> impl Iterator<Item = Weekday> {
        Weekday::ALL.iter().map(|(day, ..)| *day).filter(move |day| self.has(*day as i64))
    }

    fn bit(day: i64) -> i64 {
        1 << day
    }

    /// Whether a day is among them, by its number: 0 is Monday, -1 the day before.
    fn has(self, day: i64) -> bool {
        self.0 & Days::bit(day.rem_euclid(7)) != 0
    }
}

/// A window of time that recurs every week. It is open while the wall clock of its zone shows a time in it: an hour that
/// does not exist has no effect, and one that comes twice is covered twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeeklyWindow {
    /// The name of the zone in the IANA time zone database.
    pub time_zone: String,
    /// The days on which it begins.
    pub days: Days,
    /// When it begins, in minutes since midnight.
    pub from_minute: i64,
    /// When it ends, in minutes since midnight: up to 24:00, or on the next day if that is before it begins.
    pub to_minute: i64,
}

/// One time at which a window is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    pub opens_at: Timestamp,
    /// `None` if it never closes.
    pub closes_at: Option<Timestamp>,
}

impl WeeklyWindow {
    /// Reads a window as it is written in a request: times are `HH:MM`. Returns all that is wrong with it.
    pub fn parse(time_zone: &str, days: &[Weekday], from: &str, to: &str) -> Result<WeeklyWindow, Problems> {
        let mut problems = Problems::default();
        let invalid = |field, message: String| Problem::new(ProblemCode::Invalid, field, message);
        let zone = ZONES.get(time_zone).ok();
        let name = zone.as_ref().and_then(TimeZone::iana_name).map(str::to_owned);
        if name.is_none() {
            let message = format!(
                "Time zone {time_zone:?} is not known. Name a zone of the IANA time zone database, such as Europe/Berlin \
                 or UTC."
            );
            problems.add(invalid("timeZone", message));
        }
        if days.is_empty() {
            let message = "The window begins on no day. Name the days of the week on which it begins.";
            problems.add(Problem::new(ProblemCode::Required, "days", message));
        }
        let repeated = days.iter().enumerate().find(|(place, day)| days[..*place].contains(day));
        if let Some((_, day)) = repeated {
            problems.add(invalid("days", format!("{day} is repeated. Name each day once.")));
        }
        let times = [("from", from, DAY_MINUTES - 1, "23:59"), ("to", to, DAY_MINUTES, "24:00")];
        let times = times.map(|(field, text, max, shown)| {
            let minute = minute_of(text).filter(|minute| *minute <= max);
            if minute.is_none() {
                let message = format!("{text:?} is not a time. Write `{field}` as HH:MM, from 00:00 to {shown}.");
                problems.add(invalid(field, message));
            }
            minute
        });
        if let [Some(from), Some(to)] = times
            && from == to
        {
            let message = "The window is empty, since it ends when it begins. For a whole day, write 00:00 to 24:00.";
            problems.add(invalid("to", message.to_owned()));
        }
        match (name, times) {
            (Some(time_zone), [Some(from_minute), Some(to_minute)]) if problems.is_empty() => {
                Ok(WeeklyWindow { time_zone, days: Days::of(days), from_minute, to_minute })
            }
            _ => Err(problems),
        }
    }

    /// Whether it is open at this instant. One in a zone that this program does not know is always open: refusing is safe.
    pub fn is_open(&self, at: Timestamp) -> bool {
        self.zone().is_none_or(|zone| self.covers(&zone, at.0))
    }

    /// Returns when it opens next, or `None` if it never closes.
    pub fn next_opening(&self, at: Timestamp) -> Option<Timestamp> {
        self.next_change_to(true, at)
    }

    /// Returns when it closes next, or `None` if it never does.
    pub fn next_closing(&self, at: Timestamp) -> Option<Timestamp> {
        self.next_change_to(false, at)
    }

    /// Returns when it is open, for all times that have begun before `until` and are not over at `from`, in order. The first
    /// may begin with `from`.
    pub fn periods(&self, from: Timestamp, until: Timestamp) -> Vec<Period> {
        let mut periods = Vec::new();
        let mut opening = if self.is_open(from) { Some(from) } else { self.next_opening(from) };
        while let Some(opens_at) = opening.filter(|opens_at| *opens_at < until) {
            let closes_at = self.next_closing(opens_at);
            periods.push(Period { opens_at, closes_at });
            opening = closes_at.and_then(|closes_at| self.next_opening(closes_at));
        }
        periods
    }

    fn zone(&self) -> Option<TimeZone> {
        ZONES.get(&self.time_zone).ok()
    }

    /// Whether the wall clock shows a time in it.
    fn covers(&self, zone: &TimeZone, at_ms: i64) -> bool {
        let local = zone.to_datetime(instant(at_ms));
        let minute = i64::from(local.hour()) * 60 + i64::from(local.minute());
        let today = i64::from(local.weekday().to_monday_zero_offset());
        match self.from_minute < self.to_minute {
            true => self.days.has(today) && (self.from_minute..self.to_minute).contains(&minute),
            false => {
                (self.days.has(today) && minute >= self.from_minute)
                    || (self.days.has(today - 1) && minute < self.to_minute)
            }
        }
    }

    /// When it opens or closes next.
    fn next_change_to(&self, open: bool, at: Timestamp) -> Option<Timestamp> {
        let zone = self.zone()?;
        let mut was_open = self.covers(&zone, at.0);
        let mut now = at.0;
        while now < at.0 + MAX_SEARCH_MS {
            now = self.next_boundary(&zone, now);
            let is_open = self.covers(&zone, now);
            if is_open == open && was_open != open {
                return Some(Timestamp(now));
            }
            was_open = is_open;
        }
        None
    }

    /// The next instant at which the wall clock shows a time that it begins or ends at, or midnight, or is changed.
    fn next_boundary(&self, zone: &TimeZone, at_ms: i64) -> i64 {
        let at = instant(at_ms);
        let local_ms = at_ms + i64::from(zone.to_offset(at).seconds()) * 1000;
        let ahead = [0, self.from_minute, self.to_minute].map(|minute| {
            let ahead = (minute * MINUTE_MS - local_ms).rem_euclid(DAY_MS);
            if ahead == 0 { DAY_MS } else { ahead }
        });
        let shown = at_ms + ahead.into_iter().min().unwrap_or(DAY_MS);
        // Changes of the clock are at whole seconds.
        let changed = zone.following(at).next().map(|change| change.timestamp().as_millisecond());
        changed.filter(|changed| *changed > at_ms).map_or(shown, |changed| changed.min(shown))
    }
}

/// The time of day in minutes that is written as `HH:MM`, up to 24:00.
fn minute_of(text: &str) -> Option<i64> {
    let (hours, minutes) = text.split_once(':')?;
    let two = |digits: &str| {
        (digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse::<i64>().ok())?
    };
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    (minutes < 60 && hours * 60 + minutes <= DAY_MINUTES).then_some(hours * 60 + minutes)
}

/// A time of day as `HH:MM`.
pub fn clock(minute: i64) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

fn instant(ms: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::MAX)
}

#[cfg(test)]
mod tests;
