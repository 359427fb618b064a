use crate::cli::program::{Place, Running, text};
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

/// Runs a line as it was printed.
fn pasted(line: &str) -> String {
    text(&Command::new("sh").args(["-c", line]).output().unwrap().stdout)
}

#[test]
fn the_demo_serves_and_its_lines_can_be_pasted() {
    let place = Place::new("sqlite");
    let mut demo = Running::start(place.command(&["demo", "--listen", "127.0.0.1:0"]));
    let printed = demo.read_until("mutation");
    let lines: Vec<&str> = printed.lines().filter(|line| line.starts_with("curl ")).collect();
    let [services, watch, upgrade] = lines[..] else { panic!("{printed}") };

    let answer = pasted(services);
    assert!(answer.contains("\"count\":12") && answer.contains("\"RUNNING\""), "{answer}");
    // With the head of the answer: once that has come, it watches.
    let watch = watch.replacen("curl ", "exec curl --include --max-time 60 ", 1);
    let mut watching = Command::new("sh").args(["-c", &watch]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(watching.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.starts_with("HTTP/1.1 200")), "it does not watch");
    let answer = pasted(upgrade);
    assert!(answer.contains("\"acceptedCount\":12") && answer.contains("\"userErrors\":[]"), "{answer}");
    let running = "\"status\":\"RUNNING\",\"version\":{\"name\":\"1.2.0\"}";
    let (mut seen, mut ended) = (String::new(), 0);
    while ended < 12 {
        let line = lines.next().unwrap_or_else(|| panic!("the upgrade does not end:\n{seen}"));
        ended += usize::from(line.contains(running));
        seen += &line;
    }
    assert_eq!(seen.matches("\"status\":\"UPGRADING\"").count(), 12, "{seen}");
    watching.kill().unwrap();
    watching.wait().unwrap();
    assert_eq!(demo.stop().0, Some(0));
}
