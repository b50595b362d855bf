//! What is asked about.

use crate::TraceError;
use mlspec_record::PortRef;

/// What is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Target {
    /// An output of a step, or some of its rows: `split.train` or `split.train:17,18`.
    Port {
        /// The output.
        port: PortRef,
        /// The rows, if some are named.
        rows: Vec<u64>,
    },
    /// A feature of a matrix, by name or index: `features.train#country_DE`, `features.train#3`; in one row:
    /// `features.train#3:17`.
    Feature {
        /// The matrix.
        port: PortRef,
        /// What stands behind `#`.
        feature: String,
    },
    /// A step's record: by the step's name or the record's id.
    Record(String),
}

impl Target {
    /// Reads a target.
    ///
    /// # Errors
    /// When the text has none of the forms above.
    pub fn parse(text: &str) -> Result<Self, TraceError> {
        let wrong = || TraceError::Target(text.to_owned());
        if let Some((port, feature)) = text.split_once('#') {
            let port = PortRef::new(port).map_err(|_| wrong())?;
            return if feature.is_empty() {
                Err(wrong())
            } else {
                Ok(Self::Feature { port, feature: feature.to_owned() })
            };
        }
        let (name, rows) = match text.split_once(':') {
            Some((name, rows)) => (name, parse_rows(rows).ok_or_else(wrong)?),
            None => (text, Vec::new()),
        };
        match PortRef::new(name) {
            Ok(port) => Ok(Self::Port { port, rows }),
            Err(_) if rows.is_empty() && !name.is_empty() && !name.contains('.') => Ok(Self::Record(name.to_owned())),
            Err(_) => Err(wrong()),
        }
    }

    /// The step whose output it names.
    pub fn step(&self) -> Option<&str> {
        match self {
            Self::Port { port, .. } | Self::Feature { port, .. } => Some(port.step.as_str()),
            Self::Record(_) => None,
        }
    }
}

/// Row ids and ranges of them: `3,7,10-12`.
pub(crate) fn parse_rows(text: &str) -> Option<Vec<u64>> {
    const MOST: u64 = 10_000_000;
    let mut rows = Vec::new();
    for part in text.split(',') {
        let (first, last) = part.trim().split_once('-').unwrap_or((part.trim(), part.trim()));
        let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
        if last < first || last - first >= MOST {
            return None;
        }
        rows.extend(first..=last);
    }
    rows.sort_unstable();
    rows.dedup();
    Some(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_read() {
        let port = |text: &str| PortRef::new(text).unwrap();
        let rows = |rows: &[u64]| Target::Port { port: port("split.train"), rows: rows.to_vec() };
        let feature = |name: &str| Target::Feature { port: port("x.train"), feature: name.to_owned() };
        let cases = [
            ("split.train", Some(rows(&[]))),
            ("split.train:17", Some(rows(&[17]))),
            ("split.train:5, 3-4,3", Some(rows(&[3, 4, 5]))),
            ("x.train#country_DE", Some(feature("country_DE"))),
            ("x.train#a:b", Some(feature("a:b"))),
            ("split", Some(Target::Record("split".to_owned()))),
            ("split:17", None),
            ("split.train:x", None),
            ("split.train:-1", None),
            ("split.train:9-3", None),
            ("split.train:0-99999999999", None),
            ("x.train#", None),
            ("a.b.c", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(Target::parse(text).ok(), expected, "{text}");
        }
    }
}
