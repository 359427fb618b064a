//! Completion in a shell: commands and options from their definitions, and names from the server.

use crate::args::GlobalArgs;
use crate::context::Contexts;
use crate::failure::Failure;
use crate::output::Output;
use crate::session::Session;
use clap::{ArgMatches, Command, FromArgMatches as _};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use clap_complete::env::{CompleteEnv, Shells};
use lockkeeper_client::operations::names::{Names, NamesData, NamesVariables};
use std::ffi::{OsStr, OsString};
use std::sync::OnceLock;
use std::sync::mpsc;
use std::time::Duration;

/// The variable with which a shell asks for completions.
const VARIABLE: &str = "LOCKKEEPER_COMPLETE";
/// The longest that a shell waits for names.
const NAMES_TIMEOUT: Duration = Duration::from_millis(300);
/// The shells that there are scripts for.
pub const SHELLS: [&str; 5] = ["bash", "elvish", "fish", "powershell", "zsh"];

/// The program whose command line is completed.
static PROGRAM: OnceLock<Command> = OnceLock::new();

/// Answers a shell that asks for completions, and ends the process then. Returns if no shell asks.
pub fn answer_shell(program: fn() -> Command) {
    if std::env::var_os(VARIABLE).is_none() {
        return;
    }
    // Set once: this is the only place.
    let _ = PROGRAM.set(program());
    CompleteEnv::with_factory(program).var(VARIABLE).complete();
}

/// The script that makes a shell ask for completions.
pub fn script(shell: &str) -> Result<String, Failure> {
    let shells = Shells::builtins();
    let unknown = || {
        Failure::usage(format!(
            "There is no script for the shell {shell:?}. There are scripts for {}.",
            SHELLS.join(", ")
        ))
    };
    let completer = shells.completer(shell).ok_or_else(unknown)?;
    let mut script = Vec::new();
    completer
        .write_registration(VARIABLE, "lockkeeper", "lockkeeper", "lockkeeper", &mut script)
        .map_err(|error| Failure::usage(format!("The script cannot be made: {error}.")))?;
    Ok(String::from_utf8_lossy(&script).into_owned())
}

/// Completes names of services.
pub fn services() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        complete(
            current,
            |_| String::new(),
            |names| names.services.iter().flat_map(|list| &list.nodes).map(|service| service.name.clone()).collect(),
        )
    })
}

/// Completes versions of the service that stands before them.
pub fn versions() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let versions = |names: &NamesData| {
            let of_service = names.service.iter().flat_map(|service| &service.versions.nodes);
            of_service.map(|version| version.name.clone()).collect()
        };
        complete(current, typed_service, versions)
    })
}

/// Completes names of hosts.
pub fn hosts() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| complete(current, |_| String::new(), hostnames))
}

/// Completes instances: a service, and behind the slash a host.
pub fn instances() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let typed = current.to_string_lossy();
        if let Some((service, host)) = typed.split_once('/') {
            let hosts = complete(OsStr::new(host), |_| String::new(), hostnames);
            return hosts.into_iter().map(|host| host.add_prefix(format!("{service}/"))).collect();
        }
        let services = |names: &NamesData| {
            let services = names.services.iter().flat_map(|list| &list.nodes);
            services.map(|service| format!("{}/", service.name)).collect()
        };
        complete(current, |_| String::new(), services)
    })
}

/// Completes names of contexts.
pub fn contexts() -> ArgValueCompleter {
    ArgValueCompleter::new(|current: &OsStr| {
        let output = Output::new(&GlobalArgs::default());
        let names = Contexts::load(&output).map(|contexts| contexts.all().map(|(name, _)| name.to_owned()).collect());
        candidates(current, names.unwrap_or_default())
    })
}

fn hostnames(names: &NamesData) -> Vec<String> {
    let hosts = names.similar_hosts.iter().flat_map(|list| &list.nodes);
    hosts.map(|host| host.hostname.clone()).collect()
}

/// Asks the server for names, and keeps those that begin as the current word does. None if it takes too long.
fn complete(
    current: &OsStr,
    service: fn(&ArgMatches) -> String,
    of: fn(&NamesData) -> Vec<String>,
) -> Vec<CompletionCandidate> {
    let (sender, receiver) = mpsc::channel();
    let begin = current.to_string_lossy().into_owned();
    // A token may come from a program that takes its time. What has not ended then ends with the process.
    std::thread::spawn(move || {
        // Nobody waits any more when this fails.
        let _ = sender.send(look_up(begin, service));
    });
    let names = receiver.recv_timeout(NAMES_TIMEOUT).ok().flatten().unwrap_or_default();
    candidates(current, of(&names))
}

fn candidates(current: &OsStr, names: Vec<String>) -> Vec<CompletionCandidate> {
    let current = current.to_string_lossy();
    names.into_iter().filter(|name| name.starts_with(&*current)).map(CompletionCandidate::new).collect()
}

fn look_up(begin: String, service: fn(&ArgMatches) -> String) -> Option<NamesData> {
    let matches = typed()?;
    let globals = GlobalArgs::from_arg_matches(&matches).ok()?;
    let variables = NamesVariables { service: service(&matches), begin };
    let session = Session::open(&globals, &Output::new(&globals)).ok()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    runtime.block_on(session.call::<Names>(&variables)).ok()
}

/// What stands on the command line, as far as it can be parsed.
fn typed() -> Option<ArgMatches> {
    let words: Vec<OsString> = std::env::args_os().skip_while(|word| word != "--").skip(1).collect();
    PROGRAM.get()?.clone().ignore_errors(true).try_get_matches_from(words).ok()
}

/// The service that the deepest command was given, by itself or in an instance.
fn typed_service(matches: &ArgMatches) -> String {
    let mut deepest = matches;
    while let Some((_, matches)) = deepest.subcommand() {
        deepest = matches;
    }
    let text = |id: &str| deepest.try_get_one::<String>(id).ok().flatten().cloned();
    let instance = || text("instance").and_then(|instance| Some(instance.split_once('/')?.0.to_owned()));
    text("service").or_else(instance).unwrap_or_default()
}
