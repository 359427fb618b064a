//! The protocol over WebSocket, with a client that is no more than frames.

mod peers;
mod protocol;
mod serving;

use super::*;
use futures_util::SinkExt;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use ws::Timings;

const PROTOCOL: &str = "graphql-transport-ws";
/// Whatever should happen happens sooner.
const SOON: Duration = Duration::from_secs(10);

/// Timings for tests in which no timeout should elapse.
fn patient() -> Timings {
    Timings { close_timeout: Duration::from_millis(300), ..Timings::default() }
}

/// One end of a socket.
pub struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// Opens a socket with these headers.
    pub async fn with(served: &Served, headers: &[(&'static str, &str)]) -> Socket {
        let url = format!("{}/graphql/ws", served.url.replace("http://", "ws://"));
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        Socket(connect_async(request).await.unwrap().0)
    }

    /// Opens a socket and sends nothing.
    pub async fn open(served: &Served) -> Socket {
        Socket::with(served, &[("sec-websocket-protocol", PROTOCOL)]).await
    }

    /// Opens a socket and is acknowledged.
    pub async fn ready(served: &Served) -> Socket {
        let mut socket = Socket::open(served).await;
        socket.send(init(&served.token)).await;
        assert_eq!(socket.receive().await, json!({ "type": "connection_ack" }));
        socket
    }

    async fn send_frame(&mut self, message: Message) {
        self.0.send(message).await.unwrap();
    }

    pub async fn send(&mut self, message: Value) {
        self.send_frame(Message::text(message.to_string())).await;
    }

    pub async fn subscribe(&mut self, id: &str, document: &str) {
        self.send(json!({ "id": id, "type": "subscribe", "payload": { "query": document } })).await;
    }

    pub async fn complete(&mut self, id: &str) {
        self.send(json!({ "id": id, "type": "complete" })).await;
    }

    /// The next message of the protocol.
    pub async fn receive(&mut self) -> Value {
        loop {
            match timeout(SOON, self.0.next()).await.expect("a message in time") {
                Some(Ok(Message::Text(text))) => return serde_json::from_str(&text).unwrap(),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("no message but {other:?}"),
            }
        }
    }

    /// Asserts that there is no message for a while.
    async fn silence(&mut self, time: Duration) {
        if let Ok(message) = timeout(time, self.receive()).await {
            panic!("an unexpected message: {message}");
        }
    }

    /// With which code the server closes; what comes before is passed over.
    pub async fn closed(&mut self) -> u16 {
        let closed = async {
            loop {
                match self.0.next().await {
                    Some(Ok(Message::Close(Some(frame)))) => return frame.code.into(),
                    Some(Ok(_)) => {}
                    other => panic!("it ended without a code: {other:?}"),
                }
            }
        };
        timeout(SOON, closed).await.expect("a close in time")
    }
}

pub fn init(token: &str) -> Value {
    json!({ "type": "connection_init", "payload": { "authorization": format!("Bearer {token}") } })
}

/// Waits until this number of streams is open.
async fn streams(served: &Served, wanted: usize) {
    let reached = async {
        while served.counts.streams.load(Ordering::SeqCst) != wanted {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let reached = timeout(SOON, reached).await;
    assert!(reached.is_ok(), "{} streams, not {wanted}", served.counts.streams.load(Ordering::SeqCst));
}
