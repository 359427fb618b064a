//! The timeouts and intervals of a socket.

use std::time::Duration;

/// All timeouts and intervals of a socket; tests use shorter ones.
#[derive(Clone, Copy, Debug)]
pub struct Timings {
    /// How long the client may take for `connection_init`, from the upgrade on.
    pub init_timeout: Duration,
    /// The time between two pings of the server. If nothing came back for two in a row, the socket is closed. A
    /// subscription that sent nothing for this long sends its cursor.
    pub ping_interval: Duration,
    /// How long the peer may take to read one message.
    pub write_timeout: Duration,
    /// How long the peer may take to answer a close.
    pub close_timeout: Duration,
}

impl Default for Timings {
    fn default() -> Self {
        Timings {
            init_timeout: Duration::from_secs(10),
            ping_interval: Duration::from_secs(20),
            write_timeout: Duration::from_secs(10),
            close_timeout: Duration::from_secs(3),
        }
    }
}
