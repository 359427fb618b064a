//! The only task that reads from a socket. It decides what happens to the socket.

use super::close::Close;
use super::message::{self, ClientMessage};
use super::operation;
use super::operation_record::SocketContext;
use super::operations::{BeginError, Operations};
use super::outbox::{Outbox, Outgoing};
use super::timings::Timings;
use super::writer::Writer;
use crate::auth::Identity;
use crate::server::access::admit_unauthenticated;
use crate::server::access_log::ClientAddress;
use crate::server::access_record::new_id;
use crate::server::authentication::{AuthError, authenticate};
use crate::server::limits::Reservation;
use crate::server::refusal::Refusal;
use crate::server::request::RawRequest;
use crate::server::state::Server;
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

/// The most pings in a row without anything from the client.
const MAX_UNANSWERED_PINGS: u32 = 2;

/// Serves a socket until either side closes it. `authorization` is the header of the request that opened it.
pub async fn run(
    server: Arc<Server>,
    timings: Timings,
    address: ClientAddress,
    authorization: String,
    socket: WebSocket,
) {
    let (sink, mut stream) = socket.split();
    let (outbox, outgoing) = Outbox::new();
    let (close, to_close) = oneshot::channel();
    let writer = Writer { sink, streams: select_all([outgoing]), timings };
    let mut writer = AbortOnDropHandle::new(tokio::spawn(writer.run(to_close)));
    let operations = Operations::new(&server.limits);
    let mut reader = Reader {
        server,
        outbox,
        operations,
        address,
        authorization,
        state: ReaderState::New,
        unanswered_pings: 0,
        authentication: pending().boxed(),
        held: None,
    };
    let ended = tokio::select! {
        ended = reader.read(&mut stream, timings) => ended,
        // The writer has sent the reason, if the client was still there.
        _ = &mut writer => ReadEnd::Gone,
    };
    if let ReaderState::New | ReaderState::Authenticating = reader.state {
        // Only counted: the socket ends anyway.
        let _ = admit_unauthenticated(&reader.server, AuthError::MissingToken, address.0);
    }
    match ended {
        ReadEnd::Gone => {}
        // The client gets the time to read our close, and we read its answer.
        ReadEnd::Closed(reason) => {
            let _ = close.send(reason);
            let _sink = writer.await;
            let _ = timeout(timings.close_timeout, async { while let Some(Ok(_)) = stream.next().await {} }).await;
        }
        // Nothing can be read any more, but closing the connection at once would discard what is still on its way.
        ReadEnd::Unreadable(reason) => {
            let _ = close.send(reason);
            let _sink = writer.await;
            sleep(timings.close_timeout).await;
        }
    }
}

/// How reading ended.
enum ReadEnd {
    Gone,
    Closed(Close),
    Unreadable(Close),
}

/// What the client may do.
enum ReaderState {
    /// It has not sent `connection_init`.
    New,
    /// Its token is being looked up.
    Authenticating,
    /// It may begin operations.
    Authenticated(Arc<SocketContext>),
    /// It sent no valid token, and was counted.
    Rejected,
}

struct Reader {
    server: Arc<Server>,
    outbox: Outbox,
    operations: Operations,
    address: ClientAddress,
    authorization: String,
    state: ReaderState,
    unanswered_pings: u32,
    /// Whose token it is; after that, that the token is no longer valid.
    authentication: BoxFuture<'static, Result<Identity, AuthError>>,
    /// A message that waits for a reservation. Nothing more is read meanwhile.
    held: Option<BoxFuture<'static, (Utf8Bytes, Result<Reservation, Refusal>)>>,
}

impl Reader {
    async fn read(&mut self, stream: &mut SplitStream<WebSocket>, timings: Timings) -> ReadEnd {
        let closing = self.server.closing.clone();
        let init_deadline = sleep(timings.init_timeout);
        tokio::pin!(init_deadline);
        let mut ping = interval(timings.ping_interval);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ping.reset();
        loop {
            let step = tokio::select! {
                biased;
                () = closing.cancelled() => Err(Close::restart()),
                () = &mut init_deadline, if matches!(self.state, ReaderState::New) => Err(Close::init_timeout()),
                authentication = &mut self.authentication => self.authenticated(authentication),
                Some((text, reservation)) = OptionFuture::from(self.held.as_mut()) => self.release(&text, reservation),
                _ = ping.tick() => self.ping(),
                frame = stream.next(), if self.held.is_none() => match frame {
                    None => return ReadEnd::Gone,
                    Some(Err(error)) => return unreadable(error),
                    Some(Ok(Frame::Close(_))) => {
                        // Reading on sends the answer to the close.
                        let _ = timeout(timings.close_timeout, stream.next()).await;
                        return ReadEnd::Gone;
                    }
                    Some(Ok(frame)) => self.receive(frame),
                },
            };
            if let Err(close) = step {
                return ReadEnd::Closed(close);
            }
        }
    }

    fn authenticated(&mut self, authentication: Result<Identity, AuthError>) -> Result<(), Close> {
        let identity = match authentication {
            Ok(identity) => identity,
            Err(error) => {
                let ReaderState::Authenticating = self.state else { return Err(error.into()) };
                self.state = ReaderState::Rejected;
                let admitted = admit_unauthenticated(&self.server, error, self.address.0);
                return Err(admitted.map_or_else(|refusal| Close::rate_limited(refusal.message), |()| error.into()));
            }
        };
        let caller = identity.caller.clone();
        self.authentication = identity.until_invalid().map(|()| Err(AuthError::InvalidToken)).boxed();
        let context = SocketContext { server: self.server.clone(), caller, address: self.address.0 };
        self.state = ReaderState::Authenticated(Arc::new(context));
        self.send(message::acknowledgement())
    }

    /// Pings the client. The ping is that of WebSocket itself, which every client answers automatically.
    fn ping(&mut self) -> Result<(), Close> {
        // The answer to a ping may be behind the held message, which is not read yet.
        if self.held.is_some() {
            self.unanswered_pings = 0;
        }
        if self.unanswered_pings >= MAX_UNANSWERED_PINGS {
            return Err(Close::try_again("The client does not answer pings"));
        }
        self.unanswered_pings += 1;
        self.put(Outgoing::Message(Frame::Ping(Default::default())))
    }

    fn receive(&mut self, frame: Frame) -> Result<(), Close> {
        self.unanswered_pings = 0;
        match frame {
            Frame::Text(text) => self.receive_text(text),
            Frame::Binary(_) => Err(Close::bad_message("The message is binary, but must be text")),
            // Pings of WebSocket itself are answered by the library.
            Frame::Ping(_) | Frame::Pong(_) | Frame::Close(_) => Ok(()),
        }
    }

    /// Handles a message, or holds it until there is a reservation for the operation that it begins.
    fn receive_text(&mut self, text: Utf8Bytes) -> Result<(), Close> {
        let ReaderState::Authenticated(context) = &self.state else {
            return self.handle(ClientMessage::parse(&text)?, None);
        };
        let reservation = self.server.waiting_bytes.try_reserve_to_parse(&context.caller.name, text.as_bytes());
        if reservation.is_some() || message::begun_operation(&text).is_none() {
            return self.handle(ClientMessage::parse(&text)?, reservation);
        }
        let context = context.clone();
        let waiting = async move {
            let waiting_bytes = &context.server.waiting_bytes;
            let reservation = waiting_bytes.reserve_to_parse(&context.caller.name, text.as_bytes()).await;
            (text, reservation)
        };
        self.held = Some(waiting.boxed());
        Ok(())
    }

    /// Handles a message that was held.
    fn release(&mut self, text: &str, reservation: Result<Reservation, Refusal>) -> Result<(), Close> {
        self.held = None;
        match reservation {
            Ok(reservation) => self.handle(ClientMessage::parse(text)?, Some(reservation)),
            Err(refusal) => self.refuse(&message::begun_operation(text).unwrap_or_default(), &refusal),
        }
    }

    fn handle(&mut self, message: ClientMessage, reservation: Option<Reservation>) -> Result<(), Close> {
        match message {
            ClientMessage::Init(authorization) => self.init(authorization),
            ClientMessage::Ping(payload) => self.send(message::pong(payload)),
            ClientMessage::Pong => Ok(()),
            ClientMessage::Subscribe(id, request) => self.subscribe(id, request, reservation),
            ClientMessage::Complete(id) => {
                self.operations.stop(&id);
                Ok(())
            }
        }
    }

    fn init(&mut self, authorization: Option<String>) -> Result<(), Close> {
        let ReaderState::New = self.state else { return Err(Close::initialized_twice()) };
        self.state = ReaderState::Authenticating;
        let header = std::mem::take(&mut self.authorization);
        let authorization = authorization.unwrap_or(header);
        let (server, address) = (self.server.clone(), self.address.0);
        self.authentication = async move { authenticate(&server.credentials, &authorization, address).await }.boxed();
        Ok(())
    }

    fn subscribe(&mut self, id: String, request: RawRequest, reservation: Option<Reservation>) -> Result<(), Close> {
        let ReaderState::Authenticated(context) = &self.state else { return Err(Close::unauthorized()) };
        if let Err(refusal) = self.server.rates.admit_caller(&context.caller.name) {
            return self.refuse(&id, &refusal);
        }
        match self.operations.begin(id) {
            Ok(begun) => self.put(Outgoing::Operation(operation::run(context.clone(), (request, reservation), begun))),
            Err(BeginError::IdInUse(id)) => Err(Close::id_in_use(&id)),
            Err(BeginError::TooMany(id, refusal)) => self.refuse(&id, &refusal),
        }
    }

    fn refuse(&self, id: &str, refusal: &Refusal) -> Result<(), Close> {
        let mut answer = refusal.answer();
        wire::complete(&mut answer, &new_id().0);
        self.send(message::error(id, &answer.errors))
    }

    fn send(&self, text: String) -> Result<(), Close> {
        self.put(Outgoing::Message(Frame::Text(text.into())))
    }

    fn put(&self, outgoing: Outgoing) -> Result<(), Close> {
        match self.outbox.put(outgoing) {
            true => Ok(()),
            false => Err(Close::slow_reader()),
        }
    }
}

fn unreadable(error: Error) -> ReadEnd {
    match Close::unreadable(error) {
        Some(close) => ReadEnd::Unreadable(close),
        None => ReadEnd::Gone,
    }
}
