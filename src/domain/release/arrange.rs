//! The order in which a release moves its targets, and so which wave each is in (R19).

use super::rollout::RolloutOrder;

/// What of a target decides its place. Targets come sorted by hostname.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its host's place in the request, if the request names hosts.
    pub given: Option<usize>,
    /// Whether its instance is out of service, broken, unhealthy or unknown already.
    pub is_unavailable: bool,
    /// Whether its host has one of the labels that go first.
    pub goes_first: bool,
    /// The wave that the label of its host puts it in, counted from 0; 0 where waves do not go by a label.
    pub wave: usize,
}

/// Returns the indices of these places in the order in which the targets are moved: by wave; within a wave, those that go
/// first, and then in the order that was asked for.
pub fn arrange(places: &[Place], order: RolloutOrder) -> Vec<usize> {
    let mut indices: Vec<usize> = (0..places.len()).collect();
    indices.sort_by_key(|index| {
        let place = &places[*index];
        let by_order = match order {
            RolloutOrder::ByHostname => 0,
            RolloutOrder::AsGiven => place.given.unwrap_or_default(),
            RolloutOrder::UnhealthyFirst => usize::from(!place.is_unavailable),
        };
        (place.wave, !place.goes_first, by_order)
    });
    indices
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(given: usize) -> Place {
        Place { given: Some(given), is_unavailable: false, goes_first: false, wave: 0 }
    }

    #[test]
    fn r19_targets_are_moved_by_hostname_as_given_or_with_the_unavailable_first() {
        let places = [place(2), Place { is_unavailable: true, ..place(0) }, place(1)];
        assert_eq!(arrange(&places, RolloutOrder::ByHostname), [0, 1, 2]);
        assert_eq!(arrange(&places, RolloutOrder::AsGiven), [1, 2, 0]);
        assert_eq!(arrange(&places, RolloutOrder::UnhealthyFirst), [1, 0, 2]);
    }

    #[test]
    fn r19_hosts_with_a_label_go_first_within_their_wave() {
        let places = [
            place(0),
            Place { is_unavailable: true, ..place(1) },
            Place { goes_first: true, ..place(2) },
            Place { goes_first: true, wave: 1, ..place(3) },
            Place { wave: 1, ..place(4) },
        ];
        assert_eq!(arrange(&places, RolloutOrder::UnhealthyFirst), [2, 1, 0, 3, 4]);
    }
}
