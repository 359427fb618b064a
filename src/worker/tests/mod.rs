//! Each rule of accepting, on both databases.

mod choosing;
mod claiming;
mod doctor;
mod ending;
mod fleet;
mod guards;
mod leases;
mod model;
mod races;
mod recording;
mod refusals;
mod vocabularies;
