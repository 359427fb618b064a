//! In which direction a release moves instances.

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    Upgrade,
    Revert,
}

impl Way {
    pub const BOTH: [Way; 2] = [Way::Upgrade, Way::Revert];

    pub fn action(self) -> &'static str {
        ["UPGRADE", "REVERT"][self as usize]
    }

    /// What an instance is doing meanwhile.
    pub fn status(self) -> &'static str {
        ["UPGRADING", "REVERTING"][self as usize]
    }
}
