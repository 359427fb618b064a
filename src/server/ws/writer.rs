//! The one task that writes to a socket, and follows its operations: what they say is taken when it can be written, and
//! waits nowhere.

use super::close::Close;
use super::outbox::{Outgoing, Source};
use super::timings::Timings;
use axum::extract::ws::{Message, WebSocket};
use futures_util::stream::{SelectAll, SplitSink};
use futures_util::{SinkExt, StreamExt};
use std::future::ready;
use tokio::sync::oneshot;
use tokio::time::timeout;

pub struct Writer {
    pub sink: SplitSink<WebSocket, Message>,
    /// What goes out. Each source has its turn: a busy one starves none.
    pub sources: SelectAll<Source>,
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
        self.sources.clear();
        if let Some(close) = close {
            tracing::debug!(code = close.code(), "a socket is closed");
            let frame = Message::Close(Some(close.frame()));
            let _ = timeout(self.timings.farewell, self.sink.send(frame)).await;
        }
        self.sink
    }

    /// Why the socket has to be closed; none when it is broken.
    async fn write_all(&mut self) -> Option<Close> {
        let mut gathered = false;
        // A message is buffered when it is taken, and is written for certain when the next one was.
        let mut _buffered = None;
        loop {
            let (message, room) = tokio::select! {
                biased;
                outgoing = self.sources.next() => match outgoing? {
                    (Outgoing::Message(message), room) => (Some(message), Some(room)),
                    (Outgoing::Operation(source), _) => {
                        self.sources.push(source);
                        continue;
                    }
                },
                // Nothing more is there: what was gathered goes out.
                () = ready(()), if gathered => (None, None),
            };
            gathered = message.is_some();
            let written = match message {
                Some(message) => timeout(self.timings.write, self.sink.feed(message)).await,
                None => timeout(self.timings.write, self.sink.flush()).await,
            };
            match written {
                Ok(Ok(())) => _buffered = room,
                Ok(Err(_)) => return None,
                Err(_) => return Some(Close::try_again("Messages were not taken in time")),
            }
        }
    }
}
