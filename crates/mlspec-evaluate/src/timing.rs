//! How long predictions take. Times differ from run to run: they are measurements, never part of a body.

use mlspec_model::{Features, Model, ModelError, Prediction};

/// How many rows are predicted one by one.
const SINGLES: usize = 1_000;

/// How long predictions take, in seconds, and how much memory they hold, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Timing {
    /// All rows at once.
    pub batch_seconds: f64,
    /// One row alone: half of the rows take no longer.
    pub row_p50_seconds: f64,
    /// One row alone: all but one in a hundred take no longer.
    pub row_p99_seconds: f64,
    /// The features of all rows and what was predicted for them.
    pub memory_bytes: u64,
}

impl Timing {
    /// Predicts all rows, then up to 1,000 of them, evenly chosen, one by one.
    ///
    /// # Errors
    /// When the model refuses the features.
    pub fn predict(
        model: &Model,
        features: &Features,
        clock: &dyn Fn() -> f64,
    ) -> Result<(Prediction, Self), ModelError> {
        let began = clock();
        let prediction = model.predict(features)?;
        let batch_seconds = clock() - began;
        let rows = features.rows();
        let count = rows.min(SINGLES);
        let mut seconds = Vec::with_capacity(count);
        for single in 0..count {
            let row = features.select(&[single * rows / count]);
            let began = clock();
            std::hint::black_box(model.predict(&row)?);
            seconds.push(clock() - began);
        }
        seconds.sort_unstable_by(f64::total_cmp);
        let memory_bytes = features_bytes(features) + prediction_bytes(&prediction);
        let timing = Self {
            batch_seconds,
            row_p50_seconds: nearest_rank(&seconds, 0.5),
            row_p99_seconds: nearest_rank(&seconds, 0.99),
            memory_bytes,
        };
        Ok((prediction, timing))
    }
}

/// The least value that at least this share of the sorted values does not exceed; 0 of nothing.
fn nearest_rank(sorted: &[f64], share: f64) -> f64 {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.max(1) - 1).copied().unwrap_or(0.0)
}

/// Compressed rows: where each ends, and column and value of what is not zero.
fn features_bytes(features: &Features) -> u64 {
    (features.rows() * size_of::<usize>() + features.nonzeros() * (size_of::<u32>() + size_of::<f64>())) as u64
}

fn prediction_bytes(prediction: &Prediction) -> u64 {
    let bytes = match prediction {
        Prediction::Value(values) => size_of_val(values.as_slice()),
        Prediction::Cluster { codes, distances, .. } => {
            size_of_val(codes.as_slice()) + size_of_val(distances.as_slice())
        }
        Prediction::Class { codes, probabilities, .. } => {
            let shares = probabilities.iter().flatten().map(|class| size_of_val(class.as_slice()));
            size_of_val(codes.as_slice()) + shares.sum::<usize>()
        }
    };
    bytes as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_values_that_occurred() {
        let seconds: Vec<f64> = (1..=200).map(f64::from).collect();
        assert_eq!((nearest_rank(&seconds, 0.5), nearest_rank(&seconds, 0.99)), (100.0, 198.0));
        assert_eq!((nearest_rank(&[3.0], 0.5), nearest_rank(&[], 0.5)), (3.0, 0.0));
    }
}
