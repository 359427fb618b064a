//! Each rule of accepting, on both databases.

mod budgets;
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
mod retrying;
mod rollouts;
mod simulation;
mod soaking;
mod undoing;
mod undoing_automatically;
mod undoing_on_failure;
mod vocabularies;
