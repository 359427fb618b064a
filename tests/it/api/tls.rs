//! TLS of the server's own, and the certificate that changes while it serves.

use crate::PROGRAM;
use rustix::process::Signal;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use testkit::MAX_WAIT;
use testkit::{Process, Server};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

const CONFIGURATION: &str = "
tls_cert = 'tls.pem'
tls_key = 'tls.key'

[limits]
header_timeout = '500ms'
";

/// A certificate that is its own authority, with its key, in PEM.
struct Pair {
    certificate: CertificateDer<'static>,
    pem: String,
    key: String,
}

fn pair() -> Pair {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    Pair { certificate: made.cert.der().clone(), pem: made.cert.pem(), key: made.signing_key.serialize_pem() }
}

fn write(directory: &Path, certificate: &Pair, key: &Pair) {
    fs::write(directory.join("tls.pem"), &certificate.pem).unwrap();
    fs::write(directory.join("tls.key"), &key.key).unwrap();
}

/// Serves with this pair.
fn serving(pair: &Pair) -> Server {
    let directory = TempDir::new().unwrap();
    write(directory.path(), pair, pair);
    Server::configured_in(directory, PROGRAM, "sqlite", CONFIGURATION)
}

fn address(server: &Server) -> &str {
    server.url.strip_prefix("https://").expect("it speaks TLS")
}

/// What `/healthz` answers to a client that trusts this certificate alone.
async fn healthz(server: &Server, trusted: &Pair) -> io::Result<String> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.certificate.clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots);
    let stream = TcpStream::connect(address(server)).await?;
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = TlsConnector::from(Arc::new(config.with_no_client_auth())).connect(name, stream).await?;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

async fn until(mut happened: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !happened().await {
        assert!(began.elapsed() < MAX_WAIT, "it does not happen");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_certificate_is_renewed_while_the_server_runs_and_one_that_does_not_fit_is_not() {
    let (first, second, third) = (pair(), pair(), pair());
    let mut server = serving(&first);
    let answer = healthz(&server, &first).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("ok\n"), "{answer}");
    assert!(healthz(&server, &second).await.is_err(), "it has no other certificate");

    // The key of another certificate: the first one is still served.
    let directory = server.path("");
    write(&directory, &second, &third);
    server.process().unwrap().signal(Signal::HUP);
    until(async || server.log().contains("cannot be used with the key")).await;
    healthz(&server, &first).await.unwrap();

    write(&directory, &second, &second);
    server.process().unwrap().signal(Signal::HUP);
    until(async || healthz(&server, &second).await.is_ok()).await;
    assert!(healthz(&server, &first).await.is_err());

    // Without a signal, too.
    write(&directory, &third, &third);
    until(async || healthz(&server, &third).await.is_ok()).await;
    assert!(server.terminate());
}

#[tokio::test]
async fn a_handshake_has_the_time_of_a_head_and_plain_http_is_not_spoken() {
    let server = serving(&pair());
    let mut silent = TcpStream::connect(address(&server)).await.unwrap();
    let closed = async { while !matches!(silent.read(&mut [0; 64]).await, Ok(0) | Err(_)) {} };
    tokio::time::timeout(MAX_WAIT, closed).await.expect("it is closed");
    assert!(reqwest::get(format!("http://{}/healthz", address(&server))).await.is_err());
}

#[tokio::test]
async fn a_server_does_not_start_with_half_of_a_certificate() {
    let directory = TempDir::new().unwrap();
    let (one, other) = (pair(), pair());
    write(directory.path(), &one, &other);
    let started = |arguments: &[&str]| {
        let mut command = std::process::Command::new(PROGRAM);
        command.current_dir(directory.path()).args(["serve", "--listen", "127.0.0.1:0"]).args(arguments);
        let output = command.output().unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(started(&["--tls-cert", "tls.pem"]).contains("--tls-key"));
    let message = started(&["--tls-cert", "tls.pem", "--tls-key", "tls.key"]);
    assert!(message.contains("tls.pem cannot be used with the key in tls.key"), "{message}");
    assert!(started(&["--tls-cert", "tls.pem", "--tls-key", "none.key"]).contains("none.key cannot be read"));
    assert!(started(&["--tls-cert", "tls.key", "--tls-key", "tls.key"]).contains("tls.key"));
}

#[tokio::test]
async fn a_server_that_is_reached_from_elsewhere_without_tls_says_so() {
    let mut server = Server::configured(PROGRAM, "sqlite", "listen = '127.0.0.1:0'");
    assert!(!server.log().contains("unencrypted"), "{}", server.log());
    assert!(server.terminate());
    // What is served last has the whole log.
    let mut command = server.command(&["serve", "--listen", "0.0.0.0:0"]);
    command.env("FAILPOINTS", "");
    let everywhere = Process::start(command);
    until(async || everywhere.log().contains("unencrypted")).await;
}
