//! Peers that do not behave, and the ends that are not theirs.

use super::*;

fn brief() -> Timings {
    let brief = Duration::from_millis(150);
    Timings {
        ping_interval: brief,
        write_timeout: Duration::from_millis(400),
        close_timeout: brief,
        ..Timings::default()
    }
}

#[tokio::test]
async fn a_peer_that_answers_no_ping_is_let_go() {
    let served = Served::timed(brief()).await;
    let mut socket = Socket::ready(&served).await;
    socket.subscribe("1", "subscription { numbers(after: \"1000\") }").await;
    streams(&served, 1).await;
    // Pings are answered while reading: so nothing is read, and the socket's buffers take what comes.
    streams(&served, 0).await;
    assert_eq!(socket.closed().await, 1013);
}

#[tokio::test]
async fn a_quiet_peer_that_answers_pings_stays() {
    let served = Served::timed(brief()).await;
    let mut socket = Socket::ready(&served).await;
    socket.silence(Duration::from_millis(1500)).await;
    socket.subscribe("1", "{ echo }").await;
    assert_eq!(socket.receive().await["type"], "next");
}

#[tokio::test]
async fn a_peer_that_takes_nothing_is_let_go() {
    let served = Served::timed(Timings { ping_interval: Duration::from_mins(1), ..brief() }).await;
    let mut socket = Socket::ready(&served).await;
    socket.subscribe("1", "subscription { flood }").await;
    streams(&served, 1).await;
    streams(&served, 0).await;
}

#[tokio::test]
async fn a_peer_that_only_asks_for_signs_of_life_is_let_go() {
    let served = Served::timed(Timings { write_timeout: Duration::from_mins(1), ..brief() }).await;
    let mut socket = Socket::open(&served).await;
    let ping = json!({ "type": "ping", "payload": { "x": "x".repeat(100_000) } }).to_string();
    let mut sent = 0;
    // It never reads, and at last the server does not, either.
    while sent < 1000 && timeout(SOON, socket.0.send(Message::text(ping.clone()))).await.is_ok_and(|sent| sent.is_ok())
    {
        sent += 1;
    }
    assert!(sent < 1000, "{sent}");
}

#[tokio::test]
async fn a_message_has_a_limit() {
    let served = Served::timed(patient()).await;
    let sized = |bytes: usize| json!({ "type": "ping", "payload": { "x": "x".repeat(bytes) } }).to_string();
    let mut fits = Socket::ready(&served).await;
    fits.send_frame(Message::text(sized(1024 * 1024 - 100))).await;
    assert_eq!(fits.receive().await["type"], "pong");
    for bytes in [1024 * 1024, 10_000_000] {
        let (mut sender, mut receiver) = Socket::ready(&served).await.0.split();
        let sending = tokio::spawn(async move { sender.send(Message::text(sized(bytes))).await });
        let code = loop {
            match timeout(SOON, receiver.next()).await.expect("a close in time") {
                Some(Ok(Message::Close(Some(frame)))) => break u16::from(frame.code),
                Some(Ok(_)) => {}
                other => panic!("it ended without a code: {other:?}"),
            }
        };
        assert_eq!(code, 1009, "{bytes} bytes");
        sending.abort();
    }
}

#[tokio::test]
async fn a_socket_ends_soon_after_its_token_was_revoked() {
    let served = Served::start().await;
    let mut idle = Socket::ready(&served).await;
    let mut busy = Socket::ready(&served).await;
    busy.subscribe("1", "subscription { flood }").await;
    busy.receive().await;
    served.revoke().await;
    // Both are read at the same time, so that each reads its close before the server resets the connection.
    assert_eq!(tokio::join!(idle.closed(), busy.closed()), (4403, 4403));
    streams(&served, 0).await;
    let mut late = Socket::open(&served).await;
    late.send(init(&served.token)).await;
    assert_eq!(late.closed().await, 4403);
}

#[tokio::test]
async fn sockets_are_closed_with_a_reason_when_the_server_stops() {
    let served = Served::timed(patient()).await;
    let mut sockets = vec![Socket::open(&served).await, Socket::ready(&served).await, Socket::ready(&served).await];
    sockets[2].subscribe("1", "subscription { numbers }").await;
    sockets[2].receive().await;
    served.closing.cancel();
    for socket in &mut sockets {
        assert_eq!(socket.closed().await, 1012);
    }
    timeout(SOON, served.serving).await.expect("serving ends").unwrap();
}

#[tokio::test]
async fn a_mutation_of_a_socket_is_carried_out_before_the_server_is_gone() {
    let served = Served::timed(patient()).await;
    let mut socket = Socket::ready(&served).await;
    socket.subscribe("1", "mutation { count(waitMs: 800) }").await;
    served.begun(1).await;
    served.closing.cancel();
    assert_eq!(socket.closed().await, 1012);
    timeout(SOON, served.serving).await.expect("serving ends").unwrap();
    assert_eq!(served.counts.mutations.load(Ordering::SeqCst), 1);
}
