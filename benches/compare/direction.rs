//! The direction in which a release moves instances.

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    Upgrade,
    Revert,
}

impl Direction {
    pub const BOTH: [Direction; 2] = [Direction::Upgrade, Direction::Revert];

    pub fn action(self) -> &'static str {
        ["UPGRADE", "REVERT"][self as usize]
    }

    /// The status of an instance during the release.
    pub fn status(self) -> &'static str {
        ["UPGRADING", "REVERTING"][self as usize]
    }
}
