//! What a person sees at a terminal.

use crate::cli::Ended;
use crate::world::World;
use serde_json::{Value, json};
use std::fs;
use std::process::Command;

/// Something that is typed: after which text, what, and whether it must not be shown.
type Step<'a> = (&'a str, &'a str, bool);

/// Runs a command at a terminal of this width. What it printed is in `stdout`.
#[track_caller]
fn at_terminal(command: &Command, width: u16, steps: &[Step<'_>]) -> Ended {
    let words: Vec<&str> =
        [command.get_program()].into_iter().chain(command.get_args()).map(|word| word.to_str().unwrap()).collect();
    let steps: Vec<Value> =
        steps.iter().map(|(text, typed, hidden)| json!({ "text": text, "type": typed, "hidden": hidden })).collect();
    let task = json!({ "command": words, "width": width, "steps": steps });
    let output = Command::new("python3")
        .args(["-c", include_str!("at_terminal.py"), &task.to_string()])
        .env_clear()
        .envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .env("TERM", "xterm")
        .output()
        .unwrap();
    let told: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    let stdout = told["output"].as_str().unwrap().to_owned();
    Ended { status: told["status"].as_i64().map(|status| status as i32), stdout, stderr: String::new() }
}

#[test]
fn a_token_is_typed_without_being_shown_and_a_context_replaced_after_a_yes() {
    let world = World::start();
    let url = &world.server.url;
    let token = world.server.token("ben", "operator");
    let login = world.home.command(&["login", "--server", url]);
    let typed = format!("{token}\n");
    let ended = at_terminal(&login, 80, &[("Token for", &typed, true)]);
    ended.ends(0, &["Logged in: ben (OPERATOR)"]);
    assert!(!ended.stdout.contains(&token), "{ended:?}");
    let written = fs::read_to_string(world.home.config()).unwrap();
    assert!(written.contains(&token), "{written}");

    at_terminal(&login, 80, &[("Replace it? [y/N]", "n\n", false)]).ends(2, &["The context default is as it was."]);
    // The end of the input is no yes.
    at_terminal(&login, 80, &[("Replace it? [y/N]", "\u{4}", false)]).ends(2, &["is as it was"]);
    assert_eq!(fs::read_to_string(world.home.config()).unwrap(), written);
    let steps = [("Replace it? [y/N]", "y\n", false), ("Token for", typed.as_str(), true)];
    at_terminal(&login, 80, &steps).ends(0, &["Logged in"]);
}

#[tokio::test]
async fn tables_and_errors_fit_a_narrow_terminal_and_times_are_local() {
    let world = World::start();
    world.client().service("web").hosts(3).install().await;
    let lines = |arguments: &[&str], width: u16| {
        let mut command = world.command(arguments);
        command.env("TZ", "UTC-9");
        let ended = at_terminal(&command, width, &[]);
        let text = ended.stdout.replace("\u{1b}[1m", "").replace("\u{1b}[0m", "").replace('\r', "");
        text.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    for width in [20, 60] {
        let shown = lines(&["instances", "web"], width);
        assert_eq!(shown.len(), 4, "{shown:?}");
        assert!(shown.iter().all(|line| line.chars().count() <= width.into()), "{shown:?}");
    }
    let wide = lines(&["instances", "web", "--wide"], 20);
    assert!(wide[1].contains("web-01") && wide[1].contains("RUNNING"), "{wide:?}");
    let error = lines(&["status", "wbe", "--color", "never"], 20);
    assert!(error.len() > 3 && error.iter().all(|line| !line.contains(' ') || line.len() <= 20), "{error:?}");

    let hour = |arguments: &[&str]| {
        let line = lines(arguments, 120).swap_remove(1);
        let time = line.split_whitespace().last().unwrap().to_owned();
        time[..2].parse::<u32>().unwrap()
    };
    let local = hour(&["instances", "web"]);
    assert_eq!(local, (hour(&["instances", "web", "--utc"]) + 9) % 24);
}
