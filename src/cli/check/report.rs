//! What a look at hosts found: a table, a sentence for every failure, and JSON.

use crate::executor::{Executor, Stage};
use lockkeeper_terminal::{Failure, Output, Table};
use serde::Serialize;

/// What is checked of a host, in the order in which it is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Check {
    Name,
    Port,
    HostKey,
    Login,
    Shell,
    StateDirectory,
    Program,
    Clock,
    Probe,
    Health,
}

/// All checks with their headings.
const CHECKS: [(Check, &str); 10] = [
    (Check::Name, "NAME"),
    (Check::Port, "PORT"),
    (Check::HostKey, "HOST KEY"),
    (Check::Login, "LOGIN"),
    (Check::Shell, "SHELL"),
    (Check::StateDirectory, "STATE"),
    (Check::Program, "PROGRAM"),
    (Check::Clock, "CLOCK"),
    (Check::Probe, "PROBE"),
    (Check::Health, "HEALTH"),
];

impl Check {
    /// Whether nothing can be asked of a host where it failed.
    pub fn is_needed(self) -> bool {
        matches!(self, Check::Name | Check::Port | Check::HostKey | Check::Login | Check::Shell)
    }

    fn label(self) -> String {
        let heading = CHECKS.iter().find(|(check, _)| *check == self).map_or("", |(_, heading)| heading);
        heading.to_lowercase()
    }
}

impl From<Stage> for Check {
    fn from(stage: Stage) -> Check {
        match stage {
            Stage::Name => Check::Name,
            Stage::Port => Check::Port,
            Stage::HostKey => Check::HostKey,
            Stage::Login => Check::Login,
            Stage::Shell => Check::Shell,
            Stage::StateDirectory => Check::StateDirectory,
            Stage::Program => Check::Program,
            Stage::Clock => Check::Clock,
        }
    }
}

/// How a check went. Those that were not tried have none.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    pub check: Check,
    /// What is wrong and what to do about it; `None` if nothing is.
    pub problem: Option<String>,
}

/// What was found on a host.
#[derive(Clone, Debug, Serialize)]
pub struct HostReport {
    pub executor: String,
    pub hostname: String,
    pub address: String,
    #[serde(rename = "checks")]
    pub outcomes: Vec<Outcome>,
}

/// What is wrong with an executor on this machine.
#[derive(Clone, Debug, Serialize)]
struct ExecutorProblem {
    executor: String,
    problem: String,
}

/// All that was found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    items: Vec<HostReport>,
    problems: Vec<ExecutorProblem>,
    failed: usize,
}

impl Report {
    /// Adds what is wrong with an executor before any host is looked at.
    pub fn add_executor(&mut self, executor: &Executor, problems: impl Iterator<Item = String>) {
        let own = problems.map(|problem| ExecutorProblem { executor: executor.name.clone(), problem });
        self.problems.extend(own);
    }

    /// Adds hosts.
    pub fn add(&mut self, hosts: Vec<HostReport>) {
        self.failed +=
            hosts.iter().filter(|host| host.outcomes.iter().any(|outcome| outcome.problem.is_some())).count();
        self.items.extend(hosts);
    }

    /// Whether nothing is wrong.
    pub fn is_good(&self) -> bool {
        self.failed == 0 && self.problems.is_empty()
    }

    /// Prints all of it.
    pub fn print(&self, output: &Output) -> Result<(), Failure> {
        if output.json {
            return output.json_line(self);
        }
        self.table().print(output, false)?;
        for line in self.sentences() {
            output.line(&line)?;
        }
        let hosts = if self.items.len() == 1 { "host" } else { "hosts" };
        output.note(&format!("{} {hosts} looked at, {} with failures.", self.items.len(), self.failed));
        Ok(())
    }

    /// A row for each host. Checks that no host has are left out.
    fn table(&self) -> Table {
        let is_tried =
            |check: Check| self.items.iter().any(|host| host.outcomes.iter().any(|outcome| outcome.check == check));
        let checks: Vec<(Check, &str)> = CHECKS.into_iter().filter(|(check, _)| is_tried(*check)).collect();
        let headings = ["HOST", "EXECUTOR"].into_iter().chain(checks.iter().map(|(_, heading)| *heading));
        let mut table = Table::new(headings);
        for host in &self.items {
            let cell = |check: Check| match host.outcomes.iter().find(|outcome| outcome.check == check) {
                Some(Outcome { problem: None, .. }) => "ok".to_owned(),
                Some(_) => "FAILED".to_owned(),
                None => String::new(),
            };
            let cells = checks.iter().map(|(check, _)| cell(*check));
            table.row([host.hostname.clone(), host.executor.clone()].into_iter().chain(cells));
        }
        table
    }

    /// A line for every failure; hosts on which the same failed share one.
    fn sentences(&self) -> Vec<String> {
        let of_executors =
            self.problems.iter().map(|problem| format!("executor {}: {}", problem.executor, problem.problem));
        let mut lines: Vec<String> = of_executors.collect();
        let mut grouped: Vec<(Check, &str, Vec<&str>)> = Vec::new();
        for host in &self.items {
            for outcome in &host.outcomes {
                let Some(problem) = &outcome.problem else { continue };
                let same = grouped.iter_mut().find(|(check, text, _)| *check == outcome.check && text == problem);
                match same {
                    Some((.., hosts)) => hosts.push(&host.hostname),
                    None => grouped.push((outcome.check, problem, vec![&host.hostname])),
                }
            }
        }
        lines.extend(grouped.iter().map(|(check, problem, hosts)| {
            let more = hosts.len().saturating_sub(MAX_NAMED);
            let named = hosts.iter().take(MAX_NAMED).copied().collect::<Vec<_>>().join(", ");
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("{named}{more}: {}: {problem}", check.label())
        }));
        lines
    }
}

/// How many hosts a line names.
const MAX_NAMED: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    fn host(hostname: &str, outcomes: &[(Check, Option<&str>)]) -> HostReport {
        let outcome =
            |(check, problem): &(Check, Option<&str>)| Outcome { check: *check, problem: problem.map(str::to_owned) };
        HostReport {
            executor: "web".to_owned(),
            hostname: hostname.to_owned(),
            address: hostname.to_owned(),
            outcomes: outcomes.iter().map(outcome).collect(),
        }
    }

    #[test]
    fn hosts_with_the_same_failure_share_a_sentence_and_a_failure_is_no_success() {
        let mut report = Report::default();
        let program = Some("/x: it does not exist. Put it there.");
        report.add(vec![
            host("a", &[(Check::Name, None), (Check::Program, program)]),
            host("b", &[(Check::Name, None), (Check::Program, program), (Check::Clock, Some("Set it."))]),
            host("c", &[(Check::Name, None)]),
        ]);
        assert_eq!((report.failed, report.is_good()), (2, false));
        assert_eq!(report.sentences(), ["a, b: program: /x: it does not exist. Put it there.", "b: clock: Set it."]);
        let mut good = Report::default();
        good.add(vec![host("c", &[(Check::Name, None)])]);
        assert!(good.is_good());
        good.problems.push(ExecutorProblem { executor: "web".to_owned(), problem: "x".to_owned() });
        assert!(!good.is_good());
    }
}
