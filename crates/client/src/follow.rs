//! A subscription over server-sent events that resumes where it was.
//!
//! The server gives every message an id, its cursor, and tells now and then how far it has read, as an id without data.
//! After a broken connection the same request is sent again with the last id as `Last-Event-ID`, so that each message comes
//! exactly once. An id is used only once its message is complete.

use crate::answer::Origin;
use crate::sse::Event;
use crate::stream::EventStream;
use crate::{Client, Error};
use serde::de::DeserializeOwned;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// The delay before the first attempt to come back; each further one doubles it.
const FIRST_DELAY: Duration = Duration::from_millis(250);
const MAX_DELAY: Duration = Duration::from_secs(5);
/// Messages that wait for the caller.
const BUFFER_MESSAGES: usize = 64;

/// What happens to a subscription.
#[derive(Clone, Debug)]
pub enum Followed<D> {
    /// A message.
    Message(D),
    /// The connection broke, or could not be made. There is another attempt after this delay.
    Disconnected { reason: String, retry_in: Duration },
    /// The connection exists again; what was missed follows.
    Reconnected,
}

/// A subscription under way. It ends when it is dropped.
pub struct Following<D> {
    received: mpsc::Receiver<Result<Followed<D>, Error>>,
    task: JoinHandle<()>,
}

impl<D> Following<D> {
    /// What happens next. Returns `None` when the subscription has ended for good. It may be dropped and called again
    /// without losing anything.
    ///
    /// # Errors
    /// The last item may be an error: the subscription was refused, the token became invalid, or the cursor is no longer
    /// valid (`CURSOR_EXPIRED`, `CURSOR_INVALID`), so that the state has to be read anew. A server that cannot be
    /// reached is none.
    pub async fn next(&mut self) -> Option<Result<Followed<D>, Error>> {
        self.received.recv().await
    }
}

impl<D> Drop for Following<D> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Starts to follow the subscription that this body of a request asks for.
pub fn start<D: DeserializeOwned + Send + 'static>(client: Client, body: Vec<u8>) -> Following<D> {
    let (sender, received) = mpsc::channel(BUFFER_MESSAGES);
    let follower = Follower { client, body, last_id: None, has_been_connected: false, is_away: false, sender };
    Following { received, task: tokio::spawn(follower.run()) }
}

struct Follower<D> {
    client: Client,
    body: Vec<u8>,
    last_id: Option<String>,
    has_been_connected: bool,
    /// The caller was told that the connection broke.
    is_away: bool,
    sender: mpsc::Sender<Result<Followed<D>, Error>>,
}

/// How a connection ended.
enum Stop {
    /// The subscription ended.
    Completed,
    /// Nobody listens any more.
    Dropped,
    /// It did not end well. `progress` says whether anything was received.
    Failed { error: Error, progress: bool },
}

impl<D: DeserializeOwned + Send + 'static> Follower<D> {
    async fn run(mut self) {
        let mut delay = FIRST_DELAY;
        loop {
            match self.connection().await {
                Stop::Completed | Stop::Dropped => return,
                Stop::Failed { error, progress } => {
                    if !self.may_pass(&error) {
                        let error = self.client.with_version(error).await;
                        // The caller may have gone.
                        let _ = self.sender.send(Err(error)).await;
                        return;
                    }
                    delay = if progress { FIRST_DELAY } else { delay };
                    let retry_in = match &error {
                        Error::Api(api) => api.retry_after_seconds.map_or(delay, Duration::from_secs),
                        _ => delay,
                    };
                    self.is_away = true;
                    if !self.report(Followed::Disconnected { reason: error.to_string(), retry_in }).await {
                        return;
                    }
                    sleep(retry_in).await;
                    delay = (delay * 2).min(MAX_DELAY);
                }
            }
        }
    }

    /// While a server restarts, a proxy in front of it may answer with anything.
    fn may_pass(&self, error: &Error) -> bool {
        error.is_transient() || self.has_been_connected && matches!(error, Error::NotLockkeeper { .. })
    }

    /// Sends to the caller. Returns `false` if it is gone.
    async fn report(&self, followed: Followed<D>) -> bool {
        self.sender.send(Ok(followed)).await.is_ok()
    }

    /// Follows one connection to its end.
    async fn connection(&mut self) -> Stop {
        let mut progress = false;
        match self.read(&mut progress).await {
            Ok(stop) => stop,
            Err(error) => Stop::Failed { error, progress },
        }
    }

    async fn read(&mut self, progress: &mut bool) -> Result<Stop, Error> {
        let transport = self.client.transport.clone();
        let mut stream = EventStream::open(transport.clone(), self.body.clone(), self.last_id.as_deref()).await?;
        while let Some(event) = stream.next().await? {
            // Only what was understood says that the connection is of use.
            if let Some(stop) = self.handle(&stream.origin, event).await? {
                return Ok(stop);
            }
            *progress = true;
        }
        Err(transport.broken("the connection was closed"))
    }

    /// Handles one event. Returns how the subscription stops, if it does.
    async fn handle(&mut self, origin: &Origin, event: Event) -> Result<Option<Stop>, Error> {
        if event.kind == "complete" {
            return Ok(Some(Stop::Completed));
        }
        let message = match event.data {
            Some(data) => Some(origin.data(data.as_bytes())?),
            None => None,
        };
        self.has_been_connected = true;
        if std::mem::take(&mut self.is_away) && !self.report(Followed::Reconnected).await {
            return Ok(Some(Stop::Dropped));
        }
        if let Some(message) = message
            && !self.report(Followed::Message(message)).await
        {
            return Ok(Some(Stop::Dropped));
        }
        self.last_id = event.id.or(self.last_id.take());
        Ok(None)
    }
}
