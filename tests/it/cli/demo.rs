use crate::cli::program::{Place, Running, text};
use crate::docs::built;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

/// The demo, as the README starts it, and what it printed.
pub struct Demo {
    running: Running,
    printed: String,
}

impl Demo {
    pub fn start(place: &Place) -> Demo {
        let mut command = Command::new("bash");
        command.args(["-c", &format!("exec {}", built("README.md", "demo"))]).env("LOCKKEEPER_LISTEN", "127.0.0.1:0");
        command.current_dir(place.path()).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut running = Running::start(command);
        let printed = running.read_until("revertInstances");
        Demo { running, printed }
    }

    /// The lines that begin with this word.
    fn lines(&self, word: &str) -> Vec<&str> {
        self.printed.lines().map(str::trim_start).filter(|line| line.split(' ').next() == Some(word)).collect()
    }

    /// What is to be pasted first: where the program and the server are.
    pub fn export(&self) -> &str {
        self.lines("export")[0]
    }

    /// Runs a line as it was printed, in a terminal that began as it says.
    fn pasted(&self, line: &str) -> String {
        let script = format!("{}\n{line}", self.export());
        // The program on the usual path is another one, if there is one at all.
        let output = Command::new("sh").args(["-c", &script]).stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "{line}\n{}{}", text(&output.stdout), text(&output.stderr));
        text(&output.stdout) + &text(&output.stderr)
    }

    /// Starts the line that watches; it watches when this returns.
    fn watching(&self) -> (Child, impl Iterator<Item = String> + use<>) {
        let [_, _, watch, ..] = self.lines("curl")[..] else { panic!("{}", self.printed) };
        // With the head of the answer: once that has come, it watches.
        let watch = watch.replacen("curl ", "exec curl --include --max-time 60 ", 1);
        let mut child = Command::new("sh").args(["-c", &watch]).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        assert!(lines.any(|line| line.starts_with("HTTP/1.1 200")), "it does not watch");
        (child, lines)
    }
}

#[test]
fn the_lines_of_the_demo_for_the_terminal_client_show_why_go_on_and_go_back() {
    let demo = Demo::start(&Place::new("sqlite"));
    let address = demo.printed.lines().find(|line| line.contains("http")).expect("an address");
    assert!(address.contains("/#token=lk_"), "the console comes first: {address}");
    let [status, log, upgrade, revert] = demo.lines("lockkeeper")[..] else { panic!("{}", demo.printed) };
    let now = demo.pasted(status);
    assert!(now.contains("api") && now.contains("host-05"), "{now}");
    let why = demo.pasted(log);
    assert!(why.contains("fails on host-05"), "{why}");
    let on = demo.pasted(upgrade);
    assert!(on.contains("SUCCEEDED"), "{on}");
    let back = demo.pasted(revert);
    assert!(back.contains("SUCCEEDED") && back.contains("12"), "{back}");
}

#[test]
fn the_lines_of_the_demo_for_curl_show_why_go_on_and_go_back() {
    let place = Place::new("sqlite");
    let mut demo = Demo::start(&place);
    let [services, why, _, upgrade, revert] = demo.lines("curl")[..] else { panic!("{}", demo.printed) };
    let (services, why, upgrade, revert) = (services.to_owned(), why.to_owned(), upgrade.to_owned(), revert.to_owned());
    let answer = demo.pasted(&services);
    assert!(answer.contains("\"UPGRADE_FAILED\",\"count\":1,"), "{answer}");
    let answer = demo.pasted(&why);
    assert!(answer.contains("host-05") && answer.contains("fails on host-05"), "{answer}");

    let (mut watching, mut lines) = demo.watching();
    let mut moved = |mutation: &str, moving: &str, version: &str| {
        let answer = demo.pasted(mutation);
        assert!(answer.contains("\"userErrors\":[]"), "{answer}");
        let (_, count) = answer.split_once("\"acceptedCount\":").unwrap();
        let count: usize = count.split(',').next().unwrap().parse().unwrap();
        let running = format!("\"status\":\"RUNNING\",\"version\":{{\"name\":\"{version}\"}}");
        let (mut seen, mut ended) = (String::new(), 0);
        while ended < count {
            let line = lines.next().unwrap_or_else(|| panic!("it does not end:\n{seen}"));
            ended += usize::from(line.contains(&running));
            seen += &line;
        }
        assert_eq!(seen.matches(&format!("\"status\":\"{moving}\"")).count(), count, "{seen}");
        count
    };
    let upgraded = moved(&upgrade, "UPGRADING", "1.2.0");
    assert!((1..12).contains(&upgraded), "{upgraded}");
    assert_eq!(moved(&revert, "REVERTING", "1.1.0"), 12);
    watching.kill().unwrap();
    watching.wait().unwrap();
    assert_eq!(demo.running.stop().0, Some(0));
}
