//! The life cycle of managed objects.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a managed object stands in its life.
///
/// | | in default lists | found by name | found by id | usable in new runs |
/// | --- | --- | --- | --- | --- |
/// | `Active` | yes | yes | yes | yes |
/// | `Deprecated` | no | yes | yes | yes, with a warning |
/// | `Archived` | no | no | yes | no |
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Status {
    /// In use.
    #[default]
    Active,
    /// A replacement exists; use still works and warns.
    Deprecated,
    /// Kept as history; its name is free again.
    Archived,
}

/// A step that the life cycle does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an object that is {from:?} cannot become {to:?}")]
pub struct StatusError {
    /// The status it has.
    pub from: Status,
    /// The status it should get.
    pub to: Status,
}

impl Status {
    /// The status after a change: any of the three from `Active` or `Deprecated` (reactivation included); an archived
    /// object stays archived, since its name may have been given away.
    ///
    /// # Errors
    /// When the change leaves `Archived`.
    pub fn change(self, to: Self) -> Result<Self, StatusError> {
        match (self, to) {
            (Self::Archived, Self::Active | Self::Deprecated) => Err(StatusError { from: self, to }),
            _ => Ok(to),
        }
    }

    /// Whether objects of this status stand in lists by default.
    pub fn is_listed(self) -> bool {
        self == Self::Active
    }

    /// Whether the object is found by its name.
    pub fn is_named(self) -> bool {
        self != Self::Archived
    }

    /// Whether new runs may use the object.
    pub fn is_usable(self) -> bool {
        self != Self::Archived
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_life_cycle_ends_with_archived() {
        use Status::{Active, Archived, Deprecated};
        for (from, to, allowed) in [
            (Active, Deprecated, true),
            (Active, Archived, true),
            (Deprecated, Active, true),
            (Deprecated, Archived, true),
            (Archived, Archived, true),
            (Archived, Active, false),
            (Archived, Deprecated, false),
        ] {
            assert_eq!(from.change(to), if allowed { Ok(to) } else { Err(StatusError { from, to }) });
        }
    }

    #[test]
    fn what_a_status_means() {
        let meaning = |status: Status| (status.is_listed(), status.is_named(), status.is_usable());
        assert_eq!(meaning(Status::Active), (true, true, true));
        assert_eq!(meaning(Status::Deprecated), (false, true, true));
        assert_eq!(meaning(Status::Archived), (false, false, false));
        assert!(serde_json::from_str::<Status>("\"active\"").is_err());
    }
}
