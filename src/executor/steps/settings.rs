//! Settings of steps: the tables `[executors.NAME.prepare]`, `drain`, `health` and `undrain`.

use super::address::Address;
use super::health::{Check, Health};
use super::http::{Call, Verb};
use super::{Act, Means, Place, Steps};
use crate::domain::{StepName, duration};
use crate::executor::kind::Kind;
use serde::{Deserialize, Deserializer, de};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The steps of an executor as they are written.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct StepsSettings {
    pub prepare: Option<ProgramSettings>,
    pub drain: Option<ActSettings>,
    pub health: Option<HealthSettings>,
    pub undrain: Option<ActSettings>,
}

/// A program.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgramSettings {
    program: PathBuf,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default)]
    on: Place,
    #[serde(default = "thirty_seconds", deserialize_with = "positive")]
    timeout: Duration,
}

/// A program or a call.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActSettings {
    #[serde(default)]
    kind: ActKind,
    program: Option<PathBuf>,
    args: Option<Vec<String>>,
    on: Option<Place>,
    url: Option<String>,
    method: Option<Verb>,
    #[serde(default = "thirty_seconds", deserialize_with = "positive")]
    timeout: Duration,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ActKind {
    #[default]
    Command,
    Http,
}

/// A health check.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HealthSettings {
    kind: HealthKind,
    program: Option<PathBuf>,
    args: Option<Vec<String>>,
    on: Option<Place>,
    url: Option<String>,
    address: Option<String>,
    #[serde(default = "two_seconds", deserialize_with = "positive")]
    interval: Duration,
    #[serde(default = "five_seconds", deserialize_with = "positive")]
    timeout: Duration,
    #[serde(default = "one_minute", deserialize_with = "positive")]
    within: Duration,
    #[serde(default = "one", deserialize_with = "at_least_one")]
    successes: u32,
    #[serde(default = "three", deserialize_with = "at_least_one")]
    failures: u32,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum HealthKind {
    Http,
    Tcp,
    Command,
}

const fn two_seconds() -> Duration {
    Duration::from_secs(2)
}

const fn five_seconds() -> Duration {
    Duration::from_secs(5)
}

const fn thirty_seconds() -> Duration {
    Duration::from_secs(30)
}

const fn one_minute() -> Duration {
    Duration::from_mins(1)
}

const fn one() -> u32 {
    1
}

const fn three() -> u32 {
    3
}

/// The longest of these times, within what a start may take.
const MAX_TIME: Duration = Duration::from_hours(24);

fn positive<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let time = duration::deserialize(from)?;
    match (Duration::from_millis(1)..=MAX_TIME).contains(&time) {
        true => Ok(time),
        false => Err(de::Error::custom("the time must be more than 0 and at most 24 hours")),
    }
}

fn at_least_one<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    match u32::deserialize(from)? {
        0 => Err(de::Error::custom("the number of answers in a row must be at least 1")),
        number => Ok(number),
    }
}

/// Makes the program of a step: its kind of executor knows how programs run in this place.
pub type MakeProgram<'m> = &'m dyn Fn(Place, PathBuf, Vec<String>) -> Result<Arc<dyn Kind>, String>;

impl StepsSettings {
    /// Checks the settings against each other.
    ///
    /// # Errors
    /// The first mistake, with the name of its step.
    pub fn read(self, connect: bool, program: MakeProgram<'_>) -> Result<Steps, (StepName, String)> {
        let StepsSettings { prepare, drain, health, undrain } = self;
        let of = |step| move |mistake| (step, mistake);
        if drain.is_some() && undrain.is_none() {
            let mistake = "drain needs undrain: without it, the instance would stay out of service; add undrain";
            return Err((StepName::Drain, mistake.into()));
        }
        let prepare = prepare.map(|prepare| prepare.read(program)).transpose().map_err(of(StepName::Prepare))?;
        let drain = drain.map(|drain| drain.read(program)).transpose().map_err(of(StepName::Drain))?;
        let health = health.map(|health| health.read(program)).transpose().map_err(of(StepName::Health))?;
        let undrain = undrain.map(|undrain| undrain.read(program)).transpose().map_err(of(StepName::Undrain))?;
        Ok(Steps { connect, prepare, drain, health, undrain })
    }
}

impl ProgramSettings {
    fn read(self, program: MakeProgram<'_>) -> Result<Act, String> {
        let means = Means::Program(program(self.on, self.program, self.args)?);
        Ok(Act { means, timeout: self.timeout })
    }
}

impl ActSettings {
    fn read(self, program: MakeProgram<'_>) -> Result<Act, String> {
        let means = match self.kind {
            ActKind::Command => {
                unused("command", &[("url", self.url.is_some()), ("method", self.method.is_some())])?;
                Means::Program(made(program, self.program, self.args, self.on)?)
            }
            ActKind::Http => {
                unused("http", &of_programs(self.program.as_ref(), self.args.as_ref(), self.on))?;
                let url = self.url.ok_or("kind \"http\" needs `url`")?;
                Means::Call(Call::new(self.method.unwrap_or_default(), &url)?)
            }
        };
        Ok(Act { means, timeout: self.timeout })
    }
}

impl HealthSettings {
    fn read(self, program: MakeProgram<'_>) -> Result<Health, String> {
        let HealthSettings { interval, timeout, within, successes, failures, .. } = self;
        let (url, address) = (("url", self.url.is_some()), ("address", self.address.is_some()));
        let programs = of_programs(self.program.as_ref(), self.args.as_ref(), self.on);
        let check = match self.kind {
            HealthKind::Http => {
                unused("http", &[&programs[..], &[address]].concat())?;
                let url = self.url.ok_or("kind \"http\" needs `url`")?;
                Check::Http(Call::new(Verb::Get, &url)?)
            }
            HealthKind::Tcp => {
                unused("tcp", &[&programs[..], &[url]].concat())?;
                let address = self.address.unwrap_or_else(|| "{host.address}:{instance.port}".into());
                Check::Tcp(with_port(&address)?)
            }
            HealthKind::Command => {
                unused("command", &[url, address])?;
                Check::Program(made(program, self.program, self.args, self.on)?)
            }
        };
        Ok(Health { check, interval, timeout, within, successes, failures })
    }
}

fn with_port(text: &str) -> Result<Address, String> {
    let address = Address::parse(text)?;
    let sample = address.sample();
    match sample.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse::<u16>().ok()?))) {
        Some((host, 1..)) if !host.is_empty() => Ok(address),
        _ => Err(format!("{text:?} is not an address with a port, such as \"{{host.address}}:{{instance.port}}\"")),
    }
}

fn of_programs<'s>(program: Option<&PathBuf>, args: Option<&Vec<String>>, on: Option<Place>) -> [(&'s str, bool); 3] {
    [("program", program.is_some()), ("args", args.is_some()), ("on", on.is_some())]
}

/// Refuses settings that another kind has.
fn unused(kind: &str, others: &[(&str, bool)]) -> Result<(), String> {
    match others.iter().find(|(_, given)| *given) {
        Some((name, _)) => Err(format!("kind \"{kind}\" has no `{name}`")),
        None => Ok(()),
    }
}

fn made(
    make: MakeProgram<'_>,
    program: Option<PathBuf>,
    args: Option<Vec<String>>,
    on: Option<Place>,
) -> Result<Arc<dyn Kind>, String> {
    let program = program.ok_or("kind \"command\" needs `program`")?;
    make(on.unwrap_or_default(), program, args.unwrap_or_default())
}
