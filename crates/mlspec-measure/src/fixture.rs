//! Rows that the tests measure. All expected values beside them were computed with scikit-learn 1.9.1.

pub(crate) const POSITIVE: [bool; 24] = [
    false, false, false, true, true, false, true, false, false, false, true, true, true, false, false, false, false,
    false, false, false, true, true, false, true,
];
pub(crate) const SCORES: [f64; 24] = [
    0.4, 0.3, 0.0, 0.5, 0.6, 0.4, 0.3, 0.2, 0.1, 0.2, 0.8, 0.4, 0.6, 0.5, 0.2, 0.3, 0.4, 0.4, 0.1, 0.4, 0.9, 0.3, 0.5,
    0.6,
];
pub(crate) const WEIGHTS: [f64; 24] = [
    2.71, 1.18, 1.89, 0.28, 1.26, 1.07, 0.55, 2.55, 1.24, 3.04, 1.87, 1.92, 2.01, 2.13, 0.55, 1.42, 0.82, 1.31, 0.39,
    3.0, 0.75, 2.12, 1.0, 2.72,
];
pub(crate) const PREDICTED_POSITIVE: [bool; 24] = [
    false, false, false, true, true, false, false, false, false, false, true, false, true, true, false, false, false,
    false, false, false, true, false, true, true,
];
pub(crate) const CODES: [u32; 24] = [0, 1, 1, 0, 2, 2, 1, 2, 1, 2, 2, 1, 0, 0, 1, 0, 2, 2, 0, 1, 0, 0, 1, 2];
pub(crate) const PREDICTED: [u32; 24] = [2, 1, 1, 0, 2, 2, 2, 2, 1, 2, 0, 1, 0, 0, 1, 2, 1, 2, 0, 1, 0, 0, 2, 2];
pub(crate) const PROBABILITIES: [[f64; 24]; 3] = [
    [
        0.587, 0.514, 0.24, 0.772, 0.058, 0.147, 0.216, 0.127, 0.428, 0.101, 0.279, 0.232, 0.724, 0.465, 0.077, 0.586,
        0.352, 0.382, 0.501, 0.103, 0.576, 0.977, 0.029, 0.021,
    ],
    [
        0.211, 0.464, 0.532, 0.158, 0.455, 0.245, 0.739, 0.287, 0.466, 0.315, 0.069, 0.602, 0.153, 0.42, 0.783, 0.379,
        0.04, 0.166, 0.287, 0.484, 0.379, 0.013, 0.501, 0.524,
    ],
    [
        0.202, 0.022, 0.228, 0.07, 0.487, 0.608, 0.045, 0.586, 0.106, 0.584, 0.652, 0.166, 0.123, 0.115, 0.14, 0.035,
        0.608, 0.452, 0.212, 0.413, 0.045, 0.01, 0.47, 0.455,
    ],
];
pub(crate) const VALUES: [f64; 24] = [
    0.24, 4.9, 4.93, 2.72, 4.08, 4.56, 4.66, 4.84, 2.09, 6.03, 0.51, 4.72, 3.99, 4.75, 6.76, 5.97, 0.71, -0.38, 4.63,
    0.97, 2.98, 4.68, -0.29, -1.22,
];
pub(crate) const FORECAST: [f64; 24] = [
    0.45, 4.94, 4.73, 2.75, 3.39, 3.35, 4.53, 4.06, 0.78, 6.43, 0.46, 5.05, 3.2, 4.22, 5.96, 5.26, 0.87, -1.01, 4.91,
    1.24, 4.6, 3.57, 0.42, -1.29,
];

/// Equal but for the last bits.
#[track_caller]
pub(crate) fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-14 * expected.abs().max(1.0), "{found} is not {expected}");
}

/// Equal but for the last bits, everywhere.
#[track_caller]
pub(crate) fn all_close(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    found.iter().zip(expected).for_each(|(&found, &expected)| close(found, expected));
}

/// Equal within a share of the expected value, or of 1 where that is smaller.
#[track_caller]
pub(crate) fn near(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance * expected.abs().max(1.0), "{found} is not {expected}");
}
