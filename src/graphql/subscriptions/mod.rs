//! Entry points for watching. Each subscription is one [`Subscription`] of a table; `root` plans its selection and finds
//! the group of subscribers that get the same messages.

mod events;
mod lines;
mod objects;
mod place;
mod progress;
mod root;
mod subscription;

pub use objects::MessageObjects;
pub use place::Place;
pub use root::Subscriptions;

use subscription::Subscription;

/// All subscriptions, in the order of the schema.
pub static SUBSCRIPTIONS: &[&Subscription] =
    &[&events::INSTANCES, &events::SERVICES, &events::RELEASES, &events::FLEET, &progress::PROGRESS, &lines::LINES];
