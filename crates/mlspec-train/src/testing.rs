//! Data for tests that other languages make bit by bit the same.

use crate::{Estimator, Fitted, Sample, TrainError};
use mlspec_model::{Block, Features, Target};

/// `rows × columns` of hundredths: `((i·37 + j·91 + i²(j+1)·13) mod 101) / 50 - 1`, row by row.
pub(crate) fn dense(rows: usize, columns: usize) -> Vec<f64> {
    let cell = |at: usize| {
        let (i, j) = (at / columns, at % columns);
        ((i * 37 + j * 91 + i * i * (j + 1) * 13) % 101) as f64 / 50.0 - 1.0
    };
    (0..rows * columns).map(cell).collect()
}

/// `2x₀ - x₁ + x₂/2 + ((29i) mod 17)/17` of 60 rows of three features.
pub(crate) fn labels() -> Vec<f64> {
    let rows = dense(60, 3);
    let rows = rows.chunks(3).enumerate();
    rows.map(|(i, x)| 2.0 * x[0] - x[1] + 0.5 * x[2] + ((i * 29) % 17) as f64 / 17.0).collect()
}

/// `1 + i mod 3`.
pub(crate) fn weights() -> Vec<f64> {
    (0..60).map(|i| 1.0 + (i % 3) as f64).collect()
}

/// Features in blocks of seven rows, so that there are many.
pub(crate) fn blocks(columns: usize, values: &[f64]) -> Features {
    let blocks = values.chunks(columns * 7).map(|rows| {
        let mut block = Block::default();
        for row in rows.chunks(columns) {
            row.iter().zip(0..).for_each(|(&value, column)| block.push(column, value));
            block.end_row();
        }
        block
    });
    Features::new(columns, blocks.collect()).unwrap()
}

/// The class of each label: how many of the bounds it reaches.
pub(crate) fn classes(bounds: &[f64]) -> Target {
    let codes = labels().iter().map(|y| bounds.iter().filter(|bound| y >= bound).count() as u32).collect();
    let classes: Vec<String> = (0..=bounds.len()).map(|class| format!("c{class}")).collect();
    Target::Class { codes, positive: (classes.len() == 2).then_some(1), classes }
}

pub(crate) fn fit(
    estimator: impl Into<Estimator>,
    features: &Features,
    target: &Target,
    weights: Option<&[f64]>,
) -> Result<Fitted, TrainError> {
    estimator.into().check()?.fit(&Sample::new(features, target, weights)?)
}

/// Runs on this many threads.
pub(crate) fn on_threads<T: Send>(threads: usize, run: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(run)
}

#[track_caller]
pub(crate) fn assert_close(found: &[f64], expected: &[f64], tolerance: f64) {
    let close = |(a, b): (&f64, &f64)| (a - b).abs() <= tolerance * (1.0 + b.abs());
    assert!(found.len() == expected.len() && found.iter().zip(expected).all(close), "{found:?} is not {expected:?}");
}
