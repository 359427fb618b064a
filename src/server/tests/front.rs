//! Browsers, pages of other origins, and sockets in all their forms.

use super::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

fn plain() -> reqwest::Client {
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

#[tokio::test]
async fn the_root_is_the_console_for_everybody_and_the_api_leads_browsers_to_graphiql() {
    let served = Served::start().await;
    let get = async |path: &str, accept: &str| {
        plain().get(format!("{}{path}", served.url)).header("accept", accept).send().await.unwrap()
    };
    for path in ["/graphql", "/graphql/", "/graphql?operationName=A"] {
        let response = get(path, BROWSER).await;
        assert_eq!(response.status(), 303, "{path}");
        assert_eq!(header(&response, "location"), "/graphiql", "{path}");
        assert!(header(&response, "vary").contains("Accept"), "{path}");
    }
    for accept in [BROWSER, "*/*"] {
        let root = get("/", accept).await;
        assert_eq!(
            (root.status().as_u16(), header(&root, "content-type").as_str()),
            (200, "text/html; charset=utf-8"),
            "{accept}"
        );
    }
    for path in ["/graphql?query=%7Becho%7D", "/graphql?documentId=1", "/graphql?extensions=%7B%7D"] {
        assert_eq!(get(path, BROWSER).await.status(), 401, "{path} is a request");
    }
    for accept in ["application/json", "*/*", "application/graphql-response+json, text/html;q=0.5"] {
        assert_eq!(get("/graphql", accept).await.status(), 401, "{accept}");
    }
    let post = plain().post(format!("{}/graphql", served.url)).header("accept", BROWSER).send().await.unwrap();
    assert_eq!(post.status(), 401);
    let slash = plain().post(format!("{}/graphql/", served.url)).bearer_auth(&served.token);
    let slash = slash.header("content-type", "application/json").body("{\"query\":\"{ who }\"}");
    assert_eq!(sent(slash).await.2["data"]["who"], "tester");
}

#[tokio::test]
async fn every_answer_says_that_its_type_is_not_to_be_guessed() {
    let served = Served::start().await;
    for path in [
        "/",
        "/console/main.js",
        "/graphql",
        "/graphql/ws",
        "/graphiql",
        "/graphiql/main.js",
        "/metrics",
        "/healthz",
        "/readyz",
        "/x",
    ] {
        let response = served.http.get(format!("{}{path}", served.url)).send().await.unwrap();
        assert_eq!(header(&response, "x-content-type-options"), "nosniff", "{path}");
    }
}

/// What an answer allows pages of other origins.
fn allowed(response: &Response) -> Vec<String> {
    let names = response.headers().keys().map(|name| name.as_str().to_owned());
    let mut names: Vec<_> = names.filter(|name| name.starts_with("access-control-")).collect();
    names.sort();
    names
}

#[tokio::test]
async fn pages_of_listed_origins_may_use_the_api_and_others_may_not() {
    let served = Served::reached("origins = ['https://console.example.com', 'http://localhost:3000']").await;
    let url = format!("{}/graphql", served.url);
    let preflight = async |origin: &str| {
        let request = served.http.request(reqwest::Method::OPTIONS, &url).header("origin", origin);
        let request = request.header("access-control-request-method", "POST");
        request.header("access-control-request-headers", "authorization,content-type,x-mine").send().await.unwrap()
    };
    for origin in ["https://console.example.com", "http://localhost:3000"] {
        let answer = preflight(origin).await;
        assert_eq!(answer.status(), 204);
        assert_eq!(header(&answer, "access-control-allow-origin"), origin);
        assert_eq!(header(&answer, "access-control-allow-methods"), "GET, POST");
        assert_eq!(header(&answer, "access-control-allow-headers"), "authorization,content-type,x-mine");
        assert!(header(&answer, "vary").contains("Origin"));
        let response = served.ask("{ who }").header("origin", origin).send().await.unwrap();
        assert_eq!(
            (response.status().as_u16(), header(&response, "access-control-allow-origin").as_str()),
            (200, origin)
        );
        let stranger = served.http.post(&url).header("origin", origin).send().await.unwrap();
        assert_eq!(
            (stranger.status().as_u16(), header(&stranger, "access-control-allow-origin").as_str()),
            (401, origin)
        );
    }
    for origin in [
        "https://console.example.com.evil.example",
        "http://console.example.com",
        "https://console.example.com:8443",
        "http://localhost:3001",
        "https://evil.example",
        "null",
        "*",
    ] {
        let answer = preflight(origin).await;
        assert_eq!((answer.status().as_u16(), allowed(&answer)), (204, vec![]), "{origin}");
        let response = served.ask("{ who }").header("origin", origin).send().await.unwrap();
        assert_eq!(allowed(&response), Vec::<String>::new(), "{origin}");
    }
    let none = served.ask("{ who }").send().await.unwrap();
    assert_eq!(allowed(&none), Vec::<String>::new());
}

/// The status and the head of the answer to a request to open a socket.
async fn opening(served: &Served, path: &str, headers: &[(&str, &str)]) -> String {
    let mut stream = TcpStream::connect(served.url.trim_start_matches("http://")).await.unwrap();
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let request = format!(
        "GET {path} HTTP/1.1\r\n{headers}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.windows(4).any(|end| end == b"\r\n\r\n") {
        assert_ne!(stream.read_buf(&mut answer).await.unwrap(), 0);
    }
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_socket_opens_at_both_addresses_with_headers_as_clients_spell_them() {
    let served = Served::start().await;
    for path in ["/graphql/ws", "/graphql", "/graphql/"] {
        let answer = opening(&served, path, &[("Host", "localhost"), ("Accept", BROWSER)]).await;
        assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
        // A common client of Python looks for exactly this.
        assert!(answer.contains("\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n"), "{answer}");
        let names = answer.lines().skip(1).filter_map(|line| line.split_once(':')).map(|(name, _)| name);
        for name in names {
            let title = name.split('-').all(|word| word.starts_with(|first: char| first.is_ascii_uppercase()));
            assert!(title, "{name}");
        }
    }
}

#[tokio::test]
async fn a_socket_of_a_foreign_origin_is_refused() {
    let served = Served::reached("origins = ['https://console.example.com']").await;
    let host = served.url.trim_start_matches("http://");
    let status = async |served: &Served, headers: &[(&str, &str)]| {
        opening(served, "/graphql/ws", headers).await[9..12].to_owned()
    };
    for (origin, expected) in [
        (format!("http://{host}"), "101"),
        // TLS may end before.
        (format!("https://{host}"), "101"),
        ("https://console.example.com".to_owned(), "101"),
        ("https://evil.example".to_owned(), "403"),
        ("http://localhost:1".to_owned(), "403"),
        (format!("http://{host}.evil.example"), "403"),
        ("null".to_owned(), "403"),
    ] {
        assert_eq!(status(&served, &[("Host", host), ("Origin", &origin)]).await, expected, "{origin}");
    }
    assert_eq!(status(&served, &[("Host", host)]).await, "101", "programs send none");
    let forwarded =
        [("Host", "backend:8080"), ("X-Forwarded-Host", "lk.example.com"), ("Origin", "https://lk.example.com")];
    assert_eq!(status(&served, &forwarded).await, "403", "anybody can send this header");
    let behind = Served::reached("proxies = ['127.0.0.1']").await;
    assert_eq!(status(&behind, &forwarded).await, "101");
}

#[tokio::test]
async fn sockets_of_foreign_origins_write_one_warning_in_a_minute() {
    let (log, _guard) = log::Log::start();
    let served = Served::start().await;
    for _ in 0..3 {
        let answer = opening(&served, "/graphql/ws", &[("Host", "localhost"), ("Origin", "https://x.example")]).await;
        assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
    }
    assert_eq!(log.lines("a WebSocket was refused").len(), 1);
}
