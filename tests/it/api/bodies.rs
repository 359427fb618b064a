//! Bytes of requests and answers: marks, character sets, and compression both ways.

use crate::PROGRAM;
use async_compression::tokio::bufread::{GzipDecoder, GzipEncoder};
use futures_util::StreamExt as _;
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use testkit::MAX_WAIT;
use testkit::Server;
use testkit::on_both;
use tokio::io::AsyncReadExt as _;

const VIEWER: &str = "{\"query\": \"{ viewer { name } }\"}";
/// An answer of a few hundred KiB.
const LARGE: &str = "{ __schema { types { name description fields { name description } } } }";

/// One caller, who chooses the bytes of the body.
struct Caller {
    http: reqwest::Client,
    url: String,
    token: String,
}

impl Caller {
    fn new(server: &Server) -> Caller {
        let token = server.token("frontend", "viewer");
        Caller { http: reqwest::Client::new(), url: format!("{}/graphql", server.url), token }
    }

    fn post(&self, content_type: &str, body: impl Into<reqwest::Body>) -> RequestBuilder {
        let request = self.http.post(&self.url).bearer_auth(&self.token);
        request.header("content-type", content_type).body(body)
    }

    /// A JSON body with this Content-Encoding.
    fn encoded(&self, coding: &str, body: impl Into<reqwest::Body>) -> RequestBuilder {
        self.post("application/json", body).header("content-encoding", coding)
    }

    /// Asks a document, with this Accept-Encoding.
    async fn accepting(&self, accept: Option<&str>, document: &str) -> Response {
        let request = self.post("application/json", json!({ "query": document }).to_string());
        let request = match accept {
            Some(accept) => request.header("accept-encoding", accept),
            None => request,
        };
        request.send().await.unwrap()
    }
}

async fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::new();
    GzipEncoder::new(bytes).read_to_end(&mut encoded).await.unwrap();
    encoded
}

async fn gunzip(bytes: &[u8]) -> String {
    let mut decoded = String::new();
    GzipDecoder::new(bytes).read_to_string(&mut decoded).await.unwrap();
    decoded
}

fn header<'r>(response: &'r Response, name: &str) -> &'r str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

/// Asserts that it is answered with the caller's name.
async fn answered(request: RequestBuilder) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap();
    assert_eq!((status, &body["data"]["viewer"]["name"]), (200, &json!("frontend")), "{body}");
}

/// Asserts that it is refused with this status; gives the message.
async fn refused(request: RequestBuilder, status: u16) -> String {
    let response = request.send().await.unwrap();
    let (found, accepted) = (response.status().as_u16(), header(&response, "accept-encoding").to_owned());
    let body: Value = response.json().await.unwrap();
    let message = body["errors"][0]["message"].as_str().unwrap().to_owned();
    assert_eq!((found, &body["errors"][0]["extensions"]["code"]), (status, &json!("BAD_REQUEST")), "{message}");
    assert_eq!(accepted, if message.contains("Content-Encoding is not supported") { "gzip" } else { "" });
    message
}

async fn a_byte_order_mark_in_front_of_a_body_is_skipped(kind: &str) {
    let server = Server::start(PROGRAM, kind);
    let caller = Caller::new(&server);
    let marked = format!("\u{feff}{VIEWER}");
    answered(caller.post("application/json", marked.clone())).await;
    answered(caller.encoded("gzip", gzip(marked.as_bytes()).await)).await;
    answered(caller.post("application/json", "{\"query\": \"\u{feff}{ viewer { name } }\"}")).await;
    refused(caller.post("application/json", format!("\u{feff}{marked}")), 400).await;
    refused(caller.post("application/json", "\u{feff}"), 400).await;
}
on_both!(a_byte_order_mark_in_front_of_a_body_is_skipped);

async fn every_label_of_utf_8_is_accepted_and_no_other_character_set(kind: &str) {
    let server = Server::start(PROGRAM, kind);
    let caller = Caller::new(&server);
    for label in ["utf-8", "UTF-8", "utf8", "UTF8", "\"utf-8\"", "\"Utf8\"", "unicode-1-1-utf-8", "x-unicode20utf8"] {
        answered(caller.post(&format!("application/json;charset={label}"), VIEWER)).await;
        answered(caller.post(&format!("Application/JSON ; Charset={label}; x=y"), VIEWER)).await;
    }
    for label in ["latin1", "iso-8859-1", "utf-16", "utf-16le", "utf-7", "utf", "", "\"\""] {
        refused(caller.post(&format!("application/json; charset={label}"), VIEWER), 415).await;
    }
}
on_both!(every_label_of_utf_8_is_accepted_and_no_other_character_set);

async fn a_body_in_gzip_is_decoded_and_other_codings_are_refused(kind: &str) {
    let server = Server::start(PROGRAM, kind);
    let caller = Caller::new(&server);
    let good = gzip(VIEWER.as_bytes()).await;
    for coding in ["gzip", "GZIP", "x-gzip", "identity, gzip"] {
        answered(caller.encoded(coding, good.clone())).await;
    }
    answered(
        caller.encoded("gzip", [gzip(&VIEWER.as_bytes()[..9]).await, gzip(&VIEWER.as_bytes()[9..]).await].concat()),
    )
    .await;
    for coding in ["identity", ""] {
        answered(caller.encoded(coding, VIEWER)).await;
    }
    for coding in ["br", "deflate", "zstd", "compress", "gzip, gzip", "gzip, br"] {
        refused(caller.encoded(coding, good.clone()), 415).await;
    }
    let mut flipped = good.clone();
    flipped[good.len() - 6] ^= 1;
    let followed = [&good[..], b"more"].concat();
    for wrong in [&good[..good.len() - 9], &good[..5], VIEWER.as_bytes(), &flipped, &followed] {
        let message = refused(caller.encoded("gzip", wrong.to_vec()), 400).await;
        assert!(message.contains("not gzip"), "{message}");
    }
    refused(caller.post("application/json", good), 400).await;
    server.assert_sound();
}
on_both!(a_body_in_gzip_is_decoded_and_other_codings_are_refused);

async fn a_body_is_decoded_no_further_than_its_limit(kind: &str) {
    let server = Server::start(PROGRAM, kind);
    let caller = Caller::new(&server);
    let padded = |length: usize| format!("{VIEWER}{}", " ".repeat(length - VIEWER.len()));
    let limit = 1024 * 1024;
    answered(caller.encoded("gzip", gzip(padded(limit).as_bytes()).await)).await;
    let message = refused(caller.encoded("gzip", gzip(padded(limit + 1).as_bytes()).await), 413).await;
    assert!(message.contains(&limit.to_string()), "{message}");
    // The end of this one never comes, and is not waited for.
    let bomb = gzip(&vec![b' '; 2 * limit]).await;
    assert!(bomb.len() < 64 * 1024, "{}", bomb.len());
    let begun = bomb[..bomb.len() - 100].to_vec();
    let endless = futures_util::stream::iter([Ok::<_, std::io::Error>(begun)]).chain(futures_util::stream::pending());
    refused(caller.encoded("gzip", reqwest::Body::wrap_stream(endless)), 413).await;
    // Nothing, in very many members.
    let nothing = gzip(b"").await;
    let members = nothing.repeat(limit / nothing.len() + 1);
    let chunks = futures_util::stream::iter([Ok::<_, std::io::Error>(members)]);
    refused(caller.encoded("gzip", reqwest::Body::wrap_stream(chunks)), 400).await;
    answered(caller.post("application/json", VIEWER)).await;
}
on_both!(a_body_is_decoded_no_further_than_its_limit);

async fn answers_from_one_kibibyte_are_compressed_for_clients_that_accept_it(kind: &str) {
    let server = Server::start(PROGRAM, kind);
    let caller = Caller::new(&server);
    let plain = caller.accepting(None, LARGE).await;
    assert_eq!((header(&plain, "content-encoding"), header(&plain, "content-length").is_empty()), ("", false));
    assert!(header(&plain, "vary").contains("Accept, Accept-Encoding"), "{:?}", plain.headers());
    let plain = plain.text().await.unwrap();
    for (accept, compressed) in [
        ("gzip", true),
        ("GZip", true),
        ("gzip, deflate, br, zstd", true),
        ("br;q=1, gzip;q=0.5", true),
        ("gzip;q=0.2, identity;q=0.1", true),
        ("", false),
        ("br", false),
        ("identity", false),
        ("gzip;q=0", false),
        ("gzip;q=0.1, identity;q=0.9", false),
    ] {
        let response = caller.accepting(Some(accept), LARGE).await;
        let coding = if compressed { "gzip" } else { "" };
        assert_eq!(header(&response, "content-encoding"), coding, "{accept}");
        assert!(header(&response, "vary").contains("Accept-Encoding"), "{:?}", response.headers());
        let bytes = response.bytes().await.unwrap();
        if compressed {
            assert!(bytes.len() * 3 < plain.len(), "{} of {}", bytes.len(), plain.len());
            assert_eq!(gunzip(&bytes).await, plain);
        } else {
            assert_eq!(bytes, plain);
        }
    }
    for (length, compressed) in [(200, false), (1023, false), (1024, true)] {
        // Beside the alias, such an answer has 21 bytes.
        let document = format!("{{ {}: __typename }}", "a".repeat(length - 21));
        assert_eq!(caller.accepting(None, &document).await.bytes().await.unwrap().len(), length);
        let response = caller.accepting(Some("gzip"), &document).await;
        assert_eq!(header(&response, "content-encoding") == "gzip", compressed, "{length}");
    }
    // Refusals, too.
    let wrong: String = (0..100).map(|number| format!(" a{number}")).collect();
    let response = caller.accepting(Some("gzip"), &format!("{{{wrong} }}")).await;
    assert_eq!(header(&response, "content-encoding"), "gzip");
}
on_both!(answers_from_one_kibibyte_are_compressed_for_clients_that_accept_it);

async fn streams_and_what_is_compressed_already_are_sent_as_they_are(kind: &str) {
    let server = Server::start(PROGRAM, kind);
    let caller = Caller::new(&server);
    let request = caller.post("application/json", json!({ "query": LARGE }).to_string());
    let request = request.header("accept-encoding", "gzip").header("accept", "text/event-stream");
    let stream = request.send().await.unwrap();
    assert_eq!(header(&stream, "content-encoding"), "");
    assert!(stream.text().await.unwrap().starts_with("event: next\ndata: {\"data\":{\"__schema\""));

    let watch = json!({ "query": "subscription { serviceChanged { kind } }" }).to_string();
    let request = caller.post("application/json", watch).header("accept", "text/event-stream");
    let mut stream = request.header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!(header(&stream, "content-encoding"), "");
    // Its first sign of life is not held back.
    let first = tokio::time::timeout(MAX_WAIT, stream.chunk()).await.unwrap().unwrap().unwrap();
    assert!(first.starts_with(b"id: ") || first.starts_with(b":"), "{first:?}");

    let page = caller.http.get(format!("{}/graphiql", server.url)).header("accept-encoding", "gzip");
    let page = page.send().await.unwrap();
    assert_eq!(header(&page, "content-encoding"), "gzip");
    assert!(gunzip(&page.bytes().await.unwrap()).await.to_lowercase().starts_with("<!doctype html>"));
}
on_both!(streams_and_what_is_compressed_already_are_sent_as_they_are);
