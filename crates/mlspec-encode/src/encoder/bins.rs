//! Numbers by the interval that they lie in.

use super::{Fit, Fitting, Impute, NumberNulls, Rows};
use crate::EncodeError;
use crate::statistics::Needs;
use mlspec_model::{BinColumn, Bins, FittedEncoder, RawKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How intervals are found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BinStrategy {
    /// Intervals of equal width.
    Uniform,
    /// Intervals with as many rows each.
    #[default]
    Quantile,
    /// Intervals around the means that k-means finds.
    Kmeans,
}

/// How intervals become features.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BinEncode {
    /// A feature for each interval.
    #[default]
    Onehot,
    /// The same: matrices are sparse where it pays.
    OnehotDense,
    /// One feature, the number of the interval.
    Ordinal,
}

/// Numbers by the interval that they lie in, as scikit-learn's `KBinsDiscretizer`, from all rows. Intervals that are no wider than
/// 1e-8 are left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KBinsDiscretizer {
    /// The columns of numbers or booleans.
    #[schemars(length(min = 1))]
    pub columns: Vec<String>,
    /// How many intervals a column has, from 2 to 65,536.
    #[serde(default = "five")]
    #[schemars(extend("minimum" = 2, "maximum" = 65_536))]
    pub n_bins: u32,
    /// How intervals become features.
    #[serde(default)]
    pub encode: BinEncode,
    /// How intervals are found.
    #[serde(default)]
    pub strategy: BinStrategy,
    /// What stands for null, before intervals are found; without it, null is an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impute: Option<Impute>,
    /// What null means where nothing stands for it.
    #[serde(default, skip_serializing_if = "NumberNulls::is_default")]
    pub nulls: NumberNulls,
}

fn five() -> u32 {
    5
}

/// Intervals narrower than this are left out.
const NARROW: f64 = 1e-8;

impl KBinsDiscretizer {
    fn bounds(
        &self,
        fitting: &Fitting<'_>,
        sorted: &[f64],
        warnings: &mut Vec<String>,
    ) -> Result<Vec<f64>, EncodeError> {
        let (Some(&least), Some(&greatest)) = (sorted.first(), sorted.last()) else { return Err(fitting.all_null()) };
        let column = fitting.column;
        if least == greatest {
            warnings.push(format!("the column `{column}` is constant in the fitted rows; it has one interval"));
            return Ok(Vec::new());
        }
        if !(greatest - least).is_finite() {
            return Err(EncodeError::TooLarge { column: column.to_owned() });
        }
        let bins = self.n_bins as usize;
        let mut edges = match self.strategy {
            BinStrategy::Uniform => even(least, greatest, bins),
            BinStrategy::Quantile => even(0.0, 100.0, bins).iter().map(|at| inverted_cdf(sorted, at / 100.0)).collect(),
            BinStrategy::Kmeans => {
                let edges = even(least, greatest, bins);
                let centres = k_means(sorted, edges.windows(2).map(|pair| (pair[0] + pair[1]) * 0.5).collect());
                let between = centres.windows(2).map(|pair| (pair[0] + pair[1]) * 0.5);
                [least].into_iter().chain(between).chain([greatest]).collect()
            }
        };
        if self.strategy != BinStrategy::Uniform {
            let mut before = f64::NEG_INFINITY;
            edges.retain(|&edge| edge - std::mem::replace(&mut before, edge) > NARROW);
            if edges.len() <= bins {
                let found = edges.len().saturating_sub(1).max(1);
                warnings.push(format!("the column `{column}` has {found} intervals that are wide enough, not {bins}"));
            }
        }
        let inner = edges.len().saturating_sub(1);
        Ok(edges.get(1..inner).unwrap_or_default().to_vec())
    }
}

/// Numbers at even distances, as numpy's `linspace`.
fn even(start: f64, end: f64, parts: usize) -> Vec<f64> {
    let step = (end - start) / parts as f64;
    (0..parts).map(|at| at as f64 * step + start).chain([end]).collect()
}

/// The quantile of ascending numbers, as numpy's `averaged_inverted_cdf`.
fn inverted_cdf(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    let at = sorted.len() as f64 * share - 1.0;
    let below = if at < 0.0 { 0 } else { (at.floor() as usize).min(last) };
    let above = if at < 0.0 { 0 } else { (below + 1).min(last) };
    let (low, high) = (sorted.get(below).copied().unwrap_or(0.0), sorted.get(above).copied().unwrap_or(0.0));
    if at == at.floor() { high - (high - low) * 0.5 } else { high }
}

/// The means that Lloyd's algorithm finds from these on, ascending, as scikit-learn's `KMeans` with its defaults.
fn k_means(sorted: &[f64], mut centres: Vec<f64>) -> Vec<f64> {
    let n = sorted.len() as f64;
    let mean = sorted.iter().sum::<f64>() / n;
    let numbers: Vec<f64> = sorted.iter().map(|number| number - mean).collect();
    centres.iter_mut().for_each(|centre| *centre -= mean);
    let tolerance = numbers.iter().map(|number| number * number).sum::<f64>() / n * 1e-4;
    let mut before: Vec<usize> = Vec::new();
    for _ in 0..300 {
        let ends = ends(&numbers, &centres);
        let new = means(&numbers, &centres, &ends);
        let shift: f64 = centres.iter().zip(&new).map(|(old, new)| (old - new).powi(2)).sum();
        centres = new;
        if ends == before || shift <= tolerance {
            break;
        }
        before = ends;
        // A mean that was moved to where there was none may have passed others.
        centres.sort_unstable_by(f64::total_cmp);
    }
    centres.sort_unstable_by(f64::total_cmp);
    centres.iter().map(|centre| centre + mean).collect()
}

/// Where the numbers of each centre end: each belongs to the nearest, of two to the lesser.
fn ends(numbers: &[f64], centres: &[f64]) -> Vec<usize> {
    let between = centres.windows(2).map(|pair| numbers.partition_point(|number| *number <= (pair[0] + pair[1]) * 0.5));
    between.chain([numbers.len()]).collect()
}

/// The mean of each centre's numbers; a centre without numbers goes to the number that is furthest from its own.
fn means(numbers: &[f64], centres: &[f64], ends: &[usize]) -> Vec<f64> {
    let ranges: Vec<_> = [0].iter().chain(ends).zip(ends).map(|(start, end)| *start..*end.max(start)).collect();
    let mut sums: Vec<f64> = ranges.iter().map(|range| numbers[range.clone()].iter().sum()).collect();
    let mut counts: Vec<usize> = ranges.iter().map(|range| range.len()).collect();
    let empty: Vec<usize> = (0..counts.len()).filter(|at| counts[*at] == 0).collect();
    if !empty.is_empty() {
        let of = |(at, range): (usize, &std::ops::Range<usize>)| {
            let centre = centres[at];
            range.clone().map(move |number| ((numbers[number] - centre).powi(2), number, at))
        };
        let mut far: Vec<(f64, usize, usize)> = ranges.iter().enumerate().flat_map(of).collect();
        far.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)));
        if far.first().is_some_and(|furthest| furthest.0 > 0.0) {
            for (&to, &(_, number, from)) in empty.iter().zip(&far) {
                (sums[from], counts[from]) = (sums[from] - numbers[number], counts[from] - 1);
                (sums[to], counts[to]) = (numbers[number], 1);
            }
        }
    }
    let most = (0..counts.len()).max_by_key(|at| (counts[*at], std::cmp::Reverse(*at))).unwrap_or(0);
    let biggest = sums[most] / counts[most].max(1) as f64;
    sums.iter().zip(&counts).map(|(sum, count)| if *count > 0 { sum / *count as f64 } else { biggest }).collect()
}

impl Fit for KBinsDiscretizer {
    fn name(&self) -> &'static str {
        "k_bins_discretizer"
    }

    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn kind(&self) -> RawKind {
        self.nulls.kind(self.impute)
    }

    fn check(&self) -> Result<(), EncodeError> {
        if !(2..=65_536).contains(&self.n_bins) {
            return Err(EncodeError::Setting { name: "n_bins", range: "from 2 to 65536" });
        }
        self.nulls.check(self.impute)
    }

    fn needs(&self) -> Needs {
        Impute::needs_with_values(self.impute)
    }

    fn fit(&self, rows: &Rows<'_>, warnings: &mut Vec<String>) -> Result<FittedEncoder, EncodeError> {
        let columns = rows.each(|fitting| {
            let fill = self.impute.map(|impute| impute.fill(fitting)).transpose()?;
            let bounds = self.bounds(fitting, &fitting.sorted(fill), warnings)?;
            Ok(BinColumn { column: fitting.column.to_owned(), fill, keep_nulls: self.nulls.keep(), bounds })
        })?;
        Ok(FittedEncoder::KBinsDiscretizer(Bins { columns, ordinal: self.encode == BinEncode::Ordinal }))
    }
}
