//! What a user may set, and the check.

use crate::document::{DocumentParams, ExpectationsDocument};
use crate::expectation::{
    Aggregate, AllowedValues, ColumnExists, Columns, Compare, Condition, DistinctCount, DistinctShare, Distribution,
    Expectation, ForeignKey, Format, Freshness, Length, NotNull, NotNullCount, Nulls, OfType, Parsed, Pattern, Range,
    RowCount, Rule, Share, Sorted, Unique,
};
use crate::validator::Checked;
use crate::{Problem, ValidateError, Validator};
use mlspec_record::body::{Severity, Waived};
use mlspec_record::{Name, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a table should be like: expectations, or a document that lists them, or both.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("anyOf" = [{"required": ["expectations"]}, {"required": ["document"]}]))]
pub struct ValidateParams {
    /// The expectations, each judged on its own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1))]
    pub expectations: Vec<ExpectationParams>,
    /// A document of expectations, which come before those listed here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "DocumentParams")]
    pub document: Option<DocumentParams>,
    /// The environment that the step is in, such as `train` or `serve`: expectations that name others are not judged. Without it all
    /// are.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Name")]
    pub environment: Option<Name>,
    /// The time at which `freshness` and waivers are judged. No clock is read, since verdicts are kept; a parameter of the
    /// pipeline can carry it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Timestamp")]
    pub at: Option<Timestamp>,
    /// Expectations whose failure is told, but stops nothing until some day.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waivers: Vec<Waiver>,
}

/// Lets a failure pass for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// The expectation's name.
    #[schemars(length(min = 1))]
    pub expectation: String,
    /// Why its failure may pass.
    #[schemars(length(min = 1))]
    pub reason: String,
    /// From when on its failure stops the pipeline again.
    pub expires: Timestamp,
}

/// One expectation: exactly one kind, and what its failure means.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("oneOf" = [
    {"required": ["column_exists"]}, {"required": ["type"]}, {"required": ["not_null"]}, {"required": ["unique"]},
    {"required": ["range"]}, {"required": ["allowed_values"]}, {"required": ["pattern"]}, {"required": ["condition"]},
    {"required": ["row_count"]}, {"required": ["columns"]}, {"required": ["length"]}, {"required": ["format"]},
    {"required": ["compare"]}, {"required": ["not_null_count"]}, {"required": ["sorted"]}, {"required": ["foreign_key"]},
    {"required": ["freshness"]}, {"required": ["distinct_count"]}, {"required": ["distinct_share"]},
    {"required": ["aggregate"]}, {"required": ["share"]}, {"required": ["distribution"]}
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
    /// A SQL condition that chooses the rows it is about: those where it is true. Shares are of these rows then.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub when: Option<String>,
    /// The environments it holds in; all, where none is named.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub environments: Vec<Name>,
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
    /// The table has these columns, and no others.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Columns")]
    pub columns: Option<Columns>,
    /// Texts are so long, or lists have so many items.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Length")]
    pub length: Option<Length>,
    /// Texts are written in a known form.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Format")]
    pub format: Option<Format>,
    /// In every row, one column stands in a relation to another.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Compare")]
    pub compare: Option<Compare>,
    /// Of these columns, so many have a value in every row.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "NotNullCount")]
    pub not_null_count: Option<NotNullCount>,
    /// Values ascend or descend.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Sorted")]
    pub sorted: Option<Sorted>,
    /// Values stand in another table.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ForeignKey")]
    pub foreign_key: Option<ForeignKey>,
    /// The newest value is not too old.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Freshness")]
    pub freshness: Option<Freshness>,
    /// Columns hold so many different values.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "DistinctCount")]
    pub distinct_count: Option<DistinctCount>,
    /// So large a share of values are different.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "DistinctShare")]
    pub distinct_share: Option<DistinctShare>,
    /// A mean, sum, spread or quantile lies within bounds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Aggregate")]
    pub aggregate: Option<Aggregate>,
    /// A condition is true in so large a share of the rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Share")]
    pub share: Option<Share>,
    /// Values are spread as those of a baseline.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Distribution")]
    pub distribution: Option<Distribution>,
}

impl ValidateParams {
    /// Checks every expectation; only the result can validate.
    ///
    /// # Errors
    /// When there is no expectation, one has no kind or several, two have one name, a setting does not fit, or a document is referred
    /// to: [`ValidateParams::check_with`] takes it.
    pub fn check(self) -> Result<Validator, ValidateError> {
        match self.document {
            Some(_) => Err(ValidateError::Unread),
            None => self.check_with(None),
        }
    }

    /// Checks every expectation, those of a document first.
    ///
    /// # Errors
    /// As [`ValidateParams::check`].
    pub fn check_with(self, document: Option<&ExpectationsDocument>) -> Result<Validator, ValidateError> {
        let own = document.map(|document| document.expectations.as_slice()).unwrap_or_default();
        if own.is_empty() && self.expectations.is_empty() {
            return Err(ValidateError::Nothing);
        }
        let mut checked: Vec<Checked> = Vec::with_capacity(own.len() + self.expectations.len());
        let mut skipped: Vec<String> = Vec::new();
        for (position, params) in own.iter().chain(&self.expectations).enumerate() {
            let one = params.check(self.at).map_err(|problem| ValidateError::Setting { position, problem })?;
            if checked.iter().any(|other| other.name == one.name) || skipped.contains(&one.name) {
                return Err(ValidateError::Setting { position, problem: Problem::Twice(one.name) });
            }
            let elsewhere = |here: &Name| !params.environments.is_empty() && !params.environments.contains(here);
            match self.environment.as_ref().is_some_and(elsewhere) {
                true => skipped.push(one.name),
                false => checked.push(one),
            }
        }
        self.waive(&mut checked, &skipped)?;
        Ok(Validator { params: self, checked, skipped })
    }

    /// Puts waivers in force.
    fn waive(&self, checked: &mut [Checked], skipped: &[String]) -> Result<(), ValidateError> {
        for (position, waiver) in self.waivers.iter().enumerate() {
            let refused = |reason: &str| ValidateError::Waiver { position, reason: reason.to_owned() };
            let at = self.at.ok_or_else(|| refused("waivers are judged at a time that must be stated: set `at`"))?;
            if waiver.reason.trim().is_empty() {
                return Err(refused("a waiver needs a reason"));
            }
            match checked.iter_mut().find(|one| one.name == waiver.expectation) {
                Some(one) if at < waiver.expires => {
                    one.waived = Some(Waived { reason: waiver.reason.clone(), expires: waiver.expires });
                }
                Some(_) => {}
                None if skipped.contains(&waiver.expectation) => {}
                None => {
                    return Err(refused(&format!("there is no expectation `{}` to waive", waiver.expectation)));
                }
            }
        }
        Ok(())
    }
}

impl ExpectationParams {
    fn check(&self, at: Option<Timestamp>) -> Result<Checked, Problem> {
        let mut found: Vec<Box<dyn Expectation>> = Vec::new();
        macro_rules! collect {
            ($($kind:ident),*) => {
                $(if let Some(params) = &self.$kind {
                    found.push(params.clone().check()?);
                })*
            };
        }
        collect!(
            column_exists,
            of_type,
            not_null,
            unique,
            range,
            allowed_values,
            pattern,
            condition,
            row_count,
            columns,
            length,
            format,
            compare,
            not_null_count,
            sorted,
            foreign_key,
            distinct_count,
            distinct_share,
            aggregate,
            share,
            distribution
        );
        if let Some(params) = &self.freshness {
            found.push(params.clone().check_at(at)?);
        }
        let kinds = found.len();
        let (Some(expectation), 1) = (found.pop(), kinds) else { return Err(Problem::Kinds(kinds)) };
        if !(0.0..=1.0).contains(&self.tolerance) {
            return Err(Problem::Tolerance(self.tolerance));
        }
        if !expectation.counts_rows() && self.tolerance > 0.0 {
            return Err(Problem::NoRows(expectation.kind()));
        }
        if expectation.rule() == Rule::Schema && self.when.is_some() {
            return Err(Problem::NoChoice(expectation.kind()));
        }
        let when = self.when.as_ref().map(|sql| Parsed::new(sql, Nulls::Fail)).transpose()?;
        let what =
            format!("mlspec-validate/{}/1 {}", expectation.kind(), serde_json::to_string(self).unwrap_or_default());
        let name = self.name.clone().unwrap_or_else(|| by_default(expectation.as_ref(), self.when.as_deref()));
        Ok(Checked { name, severity: self.severity, tolerance: self.tolerance, when, waived: None, what, expectation })
    }

    /// Its name: given, or made of its kind, its columns and what it is about.
    ///
    /// # Errors
    /// When it has no kind or several, or a setting does not fit.
    pub fn title(&self) -> Result<String, Problem> {
        // What time it is does not matter to the name.
        let at = Timestamp::from_millis(0).ok();
        self.check(at).map(|checked| checked.name)
    }
}

fn by_default(expectation: &dyn Expectation, when: Option<&str>) -> String {
    let about = match expectation.columns() {
        columns if columns.is_empty() => expectation.title(),
        columns => format!("{}({})", expectation.title(), columns.join(", ")),
    };
    match when {
        Some(when) => format!("{about} when {when}"),
        None => about,
    }
}
