//! Refusals: each says why, in names, and its command can be pasted.

use crate::cli::Cli;
use crate::gates::Gates;
use crate::world::World;

#[tokio::test]
async fn a_freeze_names_the_complete_command_for_those_who_may_go_through_it() {
    let world = World::start();
    world.client().service("web").hosts(2).install().await;
    world.ok(&["freeze", "web", "--reason", "quarter end"]);
    let upgrade = ["upgrade", "web", "1.1.0", "--hosts", "all", "--yes", "--reason", "a fix"];
    let refused = world.run(&upgrade);
    refused.fails(3, &["in --through if you set it"]);
    let help = refused.labeled("help");
    assert_eq!(help, "lockkeeper upgrade web 1.1.0 --hosts all --reason 'a fix' --through hld_1 --yes");
    let operator = Cli::at(&world.server.url, &world.server.token("bob", "operator"));
    operator.run(&upgrade).fails(3, &["help: lockkeeper status web\n"]);
    let accepted = world.pastes(0, help);
    assert!(accepted.stderr.contains("Watch it with: lockkeeper watch rel_"), "{accepted:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_to_release_says_why_and_what_fits() {
    let gates = Gates::start();
    let (fleet, cli) = (gates.fleet("web", 7, "gated").await, Cli::new(&gates.server, "operator"));
    let run = |arguments: &[&str]| cli.run(&[arguments, &["--yes"]].concat());
    run(&["upgrade", "web", "1.0.0", "--hosts", "all"])
        .fails(6, &["web-01, web-02, web-03, web-04, web-05, … 2 more: is at 1.0.0.", "help: lockkeeper status web\n"]);
    run(&["revert", "web", "1.1.0", "--hosts", "all"])
        .fails(6, &["is at 1.0.0, which is older", "help: lockkeeper upgrade web 1.1.0 --hosts all --yes\n"]);
    run(&["upgrade", "web", "1.1.0", "--label", "rack=zz"])
        .fails(6, &["No host has the label rack=zz.", "help: lockkeeper hosts\n"]);
    run(&["upgrade", "web", "1.1.0", "--hosts", "all", "--from", "1.2.0"])
        .fails(6, &["No selected instance of web runs 1.2.0.", "help: lockkeeper instances web\n"]);

    cli.ends(0, &["hold", "web/web-01", "--reason", "kernel"]);
    let held = run(&["upgrade", "web", "1.1.0", "--hosts", "web-01"]);
    held.fails(6, &["web-01: locked by ana: kernel."]);
    assert_eq!(held.labeled("help"), "lockkeeper upgrade web 1.1.0 --hosts web-01 --through hld_1 --yes");
    cli.ends(0, &["unhold", "web/web-01"]);

    let accepted = run(&["upgrade", "web", "1.1.0", "--hosts", "all"]);
    let release = accepted.stdout.split(' ').next().unwrap();
    let locked = format!("locked by {release}.");
    let watch = format!("help: lockkeeper watch {release}\n");
    run(&["revert", "web", "1.0.0", "--hosts", "all"]).fails(6, &[&locked, &watch]);
    let hold = cli.ends(0, &["hold", "web/web-02", "--reason", "later"]);
    assert!(hold.stderr.contains(&format!("The release {release} has it and goes on.")), "{hold:?}");
    let reject = run(&["revert", "web", "1.0.0", "--hosts", "web-01,web-02", "--on-locked", "reject"]);
    let named = format!("This is about web/web-01 (locked by {release}), web/web-02 (locked by {release}).");
    reject.fails(3, &[&named, &watch]);
    gates.open("all", 0);
    fleet.finished(release).await;
}

#[tokio::test]
async fn a_version_that_cannot_be_released_names_the_command_that_allows_it() {
    let world = World::start();
    world.client().service("web").hosts(1).register().await;
    world.ok(&["version", "add", "web", "2"]);
    let report = "help: lockkeeper version report web 2 --status succeeded --artifact …\n";
    world.run(&["install", "web", "2", "--hosts", "all"]).fails(3, &["Version 2 has no successful build", report]);
    world.run(&["version", "add", "web", "2", "--artifact", "a"]).fails(3, &[report]);
    world.run(&["version", "add", "web", "1.0.0"]).fails(3, &["help: lockkeeper versions web\n"]);
    world.ok(&["withdraw", "web", "1.1.0", "--reason", "loses sessions"]);
    world
        .run(&["install", "web", "1.1.0", "--hosts", "all"])
        .fails(3, &["Version 1.1.0 was withdrawn.", "help: lockkeeper reinstate web 1.1.0\n"]);
}

#[test]
fn a_failure_names_the_help_of_its_own_command() {
    let world = World::start();
    let nope = ["service", "create", "web", "--executor", "quik"];
    world.run(&nope).fails(3, &["The server has quick, ", "help: lockkeeper service create --help\n"]);
    world.run(&["host", "add", "a b", "--address", "x"]).fails(3, &["help: lockkeeper host add --help\n"]);
    let home = Cli::without_server();
    home.run(&["services"]).fails(2, &["No server is named", "help: lockkeeper login --help\n"]);
    let url = &world.server.url;
    let login = format!("help: lockkeeper login prod --server {url}\n");
    home.run_piped(&["login", "prod", "--server", url], "").fails(4, &[&login]);
    home.run_piped(&["login", "prod", "--server", url], "lk_x").fails(4, &[&login]);
    let call = format!("help: lockkeeper login --server {url}\n");
    home.run(&["services", "--server", url, "--token", "lk_x"]).fails(4, &[&call]);
}
