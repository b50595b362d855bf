//! Semantic versions.

use crate::text::string_type;

/// A version as of semver.org 2.0, for pipelines, schemas, dataset versions and producers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(semver::Version);

/// Why a text is no version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a version is `MAJOR.MINOR.PATCH` as of semver.org, such as `1.0.0`")]
pub struct VersionError;

impl Version {
    /// Reads a semantic version.
    ///
    /// # Errors
    /// When the text is no semantic version.
    pub fn new(text: &str) -> Result<Self, VersionError> {
        semver::Version::parse(text).map(Self).map_err(|_| VersionError)
    }

    /// `major.minor.patch`.
    pub fn of(major: u64, minor: u64, patch: u64) -> Self {
        Self(semver::Version::new(major, minor, patch))
    }

    /// The major number, which changes with every incompatible change.
    pub fn major(&self) -> u64 {
        self.0.major
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

string_type!(Version, VersionError, {
    "type": "string",
    "pattern": "^(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)(-(0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)(\\.(0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*))*)?(\\+[0-9A-Za-z-]+(\\.[0-9A-Za-z-]+)*)?$",
    "description": "A semantic version (semver.org 2.0)."
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_semver_and_ordered_so() {
        let ascending = [
            "0.9.0",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-rc.2",
            "1.0.0-rc.11",
            "1.0.0",
            "1.2.0",
            "1.10.0",
        ];
        let versions: Vec<Version> = ascending.iter().map(|text| Version::new(text).unwrap()).collect();
        assert!(versions.is_sorted());
        assert_eq!(versions.iter().map(Version::to_string).collect::<Vec<_>>(), ascending);
        for text in [
            "",
            "1",
            "1.0",
            "1.0.0.0",
            "v1.0.0",
            "01.0.0",
            "1.0.0-",
            "1.0.0-01",
            "1.0.x",
            " 1.0.0",
            "18446744073709551616.0.0",
        ] {
            assert_eq!(Version::new(text), Err(VersionError), "{text:?}");
        }
        assert_eq!((Version::of(3, 2, 1).major(), Version::of(3, 2, 1).to_string().as_str()), (3, "3.2.1"));
    }
}
