//! The histogram core that trees of ensembles grow on: features become at most 255 bins each, one byte a row, and a split is found from
//! sums over bins.
//!
//! [`Binned`] holds the rows, [`Gradients`] what is summed, [`Grower`] grows one tree of boosting; forests count on [`Binned`] in a
//! way of their own. Sums are sums of whole numbers, so neither threads nor the order of rows show.

mod binned;
mod cuts;
mod fill;
mod grow;
mod split;
#[cfg(test)]
mod tests;

pub(crate) use binned::{Binned, BinningOptions, FeatureBins, Place};
pub(crate) use cuts::Cuts;
pub(crate) use fill::Gradients;
pub(crate) use grow::{BinTree, Grower, Growth};

/// A random draw: a hash of what it is for (`purpose`), the seed, and two numbers that name it.
pub(crate) fn draw(purpose: u64, seed: u64, a: u64, b: u64) -> u64 {
    [purpose, seed, a, b].into_iter().fold(0x6a09_e667_f3bc_c908, |state, part| {
        // The mixing function of SplitMix64 (Steele, Lea, Flood 2014).
        let mut z = (state ^ part).wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    })
}

/// A draw as a number from 0 up to below 1.
pub(crate) fn unit(draw: u64) -> f64 {
    (draw >> 11) as f64 / (1_u64 << 53) as f64
}
