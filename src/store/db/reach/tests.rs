//! Opening a database that is not there, not trusted, or reached over TLS alone.

use super::*;
use crate::store::db::backend::Pools;
use crate::store::db::hints;
use crate::store::db::rows::{CellKind, StatementPart};
use crate::store::{Capacity, Db};
use std::time::Instant;
use testkit::certificates::Authority;
use testkit::cluster::Cluster;
use tokio_util::task::AbortOnDropHandle;

async fn refused(url: &str) -> String {
    match Db::open(url, 1).await {
        Err(Error::Refused(message)) => message,
        Err(error) => panic!("another error: {error}"),
        Ok(_) => panic!("it is open"),
    }
}

#[tokio::test]
async fn no_message_about_a_url_has_its_password() {
    for url in [
        "mysql://user:hunter2@127.0.0.1/d",
        "hunter2",
        "user:hunter2@127.0.0.1/d",
        "postgres://user:hunter2@127.0.0.1:99999/d",
        "postgres://user:hunter2@127.0.0.1:1/d",
        "postgres://user:hunter2@/d?host=/nowhere",
        "postgres://user@127.0.0.1:1/d?password=hunter2",
        "postgres://user@127.0.0.1:1/d?sslpassword=hunter2",
        "postgres://user:hunter2@127.0.0.1:1/d?sslmode=sometimes",
    ] {
        let refusal = refused(url).await;
        assert!(!refusal.contains("hunter2"), "{refusal}");
    }
}

#[tokio::test]
async fn an_unreachable_database_is_an_error_at_once_with_its_address() {
    let began = Instant::now();
    let refusal = refused("postgres://user:hunter2@127.0.0.1:1/d").await;
    assert!(refusal.contains("Cannot reach the database at 127.0.0.1:1"), "{refusal}");
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_server_that_never_answers_is_an_error_with_its_address() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let message = refused(&format!("postgres://user:hunter2@{address}/d")).await;
    assert!(message.starts_with(&format!("Cannot use the database at {address}: ")), "{message}");
    assert!(message.contains("does not answer"), "{message}");
}

/// Everything that a process has open at a database goes over TLS, and a server that is not the right one is refused.
#[tokio::test]
async fn a_database_that_takes_tls_alone_is_used_over_tls_alone() {
    let authority = Authority::new();
    let cluster = Cluster::with_tls(&authority, "trust");
    let url = cluster.fresh();
    let files = tempfile::tempdir().unwrap();
    let [right, wrong] = [&authority, &Authority::new()].map(|authority| {
        let path = files.path().join(format!("{:p}.pem", std::ptr::from_ref(authority)));
        std::fs::write(&path, authority.certificate()).unwrap();
        path.display().to_string()
    });

    let refusal = refused(&format!("{url}?sslmode=disable")).await;
    assert!(refusal.contains("no encryption") && refusal.contains("127.0.0.1"), "{refusal}");
    for mode in ["verify-ca", "verify-full"] {
        let refusal = refused(&format!("{url}?sslmode={mode}&sslrootcert={wrong}")).await;
        assert!(refusal.contains("certificate") && refusal.contains("sslrootcert"), "{refusal}");
    }
    // The certificate is for the address, not for this name.
    let by_name = url.replace("127.0.0.1", "localhost");
    let refusal = refused(&format!("{by_name}?sslmode=verify-full&sslrootcert={right}")).await;
    assert!(refusal.contains("certificate"), "{refusal}");
    Db::open(&format!("{by_name}?sslmode=verify-ca&sslrootcert={right}"), 1).await.unwrap().close().await;
    Db::open(&format!("{url}?sslmode=require"), 1).await.unwrap().close().await;

    let capacity = Capacity { connections: 2, query_turns: 1, query_deadline: Some(Duration::from_secs(30)) };
    let db = Db::open_for(&format!("{url}?sslmode=verify-full&sslrootcert={right}"), capacity).await.unwrap();
    let _exchanging = AbortOnDropHandle::new(tokio::spawn(hints::exchange(db.clone())));
    let endless = "SELECT count(*) FROM generate_series(CAST(1 AS bigint), 100000000000)".to_owned();
    let endless = [StatementPart { text: endless, kinds: vec![CellKind::Int], shared: false }];
    assert!(timeout(Duration::from_millis(100), db.reads().read(&endless, &[])).await.is_err());
    let Pools::Postgres(pool) = &db.pools else { panic!("it is PostgreSQL") };
    // One that reads, one that canceled, one that listens.
    let sessions = "SELECT count(*) FILTER (WHERE ssl), count(*) FILTER (WHERE NOT ssl) FROM pg_stat_ssl
                    JOIN pg_stat_activity USING (pid) WHERE datname = current_database()";
    let began = Instant::now();
    loop {
        let mut connection = pool.check_out().await.unwrap();
        let (with, without): (i64, i64) =
            connection.run(async |on| sqlx::query_as(sessions).fetch_one(on).await).await.unwrap();
        assert_eq!(without, 0);
        if with >= 3 {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "there are {with} sessions");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_database_that_wants_a_clients_certificate_gets_it() {
    let authority = Authority::new();
    let cluster = Cluster::with_tls(&authority, "trust clientcert=verify-full");
    let files = tempfile::tempdir().unwrap();
    let (certificate, key) = authority.signed("lockkeeper");
    let path = |name: &str, text: &str| {
        let path = files.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let (root, cert, key) =
        (path("root.pem", &authority.certificate()), path("cert.pem", &certificate), path("key.pem", &key));
    let url =
        format!("postgres://lockkeeper@127.0.0.1:{}/postgres?sslmode=verify-full&sslrootcert={root}", cluster.port());
    let refusal = refused(&url).await;
    assert!(refusal.contains("certificate"), "{refusal}");
    Db::open(&format!("{url}&sslcert={cert}&sslkey={key}"), 1).await.unwrap().close().await;
}
