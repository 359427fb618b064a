//! Connections that are silent, slow, or too many.

use super::*;
use std::time::Instant;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

/// Whatever should happen happens sooner, and nothing else by then.
const SOON: Duration = Duration::from_secs(20);
const NEVER: Duration = Duration::from_hours(1);
const BRIEF: Duration = Duration::from_millis(300);

/// Limits that no test reaches.
fn patient() -> Limits {
    Limits { header_timeout: NEVER, keep_alive: NEVER, write_timeout: NEVER, ..Limits::default() }
}

async fn connect(served: &Served) -> TcpStream {
    TcpStream::connect(served.url.trim_start_matches("http://")).await.unwrap()
}

/// Sends it.
async fn send(stream: &mut TcpStream, text: &str) {
    stream.write_all(text.as_bytes()).await.unwrap();
}

/// A request without a body.
fn head(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")
}

/// A request that subscribes to more than anybody reads.
fn flood(served: &Served) -> String {
    subscribing(served, "subscription { flood }")
}

fn subscribing(served: &Served, document: &str) -> String {
    let body = json!({ "query": document }).to_string();
    format!(
        "POST /graphql HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nAccept: text/event-stream\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        served.token,
        body.len()
    )
}

/// Asks for the health, and reads the answer.
async fn healthy(stream: &mut TcpStream) {
    send(stream, &head("/healthz")).await;
    let mut answer = Vec::new();
    while !answer.ends_with(b"ok\n") {
        assert_ne!(timeout(SOON, stream.read_buf(&mut answer)).await.expect("an answer").unwrap(), 0, "closed");
    }
    assert!(answer.starts_with(b"HTTP/1.1 200"));
}

/// Waits until the server has closed it; what comes before is passed over.
async fn closed(stream: &mut TcpStream) {
    let closed = async { while !matches!(stream.read(&mut [0; 4096]).await, Ok(0) | Err(_)) {} };
    timeout(SOON, closed).await.expect("the connection is closed");
}

/// Waits until this number of connections is open.
async fn open(served: &Served, many: i64) {
    let reached = async {
        while served.edge.connections.get() != many {
            sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(timeout(SOON, reached).await.is_ok(), "{} are open, not {many}", served.edge.connections.get());
}

#[tokio::test]
async fn the_head_of_a_request_has_to_arrive_in_time() {
    let served = Served::within(ws::Timings::default(), Limits { header_timeout: BRIEF, ..patient() }).await;
    let began = Instant::now();
    let mut silent = connect(&served).await;
    let (mut reading, mut writing) = connect(&served).await.into_split();
    let trickling = tokio::spawn(async move {
        while writing.write_all(b"GET").await.is_ok() {
            sleep(Duration::from_millis(20)).await;
        }
    });
    let trickled = async { while !matches!(reading.read(&mut [0; 64]).await, Ok(0) | Err(_)) {} };
    timeout(SOON, trickled).await.expect("a byte now and then keeps no connection open");
    closed(&mut silent).await;
    assert!(began.elapsed() >= BRIEF);
    trickling.abort();
    open(&served, 0).await;
}

#[tokio::test]
async fn a_connection_may_be_silent_between_two_requests_but_not_for_ever() {
    let kept = Duration::from_secs(2);
    let served =
        Served::within(ws::Timings::default(), Limits { header_timeout: BRIEF, keep_alive: kept, ..patient() }).await;
    let mut stream = connect(&served).await;
    healthy(&mut stream).await;
    sleep(2 * BRIEF).await;
    healthy(&mut stream).await;
    let began = Instant::now();
    closed(&mut stream).await;
    assert!(began.elapsed() + Duration::from_millis(100) >= kept, "{:?}", began.elapsed());
    // The head of a second request has the time of the first, which is far less than what a silent connection has.
    let limits = Limits { header_timeout: BRIEF, keep_alive: Duration::from_hours(1), ..patient() };
    let served = Served::within(ws::Timings::default(), limits).await;
    let mut begun = connect(&served).await;
    healthy(&mut begun).await;
    send(&mut begun, "GET /heal").await;
    closed(&mut begun).await;
}

#[tokio::test]
async fn the_head_of_a_request_that_begins_before_an_answer_ends_has_no_more_time() {
    let limits = Limits { header_timeout: BRIEF, ..patient() };
    let served = Served::within(ws::Timings::default(), limits).await;
    let mut stream = connect(&served).await;
    send(&mut stream, &subscribing(&served, "subscription { numbers(end: 20) }")).await;
    assert_ne!(timeout(SOON, stream.read(&mut [0; 16])).await.expect("an answer").unwrap(), 0);
    send(&mut stream, "GET /heal").await;
    closed(&mut stream).await;
}

#[tokio::test]
async fn a_request_may_take_longer_than_any_of_these_times() {
    let brief = Duration::from_millis(100);
    let limits = Limits { header_timeout: brief, keep_alive: brief, write_timeout: brief, ..patient() };
    let served = Served::within(ws::Timings::default(), limits).await;
    let (_, _, body) = sent(served.ask("{ slow }")).await;
    assert_eq!(body["errors"][0]["extensions"]["code"], "UNAVAILABLE", "its deadline came, and was answered");
    let mut socket = sockets::Socket::ready(&served).await;
    sleep(4 * brief).await;
    socket.subscribe("1", "{ echo }").await;
    assert_eq!(socket.receive().await["type"], "next");
}

#[tokio::test]
async fn a_client_that_reads_no_answer_is_let_go() {
    let served = Served::within(ws::Timings::default(), Limits { write_timeout: BRIEF, ..patient() }).await;
    let mut streaming = connect(&served).await;
    send(&mut streaming, &flood(&served)).await;
    open(&served, 1).await;
    open(&served, 0).await;
    // Nor does one that keeps sending requests.
    let (_reading, mut pipelining) = connect(&served).await.into_split();
    let asking = async { while pipelining.write_all(head("/graphiql/main.js").as_bytes()).await.is_ok() {} };
    timeout(SOON, asking).await.expect("the server closes it");
    open(&served, 0).await;
}

#[tokio::test]
async fn a_client_that_reads_slowly_stays() {
    let served =
        Served::within(ws::Timings::default(), Limits { write_timeout: Duration::from_secs(2), ..patient() }).await;
    let mut stream = connect(&served).await;
    send(&mut stream, &flood(&served)).await;
    let began = Instant::now();
    let mut buffer = vec![0; 512 * 1024];
    while began.elapsed() < Duration::from_secs(5) {
        assert_ne!(timeout(SOON, stream.read(&mut buffer)).await.expect("more").unwrap(), 0);
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_new_connection_takes_the_place_of_one_that_does_nothing() {
    let served = Served::within(ws::Timings::default(), Limits { connections: 3, ..patient() }).await;
    let (mut first, mut second) = (connect(&served).await, connect(&served).await);
    open(&served, 2).await;
    let mut idle = connect(&served).await;
    healthy(&mut idle).await;
    // The oldest that has sent nothing goes first, and one between two requests last.
    let mut third = connect(&served).await;
    closed(&mut first).await;
    healthy(&mut third).await;
    let mut fourth = connect(&served).await;
    closed(&mut second).await;
    healthy(&mut fourth).await;
    let mut fifth = connect(&served).await;
    closed(&mut idle).await;
    // Connections with a request under way stay, and the new one goes.
    for stream in [&mut third, &mut fourth, &mut fifth] {
        send(stream, &flood(&served)).await;
        assert_ne!(timeout(SOON, stream.read(&mut [0; 16])).await.expect("an answer").unwrap(), 0);
    }
    closed(&mut connect(&served).await).await;
    for stream in [&mut third, &mut fourth, &mut fifth] {
        assert_ne!(timeout(SOON, stream.read(&mut [0; 16])).await.expect("more").unwrap(), 0);
    }
    drop(third);
    open(&served, 2).await;
    healthy(&mut connect(&served).await).await;
}

#[tokio::test]
async fn sockets_keep_their_places() {
    let served = Served::within(ws::Timings::default(), Limits { connections: 2, ..patient() }).await;
    let mut socket = sockets::Socket::ready(&served).await;
    let mut silent = connect(&served).await;
    open(&served, 2).await;
    healthy(&mut connect(&served).await).await;
    closed(&mut silent).await;
    socket.subscribe("1", "{ echo }").await;
    assert_eq!(socket.receive().await["type"], "next");
    drop(socket);
    open(&served, 0).await;
}
