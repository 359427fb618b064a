//! Operations over a WebSocket, by the protocol `graphql-transport-ws`.

use crate::{MAX_WAIT, Server};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// An open socket that the server has acknowledged.
pub struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// Opens a socket for the owner of this token.
    pub async fn open(server: &Server, token: &str) -> Socket {
        let mut socket = Socket::introduced(server, json!({ "authorization": format!("Bearer {token}") })).await;
        assert_eq!(socket.hear().await, json!({ "type": "connection_ack" }));
        socket
    }

    /// Opens a socket with this payload of `connection_init`; the server has not answered yet.
    pub async fn introduced(server: &Server, payload: Value) -> Socket {
        let url = format!("{}/graphql/ws", server.url.replacen("http", "ws", 1));
        let mut request = url.into_client_request().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse().unwrap());
        let mut socket = Socket(connect_async(request).await.unwrap().0);
        socket.say(json!({ "type": "connection_init", "payload": payload })).await;
        socket
    }

    /// Sends a message.
    pub async fn say(&mut self, message: Value) {
        self.0.send(Message::text(message.to_string())).await.unwrap();
    }

    /// Begins an operation under this id.
    pub async fn begin(&mut self, id: &str, document: &str, variables: Value) {
        self.begin_with(id, json!({ "query": document, "variables": variables })).await;
    }

    /// Begins what this payload asks for, under this id.
    pub async fn begin_with(&mut self, id: &str, payload: Value) {
        self.say(json!({ "id": id, "type": "subscribe", "payload": payload })).await;
    }

    /// The next message, of any operation.
    pub async fn hear(&mut self) -> Value {
        loop {
            match timeout(MAX_WAIT, self.0.next()).await.expect("a message in time") {
                Some(Ok(Message::Text(text))) => return serde_json::from_str(&text).unwrap(),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("no message but {other:?}"),
            }
        }
    }

    /// The next message, whenever it comes; or `None` when the socket has ended, for whatever reason.
    pub async fn try_hear(&mut self) -> Option<Value> {
        loop {
            match self.0.next().await?.ok()? {
                Message::Text(text) => return Some(serde_json::from_str(&text).unwrap()),
                Message::Close(_) => return None,
                _ => {}
            }
        }
    }

    /// With which code the server closes; messages before it are passed over.
    pub async fn closed(&mut self) -> u16 {
        loop {
            match timeout(MAX_WAIT, self.0.next()).await.expect("a close in time") {
                Some(Ok(Message::Close(Some(frame)))) => return frame.code.into(),
                Some(Ok(_)) => {}
                other => panic!("it ended without a code: {other:?}"),
            }
        }
    }

    /// Executes a query or a mutation and returns its answer, `data` and `errors`; no other may be under way.
    pub async fn ask(&mut self, document: &str, variables: Value) -> Value {
        self.begin("ask", document, variables).await;
        let mut next = self.hear().await;
        assert_eq!((&next["id"], &next["type"]), (&json!("ask"), &json!("next")), "{next:#}");
        assert_eq!(self.hear().await, json!({ "id": "ask", "type": "complete" }));
        next["payload"].take()
    }

    /// Begins an operation that cannot begin, and returns the only error.
    pub async fn refused(&mut self, document: &str, variables: Value) -> Value {
        self.begin("refused", document, variables).await;
        let mut error = self.hear().await;
        assert_eq!((&error["id"], &error["type"]), (&json!("refused"), &json!("error")), "{error:#}");
        assert_eq!(error["payload"].as_array().map(Vec::len), Some(1), "{error:#}");
        error["payload"][0].take()
    }
}
