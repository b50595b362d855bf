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
