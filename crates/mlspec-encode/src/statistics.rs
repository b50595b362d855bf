//! What encoders are fitted from: sums without rounding and counts, which rows can be added to and taken away from in any
//! order. A fit and an update that end with the same rows end with the same statistics.

use crate::tally::{KeptTally, Tally, category_id};
use mlspec_measure::ExactSum;
use mlspec_model::{Features, ModelError, RawColumn, Vocabulary};
use mlspec_store::Store;
use mlspec_table::polars::prelude::Series;
use mlspec_table::{Table, TableError};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// What an encoder is fitted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Nothing that rows tell.
    Nothing,
    /// How many nulls there are.
    Nulls,
    /// Nulls, and the sums of the numbers and of their squares.
    Moments,
    /// The values of all rows. They are not kept: an update reads them where they lie, in the raw table.
    Values,
    /// Nulls and sums, and the numbers of all rows.
    MomentsAndValues,
    /// How often each category stands.
    Categories,
    /// The same, and the categories of all rows.
    CategoriesAndValues,
    /// How often each term stands, and in how many rows.
    Terms,
}

impl Needs {
    /// Whether sums are needed.
    fn sums(self) -> bool {
        matches!(self, Self::Moments | Self::MomentsAndValues)
    }

    /// Whether the values of all rows are needed.
    pub(crate) fn values(self) -> bool {
        matches!(self, Self::Values | Self::MomentsAndValues | Self::CategoriesAndValues)
    }

    /// Whether values and nulls are counted, of any type.
    fn counts_nulls(self) -> bool {
        matches!(self, Self::Nulls | Self::Values)
    }
}

/// The statistics of one raw column.
#[derive(Clone, Debug)]
pub(crate) struct Statistic {
    needs: Needs,
    /// How many values are not null.
    values: u64,
    nulls: u64,
    sum: ExactSum,
    squares: ExactSum,
    tally: Tally,
}

/// A column's statistics as documents keep them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeptStatistic {
    values: u64,
    nulls: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    sum: Vec<f64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    squares: Vec<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tally: Option<KeptTally>,
}

impl Statistic {
    pub(crate) fn new(needs: Needs) -> Self {
        let (sum, squares) = (ExactSum::default(), ExactSum::default());
        Self { needs, values: 0, nulls: 0, sum, squares, tally: Tally::default() }
    }

    pub(crate) fn needs(&self) -> Needs {
        self.needs
    }

    pub(crate) fn nulls(&self) -> u64 {
        self.nulls
    }

    pub(crate) fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Puts its counts on top of others, which were read from a document.
    pub(crate) fn count_on(&mut self, mut below: Tally) {
        below.merge(std::mem::take(&mut self.tally));
        self.tally = below;
    }

    /// Adds the rows of a raw table.
    pub(crate) fn add(&mut self, table: &Table, raw: &RawColumn, terms: Option<Vocabulary>) -> Result<(), ModelError> {
        let column = |name: &str| table.column(name).map(|column| column.as_materialized_series());
        match self.needs {
            Needs::Nothing => {}
            needs if needs.counts_nulls() => {
                let nulls = column(&raw.name)?.null_count() as u64;
                self.nulls += nulls;
                self.values += table.len() as u64 - nulls;
            }
            needs if needs.sums() => {
                let series = column(&raw.name)?;
                series.f64().map_err(TableError::from)?;
                self.blocks(series, |part, block| {
                    block.f64().into_iter().flat_map(|values| values.iter()).for_each(|value| part.number(value));
                });
            }
            Needs::Categories | Needs::CategoriesAndValues => {
                let series = column(&raw.name)?;
                series.str().map_err(TableError::from)?;
                self.blocks(series, |part, block| {
                    let mut counts: HashMap<Option<&str>, u64> = HashMap::new();
                    let texts = block.str().into_iter().flat_map(|texts| texts.iter());
                    texts.for_each(|text| *counts.entry(text).or_default() += 1);
                    for (text, rows) in counts {
                        part.tally.add(category_id(text), text, rows, rows);
                        *if text.is_some() { &mut part.values } else { &mut part.nulls } += rows;
                    }
                });
            }
            _ => {
                self.values += table.len() as u64;
                match terms.flatten() {
                    Some(terms) => terms
                        .into_iter()
                        .for_each(|(id, found)| self.tally.add(id, Some(&found.term), found.rows, found.count)),
                    None => self.tally.collide(),
                }
            }
        }
        Ok(())
    }

    /// Takes rows away that were added before; nothing where they were not.
    pub(crate) fn take(&mut self, table: &Table, raw: &RawColumn) -> Option<()> {
        let column = |name: &str| table.column(name).ok().map(|column| column.as_materialized_series());
        match self.needs {
            Needs::Nothing => {}
            needs if needs.counts_nulls() => {
                let nulls = column(&raw.name)?.null_count() as u64;
                self.nulls = self.nulls.checked_sub(nulls)?;
                self.values = self.values.checked_sub(table.len() as u64 - nulls)?;
            }
            needs if needs.sums() => {
                for value in column(&raw.name)?.f64().ok()?.iter() {
                    self.leave(value.is_some())?;
                    value.into_iter().for_each(|value| self.powers(value, -1.0));
                }
            }
            Needs::Categories | Needs::CategoriesAndValues => {
                for text in column(&raw.name)?.str().ok()?.iter() {
                    self.leave(text.is_some())?;
                    self.tally.take(category_id(text), 1, 1)?;
                }
            }
            _ => {
                for (hash, count) in raw.counted_terms(table).ok()? {
                    self.tally.take(hash, 1, u64::from(count))?;
                }
                self.values = self.values.checked_sub(table.len() as u64)?;
            }
        }
        Some(())
    }

    fn leave(&mut self, valid: bool) -> Option<()> {
        let count = if valid { &mut self.values } else { &mut self.nulls };
        *count = count.checked_sub(1)?;
        Some(())
    }

    fn number(&mut self, value: Option<f64>) {
        let Some(value) = value else {
            self.nulls += 1;
            return;
        };
        self.values += 1;
        self.powers(value, 1.0);
    }

    /// Adds a number and its square, or takes them away.
    fn powers(&mut self, value: f64, sign: f64) {
        self.sum.add(sign * value);
        self.squares.add_product(sign * value, value);
    }

    /// Counts blocks of rows in parallel and adds them up; the order plays no part.
    fn blocks(&mut self, series: &Series, count: impl Fn(&mut Self, &Series) + Sync) {
        let starts: Vec<usize> = (0..series.len()).step_by(Features::BLOCK_ROWS).collect();
        let needs = self.needs;
        let lanes = starts.par_iter().fold(
            || Self::new(needs),
            |mut part, start| {
                count(&mut part, &series.slice(*start as i64, Features::BLOCK_ROWS));
                part
            },
        );
        let together = lanes.reduce(
            || Self::new(needs),
            |mut one, other| {
                one.merge(other);
                one
            },
        );
        self.merge(together);
    }

    fn merge(&mut self, other: Self) {
        self.values += other.values;
        self.nulls += other.nulls;
        self.sum.merge(&other.sum);
        self.squares.merge(&other.squares);
        self.tally.merge(other.tally);
    }

    /// Statistics of a document; nothing where it holds none for these needs.
    pub(crate) fn read(store: &Store, needs: Needs, kept: &KeptStatistic) -> Option<Self> {
        let KeptStatistic { values, nulls, sum, squares, tally } = kept;
        let tally = match tally {
            None => Tally::default(),
            Some(tally) => Tally::read(store, tally)?,
        };
        let exact = |parts: &[f64]| parts.iter().copied().collect::<ExactSum>();
        Some(Self { needs, values: *values, nulls: *nulls, sum: exact(sum), squares: exact(squares), tally })
    }

    /// Keeps the statistics; `before` is what they were read from. Nothing is fitted from sums that are not finite.
    pub(crate) fn keep(&self, store: &Store, before: Option<&KeptStatistic>) -> Result<KeptStatistic, TableError> {
        let counts = matches!(self.needs, Needs::Categories | Needs::CategoriesAndValues | Needs::Terms);
        let before = before.and_then(|before| before.tally.as_ref());
        Ok(KeptStatistic {
            values: self.values,
            nulls: self.nulls,
            sum: self.sum.parts().unwrap_or_default(),
            squares: self.squares.parts().unwrap_or_default(),
            tally: if counts { Some(self.tally.keep(store, before)?) } else { None },
        })
    }

    /// The moments of the numbers, `fill` standing for null where there is one; none where there are no numbers, or their
    /// squares exceed what can be represented.
    pub(crate) fn moments(&self, fill: Option<f64>) -> Option<Moments> {
        let (mut sum, mut squares) = (self.sum.clone(), self.squares.clone());
        let mut rows = self.values;
        if let Some(fill) = fill.filter(|_| self.nulls > 0) {
            rows += self.nulls;
            let nulls = self.nulls as f64;
            sum.add_product(nulls, fill);
            let square = fill * fill;
            squares.add_product(nulls, square);
            squares.add_product(nulls, fill.mul_add(fill, -square));
        }
        Moments::new(rows, sum, squares)
    }
}

/// Mean and variance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Moments {
    pub(crate) mean: f64,
    /// The population variance.
    pub(crate) variance: f64,
    rows: u64,
}

impl Moments {
    /// Those of so many numbers with this sum and sum of squares; none where there are no numbers, or squares are too large.
    pub(crate) fn new(rows: u64, sum: ExactSum, squares: ExactSum) -> Option<Self> {
        if rows == 0 {
            return None;
        }
        let n = rows as f64;
        let (sum, squares) = (pair(sum), pair(squares));
        // n² variance = n Σx² - (Σx)², in twice the precision, so that a large mean costs no digits.
        let (left, right) = (product(n, squares), square(sum));
        let difference = (left.0 - right.0) + (left.1 - right.1);
        if !(sum.0.is_finite() && difference.is_finite()) {
            return None;
        }
        Some(Self { mean: sum.0 / n, variance: (difference / n / n).max(0.0), rows })
    }

    /// Whether the variance is no more than rounding, by scikit-learn's rule.
    pub(crate) fn is_constant(&self) -> bool {
        let small = self.rows as f64 * f64::EPSILON;
        self.variance <= small * self.variance + (small * self.mean).powi(2)
    }
}

/// An exact sum as a number and the rest.
fn pair(mut sum: ExactSum) -> (f64, f64) {
    let high = sum.get();
    if !high.is_finite() {
        return (high, 0.0);
    }
    sum.subtract(high);
    (high, sum.get())
}

fn product(n: f64, (high, low): (f64, f64)) -> (f64, f64) {
    let first = n * high;
    (first, n.mul_add(high, -first) + n * low)
}

fn square((high, low): (f64, f64)) -> (f64, f64) {
    let first = high * high;
    (first, high.mul_add(high, -first) + 2.0 * high * low)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statistic(values: impl IntoIterator<Item = Option<f64>>) -> Statistic {
        let mut statistic = Statistic::new(Needs::Moments);
        values.into_iter().for_each(|value| statistic.number(value));
        statistic
    }

    fn moments(values: impl IntoIterator<Item = f64>) -> Option<Moments> {
        statistic(values.into_iter().map(Some)).moments(None)
    }

    #[test]
    fn moments_as_numpy() {
        let cases: [(&[f64], f64, f64); 5] = [
            (&[1.0, 2.0, 3.0, 4.0], 2.5, 1.25),
            (&[5.0], 5.0, 0.0),
            (&[-1.0, -1.0, -4.0], -2.0, 2.0),
            (&[1e9 + 1.0, 1e9 + 2.0, 1e9 + 3.0, 1e9 + 4.0], 1e9 + 2.5, 1.25),
            (&[1e150, -1e150], 0.0, 1e300),
        ];
        for (values, mean, variance) in cases {
            let moments = moments(values.iter().copied()).unwrap();
            assert!((moments.mean - mean).abs() <= 1e-15 * mean.abs(), "{moments:?}");
            assert!((moments.variance - variance).abs() <= 1e-12 * variance, "{moments:?}");
        }
        assert_eq!(moments([]), None);
        assert_eq!(moments([1e200, 1.0]), None);
    }

    #[test]
    fn nulls_count_as_what_stands_for_them() {
        let nulls = statistic([Some(1.0), None, Some(2.5), None, None]);
        assert_eq!(nulls.moments(Some(0.1)), moments([1.0, 2.5, 0.1, 0.1, 0.1]));
        assert_eq!(nulls.moments(None), moments([1.0, 2.5]));
    }

    #[test]
    fn constants_are_found_though_sums_round() {
        assert!(moments(std::iter::repeat_n(0.1, 10_000)).unwrap().is_constant());
        assert!(moments([0.0, 0.0]).unwrap().is_constant());
        assert!(!moments([1e6, 1e6 + 1e-3]).unwrap().is_constant());
    }

    /// Sums of multiples of 2⁻²⁰ are integers in disguise.
    #[test]
    fn sums_are_exact() {
        let integers: Vec<i64> = (0..100_000_i64).map(|i| (i * 2_654_435_761) % (1 << 52) - (1 << 51)).collect();
        let mut exact = Statistic::new(Needs::Moments);
        integers.iter().for_each(|&i| exact.number(Some(i as f64 / f64::from(1 << 20))));
        let moments = exact.moments(None).unwrap();
        let sum: i128 = integers.iter().map(|&i| i128::from(i)).sum();
        assert_eq!(moments.mean, sum as f64 / f64::from(1 << 20) / 1e5);
        let middle = sum / 100_000;
        let squares: i128 = integers.iter().map(|&i| (i128::from(i) - middle).pow(2)).sum();
        let exact =
            (squares as f64 / 1e5 - ((sum - 100_000 * middle) as f64 / 1e5).powi(2)) / f64::from(1 << 20).powi(2);
        assert!((moments.variance - exact).abs() <= 1e-14 * exact, "{} is not {exact}", moments.variance);
    }

    #[test]
    fn order_plays_no_part() {
        let values: Vec<f64> = (0..1000).map(|i| f64::from(i * 7919 % 1000) * 0.1 + 1e6 / f64::from(i + 1)).collect();
        assert_eq!(moments(values.iter().copied()), moments(values.iter().rev().copied()));
    }
}
