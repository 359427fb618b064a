//! Queries that take long: they end when nobody waits for them, and keep neither others nor memory.

use crate::PROGRAM;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use std::fs;
use std::time::{Duration, Instant};
use testkit::on_both;
use testkit::until;
use testkit::{MAX_WAIT, Server, Socket};
use tokio::time::{sleep, timeout};

/// What reads for long on both databases, once there are [`many_hosts`]: for each of 200 services, every host that could
/// have it is counted.
const HEAVY: &str = "{ services(first: 200) { nodes { availableHosts(first: 1) { totalCount } } } }";

/// Fills the database with 200 services and 30,000 hosts.
async fn many_hosts(server: &Server) {
    let numbers = |kind: &str, far: u32| match kind {
        "sqlite" => format!(
            "(WITH RECURSIVE up(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM up WHERE n < {far}) SELECT n FROM up)"
        ),
        _ => format!("(SELECT n FROM generate_series(1, {far}) n) numbers"),
    };
    let statements = |kind: &str, now: &str| {
        [
            format!(
                "INSERT INTO service (name, language, description, executor, created_at, created_by, updated_at, updated_by) \
                 SELECT 'heavy-' || n, '', '', 'quick', {now}, 'test', {now}, 'test' FROM {}",
                numbers(kind, 200)
            ),
            format!(
                "INSERT INTO host (hostname, address, created_at, created_by) \
                 SELECT 'heavy-' || n, 'heavy-' || n, {now}, 'test' FROM {}",
                numbers(kind, 30_000)
            ),
        ]
    };
    if server.database.starts_with("sqlite:") {
        let mut connection = SqliteConnection::connect(&server.database).await.unwrap();
        for statement in statements("sqlite", "1764000000000") {
            sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await.unwrap();
        }
    } else {
        let mut connection = PgConnection::connect(&server.database).await.unwrap();
        for statement in statements("postgres", "now()") {
            sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await.unwrap();
        }
    }
}

fn configuration(limits: &str) -> String {
    format!("[limits]\n{limits}\n[executors.quick]\nkind = \"simulate\"\ndelay = \"5ms\"\n")
}

/// Connections to the database that are in use, by the server's own figures.
async fn in_use(server: &Server) -> u64 {
    let line = "lockkeeper_database_connections{state=\"used\"} ";
    server.metric(line).await.expect("the server counts its connections")
}

/// Waits until the processor's time of a process no longer grows, and PostgreSQL works at nothing of ours.
async fn quiet(server: &Server) {
    let began = Instant::now();
    loop {
        let before = processor_time(server.pid());
        sleep(Duration::from_millis(300)).await;
        let used = processor_time(server.pid()) - before;
        let active = if server.database.starts_with("sqlite:") { 0 } else { active(server).await };
        // A process that only waits uses next to nothing; one that reads, a whole core.
        if used < 10 && active == 0 {
            return;
        }
        assert!(began.elapsed() < MAX_WAIT, "it goes on: {used} ticks, {active} active");
    }
}

/// Statements that PostgreSQL works at.
async fn active(server: &Server) -> i64 {
    let mut connection = PgConnection::connect(&server.database).await.unwrap();
    let active = "SELECT count(*) FROM pg_stat_activity
                  WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid()";
    sqlx::query_scalar(active).fetch_one(&mut connection).await.unwrap()
}

/// The processor's time of a process, in hundredths of a second.
fn processor_time(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

async fn a_query_ends_at_its_deadline_and_when_its_client_has_gone(kind: &str) {
    let mut server = Server::configured(PROGRAM, kind, &configuration("query_deadline = \"400ms\""));
    many_hosts(&server).await;
    let answer = server.client().send(HEAVY, json!(null)).await;
    assert_eq!(
        (answer.status, &answer.body["errors"][0]["extensions"]["code"]),
        (503, &json!("UNAVAILABLE")),
        "{kind}"
    );
    quiet(&server).await;
    // Now it would take longer than this test.
    server.kill();
    fs::write(server.path("lockkeeper.toml"), configuration("query_deadline = \"10m\"")).unwrap();
    server.serve();
    // Each in a connection of its own, which is closed before there is an answer.
    for _ in 0..4 {
        let client = server.client();
        let query = tokio::spawn(async move { client.send(HEAVY, json!(null)).await });
        until("the query has begun", async || (in_use(&server).await > 0).then_some(())).await;
        query.abort();
        assert!(query.await.unwrap_err().is_cancelled(), "{kind}: it was answered");
        until("the query has ended", async || (in_use(&server).await == 0).then_some(())).await;
    }
    quiet(&server).await;
    server.client().query("{ services(first: 1) { nodes { name } } }", json!(null)).await;
}
on_both!(a_query_ends_at_its_deadline_and_when_its_client_has_gone);

/// A server on PostgreSQL on which queries of hosts wait until the connection is dropped.
async fn blocked(limits: &str) -> (Server, PgConnection) {
    let server = Server::configured(PROGRAM, "postgres", &configuration(limits));
    let mut connection = PgConnection::connect(&server.database).await.unwrap();
    sqlx::raw_sql("BEGIN; LOCK TABLE host IN ACCESS EXCLUSIVE MODE").execute(&mut connection).await.unwrap();
    (server, connection)
}

/// What waits as long as hosts are locked.
const HOSTS: &str = "{ hosts(first: 1) { nodes { hostname } } }";

#[tokio::test]
async fn queries_of_one_caller_keep_nothing_from_mutations_readiness_and_what_reads_nothing() {
    let (server, lock) = blocked("").await;
    let (ana, ben) = (server.client_as("ana", "viewer"), server.client_as("ben", "operator"));
    let ana = std::sync::Arc::new(ana);
    let queries: Vec<_> = (0..40)
        .map(|_| {
            let ana = ana.clone();
            tokio::spawn(async move { ana.send(HOSTS, json!(null)).await.status })
        })
        .collect();
    let began = Instant::now();
    while in_use(&server).await < 12 {
        assert!(began.elapsed() < MAX_WAIT, "they do not begin");
        sleep(Duration::from_millis(20)).await;
    }
    let others = async {
        assert_eq!(ben.query("{ viewer { name } }", json!(null)).await["viewer"]["name"], "ben");
        let input = json!({ "name": "shop", "executor": "quick" });
        server.client().change("createService", input, "service { id }").await;
        let ready = reqwest::get(format!("{}/readyz", server.url)).await.unwrap();
        assert_eq!(ready.status(), 200);
    };
    timeout(MAX_WAIT, others).await.expect("they wait for queries");
    // The next free turn is Ben's, who has waited for the shortest time.
    let served =
        tokio::spawn(async move { ben.send("{ services(first: 1) { nodes { name } } }", json!(null)).await.status });
    drop(lock);
    assert_eq!(served.await.unwrap(), 200);
    for query in queries {
        assert_eq!(query.await.unwrap(), 200);
    }
}

/// The most memory that a process has had, in MiB.
fn peak(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

/// A query of hosts, with so many bytes of a variable that is not declared.
fn padded(bytes: usize) -> Value {
    json!({ "query": HOSTS, "variables": { "b": vec![json!([]); bytes / 3] } })
}

fn subscribe(id: usize, payload: &Value) -> Value {
    json!({ "type": "subscribe", "id": id.to_string(), "payload": payload })
}

#[tokio::test]
async fn what_waits_on_a_socket_takes_bounded_memory_and_keeps_nobody_else() {
    let (server, _lock) = blocked("query_turns = 1\nquery_deadline = \"3s\"").await;
    let (token, ben, payload) = (server.token("ana", "viewer"), server.client_as("ben", "viewer"), padded(1_000_000));
    let before = peak(server.pid());
    let mut socket = Socket::open(&server, &token).await;
    let sending = timeout(Duration::from_secs(8), async {
        for id in 0..60 {
            socket.say(subscribe(id, &payload)).await;
        }
    });
    let others = async {
        for _ in 0..20 {
            assert_eq!(ben.query("{ viewer { name } }", json!(null)).await["viewer"]["name"], "ben");
        }
    };
    let (sent, ()) = tokio::join!(sending, others);
    assert!(sent.is_err(), "the server reads on");
    let grown = peak(server.pid()) - before;
    assert!(grown < 400, "{grown} MiB");
    // Those that had their turn were told that it took too long, one after the other.
    assert_eq!(socket.hear().await["payload"][0]["extensions"]["code"], "UNAVAILABLE");
}

#[tokio::test]
async fn what_waits_on_a_socket_is_refused_after_the_deadline() {
    let (server, _lock) = blocked("query_deadline = \"2s\"").await;
    let (token, payload) = (server.token("ana", "viewer"), padded(600_000));
    let mut sockets = Vec::new();
    for _ in 0..3 {
        sockets.push(Socket::open(&server, &token).await);
    }
    for socket in &mut sockets {
        socket.say(subscribe(1, &payload)).await;
    }
    let mut refused = 0;
    for socket in &mut sockets {
        let message = socket.hear().await;
        let error = &message["payload"][0];
        if error["extensions"]["code"] == "RATE_LIMITED" {
            assert_eq!((&message["type"], &message["id"]), (&json!("error"), &json!("1")));
            assert!(
                error["message"].as_str().unwrap().contains("16 MiB of one caller (`waiting_bytes_per_caller`)"),
                "{error}"
            );
            assert_eq!(error["extensions"]["retryAfterSeconds"], 1);
            refused += 1;
        }
    }
    assert!(refused > 0, "none is refused");
}

#[tokio::test]
async fn what_waits_over_http_is_refused_with_429() {
    let (server, lock) = blocked("query_deadline = \"3s\"\nwaiting_bytes_per_caller = \"512 KiB\"").await;
    let client = std::sync::Arc::new(server.client_as("ana", "viewer"));
    let document = format!("{HOSTS} # {}", "x".repeat(400_000));
    let sent: Vec<_> = (0..8)
        .map(|_| {
            let (client, document) = (client.clone(), document.clone());
            tokio::spawn(async move { client.send(&document, json!(null)).await })
        })
        .collect();
    let mut statuses = Vec::new();
    for answer in sent {
        let answer = answer.await.unwrap();
        if answer.status == 429 {
            let error = &answer.body["errors"][0];
            assert_eq!(error["extensions"]["code"], "RATE_LIMITED", "{error}");
            assert!(error["message"].as_str().unwrap().contains("waiting_bytes_per_caller"), "{error}");
        }
        statuses.push(answer.status);
    }
    assert!(statuses.contains(&429) && statuses.contains(&503), "{statuses:?}");
    drop(lock);
    assert_eq!(client.send(HOSTS, json!(null)).await.status, 200);
}
