use crate::cli::program::{Place, Running, text};
use std::process::Command;
use std::time::{Duration, Instant};

/// Runs a line as it was printed.
fn pasted(line: &str) -> String {
    text(&Command::new("sh").args(["-c", line]).output().unwrap().stdout)
}

#[test]
fn the_demo_serves_soon_and_its_lines_can_be_pasted() {
    let place = Place::new("sqlite");
    let began = Instant::now();
    let mut demo = Running::start(place.command(&["demo", "--listen", "127.0.0.1:0"]));
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    let told = demo.read_until("mutation");
    let lines: Vec<&str> = told.lines().filter(|line| line.starts_with("curl ")).collect();
    let [services, watch, upgrade] = lines[..] else { panic!("{told}") };

    let answer = pasted(services);
    assert!(answer.contains("\"count\":12") && answer.contains("\"RUNNING\""), "{answer}");
    let watch = watch.replacen("curl ", "curl --max-time 8 ", 1);
    let watching = std::thread::spawn(move || pasted(&watch));
    std::thread::sleep(Duration::from_secs(1));
    let answer = pasted(upgrade);
    assert!(answer.contains("\"acceptedCount\":12") && answer.contains("\"userErrors\":[]"), "{answer}");
    let seen = watching.join().unwrap();
    assert_eq!(seen.matches("\"status\":\"UPGRADING\"").count(), 12, "{seen}");
    assert!(seen.contains("\"status\":\"RUNNING\",\"version\":{\"name\":\"1.2.0\"}"), "{seen}");
    assert_eq!(demo.stop().0, Some(0));
}
