//! What both sides are counted by: the bins of the reference.

use mlspec_measure::profile::{Distribution, Numbers, ProfiledColumn, Values};
use mlspec_record::DataType;
use mlspec_table::TableError;
use mlspec_table::polars::prelude::Column;
use mlspec_table::profile::{number_text, optional_numbers, value_keys};
use std::collections::BTreeMap;

/// How many categories have a bin of their own.
const CATEGORIES: usize = 50;

/// How many rows a category needs on either side, were both alike, to have a bin of its own: the χ² approximation asks for them.
const EXPECTED: f64 = 5.0;

/// The bins of a column, and how many rows of both sides each holds; together all rows.
#[derive(Clone, Debug)]
pub struct Bins {
    /// What each bin holds.
    pub labels: Vec<String>,
    /// Rows of the reference.
    pub reference: Vec<u64>,
    /// Rows of the batch.
    pub current: Vec<u64>,
    place: Place,
    /// By kind of value that is in no range: NaN, infinity, negative infinity, null.
    others: BTreeMap<Other, usize>,
}

/// Values that are in no range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Other {
    NaN,
    Infinite,
    NegativeInfinite,
    Null,
}

/// In which bin a value is.
#[derive(Clone, Debug)]
enum Place {
    /// Ranges of numbers: the grid, and the cells at which bins but the first begin.
    Ranges(Distribution, Vec<u64>),
    /// Single numbers, by their bits; all others are unseen.
    Numbers(BTreeMap<u64, usize>, usize),
    /// Values by their keys; the values of the reference; the bins of others, and of unseen values.
    Values { bins: BTreeMap<u64, usize>, reference: Box<Values>, reach: u64, other: usize, unseen: usize },
}

impl Bins {
    /// The bins of a column of which both sides are known; nothing where they were not profiled alike.
    pub fn of(reference: &ProfiledColumn, current: &ProfiledColumn, bins: usize) -> Option<Self> {
        let (was, is) = (&reference.profile, &current.profile);
        let mut found = match (&was.numbers, &is.numbers, &was.values, &is.values) {
            (Some(was), Some(is), _, _) => Self::of_numbers(was, is, bins, reference.data_type)?,
            (_, _, Some(values), Some(now)) => {
                let name = |key: &u64| is.names.get(key).or_else(|| was.names.get(key)).cloned();
                Self::of_values((values, was.rows - was.nulls), (now, is.rows - is.nulls), &name)
            }
            _ => return None,
        };
        found.add(Other::Null, "null", was.nulls, is.nulls);
        Some(found)
    }

    fn of_numbers(was: &Numbers, is: &Numbers, bins: usize, data_type: DataType) -> Option<Self> {
        let (one, other) = (was.distribution.as_ref()?, is.distribution.as_ref()?);
        let mut found = match one.is_exact() && other.is_exact() && one.cells() <= bins {
            true => Self::of_single_numbers(one, other, data_type),
            false => Self::of_ranges(one, other, bins, data_type),
        };
        found.add(Other::NaN, "NaN", was.nan, is.nan);
        found.add(Other::Infinite, "inf", was.positive_infinite, is.positive_infinite);
        found.add(Other::NegativeInfinite, "-inf", was.negative_infinite, is.negative_infinite);
        Some(found)
    }

    fn of_ranges(one: &Distribution, other: &Distribution, bins: usize, data_type: DataType) -> Self {
        let (one, other) = one.aligned(other);
        let cuts = one.cuts(bins);
        let text = |cut: &u64| number_text(one.least_of(*cut), data_type);
        let labels = match (cuts.first(), cuts.last()) {
            (Some(first), Some(last)) => {
                let between = cuts.windows(2).map(|pair| format!("[{}, {})", text(&pair[0]), text(&pair[1])));
                std::iter::once(format!("< {}", text(first)))
                    .chain(between)
                    .chain([format!("≥ {}", text(last))])
                    .collect()
            }
            _ => vec!["all numbers".to_owned()],
        };
        let (reference, current) = (one.counts(&cuts), other.counts(&cuts));
        Self { labels, reference, current, place: Place::Ranges(one, cuts), others: BTreeMap::new() }
    }

    fn of_single_numbers(one: &Distribution, other: &Distribution, data_type: DataType) -> Self {
        let points = one.points();
        let mut labels: Vec<String> = points.iter().map(|(point, _)| number_text(*point, data_type)).collect();
        let mut reference: Vec<u64> = points.iter().map(|(_, rows)| *rows).collect();
        let places: BTreeMap<u64, usize> =
            points.iter().zip(0..).map(|((point, _), at)| (point.to_bits(), at)).collect();
        let unseen = labels.len();
        labels.push("unseen".to_owned());
        reference.push(0);
        let mut current = vec![0; labels.len()];
        for (point, rows) in other.points() {
            current[places.get(&point.to_bits()).copied().unwrap_or(unseen)] += rows;
        }
        Self { labels, reference, current, place: Place::Numbers(places, unseen), others: BTreeMap::new() }
    }

    fn of_values(
        (was, was_rows): (&Values, u64),
        (is, is_rows): (&Values, u64),
        name: &dyn Fn(&u64) -> Option<String>,
    ) -> Self {
        let reach = was.reach().min(is.reach());
        let mut counts: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
        let within = |values: &'_ Values| -> Vec<(u64, u64)> {
            values.entries().iter().filter(|(key, _)| *key <= reach).copied().collect()
        };
        within(was).into_iter().for_each(|(key, rows)| counts.entry(key).or_default().0 += rows);
        within(is).into_iter().for_each(|(key, rows)| counts.entry(key).or_default().1 += rows);
        let (n, m) = (was_rows as f64, is_rows as f64);
        let enough = |(a, b): (u64, u64)| (a + b) as f64 * n.min(m) / (n + m).max(1.0) >= EXPECTED;
        let mut own: Vec<(u64, (u64, u64))> =
            counts.iter().filter(|(_, rows)| rows.0 > 0 && enough(**rows)).map(|(key, rows)| (*key, *rows)).collect();
        own.sort_by_key(|(key, (a, b))| (std::cmp::Reverse(a + b), *key));
        own.truncate(CATEGORIES);
        let unseen_rows: u64 = counts.values().filter(|rows| rows.0 == 0).map(|rows| rows.1).sum();
        let label = |(at, (key, _)): (usize, &(u64, _))| name(key).unwrap_or_else(|| format!("value {}", at + 1));
        let mut labels: Vec<String> = own.iter().enumerate().map(label).collect();
        let mut reference: Vec<u64> = own.iter().map(|(_, rows)| rows.0).collect();
        let mut current: Vec<u64> = own.iter().map(|(_, rows)| rows.1).collect();
        let other = labels.len();
        // Where new values are to be expected, by Good and Turing as many as stand once, they are no category of their own.
        let once = was.entries().iter().filter(|(_, rows)| *rows == 1).count() as f64;
        let apart = was.is_complete() && unseen_rows > 0 && once * m < n;
        let unseen = if apart { other + 1 } else { other };
        let rest = |rows: u64, known: &[u64]| rows - known.iter().sum::<u64>();
        let (was_rest, is_rest) = (rest(was_rows, &reference), rest(is_rows, &current));
        labels.push("other".to_owned());
        reference.push(was_rest);
        current.push(is_rest - if apart { unseen_rows } else { 0 });
        if apart {
            labels.push("unseen".to_owned());
            reference.push(0);
            current.push(unseen_rows);
        }
        let bins = own.iter().zip(0..).map(|((key, _), at)| (*key, at)).collect();
        let place = Place::Values { bins, reference: Box::new(was.clone()), reach, other, unseen };
        Self { labels, reference, current, place, others: BTreeMap::new() }
    }

    fn add(&mut self, other: Other, label: &str, reference: u64, current: u64) {
        if reference + current > 0 {
            self.others.insert(other, self.labels.len());
            self.labels.push(label.to_owned());
            self.reference.push(reference);
            self.current.push(current);
        }
    }

    /// The bin of each value of a column of the batch.
    ///
    /// # Errors
    /// When polars refuses.
    pub fn places(&self, column: &Column) -> Result<Vec<Option<usize>>, TableError> {
        let other = |other: Other| self.others.get(&other).copied();
        if let Place::Values { bins, reference, reach, other: rest, unseen } = &self.place {
            let known = |key: u64| reference.entries().binary_search_by_key(&key, |entry| entry.0).is_ok();
            let place = |key: Option<u64>| match key {
                None => other(Other::Null),
                Some(key) => Some(match bins.get(&key) {
                    Some(bin) => *bin,
                    None if key <= *reach && !known(key) => *unseen,
                    None => *rest,
                }),
            };
            return Ok(value_keys(column)?.into_iter().map(place).collect());
        }
        let place = |number: Option<f64>| match number {
            None => other(Other::Null),
            Some(x) if x.is_nan() => other(Other::NaN),
            Some(f64::INFINITY) => other(Other::Infinite),
            Some(f64::NEG_INFINITY) => other(Other::NegativeInfinite),
            Some(x) => match &self.place {
                Place::Ranges(grid, cuts) => {
                    let cell = grid.cell_of(x);
                    Some(cuts.partition_point(|cut| *cut <= cell))
                }
                Place::Numbers(places, unseen) => Some(places.get(&(x + 0.0).to_bits()).copied().unwrap_or(*unseen)),
                Place::Values { .. } => None,
            },
        };
        Ok(optional_numbers(column)?.into_iter().map(place).collect())
    }
}
