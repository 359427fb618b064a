//! The other side: sockets of axum, to which texts are broadcast as they are, and nothing else.

use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, State};
use axum::routing::{any, post};
use axum::{Json, Router};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::sync::broadcast::{self, error::RecvError};

/// Says that this process is the bare server.
pub const ARGUMENT: &str = "bare";

/// A channel for each filter.
type Channels = Arc<Mutex<Vec<broadcast::Sender<Utf8Bytes>>>>;

/// Serves on a free port, which is printed.
pub fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        println!("{}", listener.local_addr().expect("its address"));
        let router = Router::new()
            .route("/{filter}", any(open))
            .route("/publish", post(publish))
            .with_state(Channels::default());
        let listener = axum::serve::ListenerExt::tap_io(listener, |stream| {
            let _ = stream.set_nodelay(true);
        });
        axum::serve(listener, router).await.expect("it serves");
    });
}

fn channel(channels: &Channels, filter: usize) -> broadcast::Sender<Utf8Bytes> {
    let mut channels = channels.lock().expect("nobody panics");
    while channels.len() <= filter {
        channels.push(broadcast::Sender::new(128));
    }
    channels[filter].clone()
}

async fn publish(State(channels): State<Channels>, Json(texts): Json<Vec<String>>) {
    for (filter, text) in texts.into_iter().enumerate() {
        // Somebody may not be there yet.
        let _ = channel(&channels, filter).send(text.into());
    }
}

async fn open(
    State(channels): State<Channels>,
    Path(filter): Path<usize>,
    upgrade: WebSocketUpgrade,
) -> axum::response::Response {
    let live = channel(&channels, filter).subscribe();
    upgrade.read_buffer_size(4096).write_buffer_size(0).on_upgrade(|socket| tell(socket, live))
}

async fn tell(mut socket: WebSocket, mut live: broadcast::Receiver<Utf8Bytes>) {
    loop {
        tokio::select! {
            text = live.recv() => match text {
                Ok(text) => if socket.send(Message::Text(text)).await.is_err() { return },
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            },
            heard = socket.recv() => if !matches!(heard, Some(Ok(_))) { return },
        }
    }
}
