//! The periodic jobs of the upkeep, for `/metrics`.

use crate::upkeep::JobReport;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};
use std::sync::atomic::AtomicU64;
use std::time::{Duration, UNIX_EPOCH};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct JobLabel {
    job: &'static str,
}

type Seconds = Family<JobLabel, Gauge<f64, AtomicU64>>;

/// Adds what is known of the jobs. A job that has not run yet has no figures of a last run.
pub fn register(registry: &mut Registry, jobs: &[JobReport]) {
    let (runs, failures) = (Family::<JobLabel, Counter>::default(), Family::<JobLabel, Counter>::default());
    let succeeded = Family::<JobLabel, Gauge>::default();
    let (period, duration, timestamp) = (Seconds::default(), Seconds::default(), Seconds::default());
    for report in jobs {
        let label = JobLabel { job: report.name };
        runs.get_or_create(&label).inc_by(report.succeeded + report.failed);
        failures.get_or_create(&label).inc_by(report.failed);
        set(&period, &label, report.period);
        if let Some(last) = report.last {
            set(&duration, &label, last.duration);
            set(&timestamp, &label, last.ended.duration_since(UNIX_EPOCH).unwrap_or_default());
            succeeded.get_or_create(&label).set(last.succeeded.into());
        }
    }
    let registry = registry.sub_registry_with_prefix("upkeep");
    registry.register("runs", "Runs of a periodic job since the process started", runs);
    registry.register("failures", "Runs of a periodic job that failed", failures);
    registry.register_with_unit("period", "From the end of one run of a job to the next", Unit::Seconds, period);
    let help = "When the newest run of a job ended, in seconds since 1970";
    registry.register_with_unit("last_run_timestamp", help, Unit::Seconds, timestamp);
    registry.register_with_unit("last_run_duration", "How long the newest run of a job took", Unit::Seconds, duration);
    registry.register("last_run_succeeded", "Whether the newest run of a job succeeded: 1, or 0", succeeded);
}

fn set(family: &Seconds, label: &JobLabel, value: Duration) {
    family.get_or_create(label).set(value.as_secs_f64());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upkeep::LastRun;
    use prometheus_client::encoding::text;

    #[test]
    fn each_job_has_its_period_its_runs_and_its_last_run() {
        let ended = UNIX_EPOCH + Duration::from_secs(1_000);
        let last = LastRun { ended, duration: Duration::from_millis(250), succeeded: false };
        let (name, period) = ("test", Duration::from_mins(1));
        let ran = JobReport { name, period, succeeded: 2, failed: 1, last: Some(last) };
        let new = JobReport { name: "new", succeeded: 0, failed: 0, last: None, ..ran };
        let mut registry = Registry::with_prefix("lockkeeper");
        register(&mut registry, &[ran, new]);
        let mut shown = String::new();
        text::encode(&mut shown, &registry).unwrap();
        for line in [
            "lockkeeper_upkeep_runs_total{job=\"test\"} 3",
            "lockkeeper_upkeep_failures_total{job=\"test\"} 1",
            "lockkeeper_upkeep_period_seconds{job=\"test\"} 60.0",
            "lockkeeper_upkeep_last_run_timestamp_seconds{job=\"test\"} 1000.0",
            "lockkeeper_upkeep_last_run_duration_seconds{job=\"test\"} 0.25",
            "lockkeeper_upkeep_last_run_succeeded{job=\"test\"} 0",
            "lockkeeper_upkeep_runs_total{job=\"new\"} 0",
        ] {
            assert!(shown.lines().any(|shown| shown == line), "{line} is not in\n{shown}");
        }
        assert!(!shown.contains("last_run_succeeded{job=\"new\"}"), "{shown}");
    }
}
