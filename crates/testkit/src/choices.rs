//! Decisions, taken one after the other from a list of numbers. When the list is used up, each comes out as the
//! first that there is, and every maker here ends by that: so proptest shrinks whatever is made of them.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

pub struct Choices(Box<dyn Iterator<Item = u16>>);

impl Choices {
    /// As many as there are numbers.
    pub fn from_numbers(numbers: Vec<u16>) -> Choices {
        Choices(Box::new(numbers.into_iter()))
    }

    /// Any number of them, the same for the same seed.
    pub fn from_seed(seed: u64) -> Choices {
        let mut random = StdRng::seed_from_u64(seed);
        Choices(Box::new(std::iter::repeat_with(move || random.random())))
    }

    /// A number below this one; the smaller the number of the list, the smaller.
    pub fn below(&mut self, end: usize) -> usize {
        (usize::from(self.0.next().unwrap_or(0)) * end) >> 16
    }

    /// Whether this happens that happens once in so many times.
    pub fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == times - 1
    }

    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}
