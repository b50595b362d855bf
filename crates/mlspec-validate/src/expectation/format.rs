//! `format`: texts are written in a known form: addresses, identifiers, dates, numbers, JSON. Null is not looked at.

use super::{Expectation, Finding, Seen, in_blocks, refused, type_of, values};
use crate::Problem;
use mlspec_record::{DataType, TableSchema};
use mlspec_stage::Schemas;
use regex::Regex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Texts are written in a known form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Format {
    /// The column of texts. Null is not looked at.
    #[schemars(length(min = 1))]
    pub column: String,
    /// The form.
    pub format: TextFormat,
}

/// A form of texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TextFormat {
    /// An e-mail address, as HTML's `<input type=email>` takes it.
    Email,
    /// A UUID of 36 characters, in either case.
    Uuid,
    /// An address with a scheme and a host: `https://example.org/a?b`.
    Url,
    /// An IPv4 address: `192.0.2.1`.
    Ipv4,
    /// An IPv6 address: `2001:db8::1`.
    Ipv6,
    /// A date of ISO 8601: `2024-02-29`, which must exist.
    IsoDate,
    /// A moment of RFC 3339, which needs a zone: `2024-02-29T12:00:00Z`.
    IsoDatetime,
    /// JSON.
    Json,
    /// An integer: digits, after a sign or none.
    Integer,
    /// A decimal number, also with an exponent; neither NaN nor infinite.
    Number,
}

/// With what it takes to tell.
#[derive(Debug)]
struct Compiled {
    column: String,
    matcher: Matcher,
}

/// A form, and the expression that texts must match first.
#[derive(Debug)]
pub(crate) struct Matcher {
    format: TextFormat,
    regex: Option<Regex>,
}

impl Matcher {
    /// Whether a text is of the form.
    pub(crate) fn takes(&self, text: &str) -> bool {
        self.regex.as_ref().is_none_or(|regex| regex.is_match(text)) && self.format.takes(text)
    }
}

impl TextFormat {
    /// What it takes to tell.
    pub(crate) fn matcher(self) -> Result<Matcher, Problem> {
        let regex = self.regex().map(Regex::new).transpose().map_err(refused)?;
        Ok(Matcher { format: self, regex })
    }

    fn regex(self) -> Option<&'static str> {
        Some(match self {
            Self::Email => {
                r"\A[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*\z"
            }
            Self::Uuid => r"\A[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\z",
            Self::Url => r"\A[a-zA-Z][a-zA-Z0-9+.-]*://[^\s/?#]+(?:[/?#]\S*)?\z",
            Self::IsoDate => r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}\z",
            Self::Integer => r"\A[+-]?[0-9]+\z",
            Self::Number => r"\A[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\z",
            Self::Ipv4 | Self::Ipv6 | Self::IsoDatetime | Self::Json => return None,
        })
    }

    /// Whether a text that the expression takes is of the form.
    fn takes(self, text: &str) -> bool {
        match self {
            Self::IsoDate => mlspec_table::format::parse_value(text, DataType::Date).is_some(),
            Self::IsoDatetime => text.parse::<mlspec_record::Timestamp>().is_ok(),
            Self::Ipv4 => text.parse::<std::net::Ipv4Addr>().is_ok(),
            Self::Ipv6 => text.parse::<std::net::Ipv6Addr>().is_ok(),
            Self::Json => serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok(),
            Self::Number => text.parse::<f64>().is_ok_and(f64::is_finite),
            Self::Email | Self::Uuid | Self::Url | Self::Integer => true,
        }
    }
}

impl Format {
    pub(crate) fn check(self) -> Result<Box<dyn Expectation>, Problem> {
        Ok(Box::new(Compiled { column: self.column, matcher: self.format.matcher()? }))
    }
}

impl Expectation for Compiled {
    fn kind(&self) -> &'static str {
        "format"
    }

    fn columns(&self) -> Vec<String> {
        vec![self.column.clone()]
    }

    fn plan(&self, schema: &TableSchema, _: &Schemas) -> Result<(), Problem> {
        match type_of(schema, &self.column)? {
            DataType::String => Ok(()),
            found => Err(Problem::Type { column: self.column.clone(), found, expected: "texts" }),
        }
    }

    fn find(&self, Seen { table, .. }: Seen<'_>) -> Result<Finding, Problem> {
        let values = values(table, &self.column)?.str().map_err(refused)?;
        let failing = in_blocks(table.len(), |start, length| {
            let block = values.slice(start as i64, length);
            let rows = block.iter().enumerate();
            let found: Vec<usize> = rows.filter_map(|(at, text)| (!self.matcher.takes(text?)).then_some(at)).collect();
            Ok(found.into_iter())
        })?;
        Ok(Finding::Rows(failing))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{failing, verdict};
    use mlspec_table::polars::prelude::*;
    use serde_json::json;

    #[test]
    fn texts_of_another_form_fail() {
        let long = format!("\"{}\"", "x".repeat(200_000));
        for (format, good, bad) in [
            ("email", vec!["a@b", "o'neil+x@mail.example.org"], vec!["a", "a@", "a b@c.d", "a@b\n", "ä@b.c", ""]),
            (
                "uuid",
                vec!["01890a5d-ac96-774b-bcce-b302099a8057", "01890A5D-AC96-774B-BCCE-B302099A8057"],
                vec!["01890a5dac96774bbcceb302099a8057", ""],
            ),
            ("url", vec!["https://é.org/a?b#c", "s3://bucket"], vec!["example.org", "https://", "https://a b"]),
            ("ipv4", vec!["192.0.2.1"], vec!["192.0.2.256", "1.2.3", "2001:db8::1"]),
            ("ipv6", vec!["2001:db8::1", "::"], vec!["192.0.2.1", "2001:db8:::1"]),
            ("iso_date", vec!["2024-02-29", "0001-01-01"], vec!["2023-02-29", "2024-2-9", "2024-02-29T00:00", ""]),
            (
                "iso_datetime",
                vec!["2024-02-29T12:00:00Z", "2024-02-29T12:00:00.5+02:00"],
                vec!["2024-02-29", "2024-02-29T12:00:00"],
            ),
            ("json", vec!["{\"a\": [1, null]}", "1", "\"é\"", &long], vec!["{a: 1}", "", "1 2", "NaN"]),
            ("integer", vec!["0", "-12", "+3"], vec!["1.0", " 1", "１", ""]),
            ("number", vec!["1", "-1.5e-3", ".5", "5."], vec!["1,5", "nan", "1e999", ".", "inf"]),
        ] {
            let texts: Vec<Option<&str>> = good.iter().chain(&bad).map(|text| Some(*text)).chain([None]).collect();
            let frame = df!("s" => texts).unwrap();
            let expect: Vec<u64> = (good.len() as u64..(good.len() + bad.len()) as u64).collect();
            assert_eq!(failing(&frame, json!({"format": {"column": "s", "format": format}})), expect, "{format}");
            let empty = frame.head(Some(0));
            assert_eq!(failing(&empty, json!({"format": {"column": "s", "format": format}})), Vec::<u64>::new());
        }
        let error =
            verdict(df!("i" => [1]).unwrap(), json!({"format": {"column": "i", "format": "json"}})).unwrap_err();
        assert_eq!(error, "`format(i)` cannot be told: the column `i` is of type `int32`, expected texts");
    }
}
