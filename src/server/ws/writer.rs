//! The only task that writes to a socket. It polls the operations, too: a message is taken from them only when it can
//! be written, and waits nowhere.

use super::close::Close;
use super::outbox::{Outgoing, OutgoingStream};
use super::timings::Timings;
use axum::extract::ws::{Message, WebSocket};
use futures_util::stream::{SelectAll, SplitSink};
use futures_util::{SinkExt, StreamExt};
use std::future::ready;
use tokio::sync::oneshot;
use tokio::time::timeout;

pub struct Writer {
    pub sink: SplitSink<WebSocket, Message>,
    /// Everything to write. The streams take turns, so that a busy one starves no other.
    pub streams: SelectAll<OutgoingStream>,
    pub timings: Timings,
}

impl Writer {
    /// Writes until `close` is sent, the peer reads too slowly, or the socket breaks. Returns the writing half: the
    /// socket stays open until it is dropped.
    pub async fn run(mut self, close: oneshot::Receiver<Close>) -> SplitSink<WebSocket, Message> {
        let close = tokio::select! {
            biased;
            close = close => close.ok(),
            ended = self.write_all() => ended,
        };
        self.streams.clear();
        if let Some(close) = close {
            tracing::debug!(code = close.code(), "the server closes a socket");
            let frame = Message::Close(Some(close.frame()));
            let _ = timeout(self.timings.close_timeout, self.sink.send(frame)).await;
        }
        self.sink
    }

    /// Returns why the socket has to be closed, or `None` if it is broken.
    async fn write_all(&mut self) -> Option<Close> {
        let mut is_buffered = false;
        // A message that was fed is buffered; it is written for certain once the next one was fed.
        let mut _buffered = None;
        loop {
            let (message, space) = tokio::select! {
                biased;
                outgoing = self.streams.next() => match outgoing? {
                    (Outgoing::Message(message), space) => (Some(message), Some(space)),
                    (Outgoing::Operation(stream), _) => {
                        self.streams.push(stream);
                        continue;
                    }
                },
                // Nothing more to feed: what is buffered is flushed.
                () = ready(()), if is_buffered => (None, None),
            };
            is_buffered = message.is_some();
            let written = match message {
                Some(message) => timeout(self.timings.write_timeout, self.sink.feed(message)).await,
                None => timeout(self.timings.write_timeout, self.sink.flush()).await,
            };
            match written {
                Ok(Ok(())) => _buffered = space,
                Ok(Err(_)) => return None,
                Err(_) => return Some(Close::slow_reader()),
            }
        }
    }
}
