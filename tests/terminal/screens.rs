//! A release as a person sees it in a terminal.

use crate::cli::Cli;
use crate::gates::Gates;
use crate::tmux::{Tmux, assert_fits};
use serde_json::json;
use testkit::Fleet;

/// How many rows contain a text.
fn count(rows: &[String], text: &str) -> usize {
    rows.iter().filter(|row| row.contains(text)).count()
}

async fn release_count(fleet: &Fleet) -> u64 {
    fleet.client.query("{ releases { totalCount } }", json!({})).await["releases"]["totalCount"].as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_release_is_asked_for_and_drawn_in_place_through_changes_of_the_width() {
    let gates = Gates::start();
    let (fleet, cli) = (gates.fleet("web", 6, "gated").await, Cli::new(&gates.server, "operator"));
    let terminal = Tmux::start(&cli, (60, 20), &[]);
    // As in a terminal that is in use: the prompt is in the last row.
    terminal.enter("clear; seq 30; PS1=");
    terminal.until("the screen is full", |screen| screen.len() >= 19).await;
    terminal.enter("lockkeeper upgrade web 1.1.0 --hosts all --max-parallel 6 --max-failures 6; echo status=$?");
    let screen = terminal.shows("Go on? [y/N]").await;
    assert_eq!(count(&screen, "web 1.0.0 → 1.1.0 on 6 instances, 6 at a time"), 1, "{screen:#?}");
    terminal.enter("y");
    let screen = terminal.until("all six have written", |screen| count(screen, "正在停止") == 6).await;
    assert_eq!((count(&screen, "0/6"), count(&screen, "◐ web-0")), (1, 6), "{screen:#?}");
    assert_fits(&screen, 60);
    gates.open(&fleet.hostnames[0], 3);
    terminal.shows("✕ web-01").await;
    for width in [100, 40, 72] {
        terminal.resize(width, 20);
        // In a wide terminal a line has all of its text, in a narrow one less.
        let screen = terminal
            .until("it is drawn in the new width", |screen| {
                let ends =
                    screen.iter().filter(|row| row.contains("正在")).all(|row| row.contains('…') == (width < 72));
                count(screen, "◐ web-0") == 5 && ends
            })
            .await;
        assert_fits(&screen, width);
        let history = terminal.history();
        assert_eq!((count(&history, "1/6"), count(&history, "✕ web-01")), (1, 1), "{width}: {history:#?}");
        let drawn = history.iter().skip_while(|row| !row.contains("Go on?"));
        assert_eq!(drawn.filter(|row| row.is_empty()).count(), 1, "{width}: {history:#?}");
    }
    gates.open("all", 0);
    terminal.shows("status=1").await;
    let history = terminal.history();
    assert_eq!((count(&history, "◐"), count(&history, "━"), count(&history, "/6")), (0, 0, 0), "{history:#?}");
    assert_eq!(count(&history, "FAILED in 0:"), 1, "{history:#?}");
    // What the command printed is shown, and does nothing.
    assert_eq!(count(&history, "no space \\x1b[31mleft\\x1b[0m"), 1, "{history:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_hosts_take_no_more_rows_than_the_screen_has() {
    let gates = Gates::start();
    let (_, cli) = (gates.fleet("web", 200, "slow").await, Cli::new(&gates.server, "operator"));
    let ran =
        cli.ends(0, &["upgrade", "web", "1.1.0", "--hosts", "all", "--yes", "--max-parallel", "200", "--no-watch"]);
    let release = ran.stdout.split(' ').next().unwrap().to_owned();
    for size in [(80, 24), (80, 5), (20, 24)] {
        let terminal = Tmux::start(&cli, size, &[]);
        terminal.enter("clear; lockkeeper watch");
        let screen = terminal.shows("/200").await;
        assert!(screen.len() <= size.1, "{screen:#?}");
        assert_fits(&screen, size.0);
        if size.1 > 5 {
            let screen = terminal.until("it says how many more", |screen| count(screen, " more") == 1).await;
            assert!(count(&screen, "◐ web-") <= 10, "{screen:#?}");
        }
        terminal.press("C-c");
        terminal.shows("Detached").await;
        let history = terminal.history();
        assert_eq!((count(&history, "/200"), count(&history, "◐")), (0, 0), "{history:#?}");
    }
    cli.ends(0, &["cancel", &release, "--stop"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn colors_are_left_out_where_they_are_not_wanted() {
    let gates = Gates::start();
    let fleet = gates.fleet("web", 2, "slow").await;
    fleet.release("upgradeInstances", &fleet.versions[1]).await;
    let cli = Cli::new(&gates.server, "viewer");
    let color = "\x1b[36m";
    let colored = Tmux::start(&cli, (80, 24), &[]);
    colored.enter("lockkeeper watch");
    colored.shows("◐ web-01").await;
    assert!(colored.styled().contains(color), "{:?}", colored.styled());
    let plain = Tmux::start(&cli, (80, 24), &[("NO_COLOR", "1")]);
    plain.enter("lockkeeper watch");
    plain.shows("◐ web-01").await;
    assert!(!plain.styled().contains("\x1b[3"), "{:?}", plain.styled());
    let piped = Tmux::start(&cli, (80, 24), &[]);
    piped.enter("lockkeeper watch | cat");
    let screen = piped.shows("web-01 RUNNING 0/2").await;
    assert_eq!((count(&screen, "━"), count(&screen, "◐")), (0, 0), "{screen:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ctrl_c_detaches_and_a_no_sends_nothing() {
    let gates = Gates::start();
    let (fleet, cli) = (gates.fleet("web", 2, "gated").await, Cli::new(&gates.server, "operator"));
    let before = release_count(&fleet).await;
    let terminal = Tmux::start(&cli, (80, 24), &[]);
    terminal.enter("lockkeeper upgrade web 1.1.0 --hosts all; echo status=$?");
    terminal.shows("Go on?").await;
    terminal.enter("n");
    terminal.shows("status=2").await;
    assert_eq!(release_count(&fleet).await, before);
    terminal.enter("clear; lockkeeper upgrade web 1.1.0 --hosts all; echo status=$?");
    terminal.shows("Go on?").await;
    terminal.enter("yes");
    terminal.shows("◐ web-01").await;
    terminal.press("C-c");
    let screen = terminal.shows("status=130").await;
    assert_eq!((count(&screen, "◐"), count(&screen, "lockkeeper watch rel_")), (0, 2), "{screen:#?}");
    terminal.enter("clear; lockkeeper watch; echo status=$?");
    terminal.shows("◐ web-01").await;
    gates.open("all", 0);
    let screen = terminal.shows("status=0").await;
    assert_eq!(count(&screen, "2 succeeded of 2"), 1, "{screen:#?}");
    assert_eq!(release_count(&fleet).await, before + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_is_lost_is_shown_until_it_is_back() {
    let gates = Gates::start();
    let fleet = gates.fleet("web", 2, "gated").await;
    let relay = testkit::Relay::to_url(&gates.server.url, "no request has this").await;
    fleet.release("upgradeInstances", &fleet.versions[1]).await;
    let terminal = Tmux::start(&Cli::new(&gates.server, "viewer").moved(&relay.url), (80, 24), &[]);
    terminal.enter("lockkeeper watch");
    terminal.shows("◐ web-01").await;
    relay.cut();
    terminal.shows("not connected for ").await;
    gates.open(&fleet.hostnames[0], 0);
    relay.lead_to(&gates.server.url);
    let screen = terminal.shows("1/2").await;
    terminal.until("it is connected", |screen| count(screen, "not connected") == 0).await;
    assert_eq!(count(&screen, "✓ 1"), 1, "{screen:#?}");
    gates.open("all", 0);
    terminal.shows("SUCCEEDED").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_is_asked_at_a_pause_and_sees_in_which_wave_the_release_is() {
    let gates = Gates::start();
    let (fleet, cli) = (gates.fleet("web", 4, "gated").await, Cli::new(&gates.server, "operator"));
    gates.open(&fleet.hostnames[0], 0);
    let terminal = Tmux::start(&cli, (140, 24), &[]);
    terminal.enter("lockkeeper upgrade web 1.1.0 --hosts all --waves 1p,2p,3p,100% --yes; echo status=$?");
    let screen = terminal.shows("Go on? [y]es, to the [e]nd, [u]ndo, [N]o").await;
    assert_eq!(count(&screen, "is paused after wave 1 of 4. 1/4 done, 0 failed"), 1, "{screen:#?}");
    terminal.enter("y");
    terminal.shows("wave 2 of 4: 0/1").await;
    gates.open(&fleet.hostnames[1], 0);
    terminal.shows("is paused after wave 2 of 4").await;
    // Somebody else lets it go on.
    let release = cli.json(&["releases", "--limit", "1"])["items"][0]["id"].as_str().unwrap().to_owned();
    cli.ok(&["resume", &release]);
    terminal.shows("wave 3 of 4: 0/1").await;
    gates.open(&fleet.hostnames[2], 0);
    terminal.shows("is paused after wave 3 of 4").await;
    terminal.enter("n");
    let screen = terminal.shows("status=8").await;
    assert_eq!(count(&screen, &format!("lockkeeper resume {release}")), 1, "{screen:#?}");

    terminal.enter("clear; lockkeeper watch; echo status=$?");
    terminal.shows("Go on?").await;
    terminal.enter("e");
    gates.open("all", 0);
    let screen = terminal.shows("status=0").await;
    assert_eq!(count(&screen, "4 succeeded of 4"), 1, "{screen:#?}");
}
