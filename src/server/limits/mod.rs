//! The limits of the server that no document can exceed: how often callers and addresses send requests, how many
//! subscriptions a caller has, and how much of what was read may wait.

mod rates;
mod subscriptions;
mod throttle;
mod waiting_bytes;

pub use rates::Rates;
pub use subscriptions::{CountedSubscription, SubscriptionCounts};
pub use throttle::Throttle;
pub use waiting_bytes::{Reservation, WaitingBytes};
