//! Many releases at a time: what accepting them, reading meanwhile and carrying them out takes.

use crate::asking::{Asking, Times};
use crate::table::{Cell, Table};
use crate::{database, taken};
use anyhow::{Context as _, ensure};
use futures_util::future::try_join_all;
use lockkeeper::store::Db;
use lockkeeper::worker::WorkerSettings;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};
use testkit::Server;
use testkit::large::{self, Size};

/// Of each service so many instances, each on a host of its own: a target waits for nothing but the worker's room.
const SIZE: Size = Size { services: 1000, versions: 20, hosts: 10_000, instances: 10_000 };
const EACH: i64 = SIZE.instances / SIZE.services;
/// How long a command pretends to take.
const DELAY: Duration = Duration::from_millis(100);
/// How many callers ask for releases, each for one after the other.
const CALLERS: i64 = 16;
/// A few at a time are measured again and again, until there were so many.
const RELEASES: i64 = 100;
/// From one reading to the next.
const PAUSE: Duration = Duration::from_millis(20);
/// How long it may take.
const PATIENCE: Duration = Duration::from_mins(10);

const ACCEPT: &str = "mutation($input: UpgradeInstancesInput!) { upgradeInstances(input: $input) {
    acceptedCount release { id } userErrors { code message } } }";

/// What somebody looks at who watches one of them.
const PAGE: &str = "query($id: ID!) {
    node(id: $id) { ... on Service { name
        instances(first: 50) { nodes { id status locked host { hostname } version { name } lastTarget { status } } }
        releases(first: 10) { nodes { id status createdAt progress { total running succeeded failed } } } } }
    releases(first: 1, filter: { statuses: [PENDING, RUNNING] }) { nodes { id } } }";

/// What became of releases, newest first.
const OVER: &str = "query($first: Int!, $after: String) { releases(first: $first, after: $after) {
    pageInfo { endCursor } nodes { status createdAt finishedAt targets(first: 10) { nodes { startedAt } } } } }";

/// What all rounds gave.
#[derive(Default)]
struct Measured {
    accepting: Vec<Duration>,
    reading: Vec<Duration>,
    queued: Vec<Duration>,
    all_accepted: Vec<Duration>,
    all_over: Vec<Duration>,
    /// How many were open at a time, at most.
    open: usize,
}

/// Measures so many at a time.
pub async fn measure(kind: &str, many: i64, table: &mut Table) -> anyhow::Result<()> {
    eprintln!("{kind}: {many} releases at a time");
    let (_cluster, directory, url) = database(kind)?;
    Db::open(&url, 1).await?.close().await;
    large::load(&url, SIZE).await?;
    let configuration = format!(
        "[rollout]\nmax_parallel = {EACH}\n[executors.simulated]\nkind = 'simulate'\ndelay = '{} ms'\n",
        DELAY.as_millis()
    );
    let server = Server::on(url, directory, crate::PROGRAM, &configuration);
    let asking = Asking::new(&server);
    let page = reading_takes(&asking).await?;
    let (bytes, statements) = (taken::disk(&server).await?, statements(&asking).await?);
    let rounds = (RELEASES / many).max(1);
    let mut measured = Measured::default();
    for round in 0..rounds {
        run(&asking, round * many + 1..=round * many + many, &mut measured).await?;
    }
    let releases = rounds * many;
    let bytes = taken::disk(&server).await? - bytes;
    let statements = self::statements(&asking).await? - statements - page * measured.reading.len() as f64;
    let room = WorkerSettings::new("", "").max_targets as i64;
    let ideal = DELAY.as_secs_f64() * ((many * EACH + room - 1) / room) as f64;
    let median = |times: Vec<Duration>| Times::new(times).percentile(50) / 1000.0;
    let over = median(measured.all_over);
    table.add("an upgrade of 10 instances is accepted, p50 / p99 in ms", Times::new(measured.accepting).cell());
    table.add("a service's page meanwhile, p50 / p99 in ms", Times::new(measured.reading).cell());
    table.add("from accepted to begun, p50 / p99 in ms", Times::new(measured.queued).cell());
    table.add("until all are accepted, in s", Cell::number(median(measured.all_accepted), 2));
    table.add("until all are over, in s", Cell::number(over, 2));
    table.add("the ideal of that, in s", Cell::number(ideal, 2));
    table.add("targets in a second", Cell::number((many * EACH) as f64 / over, 0));
    table.add("open at a time, at most", Cell::number(measured.open as f64, 0));
    table.add("statements for each target", Cell::number(statements / (releases * EACH) as f64, 1));
    table.add("on disk for each release, in KB", Cell::number(bytes / 1e3 / releases as f64, 1));
    table.add("memory at most, in MB", Cell::number(taken::most_memory(&server)?, 0));
    server.assert_sound();
    Ok(())
}

/// Releases one for each of these services, at the same time, and reads until all are over.
async fn run(asking: &Asking, services: std::ops::RangeInclusive<i64>, measured: &mut Measured) -> anyhow::Result<()> {
    let (first, last) = (*services.start(), *services.end());
    let (next, accepted, began) = (AtomicI64::new(first), AtomicBool::new(false), Instant::now());
    let caller = async || {
        let mut times = Vec::new();
        loop {
            let service = next.fetch_add(1, Ordering::Relaxed);
            if service > last {
                return anyhow::Ok(times);
            }
            let began = Instant::now();
            let answer: Value = serde_json::from_slice(&asking.answer(ACCEPT, input(service)).await?)?;
            times.push(began.elapsed());
            let many = &answer["data"]["upgradeInstances"]["acceptedCount"];
            ensure!(*many == json!(EACH), "of service {service}, {many} instances take part");
        }
    };
    let accepting = async {
        let times = try_join_all((0..CALLERS).map(|_| caller())).await?;
        accepted.store(true, Ordering::Relaxed);
        anyhow::Ok((times, began.elapsed()))
    };
    let reading = async {
        let mut times = Vec::new();
        for n in 0.. {
            ensure!(began.elapsed() < PATIENCE, "it takes too long");
            let all = accepted.load(Ordering::Relaxed);
            let asked = Instant::now();
            let answer = asking.answer(PAGE, service(first + n % (last - first + 1))).await?;
            times.push(asked.elapsed());
            let answer: Value = serde_json::from_slice(&answer)?;
            if all && answer["data"]["releases"]["nodes"] == json!([]) {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        anyhow::Ok(times)
    };
    let ((times, all), reading) = tokio::try_join!(accepting, reading)?;
    measured.accepting.extend(times.into_iter().flatten());
    measured.all_accepted.push(all);
    measured.reading.extend(reading);
    look_back(asking, last - first + 1, measured).await
}

/// What the newest releases say of their own times.
async fn look_back(asking: &Asking, many: i64, measured: &mut Measured) -> anyhow::Result<()> {
    let (mut after, mut spans, mut left) = (Value::Null, Vec::new(), many);
    while left > 0 {
        let variables = json!({ "first": left.min(100), "after": after });
        let mut answer: Value = serde_json::from_slice(&asking.answer(OVER, variables).await?)?;
        let page = &mut answer["data"]["releases"];
        after = page["pageInfo"]["endCursor"].take();
        let releases = page["nodes"].as_array().context("releases")?;
        for release in releases {
            ensure!(release["status"] == "SUCCEEDED", "a release is {}", release["status"]);
            let created = milliseconds(&release["createdAt"])?;
            spans.push((created, milliseconds(&release["finishedAt"])?));
            for target in release["targets"]["nodes"].as_array().context("targets")? {
                let waited = milliseconds(&target["startedAt"])? - created;
                measured.queued.push(Duration::from_millis(waited.max(0) as u64));
            }
        }
        left -= releases.len() as i64;
    }
    let (first, last) = (spans.iter().map(|span| span.0).min(), spans.iter().map(|span| span.1).max());
    measured.all_over.push(Duration::from_millis((last.context("an end")? - first.context("a begin")?) as u64));
    // As many as are most at an instant at which one begins.
    let open = |at: i64| spans.iter().filter(|(from, to)| (*from..*to).contains(&at)).count();
    measured.open = measured.open.max(spans.iter().map(|span| open(span.0)).max().unwrap_or_default());
    Ok(())
}

/// How many statements it takes to look at a page.
async fn reading_takes(asking: &Asking) -> anyhow::Result<f64> {
    const TIMES: i64 = 20;
    asking.answer(PAGE, service(1)).await?;
    let before = statements(asking).await?;
    for _ in 0..TIMES {
        asking.answer(PAGE, service(1)).await?;
    }
    Ok((statements(asking).await? - before) / TIMES as f64)
}

/// How many statements the server has run.
async fn statements(asking: &Asking) -> anyhow::Result<f64> {
    let reported = asking.figures().await?;
    let figure = reported.lines().find_map(|line| line.strip_prefix("lockkeeper_database_statements_total "));
    Ok(figure.context("no figure of statements")?.parse()?)
}

fn service(service: i64) -> Value {
    json!({ "id": format!("svc_{service}") })
}

/// The request to move a service to a version that none of its instances had.
fn input(service: i64) -> Value {
    json!({ "input": {
        "serviceId": format!("svc_{service}"),
        "versionId": format!("ver_{}", (service - 1) * SIZE.versions + SIZE.versions / 2 + 2),
        "hosts": { "all": true },
        "idempotencyKey": format!("at-once-{service}"),
    } })
}

fn milliseconds(instant: &Value) -> anyhow::Result<i64> {
    let text = instant.as_str().context("an instant")?;
    Ok(text.parse::<jiff::Timestamp>()?.as_millisecond())
}
