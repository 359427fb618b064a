//! Contexts: logging in and out, the file, and what goes before what.

use crate::cli::{Cli, Ended};
use crate::world::World;
use serde_json::json;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

#[test]
fn a_login_from_a_pipe_makes_a_context_and_a_logout_forgets_its_token() {
    let world = World::start();
    let (home, url) = (&world.home, world.server.url.as_str());
    let token = world.server.token("ben", "operator");
    let login = ["login", "prod", "--server", url];
    home.run_piped(&login, &format!("{token}\n")).ends(0, &["ben (OPERATOR)", "prod"]);

    let mode = fs::metadata(home.config()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let written = fs::read_to_string(home.config()).unwrap();
    assert_eq!(written, format!("current = \"prod\"\n\n[contexts.prod]\nserver = \"{url}\"\ntoken = \"{token}\"\n"));
    let whoami = home.run(&["whoami", "--json"]).json();
    assert_eq!(whoami, json!({ "name": "ben", "role": "OPERATOR", "server": url, "context": "prod" }));

    // A context of the same name is replaced only when somebody agrees.
    let other = world.server.token("eva", "viewer");
    home.run_piped(&login, &other).fails(2, &["exists", "--yes"]);
    assert_eq!(fs::read_to_string(home.config()).unwrap(), written);
    home.run_piped(&[&login[..], &["--yes"]].concat(), &other).ends(0, &["eva (VIEWER)"]);

    home.run_piped(&["login", "--server", url], &token).ends(0, &["context default"]);
    let list = home.run(&["context", "list", "--json"]).json();
    assert_eq!(
        list["items"][1],
        json!({ "name": "prod", "server": url, "current": false, "protected": false, "token": "stored" })
    );
    home.run(&["context", "use", "prod"]).ends(0, &[]);
    home.run(&["whoami"]).ends(0, &["eva (VIEWER)", "context prod"]);
    home.run(&["whoami", "--context", "default"]).ends(0, &["ben"]);
    home.run(&["context", "use", "prd"]).fails(2, &["Did you mean prod?", "help: lockkeeper context list"]);
    home.run(&["context", "remove", "default"]).ends(0, &[]);
    assert_eq!(home.run(&["context", "list", "--json"]).json()["totalCount"], 1);

    home.run(&["logout"]).ends(0, &["Logged out of prod"]);
    home.run(&["whoami"]).fails(4, &["not logged in", "help: lockkeeper login prod"]);
    assert!(!fs::read_to_string(home.config()).unwrap().contains(&other));
}

#[test]
fn a_login_that_does_not_succeed_stores_nothing() {
    let world = World::start();
    let (home, url) = (&world.home, world.server.url.as_str());
    home.run_piped(&["login", "--server", url], "").fails(4, &["standard input was empty"]);
    home.run_piped(&["login", "--server", url], "lk_wrong\n").fails(4, &["request: "]);
    home.run_piped(&["login", "--server", "http://127.0.0.1:1"], "lk_some\n").fails(5, &["127.0.0.1:1"]);
    home.run_piped(&["login", "--server", "127.0.0.1:1"], "lk_some\n").fails(2, &["is not the URL of a server"]);
    home.run_piped(&["login"], "lk_some\n").fails(2, &["No server is named"]);
    assert!(!home.config().exists());
}

#[test]
fn a_mistake_in_the_file_is_named_with_its_line_and_without_its_tokens() {
    let home = Cli::without_server();
    let context = "[contexts.a]\nserver = \"http://127.0.0.1:1\"\ntoken = \"lk_secret\"\n";
    for (text, line, says) in [
        (format!("{context}{context}"), "line 4", "duplicate"),
        (format!("{context}tokn = 1\n"), "line 4", "tokn"),
        (format!("{context}token_file = \"f\"\n"), "line 1", "one of"),
        (format!("{context}protected = yes\n"), "line 4", ""),
    ] {
        home.write_config(&text);
        let ended = home.run(&["services"]);
        ended.fails(2, &["config.toml", line, says]);
        assert!(!ended.stderr.contains("lk_secret"), "{ended:?}");
    }
    home.write_config(&format!("current = \"b\"\n{context}"));
    home.run(&["services"]).fails(2, &["There is no context \"b\""]);
    fs::remove_file(home.config()).unwrap();
    std::os::unix::fs::symlink("/dev/full", home.config()).unwrap();
    home.run(&["services"]).fails(2, &["not a regular file"]);
}

#[test]
fn a_full_disk_leaves_the_file_of_contexts_as_it_was() {
    let home = Cli::without_server();
    let text = "current = \"a\"\n\n[contexts.a]\nserver = \"http://127.0.0.1:1\"\n\n[contexts.b]\nserver = \"http://127.0.0.1:2\"\n";
    home.write_config(text);
    let command = home.command(&["context", "use", "b"]);
    // No file may have a single byte: what is written fails as on a full disk.
    let script = "ulimit -f 0; exec \"$0\" \"$@\"";
    let mut limited = std::process::Command::new("sh");
    limited.args(["-c", script]).arg(command.get_program()).args(command.get_args()).env_clear();
    limited.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = limited.current_dir(home.path()).stdin(Stdio::null()).output().unwrap();
    Ended::from(output).fails(2, &["config.toml", "cannot be written", "as it was"]);
    assert_eq!(fs::read_to_string(home.config()).unwrap(), text);
    let files = fs::read_dir(home.config().parent().unwrap()).unwrap().count();
    assert_eq!(files, 1, "nothing is left behind");
}

#[test]
fn arguments_go_before_the_environment_and_that_before_the_context() {
    let home = Cli::without_server();
    home.write_config(
        "current = \"a\"\n[contexts.a]\nserver = \"http://127.0.0.1:1\"\ntoken = \"lk_a\"\n\
         [contexts.b]\nserver = \"http://127.0.0.1:2\"\ntoken_command = [\"sh\", \"-c\", \"exit 3\"]\n",
    );
    let asked = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = home.command(&[&["services"], arguments].concat());
        command.envs(variables.iter().copied());
        Ended::from(command.output().unwrap())
    };
    asked(&[], &[]).fails(5, &["127.0.0.1:1 "]);
    asked(&[], &[("LOCKKEEPER_SERVER", "http://127.0.0.1:3")]).fails(5, &["127.0.0.1:3 "]);
    let variables = [("LOCKKEEPER_SERVER", "http://127.0.0.1:3"), ("LOCKKEEPER_TOKEN", "lk_c")];
    asked(&["--server", "http://127.0.0.1:4"], &variables).fails(5, &["127.0.0.1:4 "]);
    // A variable that is empty is one that is not set.
    asked(&[], &[("LOCKKEEPER_SERVER", "")]).fails(5, &["127.0.0.1:1 "]);
    asked(&["--context", "b"], &[]).fails(4, &["token_command", "failed"]);
    asked(&["--context", "b", "--token", "lk_c"], &[]).fails(5, &["127.0.0.1:2 "]);
    asked(&["--context", "c"], &[]).fails(2, &["There is no context \"c\""]);
    fs::remove_file(home.config()).unwrap();
    asked(&[], &[]).fails(2, &["No server is named", "help: lockkeeper login --help"]);
    asked(&["--server", "http://127.0.0.1:4"], &[]).fails(4, &["no token"]);
}

#[test]
fn the_files_of_the_server_are_not_read() {
    let world = World::start();
    fs::write(world.path().join("lockkeeper.toml"), "this is = no = toml").unwrap();
    let output = world.command(&["whoami"]).env("LOCKKEEPER_CONFIG", "/nonexistent/lockkeeper.toml").output().unwrap();
    Ended::from(output).ends(0, &["ana (ADMIN)"]);
}
