//! `drop_outliers`: rows without values far from the others.

use super::groups::{Groups, check_parts};
use super::one;
use super::sums::{Exact, median, quantile};
use crate::engine::{Found, Run};
use crate::flight::{bug, ids};
use crate::operator::{Affected, Relational, Way};
use crate::shape::{Shape, check_distinct};
use crate::{Flight, Problem};
use mlspec_record::Dependency;
use mlspec_record::body::FittedBounds;
use mlspec_table::ROW;
use mlspec_table::polars::prelude::*;
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Drops the rows that have, in one of some columns, a value outside of bounds that are fitted to the column: to its finite values,
/// of the whole table or of each part of it. A value on a bound stays; so do nulls and NaN, which are no values. An infinite value is
/// outside of any bounds. Where there are too few values for bounds, all rows stay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DropOutliers {
    /// The columns, of numbers.
    #[schemars(length(min = 1))]
    pub columns: Vec<String>,
    /// How the bounds are fitted.
    pub rule: OutlierRule,
    /// Columns that cut the table into parts of equal values, each with bounds of its own. Null is a value like others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub partition_by: Vec<String>,
}

/// How bounds are fitted to values. Quantiles are interpolated linearly between the two nearest values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OutlierRule {
    /// So many times the distance of the quartiles, below the first and above the third: 1.5 for Tukey's fences.
    Iqr(f64),
    /// So many standard deviations from the mean: 3 is usual. Needs two values.
    ZScore(f64),
    /// The quantiles themselves.
    Percentile(PercentileBounds),
    /// So many median absolute deviations from the median, each divided by 0.6745, which makes it a standard deviation of normal
    /// values: 3.5 for the modified z-score of Iglewicz and Hoaglin.
    Mad(f64),
}

/// Two quantiles.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PercentileBounds {
    /// The lower one, in `[0, 1]`.
    #[schemars(extend("minimum" = 0, "maximum" = 1))]
    pub lower: f64,
    /// The upper one, in `[0, 1]`, not below the lower one.
    #[schemars(extend("minimum" = 0, "maximum" = 1))]
    pub upper: f64,
}

impl OutlierRule {
    fn check(&self) -> Result<(), Problem> {
        let refuse = |what: String| Err(Problem::Parameter(what));
        match self {
            Self::Iqr(times) | Self::ZScore(times) | Self::Mad(times) if !(*times >= 0.0 && times.is_finite()) => {
                refuse(format!("the rule's number must be finite and not below 0, got `{times}`"))
            }
            Self::Percentile(PercentileBounds { lower, upper })
                if !(0.0 <= *lower && lower <= upper && *upper <= 1.0) =>
            {
                refuse(format!(
                    "`lower` and `upper` must be from 0 to 1 and in this order, got `{lower}` and `{upper}`"
                ))
            }
            _ => Ok(()),
        }
    }

    /// The bounds of finite values, which are put in another order.
    fn fit(&self, exact: &mut Exact, values: &mut [f64]) -> Option<(f64, f64)> {
        values.sort_unstable_by(f64::total_cmp);
        let bounds = match self {
            Self::Iqr(times) => {
                let (first, third) = (quantile(values, 0.25)?, quantile(values, 0.75)?);
                let reach = times * (third - first);
                (first - reach, third + reach)
            }
            Self::ZScore(times) => {
                let mean = exact.mean(values)?;
                let reach = times * exact.variance(&mut values.to_vec())?.sqrt();
                (mean - reach, mean + reach)
            }
            Self::Percentile(PercentileBounds { lower, upper }) => {
                (quantile(values, *lower)?, quantile(values, *upper)?)
            }
            Self::Mad(times) => {
                const NORMAL: f64 = 0.6745;
                let middle = quantile(values, 0.5)?;
                let mut apart: Vec<f64> = values.iter().map(|value| (value - middle).abs()).collect();
                let reach = times * median(&mut apart)? / NORMAL;
                (middle - reach, middle + reach)
            }
        };
        // Of values near the largest double nothing can be said.
        (bounds.0 <= bounds.1).then_some(bounds)
    }
}

impl DropOutliers {
    /// The rows without outliers in these columns.
    pub fn of<S: Into<String>>(columns: impl IntoIterator<Item = S>, rule: OutlierRule) -> Self {
        Self { columns: columns.into_iter().map(Into::into).collect(), rule, partition_by: Vec::new() }
    }

    /// Fits bounds to each part of equal values in these columns.
    #[must_use]
    pub fn partition_by<S: Into<String>>(mut self, columns: impl IntoIterator<Item = S>) -> Self {
        self.partition_by = columns.into_iter().map(Into::into).collect();
        self
    }

    /// The bounds of each part.
    fn fit(&self, parts: &Groups, values: &Float64Chunked) -> Vec<Option<(f64, f64)>> {
        let fit = |(exact, held): &mut (Exact, Vec<f64>), rows: &[IdxSize]| {
            held.clear();
            held.extend(rows.iter().filter_map(|at| values.get(*at as usize)).filter(|value| value.is_finite()));
            self.rule.fit(exact, held)
        };
        parts.each_with(|| (Exact::new(), Vec::new()), fit)
    }
}

/// The bounds of each part.
type Fitted = Vec<Option<(f64, f64)>>;

impl DropOutliers {
    /// The bounds, and which rows were dropped for which of them.
    fn found(
        &self,
        flight: &Flight,
        parts: &Groups,
        fitted: &[Fitted],
        outside: &[Option<(usize, bool)>],
    ) -> Result<Found, Problem> {
        let mut columns = vec![Column::new(ROW.into(), &parts.ids)];
        for key in &self.partition_by {
            columns.push(flight.frame.column(key).and_then(|column| column.take(&parts.first)).map_err(bug)?);
        }
        for (column, bounds) in self.columns.iter().zip(fitted) {
            let side =
                |side: fn(&(f64, f64)) -> f64| bounds.iter().map(|one| one.as_ref().map(side)).collect::<Vec<_>>();
            columns.push(Column::new(lower(column).into(), side(|bounds| bounds.0)));
            columns.push(Column::new(upper(column).into(), side(|bounds| bounds.1)));
        }
        let bounds = DataFrame::new(parts.len(), columns).map_err(bug)?;
        let rows = flight.ids()?;
        let dropped = rows.iter().zip(outside).filter_map(|(id, outside)| Some((id?, outside.as_ref()?)));
        let (ids, why): (Vec<u64>, Vec<&(usize, bool)>) = dropped.unzip();
        let column = |at: usize| self.columns.get(at).map(String::as_str);
        let dropped = DataFrame::new_infer_height(vec![
            Column::new(ROW.into(), ids),
            Column::new("column".into(), why.iter().map(|(at, _)| column(*at)).collect::<Vec<_>>()),
            Column::new(
                "bound".into(),
                why.iter().map(|(_, above)| if *above { "upper" } else { "lower" }).collect::<Vec<_>>(),
            ),
        ]);
        let of_all = self.columns.iter().zip(fitted).map(|(column, bounds)| {
            let bounds = bounds.first().copied().flatten();
            FittedBounds {
                column: column.clone(),
                lower: bounds.map(|bounds| bounds.0),
                upper: bounds.map(|bounds| bounds.1),
            }
        });
        Ok(Found {
            tables: vec![("bounds", bounds), ("dropped", dropped.map_err(bug)?)],
            bounds: if self.partition_by.is_empty() { of_all.collect() } else { Vec::new() },
        })
    }
}

/// The names of bounds in their table.
fn lower(column: &str) -> String {
    format!("lower {column}")
}

fn upper(column: &str) -> String {
    format!("upper {column}")
}

impl Relational for DropOutliers {
    fn name(&self) -> String {
        "drop_outliers".to_owned()
    }

    fn reason(&self) -> Option<&'static str> {
        Some("outside of the fitted bounds")
    }

    fn check(&self) -> Result<(), Problem> {
        if self.columns.is_empty() {
            return Err(Problem::Parameter("`columns` names no column".to_owned()));
        }
        check_distinct(self.columns.iter().map(String::as_str))?;
        self.rule.check()
    }

    fn shape(&self, inputs: Vec<Shape>) -> Result<Shape, Problem> {
        let mut shape = one(inputs)?;
        Relational::check(self)?;
        check_parts(&shape, &self.partition_by)?;
        shape.require(self.columns.iter().map(String::as_str))?;
        for column in &self.columns {
            if let Some(found) = shape.schema.get(column).filter(|found| !found.is_numeric()) {
                return Err(Problem::Type(format!("the column `{column}` of type `{found}` holds no numbers")));
            }
        }
        let bounds: Vec<String> = self.columns.iter().flat_map(|column| [lower(column), upper(column)]).collect();
        check_distinct(self.partition_by.iter().chain(&bounds).map(String::as_str))?;
        shape.note(self.partition_by.iter().map(String::as_str), Dependency::Group);
        shape.note(self.columns.iter().map(String::as_str), Dependency::Filter);
        Ok(shape)
    }

    fn needs(&self, wanted: &BTreeSet<String>, _: &[Shape]) -> Vec<BTreeSet<String>> {
        vec![wanted.iter().chain(&self.partition_by).chain(&self.columns).cloned().collect()]
    }

    fn affected(&self, _: &[Shape]) -> Affected {
        Affected::part(&self.partition_by)
    }

    fn ways(&self, columns: &[String], _: &[Shape]) -> Vec<Way> {
        vec![Way::parts(columns, &self.partition_by)]
    }

    fn run(&self, run: &mut Run, inputs: Vec<Flight>) -> Result<Flight, Problem> {
        let flight = one(inputs)?;
        let parts = Groups::new(&flight, &self.partition_by, "drop_outliers")?;
        let part_of = parts.number_of();
        // For every row the first column with a value outside, and whether it is above.
        let mut outside: Vec<Option<(usize, bool)>> = vec![None; flight.rows()];
        let mut fitted = Vec::new();
        for (number, column) in self.columns.iter().enumerate() {
            let values = flight.frame.column(column).and_then(|values| values.cast(&DataType::Float64)).map_err(bug)?;
            let values = values.as_materialized_series().f64().map_err(bug)?.rechunk();
            let bounds = self.fit(&parts, &values);
            outside.par_iter_mut().enumerate().for_each(|(at, outside)| {
                if let (None, Some(value), Some((lower, upper))) = (&outside, values.get(at), bounds[part_of[at]]) {
                    *outside = (value < lower || value > upper).then_some((number, value > upper));
                }
            });
            fitted.push(bounds);
        }
        run.found = self.found(&flight, &parts, &fitted, &outside)?;
        let stays: BooleanChunked = outside.iter().map(|outside| Some(outside.is_none())).collect();
        let frame = flight.frame.filter(&stays).map_err(bug)?;
        run.lose(&flight, &ids(&frame, ROW)?, true)?;
        Ok(flight.with(frame))
    }
}

#[cfg(test)]
mod tests {
    use super::{DropOutliers, OutlierRule as Rule, PercentileBounds};
    use crate::testing::*;
    use mlspec_table::polars::prelude::{IntoLazy as _, col};

    fn values() -> Table {
        let x: Vec<Option<f64>> = [1.0, 2.0, 3.0, 4.0, 100.0]
            .into_iter()
            .map(Some)
            .chain([None, Some(f64::NAN), Some(f64::INFINITY)])
            .collect();
        let k = ["a", "a", "b", "b", "b", "a", "a", "c"];
        table(df!("_row" => [1_u64, 2, 3, 4, 5, 6, 7, 8], "k" => k, "x" => x))
    }

    #[track_caller]
    fn check(drop: DropOutliers, expect: &[u64]) -> Tracked {
        let tracked = run(&Plan::scan("t").drop_outliers(drop).unwrap(), &[("t", values())]);
        assert_eq!(tracked.table().unwrap().ids(), expect);
        tracked
    }

    #[test]
    fn rows_far_from_the_others_are_dropped() {
        let of = |rule| DropOutliers::of(["x"], rule);
        let tracked = check(of(Rule::Iqr(1.5)), &[1, 2, 3, 4, 6, 7]);
        assert!(tracked.is_identity());
        assert_eq!(all_sources(tracked.indirect()), "t.x filter");
        let report = &tracked.reports()[0];
        assert_eq!((report.dropped, report.reason.as_deref()), (2, Some("outside of the fitted bounds")));
        check(of(Rule::ZScore(1.5)), &[1, 2, 3, 4, 6, 7]);
        check(of(Rule::ZScore(2.0)), &[1, 2, 3, 4, 5, 6, 7]);
        check(of(Rule::Mad(3.5)), &[1, 2, 3, 4, 6, 7]);
        check(of(Rule::Percentile(PercentileBounds { lower: 0.25, upper: 0.75 })), &[2, 3, 4, 6, 7]);
        check(of(Rule::Percentile(PercentileBounds { lower: 0.0, upper: 1.0 })), &[1, 2, 3, 4, 5, 6, 7]);
        check(of(Rule::Iqr(0.0)).partition_by(["k"]), &[4, 6, 7, 8]);
        check(of(Rule::ZScore(1.1)).partition_by(["k"]), &[1, 2, 3, 4, 6, 7, 8]);
    }

    #[test]
    fn bounds_and_reasons_are_kept() {
        let found = |drop: DropOutliers| {
            let plan = Plan::scan("t").drop_outliers(drop).unwrap();
            let folder = tempfile::tempdir().unwrap();
            let store = mlspec_store::Store::open(folder.path()).unwrap();
            let tracked = run(&plan, &[("t", values())]);
            let reports = tracked.write_reports(&store, &Default::default()).unwrap();
            let table = |at: usize| cells(&Table::read(&store, &reports[0].tables[at].digest).unwrap());
            (table(0), table(1), reports[0].bounds.clone())
        };
        let (bounds, dropped, of_all) = found(DropOutliers::of(["x"], Rule::Iqr(1.0)));
        assert!(bounds[0].ends_with("|0.0|6.0"), "{bounds:?}");
        assert_eq!(dropped, ["5|x|upper", "8|x|upper"]);
        assert_eq!((of_all[0].lower, of_all[0].upper), (Some(0.0), Some(6.0)));
        let (bounds, dropped, of_all) = found(DropOutliers::of(["x"], Rule::Iqr(0.0)).partition_by(["k"]));
        assert_eq!((bounds.len(), dropped.len(), of_all.len()), (3, 4, 0));
        assert!(bounds.iter().any(|row| row.ends_with("|c|null|null")), "{bounds:?}");
        let twice = values().frame().clone().lazy().with_columns([col("k").alias("lower x")]).collect();
        let plan = Plan::scan("t").drop_outliers(DropOutliers::of(["x"], Rule::Iqr(0.0)).partition_by(["lower x"]));
        assert!(refusal(&plan.unwrap(), &[("t", table(twice))]).ends_with("two columns would be named `lower x`"));
    }

    #[test]
    fn what_has_no_bounds_stays() {
        let none = |frame| {
            run(
                &Plan::scan("t").drop_outliers(DropOutliers::of(["x"], Rule::Iqr(0.0))).unwrap(),
                &[("t", table(frame))],
            )
        };
        assert_eq!(none(df!("_row" => [1_u64, 2], "x" => [None::<f64>, None])).table().unwrap().len(), 2);
        assert_eq!(none(df!("_row" => [1_u64], "x" => [7_i64])).table().unwrap().len(), 1);
        assert_eq!(none(df!("_row" => [0_u64; 0], "x" => [0_i64; 0])).table().unwrap().len(), 0);
        assert_eq!(none(df!("_row" => [1_u64, 2], "x" => [f64::MAX, -f64::MAX])).table().unwrap().len(), 2);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for rule in [
            Rule::Iqr(-1.0),
            Rule::ZScore(f64::NAN),
            Rule::Mad(f64::INFINITY),
            Rule::Percentile(PercentileBounds { lower: 0.9, upper: 0.1 }),
        ] {
            assert!(Plan::scan("t").drop_outliers(DropOutliers::of(["x"], rule)).is_err());
        }
        let text = Plan::scan("t").drop_outliers(DropOutliers::of(["k"], Rule::Iqr(1.5))).unwrap();
        assert!(refusal(&text, &[("t", values())]).ends_with("the column `k` of type `string` holds no numbers"));
    }
}
