//! Each rule of accepting, on both databases.

mod choosing;
mod claiming;
mod doctor;
mod fleet;
mod races;
mod recording;
mod refusals;
