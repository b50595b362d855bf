//! What a user may set, and the check.

use crate::expectation::{
    AllowedValues, ColumnExists, Condition, Expectation, NotNull, OfType, Pattern, Range, RowCount, Unique,
};
use crate::validator::Checked;
use crate::{Problem, ValidateError, Validator};
use mlspec_record::body::Severity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a table should be like.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ValidateParams {
    /// The expectations, each judged on its own.
    #[schemars(length(min = 1))]
    pub expectations: Vec<ExpectationParams>,
}

/// One expectation: exactly one kind, and what its failure means.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("oneOf" = [
    {"required": ["column_exists"]}, {"required": ["type"]}, {"required": ["not_null"]}, {"required": ["unique"]},
    {"required": ["range"]}, {"required": ["allowed_values"]}, {"required": ["pattern"]}, {"required": ["condition"]},
    {"required": ["row_count"]}
]))]
pub struct ExpectationParams {
    /// Its name in reports; by default its kind and columns.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub name: Option<String>,
    /// Whether its failure stops the pipeline (`error`) or is reported (`warning`).
    pub severity: Severity,
    /// The share of rows that may fail, in `[0, 1]`.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub tolerance: f64,
    /// These columns exist.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ColumnExists")]
    pub column_exists: Option<ColumnExists>,
    /// The column is of this type.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "OfType")]
    pub of_type: Option<OfType>,
    /// No value is null.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "NotNull")]
    pub not_null: Option<NotNull>,
    /// No two rows agree in these columns.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Unique")]
    pub unique: Option<Unique>,
    /// Values lie within bounds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Range")]
    pub range: Option<Range>,
    /// Values are among those listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "AllowedValues")]
    pub allowed_values: Option<AllowedValues>,
    /// Texts match a regular expression.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Pattern")]
    pub pattern: Option<Pattern>,
    /// A condition is true in every row.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Condition")]
    pub condition: Option<Condition>,
    /// The number of rows lies within bounds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "RowCount")]
    pub row_count: Option<RowCount>,
}

impl ValidateParams {
    /// Checks every expectation; only the result can validate.
    ///
    /// # Errors
    /// When there is no expectation, one has no kind or several, two have one name, or a setting does not fit.
    pub fn check(self) -> Result<Validator, ValidateError> {
        if self.expectations.is_empty() {
            return Err(ValidateError::Nothing);
        }
        let mut checked: Vec<Checked> = Vec::with_capacity(self.expectations.len());
        for (position, params) in self.expectations.iter().enumerate() {
            let one = params.check().map_err(|problem| ValidateError::Setting { position, problem })?;
            if checked.iter().any(|other| other.name == one.name) {
                return Err(ValidateError::Setting { position, problem: Problem::Twice(one.name) });
            }
            checked.push(one);
        }
        Ok(Validator { params: self, checked })
    }
}

impl ExpectationParams {
    fn check(&self) -> Result<Checked, Problem> {
        let mut found: Vec<Box<dyn Expectation>> = Vec::new();
        macro_rules! collect {
            ($($kind:ident),*) => {
                $(if let Some(params) = &self.$kind {
                    found.push(params.clone().check()?);
                })*
            };
        }
        collect!(column_exists, of_type, not_null, unique, range, allowed_values, pattern, condition, row_count);
        let kinds = found.len();
        let (Some(expectation), 1) = (found.pop(), kinds) else { return Err(Problem::Kinds(kinds)) };
        if !(0.0..=1.0).contains(&self.tolerance) {
            return Err(Problem::Tolerance(self.tolerance));
        }
        if !expectation.counts_rows() && self.tolerance > 0.0 {
            return Err(Problem::NoRows(expectation.kind()));
        }
        let by_default = || match expectation.columns() {
            columns if columns.is_empty() => expectation.kind().to_owned(),
            columns => format!("{}({})", expectation.kind(), columns.join(", ")),
        };
        let name = self.name.clone().unwrap_or_else(by_default);
        Ok(Checked { name, severity: self.severity, tolerance: self.tolerance, expectation })
    }
}
