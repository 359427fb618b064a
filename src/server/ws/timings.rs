//! How long a socket waits for what.

use std::time::Duration;

/// All times of a socket, so that tests can wait for less.
#[derive(Clone, Copy, Debug)]
pub struct Timings {
    /// For `connection_init`, from the upgrade on.
    pub init: Duration,
    /// Between two pings of the server. Two in a row that nothing came back for end the socket. A subscription that was
    /// quiet for so long tells its place.
    pub ping: Duration,
    /// For the peer to take one message.
    pub write: Duration,
    /// For the peer to answer a close.
    pub farewell: Duration,
}

impl Default for Timings {
    fn default() -> Self {
        Timings {
            init: Duration::from_secs(10),
            ping: Duration::from_secs(20),
            write: Duration::from_secs(10),
            farewell: Duration::from_secs(3),
        }
    }
}
