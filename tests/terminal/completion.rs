//! Completions, manual pages and help.

use crate::cli::{Cli, Ended};
use crate::world::World;
use std::fs;
use testkit::until;

/// What a shell would offer for the last of these words.
fn offered(world: &World, words: &[&str]) -> Vec<String> {
    let mut command = world.command(&[&["--", "lockkeeper"], words].concat());
    command.env("LOCKKEEPER_COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", words.len().to_string());
    command.env("_CLAP_COMPLETE_COMP_TYPE", "9").env("_CLAP_COMPLETE_SPACE", "true").env("_CLAP_IFS", "\n");
    let ended = Ended::from(command.output().unwrap());
    assert_eq!(ended.status, Some(0), "{ended:?}");
    ended.stdout.lines().map(|line| line.trim().to_owned()).collect()
}

#[tokio::test]
async fn commands_options_and_names_complete() {
    let world = World::start();
    world.client().service("web").hosts(2).versions(2).install().await;
    assert!(offered(&world, &["vers"]).contains(&"versions".to_owned()));
    assert!(offered(&world, &["hold", "--rea"]).contains(&"--reason".to_owned()));
    for (words, names) in [
        (&["versions", "w"][..], &["web"][..]),
        (&["withdraw", "web", "1.1"], &["1.1.0"]),
        (&["host", "remove", "web-0"], &["web-01", "web-02"]),
        (&["hold", "web/web-02"], &["web/web-02"]),
    ] {
        // On a busy machine, the server may take longer than a shell waits: there is no name then, but never a wrong one.
        let offered =
            until("names come in time", async || Some(offered(&world, words)).filter(|names| !names.is_empty()));
        assert_eq!(offered.await, names);
    }
    world.write_config("[contexts.prod]\nserver = \"http://127.0.0.1:1\"\n");
    assert_eq!(offered(&world, &["context", "use", "p"]), ["prod"]);
}

#[test]
fn no_name_completes_where_no_server_answers_in_time() {
    let world = World::start();
    // It accepts connections, and never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    assert_eq!(offered(&world, &["--server", &url, "versions", "w"]), [""; 0]);
}

#[test]
fn a_shell_gets_a_script_and_man_its_pages() {
    let home = Cli::without_server();
    for shell in ["bash", "zsh", "fish"] {
        home.run(&["completions", shell]).ends(0, &["LOCKKEEPER_COMPLETE", "lockkeeper"]);
    }
    home.run(&["completions", "cmd"]).fails(2, &["bash"]);
    assert!(
        home.run(&["completions", "bash", "--json"]).json()["script"].as_str().unwrap().contains("LOCKKEEPER_COMPLETE")
    );

    home.run(&["man", "pages"]).ends(0, &["The manual pages are in pages."]);
    let page = fs::read_to_string(home.path().join("pages/lockkeeper-version-add.1")).unwrap();
    assert!(page.contains("artifact") && page.contains("Examples"), "{page}");
    let pages: Vec<String> = fs::read_dir(home.path().join("pages"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(pages.contains(&"lockkeeper-serve.1".to_owned()), "{pages:?}");
    assert!(!pages.iter().any(|page| page.contains("help")), "pages of help: {pages:?}");
    home.run(&["man", "/dev/null/pages"]).fails(2, &["cannot be written"]);
}

#[test]
fn the_help_of_every_command_has_an_example() {
    let home = Cli::without_server();
    let mut commands: Vec<Vec<&str>> =
        ["login", "logout", "whoami", "status", "services", "hosts", "versions", "instances"]
            .iter()
            .chain(&[
                "releases",
                "install",
                "upgrade",
                "revert",
                "uninstall",
                "undo",
                "retry",
                "pause",
                "resume",
                "watch",
                "why",
                "log",
                "cancel",
                "adopt",
                "hold",
                "unhold",
                "undrain",
                "probe",
                "freeze",
                "unfreeze",
                "suspend-fleet",
                "resume-fleet",
                "confirm",
                "withdraw",
                "reinstate",
                "audit",
                "check",
            ])
            .chain(&["completions", "man"])
            .map(|command| vec![*command])
            .collect();
    for (noun, verbs) in [
        ("context", &["list", "use", "remove"][..]),
        ("service", &["create", "update", "remove"]),
        ("host", &["add", "update", "remove"]),
        ("hosts", &["import", "trust"]),
        ("version", &["add", "report", "remove"]),
        ("plan", &["install", "upgrade", "revert", "uninstall", "undo", "retry"]),
        ("freeze-window", &["add", "list", "remove"]),
    ] {
        commands.extend(verbs.iter().map(|verb| vec![noun, verb]));
    }
    for command in commands {
        let help = home.run(&[&command[..], &["--help"]].concat());
        let example = format!("lockkeeper {}", command.join(" "));
        assert!(help.stdout.contains("Example") && help.stdout.contains(&example), "{}", help.stdout);
        assert!(help.stdout.contains("--server"), "{}", help.stdout);
        // More than the line that the list of commands has, for those who see it for the first time.
        let begin = help.stdout.split("Usage:").next().unwrap();
        assert!(command.len() > 1 || begin.lines().filter(|line| !line.is_empty()).count() > 1, "{begin}");
    }
}
