//! Executors as the configuration file declares them: `[executors.NAME]`. Some settings belong to every kind; the
//! others are read by the kind that is named, so that each kind has a list of its own.

use super::kind::Known;
use super::steps::StepsSettings;
use super::{Executor, Executors, KINDS};
use crate::domain::order::OnLost;
use crate::domain::release::rollout::MAX_TIMEOUT_SECONDS;
use crate::domain::{StepName, Word as _, duration};
use serde::{Deserialize, Deserializer, de};
use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

/// The settings of every kind.
#[derive(Deserialize)]
struct Common {
    #[serde(deserialize_with = "known")]
    kind: &'static Known,
    #[serde(default = "ten_minutes", deserialize_with = "start_time")]
    timeout: Duration,
    #[serde(default)]
    on_lost: OnLost,
    #[serde(default)]
    shares_host: bool,
}

/// The names of the fields of [`Common`], and of the steps.
const COMMON: [&str; 4] = ["kind", "timeout", "on_lost", "shares_host"];
const STEPS: [&str; 4] = ["prepare", "drain", "health", "undrain"];
/// The kinds of health checks.
const HEALTH_KINDS: [&str; 3] = ["http", "tcp", "command"];

/// A mistake in a declaration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Mistake {
    /// What is wrong. It may repeat values, also secret ones.
    pub message: String,
    /// The bytes of the text where the mistake is, if that is known.
    pub span: Option<Range<usize>>,
}

impl From<toml::de::Error> for Mistake {
    fn from(error: toml::de::Error) -> Mistake {
        Mistake { message: error.message().to_owned(), span: error.span() }
    }
}

impl Executors {
    /// Reads the table `[executors]`.
    ///
    /// # Errors
    /// The first mistake, where it is in the text that the table was parsed from.
    pub fn declared(executors: Spanned<DeValue<'_>>) -> Result<Executors, Mistake> {
        let span = executors.span();
        let DeValue::Table(executors) = executors.into_inner() else {
            return Err(Mistake {
                message: "write each executor as a table [executors.NAME]".into(),
                span: Some(span),
            });
        };
        executors.into_iter().map(|(name, declared)| Executor::declared(&name, declared)).collect()
    }
}

impl Executor {
    /// Reads what stands under `[executors.NAME]`, from a text of its own.
    ///
    /// # Errors
    /// The first mistake.
    pub fn parse(name: &str, text: &str) -> Result<Executor, Mistake> {
        let table = DeTable::parse(text)?;
        let span = table.span();
        let name = Spanned::new(0..0, name.into());
        Executor::declared(&name, Spanned::new(span, DeValue::Table(table.into_inner())))
    }

    fn declared(name: &Spanned<toml::de::DeString<'_>>, declared: Spanned<DeValue<'_>>) -> Result<Executor, Mistake> {
        if !(1..=63).contains(&name.get_ref().chars().count()) {
            let message = format!("an executor name must have 1 to 63 characters: {:?}", name.get_ref());
            return Err(Mistake { message, span: Some(name.span()) });
        }
        let span = declared.span();
        let DeValue::Table(table) = declared.into_inner() else {
            let message = format!("write the executor as a table [executors.{}]", name.get_ref());
            return Err(Mistake { message, span: Some(span) });
        };
        let place =
            |step: StepName| table.iter().find(|(key, _)| key.get_ref() == step.label()).map(|(key, _)| key.span());
        let places: BTreeMap<StepName, Range<usize>> =
            StepName::ALL.iter().filter_map(|(step, ..)| Some((*step, place(*step)?))).collect();
        let (common, own): (DeTable<'_>, DeTable<'_>) =
            table.into_iter().partition(|(key, _)| COMMON.contains(&key.get_ref().as_ref()));
        let (steps, own): (DeTable<'_>, DeTable<'_>) =
            own.into_iter().partition(|(key, _)| STEPS.contains(&key.get_ref().as_ref()));
        if !common.iter().any(|(key, _)| key.get_ref().as_ref() == "kind") {
            let names: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
            let message = format!("missing field `kind`; the kinds are {}", quoted(&names));
            return Err(Mistake { message, span: Some(span) });
        }
        if let Some((_, health)) = steps.iter().find(|(key, _)| key.get_ref().as_ref() == StepName::Health.label())
            && let DeValue::Table(settings) = health.get_ref()
            && !settings.iter().any(|(key, _)| key.get_ref().as_ref() == "kind")
        {
            let message = format!("health: missing field `kind`; the kinds are {}", quoted(&HEALTH_KINDS));
            return Err(Mistake { message, span: Some(health.span()) });
        }
        let deserializer = |table| ValueDeserializer::from(Spanned::new(span.clone(), DeValue::Table(table)));
        let Common { kind, timeout, on_lost, shares_host } = Common::deserialize(deserializer(common))?;
        let steps = StepsSettings::deserialize(deserializer(steps))?;
        let settings = (kind.read)(deserializer(own)).map_err(|error| of_kind(kind.name, span.clone(), &error))?;
        let steps = steps
            .read(settings.connects(), &|place, program, args| settings.program(place, program, args))
            .map_err(|(step, mistake)| Mistake {
                message: format!("{}: {mistake}", step.label()),
                span: Some(places.get(&step).unwrap_or(&span).clone()),
            })?;
        let name = name.get_ref().to_string();
        Ok(Executor { name, timeout, shares_host, on_lost, kind_name: kind.name, kind: settings, steps })
    }
}

/// A mistake in the settings of a kind. Where they do not fit together, its place is that of the whole table.
fn of_kind(kind: &str, table: Range<usize>, error: &toml::de::Error) -> Mistake {
    let message = match error.message() {
        unknown if unknown.starts_with("unknown field") => {
            let common = [COMMON, STEPS].concat();
            format!("kind \"{kind}\": {unknown}; every kind has also {}", quoted(&common))
        }
        message => message.to_owned(),
    };
    Mistake { message, span: Some(error.span().unwrap_or(table)) }
}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn known<'de, D: Deserializer<'de>>(from: D) -> Result<&'static Known, D::Error> {
    let name = String::deserialize(from)?;
    let unknown = || {
        let names: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
        de::Error::custom(format!("{name:?} is not a kind of executor; the kinds are {}", quoted(&names)))
    };
    KINDS.iter().find(|kind| kind.name == name).ok_or_else(unknown)
}

const fn ten_minutes() -> Duration {
    Duration::from_mins(10)
}

/// The longest time for one start, within what a rollout can say.
fn start_time<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let time = duration::deserialize(from)?;
    let longest = Duration::from_secs(MAX_TIMEOUT_SECONDS.unsigned_abs());
    match (Duration::from_secs(1)..=longest).contains(&time) {
        true => Ok(time),
        false => Err(de::Error::custom("the timeout of an executor must be from 1 second to 24 hours")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::release::ReleaseAction;

    #[test]
    fn executors_are_read_with_their_defaults() {
        let text = "kind = 'command'\nprogram = '/bin/true'\ntimeout = '90s'\non_lost = 'retry'";
        let web = Executor::parse("web", text).unwrap();
        assert_eq!((web.timeout, web.on_lost, web.kind()), (Duration::from_secs(90), OnLost::Retry, "command"));
        assert!(!web.shares_host);
        let demo = Executor::parse("demo", "kind = 'simulate'\ntimeout = '1d'").unwrap();
        assert_eq!((demo.timeout, demo.on_lost), (Duration::from_hours(24), OnLost::Resolve));
        let demo = Executor::parse("demo", "kind = 'simulate'").unwrap();
        assert_eq!((demo.timeout, demo.kind()), (Duration::from_mins(10), "simulate"));
    }

    #[test]
    fn the_steps_of_an_executor_are_those_that_it_declares() {
        let text = "kind = 'command'\nprogram = '/x'\n[prepare]\nprogram = '/p'\n[drain]\nkind = 'http'\nurl = 'http://lb/out'\n\
                    method = 'POST'\n[undrain]\nprogram = '/u'\non = 'worker'\ntimeout = '5s'\n[health]\nkind = 'tcp'\nfailures = 2";
        let web = Executor::parse("web", text).unwrap();
        assert_eq!(web.steps(ReleaseAction::Upgrade).len(), 5);
        assert_eq!(web.step_timeout(StepName::Prepare), Some(Duration::from_secs(30)));
        assert_eq!(web.step_timeout(StepName::Undrain), Some(Duration::from_secs(5)));
        assert_eq!((web.step_timeout(StepName::Run), web.step_timeout(StepName::Health)), (None, None));
        let demo =
            Executor::parse("demo", "kind = 'simulate'\n[health]\nkind = 'http'\nurl = 'https://{host.address}/'");
        assert_eq!(demo.unwrap().steps(ReleaseAction::Install), [StepName::Run, StepName::Health]);
    }

    #[test]
    fn a_mistake_in_a_step_names_the_step_and_its_place() {
        for (wrong, line, expected) in [
            ("[drain]\nprogram = '/x'", 1, "drain: drain needs undrain"),
            ("[undrain]\nurl = 'http://x'", 1, "undrain: kind \"command\" has no `url`"),
            ("[undrain]\nkind = 'http'", 1, "undrain: kind \"http\" needs `url`"),
            ("[undrain]\ntimeout = '1s'", 1, "undrain: kind \"command\" needs `program`"),
            ("[undrain]\nkind = 'http'\nurl = 'http://x'\nargs = []", 1, "kind \"http\" has no `args`"),
            ("[undrain]\nkind = 'http'\nurl = 'ftp://x'", 1, "is not a URL"),
            ("[undrain]\nkind = 'http'\nurl = '/out'", 1, "is not a URL"),
            ("[undrain]\nkind = 'http'\nurl = 'http://x'\nmethod = 'PUT'", 4, "unknown variant `PUT`"),
            ("[undrain]\nprogram = '/x'\ntimeout = '0s'", 3, "more than 0"),
            ("[undrain]\nprogram = '/x'\non = 'moon'", 3, "unknown variant `moon`"),
            ("[prepare]\nurl = 'http://x'", 2, "unknown field `url`"),
            ("[health]\nprogram = '/x'", 1, "missing field `kind`; the kinds are `http`, `tcp`, `command`"),
            ("[health]\nkind = 'none'", 2, "expected one of `http`, `tcp`, `command`"),
            ("[health]\nkind = 'http'\nurl = 'http://{instance.prot}/'", 1, "health: {instance.prot} in"),
            ("[health]\nkind = 'tcp'\naddress = '{host.address}'", 1, "is not an address with a port"),
            ("[health]\nkind = 'tcp'\nurl = 'http://x'", 1, "kind \"tcp\" has no `url`"),
            ("[health]\nkind = 'tcp'\nsuccesses = 0", 3, "at least 1"),
            ("[health]\nkind = 'tcp'\nfailures = 0", 3, "at least 1"),
            ("[health]\nkind = 'ping'", 2, "unknown variant `ping`"),
        ] {
            let mistake = Executor::parse("web", &format!("kind = 'command'\nprogram = '/x'\n{wrong}")).unwrap_err();
            assert!(mistake.message.contains(expected), "{mistake}");
            let text = format!("kind = 'command'\nprogram = '/x'\n{wrong}");
            let place = mistake.span.clone().unwrap().start;
            assert_eq!(text[..place].matches('\n').count() - 1, line, "{mistake}");
        }
        let mistake = Executor::parse("demo", "kind = 'simulate'\n[prepare]\nprogram = '/x'").unwrap_err();
        assert!(mistake.message.contains("prepare: kind \"simulate\" runs nothing on a host"), "{mistake}");
    }

    #[test]
    fn a_mistake_names_its_place_and_the_list_of_its_kind() {
        for (wrong, line, expected) in [
            ("kind = 'command'\nprogram = '/x'\nprogarm = 1", 3, "unknown field `progarm`, expected one of `program`"),
            ("kind = 'command'\nprogram = '/x'\ntimeuot = 1", 3, "every kind has also `kind`, `timeout`"),
            ("kind = 'simulate'\nprogram = '/x'", 2, "kind \"simulate\": unknown field `program`"),
            ("kind = 'simulate'\nsecrets = { A = '1' }", 2, "expected one of `delay`"),
            ("timeout = '900ms'\nkind = 'simulate'", 1, "from 1 second"),
            ("kind = 'simulate'\ntimeout = '25h'", 2, "to 24 hours"),
            ("kind = 'simulate'\n\ntimeout = '10 parsecs'", 3, "is not a duration"),
            ("kind = 'simulate'\non_lost = 'pray'", 2, "unknown variant `pray`"),
            ("\nkind = 'carrier-pigeon'", 2, "is not a kind of executor; the kinds are `command`, `simulate`, `ssh`"),
            ("timeout = '1s'", 1, "missing field `kind`; the kinds are `command`, `simulate`, `ssh`"),
        ] {
            let mistake = Executor::parse("web", wrong).unwrap_err();
            assert!(mistake.message.contains(expected), "{mistake}");
            let place = mistake.span.clone().unwrap().start;
            assert_eq!(wrong[..place].matches('\n').count() + 1, line, "{mistake}");
        }
        for name in ["", &"x".repeat(64)] {
            assert!(Executor::parse(name, "kind = 'simulate'").unwrap_err().message.contains("1 to 63 characters"));
        }
    }
}
