//! Each rule of accepting, on both databases.

mod choosing;
mod doctor;
mod claiming;
mod fleet;
mod races;
mod recording;
mod refusals;
