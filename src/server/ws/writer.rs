//! The one task that writes to a socket.

use super::close::Close;
use super::operations::Operations;
use super::outbox::{Item, Outgoing};
use super::timings::Timings;
use axum::extract::ws::{Message, WebSocket};
use futures_util::SinkExt;
use futures_util::stream::SplitSink;
use tokio::sync::oneshot;
use tokio::time::timeout;

pub struct Writer {
    pub sink: SplitSink<WebSocket, Message>,
    pub outgoing: Outgoing,
    pub operations: Operations,
    pub timings: Timings,
}

impl Writer {
    /// Writes until it is told to close, the peer takes nothing any more, or the socket breaks. Gives the writing
    /// half back: the socket is open as long as that is kept.
    pub async fn run(mut self, told: oneshot::Receiver<Close>) -> SplitSink<WebSocket, Message> {
        let close = tokio::select! {
            biased;
            told = told => told.ok(),
            ended = self.write_all() => ended,
        };
        if let Some(close) = close {
            tracing::debug!(code = close.code(), "a socket is closed");
            let frame = Message::Close(Some(close.frame()));
            let _ = timeout(self.timings.farewell, self.sink.send(frame)).await;
        }
        self.sink
    }

    /// Why the socket has to be closed; none when it is broken.
    async fn write_all(&mut self) -> Option<Close> {
        loop {
            let item = tokio::select! {
                biased;
                Some(item) = self.outgoing.urgent.recv() => item,
                Some(item) = self.outgoing.ordinary.recv() => item,
                else => return None,
            };
            match timeout(self.timings.write, self.write(*item)).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return None,
                Err(_) => return Some(Close::try_again("Messages were not taken in time")),
            }
        }
    }

    async fn write(&mut self, item: Item) -> Result<(), axum::Error> {
        let Item { message, operation, last, room: _room } = item;
        if !operation.as_ref().is_some_and(|operation| operation.is_stopped()) {
            if let Some(operation) = operation.filter(|_| last) {
                // Before the client can know: it may use the id again at once.
                self.operations.ended(&operation);
            }
            self.sink.feed(message).await?;
        }
        if self.outgoing.urgent.is_empty() && self.outgoing.ordinary.is_empty() {
            self.sink.flush().await?;
        }
        Ok(())
    }
}
