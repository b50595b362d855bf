//! The outputs of a split: parts, both sides of folds, samples; and which of a row's cells each takes.
//!
//! Every row is in one cell, or in none. A part is a cell; the test part of a fold is a cell, and its train part is all others.

use crate::{SplitError, SplitParams};
use mlspec_record::Name;

/// An output.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Output {
    pub(crate) name: Name,
    pub(crate) takes: Takes,
    /// The share of the rows asked for.
    pub(crate) share: Option<f64>,
}

/// What an output takes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Takes {
    /// The rows of a cell.
    Cell(usize),
    /// The rows of all other cells.
    Others(usize),
    /// So many rows of another output.
    Sample { of: usize, rows: u64 },
}

/// The cell of rows that are in no part.
pub(crate) const NONE: usize = usize::MAX;

/// The outputs, in order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outputs {
    all: Vec<Output>,
    cells: usize,
}

impl Outputs {
    pub(crate) fn of(params: &SplitParams) -> Result<Self, SplitError> {
        let mut all: Vec<Output> = match (params.folds, &params.predefined, &params.time) {
            (Some(folds), ..) => both_sides(folds)?,
            (_, Some(predefined), _) => {
                predefined.values.keys().map(|name| (name.clone(), None)).enumerate().map(cell).collect()
            }
            (_, _, Some(time)) => {
                // In the order of time; the shares are those of the parts' names.
                let named = time.order.iter().map(|name| (name.clone(), params.parts.get(name).copied()));
                named.enumerate().map(cell).collect()
            }
            _ => params.parts.iter().map(|(name, share)| (name.clone(), Some(*share))).enumerate().map(cell).collect(),
        };
        let cells = all.iter().filter(|output| matches!(output.takes, Takes::Cell(_))).count();
        for (name, sample) in &params.samples {
            let of = all.iter().position(|output| output.name == sample.of);
            let of = of.ok_or_else(|| {
                SplitError::Setting(format!("the sample `{name}` is of `{}`, which is no part", sample.of))
            })?;
            if sample.rows == 0 {
                return Err(SplitError::Setting(format!("the sample `{name}` must have a row at least")));
            }
            all.push(Output { name: name.clone(), takes: Takes::Sample { of, rows: sample.rows }, share: None });
        }
        let mut names: Vec<&Name> = all.iter().map(|output| &output.name).collect();
        names.sort_by_key(|name| name.as_str().to_ascii_lowercase());
        match names.windows(2).find(|pair| pair[0].clashes_with(pair[1])) {
            Some(pair) => Err(SplitError::Clash(pair[0].clone(), pair[1].clone())),
            None => Ok(Self { all, cells }),
        }
    }

    /// The outputs, in order.
    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Output> {
        self.all.iter()
    }

    /// How many cells there are.
    pub(crate) fn cells(&self) -> usize {
        self.cells
    }

    /// The output of this name that is no sample.
    pub(crate) fn part(&self, name: &Name) -> Option<&Output> {
        self.all.iter().find(|output| output.name == *name && !matches!(output.takes, Takes::Sample { .. }))
    }

    /// The outputs that are cells, by cell.
    pub(crate) fn of_cells(&self) -> Vec<usize> {
        let mut found: Vec<(usize, usize)> = self
            .all
            .iter()
            .enumerate()
            .filter_map(|(at, output)| match output.takes {
                Takes::Cell(cell) => Some((cell, at)),
                _ => None,
            })
            .collect();
        found.sort_unstable();
        found.into_iter().map(|(_, at)| at).collect()
    }
}

impl Takes {
    /// Whether a row of this cell is taken; of samples, whether it is not, since they choose among rows.
    pub(crate) fn has(&self, cell: usize) -> bool {
        match self {
            Self::Cell(own) => *own == cell,
            Self::Others(other) => cell != *other && cell != NONE,
            Self::Sample { .. } => false,
        }
    }
}

fn cell((at, (name, share)): (usize, (Name, Option<f64>))) -> Output {
    Output { name, takes: Takes::Cell(at), share }
}

fn both_sides(folds: u64) -> Result<Vec<Output>, SplitError> {
    let mut all = Vec::new();
    for fold in 0..folds {
        let named = |side: &str| {
            Name::new(&format!("fold{fold}-{side}")).map_err(|error| SplitError::Setting(error.to_string()))
        };
        let (at, share) = (fold as usize, 1.0 / folds as f64);
        all.push(Output { name: named("test")?, takes: Takes::Cell(at), share: Some(share) });
        all.push(Output { name: named("train")?, takes: Takes::Others(at), share: Some(1.0 - share) });
    }
    Ok(all)
}
