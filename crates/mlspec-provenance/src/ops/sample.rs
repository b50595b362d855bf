//! `sample`: rows by the hash of their ids.

use super::groups::{Groups, check_parts};
use super::one;
use crate::engine::Run;
use crate::flight::{bug, ids};
use crate::operator::{Affected, Relational, Way};
use crate::shape::Shape;
use crate::{Flight, Problem};
use mlspec_record::{Dependency, Seed};
use mlspec_table::ROW;
use mlspec_table::polars::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// A share of the rows, or a number of them, without replacement. Each row draws a number in `[0, 1)`: the first 53 bits, divided by
/// 2⁵³, of XXH3-64 of the row's id as 8 little-endian bytes, with XXH3-64 of the text `sample`, a zero byte, the purpose, a zero byte
/// and the 8 bytes of the seed as seed. So other rows that come or go don't change whether a row is in a share.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// The share of the rows, in `[0, 1]`: a row is kept whose number is below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("minimum" = 0, "maximum" = 1))]
    pub fraction: Option<f64>,
    /// How many rows: those of the least numbers. One of `fraction` and `n` is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n: Option<u64>,
    /// Samples of the same seed and purpose draw the same numbers.
    #[serde(default)]
    pub seed: Seed,
    /// What the sample is for: for another purpose other rows are drawn.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub purpose: String,
    /// With `n`: columns that cut the table into parts of equal values, of each of which `n` rows are kept. Null is a value like
    /// others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub partition_by: Vec<String>,
}

impl Sample {
    /// About this share of the rows.
    pub fn fraction(fraction: f64, seed: Seed) -> Self {
        Self { fraction: Some(fraction), seed, ..Self::default() }
    }

    /// This many rows.
    pub fn n(n: u64, seed: Seed) -> Self {
        Self { n: Some(n), seed, ..Self::default() }
    }

    pub(crate) fn check(&self) -> Result<(), Problem> {
        let wrong = |what: &str| Err(Problem::Parameter(what.to_owned()));
        match (self.fraction, self.n) {
            (None, None) | (Some(_), Some(_)) => wrong("a sample needs either `fraction` or `n`"),
            (Some(fraction), _) if !(0.0..=1.0).contains(&fraction) => {
                wrong(&format!("`fraction` must be from 0 to 1, got `{fraction}`"))
            }
            (Some(_), _) if !self.partition_by.is_empty() => {
                wrong("`partition_by` has no use with `fraction`: every part keeps its share anyway")
            }
            _ => Ok(()),
        }
    }

    /// The number that each row draws, as 53 bits.
    fn draws(&self, flight: &Flight) -> Result<Vec<u64>, Problem> {
        let mut start = b"sample\0".to_vec();
        start.extend(self.purpose.as_bytes());
        start.push(0);
        start.extend(self.seed.get().to_le_bytes());
        let seed = xxh3_64(&start);
        Ok(flight.ids()?.iter().flatten().map(|id| xxh3_64_with_seed(&id.to_le_bytes(), seed) >> 11).collect())
    }
}

impl Relational for Sample {
    fn name(&self) -> String {
        "sample".to_owned()
    }

    fn reason(&self) -> Option<&'static str> {
        Some("not drawn")
    }

    fn check(&self) -> Result<(), Problem> {
        Self::check(self)
    }

    fn shape(&self, inputs: Vec<Shape>) -> Result<Shape, Problem> {
        let mut shape = one(inputs)?;
        check_parts(&shape, &self.partition_by)?;
        shape.note(self.partition_by.iter().map(String::as_str), Dependency::Group);
        Ok(shape)
    }

    fn needs(&self, wanted: &BTreeSet<String>, _: &[Shape]) -> Vec<BTreeSet<String>> {
        vec![wanted.iter().chain(&self.partition_by).cloned().collect()]
    }

    fn affected(&self, _: &[Shape]) -> Affected {
        match self.n {
            None => Affected::EachRow,
            Some(_) => Affected::part(&self.partition_by),
        }
    }

    fn ways(&self, columns: &[String], _: &[Shape]) -> Vec<Way> {
        vec![match self.n {
            None => Way::through(columns, |column| Some(column.to_owned())),
            Some(_) => Way::parts(columns, &self.partition_by),
        }]
    }

    fn run(&self, run: &mut Run, inputs: Vec<Flight>) -> Result<Flight, Problem> {
        let flight = one(inputs)?;
        let draws = self.draws(&flight)?;
        let frame = match self.n {
            None => {
                let below = self.fraction.unwrap_or_default() * (1_u64 << 53) as f64;
                let kept: BooleanChunked = draws.iter().map(|draw| Some((*draw as f64) < below)).collect();
                flight.frame.filter(&kept)
            }
            Some(n) => {
                let parts = Groups::new(&flight, &self.partition_by, "sample")?;
                let kept = parts.each(|rows| {
                    let mut rows = rows.to_vec();
                    rows.sort_unstable_by_key(|at| (draws[*at as usize], parts.rows[*at as usize]));
                    rows.truncate(usize::try_from(n).unwrap_or(usize::MAX));
                    rows
                });
                flight.frame.take(&IdxCa::from_vec(ROW.into(), kept.concat()))
            }
        };
        let frame = frame.map_err(bug)?;
        run.lose(&flight, &ids(&frame, ROW)?, true)?;
        Ok(flight.with(frame))
    }
}

#[cfg(test)]
mod tests {
    use super::Sample;
    use crate::testing::*;
    use mlspec_record::Seed;

    fn seed(seed: u64) -> Seed {
        Seed::new(seed).unwrap()
    }

    fn many() -> Table {
        let ids: Vec<u64> = (0..10_000).collect();
        let k: Vec<i64> = ids.iter().map(|id| (id % 3) as i64).collect();
        table(df!("_row" => ids, "k" => k))
    }

    fn kept(sample: Sample) -> Vec<u64> {
        let tracked = run(&Plan::scan("t").sample(sample).unwrap(), &[("t", many())]);
        assert!(tracked.is_identity());
        tracked.table().unwrap().ids()
    }

    #[test]
    fn a_share_and_a_number_of_rows() {
        let share = kept(Sample::fraction(0.2, seed(1)));
        assert!((1_850..2_150).contains(&share.len()), "{}", share.len());
        assert_eq!(share, kept(Sample::fraction(0.2, seed(1))));
        assert_ne!(share, kept(Sample::fraction(0.2, seed(2))));
        let other = Sample { purpose: "debug".to_owned(), ..Sample::fraction(0.2, seed(1)) };
        assert_ne!(share, kept(other));
        let more = kept(Sample::fraction(0.3, seed(1)));
        assert!(share.iter().all(|id| more.contains(id)), "a smaller share is part of a larger one");
        assert_eq!(kept(Sample::fraction(0.0, seed(1))).len(), 0);
        assert_eq!(kept(Sample::fraction(1.0, seed(1))).len(), 10_000);
        let few = kept(Sample::n(7, seed(1)));
        assert!(few.len() == 7 && few.iter().all(|id| share.contains(id)));
        assert_eq!(kept(Sample { partition_by: vec!["k".into()], ..Sample::n(7, seed(1)) }).len(), 21);
        assert_eq!(kept(Sample::n(u64::MAX, seed(1))).len(), 10_000);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for sample in [
            Sample::default(),
            Sample { n: Some(1), ..Sample::fraction(0.5, seed(0)) },
            Sample::fraction(1.5, seed(0)),
            Sample::fraction(f64::NAN, seed(0)),
            Sample { partition_by: vec!["k".into()], ..Sample::fraction(0.5, seed(0)) },
        ] {
            assert!(Plan::scan("t").sample(sample.clone()).is_err(), "{sample:?}");
        }
    }
}
