//! What labels are like where a category stands: `target_encoder`.

use super::RawKind;
use super::category::check_categories;
use super::part::{Cells, Fitted, Lookup, Part, RawRows, RowCells, Writer};
use crate::ModelError;
use crate::format::tidy;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Columns of categories, each of which becomes the (shrunk) mean of the labels: one feature a column, or one for each class of
/// more than two.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetEncoder {
    /// The columns, in the order of the features.
    pub columns: Vec<TargetColumn>,
    /// The classes, if there are more than two.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
    /// What the fold of a row is drawn with.
    pub seed: u64,
}

/// A column of categories.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetColumn {
    /// The table column.
    pub column: String,
    /// What stands for null; without it, null is a category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fill: Option<String>,
    /// The categories, sorted, null last.
    pub categories: Vec<Option<String>>,
    /// What all rows say.
    pub all: TargetMeans,
    /// For the rows of each fold, what those of the other folds say.
    pub folds: Vec<TargetMeans>,
}

/// Means of labels by category.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetMeans {
    /// For each category its features.
    pub encodings: Vec<f64>,
    /// The features of any other category.
    pub unknown: Vec<f64>,
}

/// The fold of a row among `folds`: a hash (XXH3) of the text `target_encoder`, a zero byte, the seed, and the row's id.
pub fn target_fold(id: u64, seed: u64, folds: usize) -> usize {
    let mut bytes = *b"target_encoder\0________________";
    bytes[15..23].copy_from_slice(&seed.to_le_bytes());
    bytes[23..31].copy_from_slice(&id.to_le_bytes());
    let hash = xxhash_rust::xxh3::xxh3_64(&bytes);
    // The high half of the product: as even as the hash.
    ((u128::from(hash) * folds as u128) >> 64) as usize
}

impl TargetEncoder {
    fn width(&self) -> usize {
        self.classes.len().max(1)
    }
}

impl TargetMeans {
    fn check(&mut self, categories: &[Option<String>], width: usize) -> Result<(), ModelError> {
        check_categories(categories, self.encodings.len(), width)?;
        if self.unknown.len() != width {
            return Err(ModelError::invalid("encoder", "unknown categories have more or fewer numbers than others"));
        }
        tidy(&mut self.encodings, "encoder")?;
        tidy(&mut self.unknown, "encoder")
    }
}

/// A column with its encoder.
#[derive(Clone, Copy, Debug)]
struct Column<'a>(&'a TargetEncoder, &'a TargetColumn);

/// The same, with the place of each category.
#[derive(Debug)]
struct Places<'a> {
    column: Column<'a>,
    places: HashMap<Option<&'a str>, usize>,
}

impl<'a> Writer<'a> for Column<'a> {
    fn name(&self, column: &str, at: usize) -> String {
        match self.0.classes.get(at) {
            Some(class) => format!("{column}_{class}"),
            None => column.to_owned(),
        }
    }

    fn lookup(&self) -> Result<Box<dyn Lookup + 'a>, ModelError> {
        let places = self.1.categories.iter().map(Option::as_deref).zip(0..).collect();
        Ok(Box::new(Places { column: *self, places }))
    }
}

impl Lookup for Places<'_> {
    fn read<'t>(&'t self, rows: &RawRows<'t>) -> Result<Box<dyn Cells + 't>, ModelError> {
        let Column(encoder, column) = self.column;
        let (width, fill) = (encoder.width(), column.fill.as_deref());
        let places = rows.texts(0)?.iter().map(|text| self.places.get(&text.or(fill)).copied());
        let means = |id: u64| match rows.fitted {
            true => column.folds.get(target_fold(id, encoder.seed, column.folds.len())).unwrap_or(&column.all),
            false => &column.all,
        };
        let rows: Vec<_> = places.zip(rows.ids).map(|(place, &id)| (place, means(id))).collect();
        Ok(Box::new(RowCells(move |row: usize, out: &mut Vec<f64>| {
            let (place, means) = rows.get(row)?;
            let own = place.and_then(|place| means.encodings.get(place * width..(place + 1) * width));
            out.extend(own.unwrap_or(&means.unknown));
            Some(())
        })))
    }

    fn takes_all(&self) -> bool {
        true
    }
}

impl Fitted for TargetEncoder {
    fn check(&mut self) -> Result<(), ModelError> {
        let width = self.width();
        for column in &mut self.columns {
            let TargetColumn { categories, all, folds, .. } = column;
            folds.iter_mut().chain([all]).try_for_each(|means| means.check(categories, width))?;
        }
        Ok(())
    }

    fn parts(&self) -> Vec<Part<'_>> {
        let kind = RawKind::Category { nulls: true };
        self.columns.iter().map(|column| Part::of(&column.column, kind, self.width(), Column(self, column))).collect()
    }

    fn categories(&self) -> Vec<(&str, Vec<&str>)> {
        self.columns
            .iter()
            .map(|column| {
                let known = column.categories.iter().chain([&column.fill]);
                (column.column.as_str(), known.flatten().map(String::as_str).collect())
            })
            .collect()
    }

    fn knows_labels(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_are_even_and_depend_on_id_and_seed_alone() {
        let mut counts = [0; 5];
        (0..10_000).for_each(|id| counts[target_fold(id, 7, 5)] += 1);
        assert!(counts.iter().all(|count| (1_850..2_150).contains(count)), "{counts:?}");
        let folds = |seed| (0..64).map(|id| target_fold(id, seed, 5)).collect::<Vec<_>>();
        assert_eq!(folds(1), folds(1));
        assert_ne!(folds(1), folds(2));
        assert_eq!(target_fold(3, 0, 1), 0);
    }
}
