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

/// A number from 0 up to below 1, as other languages make it: SplitMix64 of `seed·2⁴⁰ | row·2⁶ | column`.
pub(crate) fn uniform(seed: u64, row: u64, column: u64) -> f64 {
    let mut z = (seed << 40 | row << 6 | column).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// What [`friedman`] is to predict.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Task {
    Number,
    /// Above 14.4.
    Two,
    /// Above 12, above 17.
    Three,
}

/// Friedman's first function of eight uniform features, five of which count, with uniform noise of width 6:
/// `10 sin(π x₀ x₁) + 20 (x₂ - ½)² + 10 x₃ + 5 x₄ + 6 (u - ½)`, `u` being column 63.
pub(crate) fn friedman(task: Task, seed: u64, from: u64, rows: u64) -> (Vec<f64>, Target) {
    let (mut all, mut labels) = (Vec::new(), Vec::new());
    for row in from..from + rows {
        let x: Vec<f64> = (0..8).map(|column| uniform(seed, row, column)).collect();
        let noise = 6.0 * (uniform(seed, row, 63) - 0.5);
        let bend = 10.0 * (std::f64::consts::PI * x[0] * x[1]).sin() + 20.0 * (x[2] - 0.5).powi(2);
        labels.push(bend + 10.0 * x[3] + 5.0 * x[4] + noise);
        all.extend(x);
    }
    let class = |bounds: &[f64]| {
        let codes = labels.iter().map(|y| bounds.iter().filter(|bound| y > bound).count() as u32).collect();
        let classes: Vec<String> = (0..=bounds.len()).map(|class| format!("c{class}")).collect();
        Target::Class { codes, positive: (classes.len() == 2).then_some(1), classes }
    };
    let target = match task {
        Task::Number => Target::Value(labels),
        Task::Two => class(&[14.4]),
        Task::Three => class(&[12.0, 17.0]),
    };
    (all, target)
}

/// R² of numbers, the area under the ROC curve of two classes, its mean over classes of three.
pub(crate) fn score(model: &mlspec_model::Model, x: &Features, y: &Target) -> f64 {
    match (model.predict(x).unwrap(), y) {
        (mlspec_model::Prediction::Value(found), Target::Value(y)) => {
            let mean = y.iter().sum::<f64>() / y.len() as f64;
            let rest: f64 = y.iter().zip(&found).map(|(y, found)| (y - found).powi(2)).sum();
            1.0 - rest / y.iter().map(|y| (y - mean).powi(2)).sum::<f64>()
        }
        (mlspec_model::Prediction::Class { probabilities: Some(p), .. }, Target::Class { codes, classes, .. }) => {
            let from = if classes.len() == 2 { 1 } else { 0 };
            let areas = (from..classes.len()).map(|class| area(codes, class as u32, &p[class]));
            areas.sum::<f64>() / (classes.len() - from) as f64
        }
        other => panic!("{other:?}"),
    }
}

/// The share of pairs of a row of the class and another that are in order; ties count half.
fn area(codes: &[u32], class: u32, p: &[f64]) -> f64 {
    let of = |wanted: bool| -> Vec<f64> {
        codes.iter().zip(p).filter(|row| (*row.0 == class) == wanted).map(|row| *row.1).collect()
    };
    let (inside, mut others) = (of(true), of(false));
    others.sort_by(f64::total_cmp);
    let below = |found: &f64| {
        let (less, most) = (others.partition_point(|p| p < found), others.partition_point(|p| p <= found));
        (less + most) as f64 / 2.0
    };
    inside.iter().map(below).sum::<f64>() / (inside.len() * others.len()) as f64
}
