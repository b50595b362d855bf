//! Bins as numpy and scikit-learn cut them, and sums that don't depend on how rows are kept.

use super::cuts::Values;
use super::*;
use crate::Sample;
use crate::testing::{blocks, on_threads, uniform};
use mlspec_model::{Features, Target};

fn values(all: &[f64]) -> Values {
    let nonzero: Vec<f64> = all.iter().copied().filter(|&value| value != 0.0).collect();
    Values { zeros: all.len() - nonzero.len(), nonzero }
}

#[test]
fn cuts_are_midpoints_or_quantiles() {
    let many: Vec<f64> = (0..1000).map(f64::from).collect();
    let around: Vec<f64> = (-5..=5).map(f64::from).collect();
    let zeros = [vec![0.0; 90], (1..=10).map(f64::from).collect()].concat();
    let cases: [(&[f64], usize, &[f64]); 10] = [
        (&[], 255, &[]),
        (&[0.0, 0.0], 255, &[]),
        (&[3.0, 1.0, 3.0, 2.0], 255, &[1.5, 2.5]),
        (&[-1.0, 0.0, 0.0, 4.0], 255, &[-0.5, 2.0]),
        (&[-2.0, -1.0], 255, &[-1.5]),
        // numpy.percentile(range(1000), [25, 50, 75], method="midpoint")
        (&many, 4, &[249.5, 499.5, 749.5]),
        (&around, 4, &[-2.5, 0.0, 2.5]),
        // Quantiles that are alike are one.
        (&zeros, 4, &[0.0]),
        (&[f64::MAX, -f64::MAX], 255, &[0.0]),
        (&[1.0, 1.0 + f64::EPSILON], 255, &[1.0]),
    ];
    for (all, bins, expected) in cases {
        assert_eq!(values(all).cuts(bins), expected, "{} values in {bins} bins", all.len());
    }
}

#[test]
fn categories_are_whole_numbers() {
    let found = |all: &[f64]| values(all).categories("x", 3).map_err(|error| error.to_string());
    assert_eq!(found(&[3.0, 0.0, 3.0, -1.0, 7.0]), Ok(vec![0, 3, 7]));
    let cases: [(&[f64], &str); 3] = [
        (&[0.5], "has values that are no whole numbers up to 65535"),
        (&[70000.0], "has values that are no whole numbers up to 65535"),
        (&[1.0, 2.0, 3.0, 4.0], "the categorical feature x has 4 categories: at most 3"),
    ];
    for (all, expected) in cases {
        let error = found(all).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
}

/// Mostly zeros, some missing, in ten columns.
fn sparse() -> Features {
    let cell = |row: u64, column: u64| {
        let draw = uniform(7, row, column);
        let nan = column == 3 && uniform(8, row, column) < 0.1;
        match draw < 0.1 + 0.1 * (column % 3) as f64 {
            _ if nan => f64::NAN,
            true => (draw * 1000.0).round() - 40.0,
            false => 0.0,
        }
    };
    let all: Vec<f64> = (0..3000).flat_map(|row| (0..10).map(move |column| cell(row, column))).collect();
    blocks(10, &all)
}

fn growth() -> Growth {
    Growth {
        max_leaf_nodes: Some(31),
        max_depth: None,
        min_samples_leaf: 20,
        l2: 0.0,
        max_features: 1.0,
        monotone: Vec::new(),
        seed: 0,
    }
}

fn grown(binned: &Binned, growth: Growth) -> mlspec_model::Tree {
    let mut gradients = Gradients::new(binned.rows, (1.0, 1.0), true);
    gradients.rows = (0..binned.rows as u64)
        .map(|row| ((uniform(9, row, 0) * 1e6) as i32 - (row % 7) as i32 * 100_000, 1))
        .collect();
    let mut rows: Vec<u32> = (0..binned.rows as u32).collect();
    let mut grower = Grower::new(binned, growth);
    let tree = grower.grow(0, &mut rows, &gradients).tree(binned);
    let mut again: Vec<u32> = (0..binned.rows as u32).collect();
    assert_eq!(grower.grow(0, &mut again, &gradients).tree(binned), tree, "histograms are used again");
    tree
}

#[test]
fn lists_and_columns_give_the_same_trees() {
    let (features, target) = (sparse(), Target::Value(vec![0.0; 3000]));
    let sample = Sample::new(&features, &target, None).unwrap();
    let binned = |lists| Binned::new(&sample, &BinningOptions { lists, ..BinningOptions::new(64, 0) }).unwrap();
    let (listed, columns) = (binned(true), binned(false));
    assert!(listed.listed.len() >= 3 && columns.listed.is_empty());
    for (list, column) in listed.features.iter().zip(&columns.features) {
        assert!((0..3000).all(|row| listed.bin(list, row) == columns.bin(column, row)));
    }
    let tree = on_threads(1, || grown(&listed, growth()));
    assert!(tree.leaves() > 10);
    assert_eq!(tree, on_threads(2, || grown(&columns, growth())));
}

#[test]
fn trees_keep_their_limits() {
    let (features, target) = (sparse(), Target::Value(vec![0.0; 3000]));
    let sample = Sample::new(&features, &target, None).unwrap();
    let binned = Binned::new(&sample, &BinningOptions::new(255, 0)).unwrap();
    assert_eq!(grown(&binned, Growth { max_leaf_nodes: Some(5), ..growth() }).leaves(), 5);
    assert!(grown(&binned, Growth { max_depth: Some(2), max_leaf_nodes: None, ..growth() }).leaves() <= 4);
    assert_eq!(grown(&binned, Growth { min_samples_leaf: 1501, ..growth() }).leaves(), 1);
    let few = grown(&binned, Growth { max_features: 0.3, ..growth() });
    assert_ne!(few, grown(&binned, growth()));
    assert_ne!(few, grown(&binned, Growth { max_features: 0.3, seed: 1, ..growth() }));
}

#[test]
fn draws_are_even() {
    let draws: Vec<f64> = (0..10_000).map(|at| unit(draw(1, 2, 3, at))).collect();
    let below = |bound: f64| draws.iter().filter(|&&draw| draw < bound).count() as f64 / 10_000.0;
    assert!(draws.iter().all(|draw| (0.0..1.0).contains(draw)));
    assert!([0.1, 0.5, 0.9].iter().all(|&bound| (below(bound) - bound).abs() < 0.015));
    assert_ne!(draw(1, 2, 3, 4), draw(1, 2, 4, 3));
}
