//! The one task that reads from a socket and decides what happens to it.

use super::super::Server;
use super::super::access::admit_stranger;
use super::super::answer::Refused;
use super::super::log::{Client, new_id};
use super::super::request::Asked;
use super::super::waiting::Room;
use super::super::who::{self, Stranger, Who};
use super::close::Close;
use super::message::{self, Message};
use super::operation::{Carrier, carry_out};
use super::operations::{NotTaken, Operations};
use super::outbox::{Outbox, Outgoing};
use super::timings::Timings;
use super::writer::Writer;
use crate::wire;
use axum::Error;
use axum::extract::ws::{Message as Frame, Utf8Bytes, WebSocket};
use futures_util::future::{BoxFuture, OptionFuture, pending};
use futures_util::stream::{SplitStream, select_all};
use futures_util::{FutureExt, StreamExt};
use std::sync::Arc;
use tokio::sync::oneshot;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_util::task::AbortOnDropHandle;

/// Pings in a row that may be left without any sign of life.
const UNANSWERED: u32 = 2;

/// Serves a socket until one of both sides ends it. `authorization` is the header of the request that opened it.
pub async fn run(server: Arc<Server>, timings: Timings, client: Client, authorization: String, socket: WebSocket) {
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
        client,
        authorization,
        state: State::New,
        unanswered: 0,
        who: pending().boxed(),
        held: None,
    };
    let ended = tokio::select! {
        ended = reader.read(&mut stream, timings) => ended,
        // It has said why, if there was somebody to listen.
        _ = &mut writer => Ended::Gone,
    };
    if let State::New | State::Asking = reader.state {
        // It goes anyway.
        let _ = admit_stranger(&reader.server, Stranger::NoToken, client.0);
    }
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
    /// It brought no valid token, and was counted.
    Stranger,
}

struct Reader {
    server: Arc<Server>,
    outbox: Outbox,
    operations: Operations,
    client: Client,
    authorization: String,
    state: State,
    unanswered: u32,
    /// Whom the token belongs to; later, that it counts no more.
    who: BoxFuture<'static, Result<Who, Stranger>>,
    /// A message for which there is no room yet. Nothing more is read meanwhile.
    held: Option<BoxFuture<'static, (Utf8Bytes, Result<Room, Refused>)>>,
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
                Some((text, room)) = OptionFuture::from(self.held.as_mut()) => self.go_on(&text, room),
                _ = ping.tick() => self.ping(),
                frame = stream.next(), if self.held.is_none() => match frame {
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
        let Who { caller, secret } = match who {
            Ok(who) => who,
            Err(stranger) => {
                let State::Asking = self.state else { return Err(stranger.into()) };
                self.state = State::Stranger;
                let admitted = admit_stranger(&self.server, stranger, self.client.0);
                return Err(
                    admitted.map_or_else(|refused| Close::rate_limited(refused.into_message()), |()| stranger.into())
                );
            }
        };
        let no_more = who::counts_no_more(self.server.tokens.clone(), secret);
        self.who = no_more.map(|()| Err(Stranger::NoMore)).boxed();
        let carrier = Carrier { server: self.server.clone(), caller, address: self.client.0 };
        self.state = State::Known(Arc::new(carrier));
        self.say(message::acknowledged())
    }

    /// Asks for a sign of life. The ping is WebSocket's own, which every client answers by itself.
    fn ping(&mut self) -> Result<(), Close> {
        // An answer may be behind the message for which there is no room.
        if self.held.is_some() {
            self.unanswered = 0;
        }
        if self.unanswered >= UNANSWERED {
            return Err(Close::try_again("Pings were not answered"));
        }
        self.unanswered += 1;
        self.put(Outgoing::Message(Frame::Ping(Default::default())))
    }

    fn take(&mut self, frame: Frame) -> Result<(), Close> {
        self.unanswered = 0;
        match frame {
            Frame::Text(text) => self.take_text(text),
            Frame::Binary(_) => Err(Close::bad_message("A message is text, not binary")),
            // Pings of WebSocket itself are answered below.
            Frame::Ping(_) | Frame::Pong(_) | Frame::Close(_) => Ok(()),
        }
    }

    /// Takes a message, or holds it until there is room for what it begins.
    fn take_text(&mut self, text: Utf8Bytes) -> Result<(), Close> {
        let State::Known(carrier) = &self.state else { return self.hear(Message::read(&text)?, None) };
        let room = self.server.waiting.to_parse_now(&carrier.caller.name, text.as_bytes());
        if room.is_some() || message::begins(&text).is_none() {
            return self.hear(Message::read(&text)?, room);
        }
        let carrier = carrier.clone();
        let waiting = async move {
            let room = carrier.server.waiting.to_parse(&carrier.caller.name, text.as_bytes()).await;
            (text, room)
        };
        self.held = Some(waiting.boxed());
        Ok(())
    }

    /// Goes on with a message that was held.
    fn go_on(&mut self, text: &str, room: Result<Room, Refused>) -> Result<(), Close> {
        self.held = None;
        match room {
            Ok(room) => self.hear(Message::read(text)?, Some(room)),
            Err(refused) => self.refuse(&message::begins(text).unwrap_or_default(), &refused),
        }
    }

    fn hear(&mut self, message: Message, room: Option<Room>) -> Result<(), Close> {
        match message {
            Message::Init(authorization) => self.init(authorization),
            Message::Ping(payload) => self.say(message::pong(payload)),
            Message::Pong => Ok(()),
            Message::Subscribe(id, asked) => self.subscribe(id, asked, room),
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

    fn subscribe(&mut self, id: String, asked: Asked, room: Option<Room>) -> Result<(), Close> {
        let State::Known(carrier) = &self.state else { return Err(Close::unauthorized()) };
        if let Err(refused) = self.server.rates.caller(&carrier.caller.name) {
            return self.refuse(&id, &refused);
        }
        match self.operations.begin(id) {
            Ok(taken) => self.put(Outgoing::Operation(carry_out(carrier.clone(), (asked, room), taken))),
            Err(NotTaken::IdInUse(id)) => Err(Close::taken(&id)),
            Err(NotTaken::TooMany(id, refused)) => self.refuse(&id, &refused),
        }
    }

    fn refuse(&self, id: &str, refused: &Refused) -> Result<(), Close> {
        let mut answer = refused.answer();
        wire::complete(&mut answer, &new_id().0);
        self.say(message::error(id, &answer.errors))
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
