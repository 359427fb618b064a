//! How a release moves over its instances, as options.

use super::waves::{self, Waves};
use crate::amount;
use crate::names;
use crate::times;
use clap::{Args, ValueEnum};
use lockkeeper_client::operations::list::Label;
use lockkeeper_client::operations::start::{Amount, PerLabel, RolloutInput, WavesByInput};
use std::time::Duration;

/// What differs from the defaults of the server.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Rollout")]
pub struct RolloutArgs {
    /// How many instances move at a time, for example 10 or 25% [default: the server's, which --dry-run shows]
    #[arg(long, value_name = "N|N%", value_parser = amount::parse)]
    max_parallel: Option<Amount>,
    /// How many may fail before --on-failure applies, for example 3 or 10% [default: the server's, which --dry-run shows]
    #[arg(long, value_name = "N|N%", value_parser = amount::parse)]
    max_failures: Option<Amount>,
    /// How many hosts may not be reached before the release pauses [default: as many as may fail]
    #[arg(long, value_name = "N|N%", value_parser = amount::parse)]
    max_unreachable: Option<Amount>,
    /// How many instances of this release may move at a time that have the same value of a label, for example rack=1
    #[arg(long, value_name = "KEY=N", value_parser = amount::per_label)]
    max_per_label: Option<PerLabel>,
    /// What to do when more fail [default: the server's, which --dry-run shows]
    #[arg(long, value_name = "WHAT", value_enum)]
    on_failure: Option<OnFailure>,
    /// Undo the release when more fail: what it has moved goes back; the same as --on-failure undo
    #[arg(long, conflicts_with = "on_failure")]
    undo_on_failure: bool,
    /// Withdraw the version, too, when the release is undone because more failed
    #[arg(long)]
    withdraw_on_undo: bool,
    /// How long one instance may take, for example 10m, 90s or 1h30m [default: the `timeout` of the service's executor]
    #[arg(long, value_name = "DURATION", value_parser = times::duration)]
    target_timeout: Option<Duration>,
    /// How long the release may take: what has not started by then is canceled, for example 3d [default: a day]
    #[arg(long, value_name = "DURATION", value_parser = times::duration)]
    deadline: Option<Duration>,
    /// Waves: how many instances have moved at the end of each, with p for a pause after it and @ for how long it soaks, for
    /// example 2p,25%@5m,100%; or none
    #[arg(long, value_name = "WAVES", value_parser = waves::parse)]
    waves: Option<Waves>,
    /// A wave for each value of this label of the hosts
    #[arg(long, value_name = "KEY", conflicts_with = "waves")]
    waves_by: Option<String>,
    /// The values of --waves-by whose waves come first
    #[arg(long, value_name = "VALUE,…", value_delimiter = ',', requires = "waves_by")]
    wave_first: Vec<String>,
    /// How long each wave of --waves-by soaks
    #[arg(long, value_name = "DURATION", value_parser = waves::soak, requires = "waves_by")]
    soak: Option<Duration>,
    /// How long the first wave of --waves-by soaks [default: as the others]
    #[arg(long, value_name = "DURATION", value_parser = waves::soak, requires = "waves_by")]
    first_soak: Option<Duration>,
    /// Pause after the first wave of --waves-by
    #[arg(long, requires = "waves_by")]
    pause_after_first: bool,
    /// In which order the instances move [default: by hostname]
    #[arg(long, value_name = "ORDER", value_enum)]
    order: Option<Order>,
    /// Hosts with this label go before all others; may be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = names::label)]
    first: Vec<Label>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum OnFailure {
    /// Start no more instances
    Stop,
    /// Go on
    Continue,
    /// Start no more instances until the release is resumed
    Pause,
    /// Start no more instances, and move back those that have moved
    Undo,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Order {
    /// By hostname
    ByHostname,
    /// As the hosts are named
    AsGiven,
    /// Those that are out of service, broken or unknown already, then the others
    UnhealthyFirst,
}

impl Order {
    fn word(self) -> &'static str {
        match self {
            Order::ByHostname => "BY_HOSTNAME",
            Order::AsGiven => "AS_GIVEN",
            Order::UnhealthyFirst => "UNHEALTHY_FIRST",
        }
    }
}

impl OnFailure {
    fn word(self) -> &'static str {
        match self {
            OnFailure::Stop => "STOP",
            OnFailure::Continue => "CONTINUE",
            OnFailure::Pause => "PAUSE",
            OnFailure::Undo => "UNDO",
        }
    }
}

impl RolloutArgs {
    /// The input of the mutation, or `None` where everything is the server's default.
    pub fn input(&self) -> Option<RolloutInput> {
        let input = RolloutInput {
            max_parallel: self.max_parallel,
            max_failures: self.max_failures,
            max_unreachable: self.max_unreachable,
            max_per_label: self.max_per_label.clone(),
            on_failure: self.on_failure().map(|on_failure| on_failure.word().to_owned()),
            withdraw_on_undo: self.withdraw_on_undo.then_some(true),
            timeout_seconds: self.target_timeout.map(|timeout| timeout.as_secs()),
            deadline_seconds: self.deadline.map(|deadline| deadline.as_secs()),
            waves: self.waves.as_ref().map(|waves| waves.0.clone()),
            waves_by: self.waves_by.clone().map(|key| WavesByInput {
                key,
                first: Some(self.wave_first.clone()).filter(|first| !first.is_empty()),
                soak_seconds: self.soak.map(|soak| soak.as_secs()),
                first_soak_seconds: self.first_soak.map(|soak| soak.as_secs()),
                pause_after_first: self.pause_after_first.then_some(true),
            }),
            order: self.order.map(|order| order.word().to_owned()),
            first: Some(self.first.clone()).filter(|first| !first.is_empty()),
        };
        (input != RolloutInput::default()).then_some(input)
    }

    fn on_failure(&self) -> Option<OnFailure> {
        if self.undo_on_failure { Some(OnFailure::Undo) } else { self.on_failure }
    }

    /// The options with their values, as they are written.
    pub fn options(&self) -> Vec<(&'static str, Option<String>)> {
        let mut options = vec![
            ("max-parallel", self.max_parallel.map(amount::text)),
            ("max-failures", self.max_failures.map(amount::text)),
            ("max-unreachable", self.max_unreachable.map(amount::text)),
            ("max-per-label", self.max_per_label.as_ref().map(amount::per_label_text)),
            ("on-failure", self.on_failure().map(|on_failure| on_failure.word().to_lowercase())),
            ("target-timeout", self.target_timeout.map(times::written)),
            ("deadline", self.deadline.map(times::written)),
            ("waves", self.waves.as_ref().map(waves::text)),
            ("waves-by", self.waves_by.clone()),
            ("wave-first", Some(self.wave_first.join(",")).filter(|first| !first.is_empty())),
            ("soak", self.soak.map(times::written)),
            ("first-soak", self.first_soak.map(times::written)),
            ("order", self.order.map(|order| order.word().to_lowercase().replace('_', "-"))),
        ];
        options.extend(self.first.iter().map(|label| ("first", Some(format!("{}={}", label.key, label.value)))));
        options
    }

    /// The flags that are set.
    pub fn flags(&self) -> Vec<(bool, &'static str)> {
        vec![(self.pause_after_first, "--pause-after-first"), (self.withdraw_on_undo, "--withdraw-on-undo")]
    }
}
