//! The one task that reads from a socket and decides what happens to it.

use super::super::Server;
use super::super::log::{Client, new_id};
use super::super::request::Asked;
use super::super::who::{self, Stranger, Who};
use super::close::Close;
use super::message::{self, Message};
use super::operation::{Carrier, carry_out};
use super::operations::{NotTaken, Operations};
use super::outbox::{Outbox, Outgoing};
use super::timings::Timings;
use super::writer::Writer;
use crate::read;
use axum::Error;
use axum::extract::ws::{Message as Frame, WebSocket};
use futures_util::future::{BoxFuture, pending};
use futures_util::stream::{SplitStream, select_all};
use futures_util::{FutureExt, StreamExt};
use std::sync::Arc;
use tokio::sync::oneshot;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_util::task::AbortOnDropHandle;

/// Pings in a row that may be left without any sign of life.
const UNANSWERED: u32 = 2;

/// Serves a socket until one of both sides ends it. `authorization` is the header of the request that opened it.
pub async fn run(server: Arc<Server>, timings: Timings, authorization: String, client: Client, socket: WebSocket) {
    let (sink, mut stream) = socket.split();
    let (outbox, outgoing) = Outbox::new();
    let (close, told) = oneshot::channel();
    let writer = Writer { sink, sources: select_all([outgoing]), timings };
    let mut writer = AbortOnDropHandle::new(tokio::spawn(writer.run(told)));
    let operations = Operations::new(&server.limits);
    let mut reader = Reader {
        server,
        outbox,
        operations,
        authorization,
        client,
        state: State::New,
        unanswered: 0,
        who: pending().boxed(),
    };
    let ended = tokio::select! {
        ended = reader.read(&mut stream, timings) => ended,
        // It has said why, if there was somebody to listen.
        _ = &mut writer => Ended::Gone,
    };
    match ended {
        Ended::Gone => {}
        // Its answer to the close is read, and the client has the time to read ours.
        Ended::Closed(why) => {
            let _ = close.send(why);
            let _sink = writer.await;
            let _ = timeout(timings.farewell, async { while let Some(Ok(_)) = stream.next().await {} }).await;
        }
        // Nothing can be read any more, but ending at once would take away from the client what is on its way.
        Ended::Unreadable(why) => {
            let _ = close.send(why);
            let _sink = writer.await;
            sleep(timings.farewell).await;
        }
    }
}

/// How reading ended.
enum Ended {
    Gone,
    Closed(Close),
    Unreadable(Close),
}

/// What the client may do.
enum State {
    /// It has not said who it is.
    New,
    /// It is being looked up.
    Asking,
    /// It may begin operations.
    Known(Arc<Carrier>),
}

struct Reader {
    server: Arc<Server>,
    outbox: Outbox,
    operations: Operations,
    authorization: String,
    client: Client,
    state: State,
    unanswered: u32,
    /// Whom the token belongs to; later, that it counts no more.
    who: BoxFuture<'static, Result<Who, Stranger>>,
}

impl Reader {
    async fn read(&mut self, stream: &mut SplitStream<WebSocket>, timings: Timings) -> Ended {
        let closing = self.server.closing.clone();
        let init_deadline = sleep(timings.init);
        tokio::pin!(init_deadline);
        let mut ping = interval(timings.ping);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ping.reset();
        loop {
            let going_on = tokio::select! {
                biased;
                () = closing.cancelled() => Err(Close::restart()),
                () = &mut init_deadline, if matches!(self.state, State::New) => Err(Close::init_timeout()),
                who = &mut self.who => self.admit(who),
                _ = ping.tick() => self.ping(),
                frame = stream.next() => match frame {
                    None => return Ended::Gone,
                    Some(Err(error)) => return unreadable(error),
                    Some(Ok(Frame::Close(_))) => {
                        // Reading on sends the answer to it.
                        let _ = timeout(timings.farewell, stream.next()).await;
                        return Ended::Gone;
                    }
                    Some(Ok(frame)) => self.take(frame),
                },
            };
            if let Err(close) = going_on {
                return Ended::Closed(close);
            }
        }
    }

    fn admit(&mut self, who: Result<Who, Stranger>) -> Result<(), Close> {
        let Who { caller, secret } = who?;
        let no_more = who::counts_no_more(self.server.tokens.clone(), secret);
        self.who = no_more.map(|()| Err(Stranger::NoMore)).boxed();
        let carrier = Carrier { server: self.server.clone(), caller };
        self.state = State::Known(Arc::new(carrier));
        self.say(message::acknowledged())
    }

    /// Asks for a sign of life. The ping is WebSocket's own, which every client answers by itself.
    fn ping(&mut self) -> Result<(), Close> {
        if self.unanswered >= UNANSWERED {
            return Err(Close::try_again("Pings were not answered"));
        }
        self.unanswered += 1;
        self.put(Outgoing::Message(Frame::Ping(Default::default())))
    }

    fn take(&mut self, frame: Frame) -> Result<(), Close> {
        self.unanswered = 0;
        match frame {
            Frame::Text(text) => self.hear(Message::read(&text)?),
            Frame::Binary(_) => Err(Close::bad_message("A message is text, not binary")),
            // Pings of WebSocket itself are answered below.
            Frame::Ping(_) | Frame::Pong(_) | Frame::Close(_) => Ok(()),
        }
    }

    fn hear(&mut self, message: Message) -> Result<(), Close> {
        match message {
            Message::Init(authorization) => self.init(authorization),
            Message::Ping(payload) => self.say(message::pong(payload)),
            Message::Pong => Ok(()),
            Message::Subscribe(id, asked) => self.subscribe(id, asked),
            Message::Complete(id) => {
                self.operations.stop(&id);
                Ok(())
            }
        }
    }

    fn init(&mut self, authorization: Option<String>) -> Result<(), Close> {
        let State::New = self.state else { return Err(Close::initialized_before()) };
        self.state = State::Asking;
        let header = std::mem::take(&mut self.authorization);
        let authorization = authorization.unwrap_or(header);
        let (server, client) = (self.server.clone(), self.client);
        self.who = async move { who::who(&server, &authorization, client.0).await }.boxed();
        Ok(())
    }

    fn subscribe(&mut self, id: String, asked: Asked) -> Result<(), Close> {
        let State::Known(carrier) = &self.state else { return Err(Close::unauthorized()) };
        match self.operations.begin(id) {
            Ok(taken) => self.put(Outgoing::Operation(carry_out(carrier.clone(), asked, taken))),
            Err(NotTaken::IdInUse(id)) => Err(Close::taken(&id)),
            Err(NotTaken::TooMany(id, refused)) => {
                let mut answer = refused.answer();
                read::complete(&mut answer, &new_id().0);
                self.say(message::error(&id, &answer.errors))
            }
        }
    }

    fn say(&self, text: String) -> Result<(), Close> {
        self.put(Outgoing::Message(Frame::Text(text.into())))
    }

    fn put(&self, outgoing: Outgoing) -> Result<(), Close> {
        match self.outbox.put(outgoing) {
            true => Ok(()),
            false => Err(Close::try_again("Messages were not taken in time")),
        }
    }
}

fn unreadable(error: Error) -> Ended {
    match Close::unreadable(error) {
        Some(close) => Ended::Unreadable(close),
        None => Ended::Gone,
    }
}
