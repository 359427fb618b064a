use super::*;

/// The status and the code of what it is refused with, the same under both types; nothing is carried out.
async fn refused(served: &Served, request: impl Fn() -> RequestBuilder, status: u16, code: &str) {
    for accept in ["application/json", "application/graphql-response+json"] {
        let (found, media, body) = sent(request().header("accept", accept)).await;
        assert_eq!((found.as_u16(), media.as_str()), (status, accept), "{body}");
        assert_eq!(body["errors"][0]["extensions"]["code"], code, "{body}");
        assert!(body["errors"][0]["extensions"]["requestId"].as_str().is_some_and(|id| id.len() == 16), "{body}");
        assert!(body.get("data").is_none(), "{body}");
    }
    assert_eq!(served.counts.mutations.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_request_that_is_not_well_formed_is_refused() {
    let served = Served::start().await;
    let body = |body: &'static str| refused_body(&served, body);
    for wrong in [
        "",
        "{ echo }",
        "{\"query\": \"{ echo }\"",
        "[{\"query\": \"{ echo }\"}]",
        "\"{ echo }\"",
        "{}",
        "{\"query\": null}",
        "{\"query\": 1}",
        "{\"query\": \"{ echo }\", \"operationName\": 1}",
        "{\"query\": \"{ echo }\", \"variables\": [1]}",
        "{\"query\": \"{ echo }\", \"variables\": \"{}\"}",
        "{\"query\": \"{ echo }\", \"extensions\": true}",
    ] {
        body(wrong).await;
    }
    // Not UTF-8.
    refused(
        &served,
        || served.post().body(b"{\"query\": \"{ echo(text: \\\"\xff\\\") }\"}".to_vec()),
        400,
        "BAD_REQUEST",
    )
    .await;
}

async fn refused_body(served: &Served, body: &'static str) {
    refused(served, || served.post().body(body), 400, "BAD_REQUEST").await;
}

#[tokio::test]
async fn only_json_is_read_and_not_too_much_of_it() {
    let served = Served::start().await;
    let url = format!("{}/graphql", served.url);
    let body = json!({ "query": "mutation { count }" }).to_string();
    let typed = |content_type: Option<&'static str>| {
        let request = served.http.post(&url).bearer_auth(&served.token).body(body.clone());
        match content_type {
            Some(content_type) => request.header("content-type", content_type),
            None => request,
        }
    };
    for wrong in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=latin1",
    ] {
        refused(&served, || typed(Some(wrong)), 415, "BAD_REQUEST").await;
    }
    refused(&served, || typed(None), 415, "BAD_REQUEST").await;
    let large = json!({ "query": "{ echo }", "variables": { "x": "x".repeat(1024 * 1024) } }).to_string();
    refused(&served, || served.post().body(large.clone()), 413, "BAD_REQUEST").await;
    // Its length is not known in advance.
    let chunks = || futures_util::stream::iter((0..20).map(|_| Ok::<_, std::io::Error>(vec![b' '; 64 * 1024])));
    refused(&served, || served.post().body(reqwest::Body::wrap_stream(chunks())), 413, "BAD_REQUEST").await;
    let fits = json!({ "query": "{ echo }", "variables": { "x": "x".repeat(1_000_000) } }).to_string();
    let (status, _, body) =
        sent(served.post().header("content-type", "Application/JSON; Charset=\"UTF-8\"").body(fits)).await;
    assert_eq!((status.as_u16(), &body["data"]["echo"]), (200, &json!("nothing")), "{body}");
}

#[tokio::test]
async fn every_call_needs_a_token_that_counts() {
    let served = Served::start().await;
    let url = format!("{}/graphql", served.url);
    let with = |authorization: Option<String>| {
        let request = served.http.post(&url).header("content-type", "application/json");
        let request = request.body(json!({ "query": "mutation { count }" }).to_string());
        match authorization {
            Some(authorization) => request.header("authorization", authorization),
            None => request,
        }
    };
    let unknown = crate::auth::Secret::generate();
    for wrong in [
        None,
        Some("Bearer".to_owned()),
        Some("Bearer x".to_owned()),
        Some(format!("Basic {}", served.token)),
        Some(format!("Bearer {}x", served.token)),
        Some(format!("Bearer {}", unknown.reveal())),
    ] {
        refused(&served, || with(wrong.clone()), 401, "UNAUTHENTICATED").await;
        let challenge = header(&with(wrong).send().await.unwrap(), "www-authenticate");
        assert!(challenge.starts_with("Bearer"), "{challenge}");
    }
    let past = crate::domain::Timestamp(crate::domain::Timestamp::now().0 - 1000);
    let expired = create(&served.db, "late", Role::Admin, Some(past)).await.unwrap();
    refused(&served, || with(Some(format!("Bearer {}", expired.reveal()))), 401, "UNAUTHENTICATED").await;

    let (_, _, body) = sent(served.ask("{ who }").header("accept", "*/*")).await;
    assert_eq!(body["data"]["who"], "tester");
    served.revoke().await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    refused(&served, || with(Some(format!("Bearer {}", served.token))), 401, "UNAUTHENTICATED").await;
}

#[tokio::test]
async fn health_needs_no_token_and_readiness_ends_when_it_stops() {
    let served = Served::start().await;
    let status =
        async |path: &str| served.http.get(format!("{}{path}", served.url)).send().await.unwrap().status().as_u16();
    assert_eq!((status("/healthz").await, status("/readyz").await, status("/nothing").await), (200, 200, 404));
    served.stopping.cancel();
    assert_eq!((status("/healthz").await, status("/readyz").await), (200, 503));
    served.closing.cancel();
    // It listens no more.
    let refused = async || served.http.get(format!("{}/healthz", served.url)).send().await.err();
    testkit::until("connections are refused", refused).await;
}

#[tokio::test]
async fn an_answer_has_the_form_that_is_accepted_and_a_status_that_fits_it() {
    let served = Served::start().await;
    for (document, json_status, response_status, code) in [
        ("{ echo(text: \"x\") }", 200, 200, None),
        // Carried out, and a field failed.
        ("{ fails }", 200, 200, Some("BAD_REQUEST")),
        // Never carried out.
        ("{ echo", 200, 400, Some("GRAPHQL_PARSE_FAILED")),
        ("{ nothing }", 200, 400, Some("GRAPHQL_VALIDATION_FAILED")),
        ("query ($text: Int!) { echo(text: $text) }", 200, 400, Some("GRAPHQL_VALIDATION_FAILED")),
        ("query ($text: String!) { echo(text: $text) }", 200, 400, Some("BAD_USER_INPUT")),
        ("query a { echo } query b { echo }", 200, 400, Some("GRAPHQL_VALIDATION_FAILED")),
        ("{ echo { echo } }", 200, 400, Some("GRAPHQL_VALIDATION_FAILED")),
        (
            &format!("{{ {} }}", (0..21).map(|key| format!("k{key}: echo ")).collect::<String>()),
            200,
            400,
            Some("TOO_COMPLEX"),
        ),
        // Once more, the same response key is no further field.
        (&format!("{{ {} }}", "echo ".repeat(21)), 200, 200, None),
    ] {
        for (accept, media, status) in [
            ("*/*", "application/json", json_status),
            ("application/json", "application/json", json_status),
            ("application/graphql-response+json", "application/graphql-response+json", response_status),
        ] {
            let (found, found_media, body) = sent(served.ask(document).header("accept", accept)).await;
            assert_eq!((found.as_u16(), found_media.as_str()), (status, media), "{document}: {body}");
            assert_eq!(body["errors"][0]["extensions"]["code"].as_str(), code, "{document}: {body}");
            let executed = response_status == 200;
            assert_eq!(body.get("data").is_some(), executed, "{document}: {body}");
        }
    }
    refused_form(&served, "text/html", "{ echo }").await;
    refused_form(&served, "application/json", "subscription { numbers }").await;
    let unknown = json!({ "query": "query a { echo }", "operationName": "b" }).to_string();
    let (status, _, body) =
        sent(served.post().header("accept", "application/graphql-response+json").body(unknown)).await;
    assert_eq!(
        (status.as_u16(), &body["errors"][0]["extensions"]["code"]),
        (400, &json!("GRAPHQL_VALIDATION_FAILED")),
        "{body}"
    );
}

async fn refused_form(served: &Served, accept: &str, document: &str) {
    let (status, media, body) = sent(served.ask(document).header("accept", accept)).await;
    assert_eq!((status.as_u16(), media.as_str()), (406, "application/json"), "{body}");
    assert_eq!(body["errors"][0]["extensions"]["code"], "BAD_REQUEST");
}

#[tokio::test]
async fn get_reads_and_never_changes() {
    let served = Served::start().await;
    let variables = json!({ "text": "é & \"x\"" }).to_string();
    let parameters = [
        ("query", "query a($text: String) { echo(text: $text) } query b { who }"),
        ("operationName", "a"),
        ("variables", &variables),
    ];
    let (status, _, body) = sent(served.get(&parameters)).await;
    assert_eq!((status.as_u16(), &body["data"]["echo"]), (200, &json!("é & \"x\"")), "{body}");
    for wrong in [
        &[("operationName", "a")][..],
        &[("query", "{ echo }"), ("variables", "{")],
        &[("query", "{ echo }"), ("variables", "[]")],
    ] {
        refused(&served, || served.get(wrong), 400, "BAD_REQUEST").await;
    }
    let mutation = [("query", "query a { echo } mutation b { count }"), ("operationName", "b")];
    refused(&served, || served.get(&mutation), 405, "BAD_REQUEST").await;
    assert_eq!(header(&served.get(&mutation).send().await.unwrap(), "allow"), "POST");
    assert_eq!(sent(served.get(&[mutation[0], ("operationName", "a")])).await.0, StatusCode::OK);
    let put = served.http.put(format!("{}/graphql", served.url)).bearer_auth(&served.token).send().await.unwrap();
    assert_eq!(put.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn every_answer_has_an_id_and_is_not_stored() {
    let served = Served::start().await;
    let good = served.ask("{ echo }").send().await.unwrap();
    let bad = served.ask("{ fails }").send().await.unwrap();
    for response in [&good, &bad] {
        assert_eq!(
            (header(response, "cache-control"), header(response, "vary")),
            ("no-store".into(), "Accept, Accept-Encoding, Origin".into())
        );
    }
    assert_ne!(header(&good, "x-request-id"), header(&bad, "x-request-id"));
    let id = header(&bad, "x-request-id");
    let body: Value = serde_json::from_slice(&bad.bytes().await.unwrap()).unwrap();
    assert_eq!(body["errors"][0]["extensions"]["requestId"], id.as_str());
}

#[tokio::test]
async fn only_callers_are_told_the_version() {
    let served = Served::start().await;
    let known = served.ask("{ echo }").send().await.unwrap();
    assert_eq!(header(&known, "lockkeeper-version"), env!("CARGO_PKG_VERSION"));
    let stranger = served.http.post(format!("{}/graphql", served.url)).body("{}").send().await.unwrap();
    assert_eq!((stranger.status(), header(&stranger, "lockkeeper-version")), (StatusCode::UNAUTHORIZED, String::new()));
}

#[tokio::test]
async fn a_query_ends_with_its_deadline_and_a_bug_stays_inside() {
    let served = Served::start().await;
    let late = served.ask("{ slow }").send().await.unwrap();
    assert_eq!((late.status().as_u16(), header(&late, "retry-after").as_str()), (503, ""), "it would be as slow again");
    let body: Value = late.json().await.unwrap();
    assert_eq!(body["errors"][0]["extensions"]["code"], "UNAVAILABLE", "{body}");
    assert!(body["errors"][0]["message"].as_str().unwrap().contains("`query_deadline` is 500ms"), "{body}");
    let (status, _, body) = sent(served.ask("{ broken }")).await;
    assert_eq!((status.as_u16(), &body["errors"][0]["extensions"]["code"]), (500, &json!("INTERNAL")), "{body}");
    assert!(!body.to_string().contains("a bug"), "{body}");
}

#[tokio::test]
async fn a_mutation_goes_on_when_nobody_waits_for_it() {
    let served = Served::start().await;
    // Its deadline comes first.
    let (status, _, body) = sent(served.ask("mutation { count(waitMs: 800) }")).await;
    assert_eq!((status.as_u16(), &body["errors"][0]["extensions"]["code"]), (503, &json!("UNAVAILABLE")), "{body}");
    // Its client goes away.
    let gone = tokio::spawn(served.ask("mutation { count(waitMs: 400) }").send());
    served.begun(2).await;
    gone.abort();
    served.carried_out(2).await;
}
