use super::Weekday::{Friday, Monday, Sunday, Thursday, Tuesday, Wednesday};
use super::*;

const WEEK: [Weekday; 7] = [Monday, Tuesday, Wednesday, Thursday, Friday, Weekday::Saturday, Sunday];

fn window(time_zone: &str, days: &[Weekday], from: &str, to: &str) -> WeeklyWindow {
    WeeklyWindow::parse(time_zone, days, from, to).unwrap()
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

/// When a window opens and closes between two instants, to the minute.
fn periods(window: &WeeklyWindow, from: &str, until: &str) -> Vec<String> {
    let shown = |at: Timestamp| at.to_string()[..16].to_owned();
    let periods = window.periods(at(from), at(until));
    periods
        .iter()
        .map(|one| format!("{}/{}", shown(one.opens_at), one.closes_at.map_or(String::new(), shown)))
        .collect()
}

#[test]
fn r17_a_window_is_open_from_its_first_minute_and_not_at_its_end() {
    let office = window("UTC", &[Monday, Friday], "09:00", "17:30");
    // 2026-11-27 is a Friday.
    for (instant, open) in [
        ("2026-11-27T08:59:59.999Z", false),
        ("2026-11-27T09:00:00Z", true),
        ("2026-11-27T17:29:59.999Z", true),
        ("2026-11-27T17:30:00Z", false),
        ("2026-11-28T12:00:00Z", false),
        ("2026-11-30T12:00:00Z", true),
    ] {
        assert_eq!(office.is_open(at(instant)), open, "{instant}");
    }
    let inside = at("2026-11-27T12:00:00Z");
    assert_eq!(office.next_closing(inside), Some(at("2026-11-27T17:30:00Z")));
    assert_eq!(office.next_opening(inside), Some(at("2026-11-30T09:00:00Z")));
    let outside = at("2026-11-28T12:00:00Z");
    assert_eq!(office.next_opening(outside), Some(at("2026-11-30T09:00:00Z")));
    assert_eq!(office.next_closing(outside), Some(at("2026-11-30T17:30:00Z")));
}

#[test]
fn r17_a_window_over_midnight_belongs_to_the_day_on_which_it_begins() {
    let night = window("Europe/Berlin", &[Friday], "22:00", "06:00");
    let week = periods(&night, "2026-11-25T00:00:00Z", "2026-12-02T00:00:00Z");
    assert_eq!(week, ["2026-11-27T21:00/2026-11-28T05:00"]);
    assert!(!night.is_open(at("2026-11-27T04:00:00Z")), "Friday morning belongs to Thursday");
}

#[test]
fn r17_a_window_goes_over_the_end_of_a_year() {
    // 2026-12-31 is a Thursday.
    let night = window("Europe/Berlin", &[Thursday], "22:00", "06:00");
    let turn = periods(&night, "2026-12-31T00:00:00Z", "2027-01-02T00:00:00Z");
    assert_eq!(turn, ["2026-12-31T21:00/2027-01-01T05:00"]);
    let holiday = window("America/New_York", &[Thursday, Friday], "00:00", "24:00");
    let turn = periods(&holiday, "2026-12-30T00:00:00Z", "2027-01-03T00:00:00Z");
    assert_eq!(turn, ["2026-12-31T05:00/2027-01-02T05:00"]);
}

#[test]
fn r17_windows_that_meet_at_midnight_are_one() {
    let weekdays = window("UTC", &[Monday, Tuesday, Wednesday, Thursday, Friday], "00:00", "24:00");
    let week = periods(&weekdays, "2026-11-28T00:00:00Z", "2026-12-05T00:00:00Z");
    assert_eq!(week, ["2026-11-30T00:00/2026-12-05T00:00"]);
    let always = window("UTC", &WEEK, "00:00", "24:00");
    let now = at("2026-11-28T12:00:00Z");
    assert_eq!((always.is_open(now), always.next_opening(now), always.next_closing(now)), (true, None, None));
    assert_eq!(periods(&always, "2026-11-28T12:00:00Z", "2027-11-28T12:00:00Z"), ["2026-11-28T12:00/"]);
}

#[test]
fn r17_the_hour_that_does_not_exist_has_no_effect() {
    // In Berlin, 02:00 becomes 03:00 on 2026-03-29.
    let lost = window("Europe/Berlin", &[Sunday], "02:00", "03:00");
    let spring = periods(&lost, "2026-03-23T00:00:00Z", "2026-04-06T00:00:00Z");
    assert_eq!(spring, ["2026-04-05T00:00/2026-04-05T01:00"]);
    let half = window("Europe/Berlin", &[Sunday], "01:30", "02:30");
    let spring = periods(&half, "2026-03-28T00:00:00Z", "2026-03-30T00:00:00Z");
    assert_eq!(spring, ["2026-03-29T00:30/2026-03-29T01:00"]);
}

#[test]
fn r17_the_hour_that_comes_twice_counts_twice() {
    // In Berlin, 03:00 becomes 02:00 on 2026-10-25.
    let whole = window("Europe/Berlin", &[Sunday], "02:00", "03:00");
    let autumn = periods(&whole, "2026-10-24T00:00:00Z", "2026-10-26T00:00:00Z");
    assert_eq!(autumn, ["2026-10-25T00:00/2026-10-25T02:00"]);
    let quarter = window("Europe/Berlin", &[Sunday], "02:15", "02:45");
    let autumn = periods(&quarter, "2026-10-24T00:00:00Z", "2026-10-26T00:00:00Z");
    assert_eq!(autumn, ["2026-10-25T00:15/2026-10-25T00:45", "2026-10-25T01:15/2026-10-25T01:45"]);
}

#[test]
fn r17_periods_are_those_at_which_the_window_is_open() {
    for zone in ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"] {
        for (days, from, to) in [
            (&[Sunday, Monday][..], "23:10", "02:20"),
            (&[Sunday][..], "01:45", "02:15"),
            (&WEEK[..], "12:00", "11:55"),
        ] {
            let window = window(zone, days, from, to);
            for start in ["2026-03-01T00:00:00Z", "2026-09-20T00:00:00Z"] {
                let start = at(start);
                let end = Timestamp(start.0 + 50 * DAY_MS);
                let periods = window.periods(start, end);
                for place in 0..(end.0 - start.0) / (5 * MINUTE_MS) {
                    let instant = Timestamp(start.0 + place * 5 * MINUTE_MS);
                    let within = periods.iter().any(|period| {
                        period.opens_at <= instant && period.closes_at.is_none_or(|closes_at| instant < closes_at)
                    });
                    assert_eq!(window.is_open(instant), within, "{zone} {from}-{to} {instant}");
                }
            }
        }
    }
}

#[test]
fn r17_a_zone_that_this_program_does_not_know_is_always_open() {
    let moon = WeeklyWindow { time_zone: "Moon/Tycho".into(), ..window("UTC", &[Monday], "09:00", "10:00") };
    let now = at("2026-11-28T12:00:00Z");
    assert_eq!((moon.is_open(now), moon.next_closing(now)), (true, None));
}

#[test]
fn r17_what_is_wrong_with_a_window_is_said_at_once() {
    let wrong = |time_zone: &str, days: &[Weekday], from: &str, to: &str| {
        let problems = WeeklyWindow::parse(time_zone, days, from, to).unwrap_err();
        problems.0.into_iter().map(|problem| (problem.code, problem.field[1].clone())).collect::<Vec<_>>()
    };
    let invalid = |field: &str| (ProblemCode::Invalid, field.to_owned());
    assert_eq!(wrong("UTC", &[Monday], "09:00", "09:00"), [invalid("to")]);
    assert_eq!(wrong("Mars/Olympus", &[Monday], "09:00", "10:00"), [invalid("timeZone")]);
    assert_eq!(wrong("", &[Monday], "09:00", "10:00"), [invalid("timeZone")]);
    assert_eq!(wrong("UTC", &[], "09:00", "10:00"), [(ProblemCode::Required, "days".into())]);
    assert_eq!(wrong("UTC", &[Monday, Friday, Monday], "09:00", "10:00"), [invalid("days")]);
    for time in ["24:00", "9:00", "09:60", "25:00", "09.00", "", "0٩:00", "+9:00", "09:00:00"] {
        assert_eq!(wrong("UTC", &[Monday], time, "23:00"), [invalid("from")], "{time}");
    }
    assert_eq!(wrong("UTC", &[Monday], "09:00", "24:01"), [invalid("to")]);
    let everything = wrong("Mars/Olympus", &[], "x", "y");
    assert_eq!(everything.len(), 4);
}

#[test]
fn r17_a_window_is_kept_as_it_was_written() {
    let written = window("europe/berlin", &[Friday, Monday], "09:05", "24:00");
    assert_eq!(written.time_zone, "Europe/Berlin");
    assert_eq!(written.days.list().collect::<Vec<_>>(), [Monday, Friday]);
    assert_eq!(Days::from_bits(written.days.bits()), written.days);
    assert_eq!((clock(written.from_minute), clock(written.to_minute)), ("09:05".into(), "24:00".into()));
}
