//! How often each class was predicted for each class: what all metrics of classes are functions of.

use crate::{Sum, Undefined, check};

/// Weights by true class (row) and predicted class (column).
#[derive(Clone, Debug, PartialEq)]
pub struct ConfusionMatrix {
    classes: usize,
    cells: Vec<f64>,
}

/// What the cells of a confusion matrix are shares of; scikit-learn's `normalize`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Normalize {
    /// The rows of the true class: each row of the matrix adds up to 1.
    True,
    /// The rows predicted as the class: each column adds up to 1.
    Pred,
    /// All rows.
    All,
}

/// Counts rows by true and predicted class, for `classes` classes.
///
/// # Errors
/// When there are no rows, lengths differ, a code is not below `classes`, or weights cannot be used.
pub fn confusion_matrix(
    truth: &[u32],
    predicted: &[u32],
    classes: usize,
    weights: Option<&[f64]>,
) -> Result<ConfusionMatrix, Undefined> {
    check::lengths(truth.len(), "prediction", predicted.len(), weights)?;
    let beyond = truth.iter().chain(predicted).find(|&&code| code as usize >= classes);
    if let Some(&code) = beyond {
        return Err(Undefined::Code { code, classes });
    }
    let pairs = truth.iter().zip(predicted).map(|(&of, &as_)| of as usize * classes + as_ as usize);
    let cells = match weights {
        None => {
            let mut counts = vec![0_u64; classes * classes];
            pairs.for_each(|cell| counts[cell] += 1);
            counts.into_iter().map(|count| count as f64).collect()
        }
        Some(weights) => {
            let mut sums = vec![Sum::default(); classes * classes];
            pairs.zip(weights).for_each(|(cell, &weight)| sums[cell].add(weight));
            sums.into_iter().map(Sum::get).collect()
        }
    };
    Ok(ConfusionMatrix { classes, cells })
}

/// The matrix over the classes that occur, and no more than a code of any use can name.
pub(crate) fn of_codes(
    truth: &[u32],
    predicted: &[u32],
    weights: Option<&[f64]>,
) -> Result<ConfusionMatrix, Undefined> {
    /// More classes than this would take more memory than any confusion matrix is worth.
    const MOST: usize = 1 << 12;
    let largest = truth.iter().chain(predicted).copied().max().unwrap_or(0);
    let classes = largest as usize + 1;
    if classes > MOST {
        return Err(Undefined::Code { code: largest, classes: MOST });
    }
    confusion_matrix(truth, predicted, classes, weights)
}

impl ConfusionMatrix {
    /// How many classes there are.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// The weight of rows of class `truth` that were predicted as `predicted`; 0 for classes there are not.
    pub fn get(&self, truth: usize, predicted: usize) -> f64 {
        let inside = truth < self.classes && predicted < self.classes;
        if inside { self.cells[truth * self.classes + predicted] } else { 0.0 }
    }

    /// The rows as counts, for a matrix without weights.
    pub fn counts(&self) -> Vec<Vec<u64>> {
        (0..self.classes).map(|t| (0..self.classes).map(|p| self.get(t, p) as u64).collect()).collect()
    }

    /// The cells as shares, by true class, then predicted; 0 where nothing is to be shared out.
    pub fn normalized(&self, by: Normalize) -> Vec<Vec<f64>> {
        let total = self.total();
        let whole = |truth, predicted| match by {
            Normalize::True => self.truth(truth),
            Normalize::Pred => self.predicted(predicted),
            Normalize::All => total,
        };
        let share = |truth, predicted| {
            let whole = whole(truth, predicted);
            if whole > 0.0 { self.get(truth, predicted) / whole } else { 0.0 }
        };
        (0..self.classes).map(|truth| (0..self.classes).map(|predicted| share(truth, predicted)).collect()).collect()
    }

    /// The weight of rows of this class.
    pub(crate) fn truth(&self, class: usize) -> f64 {
        (0..self.classes).map(|predicted| self.get(class, predicted)).collect::<Sum>().get()
    }

    /// The weight of rows predicted as this class.
    pub(crate) fn predicted(&self, class: usize) -> f64 {
        (0..self.classes).map(|truth| self.get(truth, class)).collect::<Sum>().get()
    }

    /// The weight of rows predicted rightly.
    pub(crate) fn correct(&self) -> f64 {
        (0..self.classes).map(|class| self.get(class, class)).collect::<Sum>().get()
    }

    /// The weight of all rows.
    pub(crate) fn total(&self) -> f64 {
        self.cells.iter().copied().collect::<Sum>().get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::*;

    #[test]
    fn cells_are_scikit_learns() {
        let matrix = confusion_matrix(&CODES, &PREDICTED, 3, None).unwrap();
        assert_eq!(matrix.counts(), [[6, 0, 2], [0, 6, 2], [1, 1, 6]]);
        let weighted = confusion_matrix(&CODES, &PREDICTED, 3, Some(&WEIGHTS)).unwrap();
        let expected = [[7.68, 0.0, 4.13], [0.0, 9.78, 1.55], [1.87, 0.82, 11.95]];
        for (truth, row) in expected.iter().enumerate() {
            for (predicted, &cell) in row.iter().enumerate() {
                close(weighted.get(truth, predicted), cell);
            }
        }
    }

    #[test]
    fn shares_are_scikit_learns() {
        // confusion_matrix(truth, predicted, normalize=…)
        let matrix = confusion_matrix(&CODES, &PREDICTED, 3, None).unwrap();
        let check = |by, expect: [[f64; 3]; 3]| {
            matrix.normalized(by).iter().zip(expect).for_each(|(found, expect)| all_close(found, &expect));
        };
        check(Normalize::True, [[0.75, 0.0, 0.25], [0.0, 0.75, 0.25], [0.125, 0.125, 0.75]]);
        check(Normalize::Pred, [[6.0 / 7.0, 0.0, 0.2], [0.0, 6.0 / 7.0, 0.2], [1.0 / 7.0, 1.0 / 7.0, 0.6]]);
        check(Normalize::All, [[0.25, 0.0, 1.0 / 12.0], [0.0, 0.25, 1.0 / 12.0], [1.0 / 24.0, 1.0 / 24.0, 0.25]]);
        let absent = confusion_matrix(&[0], &[0], 2, None).unwrap();
        assert_eq!(absent.normalized(Normalize::True), [[1.0, 0.0], [0.0, 0.0]]);
    }

    #[test]
    fn absurd_codes_do_not_take_memory() {
        assert_eq!(confusion_matrix(&[3], &[0], 3, None), Err(Undefined::Code { code: 3, classes: 3 }));
        assert!(matches!(of_codes(&[u32::MAX], &[0], None), Err(Undefined::Code { .. })));
    }
}
