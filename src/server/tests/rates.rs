//! Callers, and addresses without tokens, that send too many requests.

use super::*;
use sockets::Socket;

/// A rate at which almost no token is added while a test runs.
const SLOW: u32 = 1;

async fn strangers(served: &Served, many: usize) -> Vec<Response> {
    let mut responses = Vec::new();
    for _ in 0..many {
        responses.push(served.http.post(format!("{}/graphql", served.url)).send().await.unwrap());
    }
    responses
}

#[tokio::test]
async fn strangers_at_an_address_have_a_rate_and_callers_there_are_served() {
    let served =
        Served::within(ws::Timings::default(), Limits { stranger_requests_per_second: SLOW, ..Limits::default() })
            .await;
    let statuses: Vec<_> = strangers(&served, 10).await.iter().map(|response| response.status().as_u16()).collect();
    assert_eq!(statuses[..4], [401; 4], "a burst of four times as many");
    assert!(statuses.iter().filter(|status| **status == 429).count() >= 3, "{statuses:?}");

    let mut last = strangers(&served, 3).await;
    let refused = last.iter().position(|response| response.status() == 429).expect("one that comes too early");
    let refused = last.swap_remove(refused);
    assert_eq!(header(&refused, "retry-after"), "1");
    let body: Value = refused.json().await.unwrap();
    let error = &body["errors"][0];
    assert_eq!(error["extensions"]["code"], "RATE_LIMITED");
    assert_eq!(error["extensions"]["retryAfterSeconds"], 1);
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("stranger_requests_per_second") && message.contains("127.0.0.1"), "{message}");

    for _ in 0..30 {
        let (status, _, body) = sent(served.ask("{ who }")).await;
        assert_eq!((status.as_u16(), &body["data"]["who"]), (200, &json!("tester")), "{body}");
        for path in ["/healthz", "/readyz", "/", "/graphiql", "/graphiql/main.css"] {
            let status = served.http.get(format!("{}{path}", served.url)).send().await.unwrap().status();
            assert_eq!(status, 200, "{path} is for everybody");
        }
    }
    let nowhere = || served.http.get(format!("{}/wp-login.php", served.url));
    assert_eq!(nowhere().bearer_auth(&served.token).send().await.unwrap().status(), 404);
    let mut limited = false;
    for _ in 0..10 {
        limited |= nowhere().send().await.unwrap().status() == 429;
    }
    assert!(limited, "what is looked for in vain counts, too");
}

#[tokio::test]
async fn sockets_count_only_if_they_bring_no_valid_token() {
    let served =
        Served::within(ws::Timings::default(), Limits { stranger_requests_per_second: SLOW, ..Limits::default() })
            .await;
    for _ in 0..20 {
        Socket::ready(&served).await;
    }
    assert_eq!(strangers(&served, 1).await[0].status(), 401, "none of these sockets counted");
    let unknown = crate::auth::Secret::generate();
    let mut codes = Vec::new();
    for _ in 0..10 {
        let mut socket = Socket::open(&served).await;
        socket.send(sockets::init(unknown.reveal())).await;
        codes.push(socket.closed().await);
    }
    assert_eq!(codes[0], 4403);
    assert!(codes.iter().filter(|code| **code == 1013).count() >= 3, "{codes:?}");
    Socket::ready(&served).await;
}

#[tokio::test]
async fn the_headers_of_a_socket_open_no_other_way_past_the_rate() {
    for (path, version, first) in [
        ("/nope", reqwest::Version::HTTP_11, 404),
        ("/metrics", reqwest::Version::HTTP_11, 401),
        // There is no upgrade in this version.
        ("/graphql/ws", reqwest::Version::HTTP_10, 426),
    ] {
        let limits = Limits { stranger_requests_per_second: SLOW, ..Limits::default() };
        let served = Served::within(ws::Timings::default(), limits).await;
        let get = || {
            let request = served.http.get(format!("{}{path}", served.url)).version(version);
            let request = request.header("connection", "upgrade").header("upgrade", "websocket");
            request.header("sec-websocket-version", "13").header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
        };
        let mut statuses = Vec::new();
        for _ in 0..10 {
            statuses.push(get().send().await.unwrap().status().as_u16());
        }
        assert_eq!(statuses[0], first, "{path}");
        assert!(statuses.iter().filter(|status| **status == 429).count() >= 3, "{path}: {statuses:?}");
        if path == "/metrics" {
            assert_eq!(get().bearer_auth(&served.token).send().await.unwrap().status(), 200, "a caller reads them");
        }
    }
}

#[tokio::test]
async fn sockets_of_another_protocol_count() {
    let served =
        Served::within(ws::Timings::default(), Limits { stranger_requests_per_second: SLOW, ..Limits::default() })
            .await;
    let mut codes = Vec::new();
    for _ in 0..10 {
        codes.push(Socket::with(&served, &[("sec-websocket-protocol", "graphql-ws")]).await.closed().await);
    }
    assert_eq!(codes[0], 4406);
    assert!(codes.iter().filter(|code| **code == 1013).count() >= 3, "{codes:?}");
}

#[tokio::test]
async fn a_caller_has_a_rate_over_every_transport() {
    let served =
        Served::within(ws::Timings::default(), Limits { requests_per_second: SLOW, ..Limits::default() }).await;
    let mut socket = Socket::ready(&served).await;
    let mut refused = Vec::new();
    for _ in 0..8 {
        let (status, _, body) = sent(served.ask("{ who }")).await;
        match status.as_u16() {
            200 => assert!(refused.is_empty() || body["data"]["who"] == "tester"),
            429 => refused.push(body),
            other => panic!("{other}: {body}"),
        }
    }
    assert!((3..=6).contains(&refused.len()), "a burst of twice as many: {refused:?}");
    let message = refused[0]["errors"][0]["message"].as_str().unwrap();
    assert!(message.contains("tester") && message.contains("requests_per_second"), "{message}");

    let mut kinds = Vec::new();
    for id in 0..6 {
        socket.subscribe(&id.to_string(), "{ who }").await;
        loop {
            let received = socket.receive().await;
            match received["type"].as_str().unwrap() {
                "next" => {}
                "error" => {
                    let extensions = &received["payload"][0]["extensions"];
                    assert_eq!(
                        (&extensions["code"], &extensions["retryAfterSeconds"]),
                        (&json!("RATE_LIMITED"), &json!(1))
                    );
                    kinds.push("error");
                    break;
                }
                _ => break,
            }
        }
    }
    assert!(kinds.len() >= 3, "{kinds:?}");

    let other = create(&served.db, "other", Role::Viewer, None).await.unwrap();
    let request = served.ask("{ who }").build().unwrap();
    let other = served.http.post(request.url().clone()).bearer_auth(other.reveal());
    let (status, _, body) =
        sent(other.header("content-type", "application/json").body("{\"query\":\"{ who }\"}")).await;
    assert_eq!((status.as_u16(), &body["data"]["who"]), (200, &json!("other")), "everybody has a rate");
}

#[tokio::test]
async fn only_a_listed_proxy_says_whose_address_it_is() {
    let limits = Limits { stranger_requests_per_second: SLOW, ..Limits::default() };
    let access = |text: &str| toml::from_str::<Access>(text).unwrap();
    let refused = async |served: &Served| {
        let mut refused = 0;
        for client in 0..20 {
            let request = served.http.post(format!("{}/graphql", served.url));
            let request = request.header("x-forwarded-for", format!("198.51.100.{client}"));
            refused += usize::from(request.send().await.unwrap().status() == 429);
        }
        refused
    };
    let direct = Served::small(ws::Timings::default(), limits, access("")).await;
    assert!(refused(&direct).await > 5, "the header is not believed");
    let behind = Served::small(ws::Timings::default(), limits, access("proxies = ['127.0.0.0/8']")).await;
    assert_eq!(refused(&behind).await, 0, "each client has a rate");
}

#[tokio::test]
async fn readiness_is_asked_of_the_database_ten_times_a_second_at_most() {
    let served = Served::start().await;
    let (before, began) = (served.db.statements(), std::time::Instant::now());
    let url = format!("{}/readyz", served.url);
    let asking = (0..200).map(|_| served.http.get(&url).send());
    for answer in futures_util::future::join_all(asking).await {
        assert_eq!(answer.unwrap().status(), 200);
    }
    let executed = served.db.statements() - before;
    // Other tasks query the database, too: for the newest event, once a second and at each hint.
    let most = 8 + began.elapsed().as_millis() as u64 / 50;
    assert!((1..=most).contains(&executed), "{executed} statements in {:?}", began.elapsed());
}
