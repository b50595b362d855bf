//! The best split of a node by one feature, from its histogram.

use super::binned::FeatureBins;
use super::cuts::Cuts;
use super::fill::{Gradients, Slot, Sums, minus, plus};

/// The fewest rows' worth of hessians that a category must have to be told from others, as scikit-learn has it.
const MIN_CATEGORY: f64 = 10.0;

/// The least sum of hessians of a leaf, as scikit-learn has it.
const MIN_HESSIAN: f64 = 1e-3;

/// What a split must obey.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) min_samples_leaf: u64,
    pub(crate) l2: f64,
}

/// Between which numbers the value of a node must lie.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) lower: f64,
    pub(crate) upper: f64,
}

impl Bounds {
    pub(crate) const NONE: Self = Self { lower: f64::NEG_INFINITY, upper: f64::INFINITY };
}

/// The question of a split.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Asked {
    /// Bins up to this one go left.
    UpTo(u8),
    /// Bins in this set go left.
    In([u64; 4]),
}

/// A split and what it brings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    pub(crate) feature: u32,
    pub(crate) asked: Asked,
    pub(crate) missing_left: bool,
    pub(crate) gain: f64,
    pub(crate) left: Slot,
    /// The values of both sides.
    pub(crate) values: (f64, f64),
}

/// A node whose split is searched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node<'a> {
    pub(crate) gradients: &'a Gradients,
    pub(crate) rules: Rules,
    pub(crate) total: Slot,
    pub(crate) bounds: Bounds,
    pub(crate) constrained: bool,
}

impl Node<'_> {
    /// The value of a leaf with these sums.
    pub(crate) fn value(&self, sums: Sums) -> f64 {
        let value = -sums.gradient / (sums.hessian + self.rules.l2 + f64::MIN_POSITIVE);
        if self.constrained { value.clamp(self.bounds.lower, self.bounds.upper) } else { value }
    }

    /// What a leaf with these sums takes from the loss.
    fn gain(&self, sums: Sums, value: f64) -> f64 {
        if self.constrained {
            -sums.gradient * value
        } else {
            sums.gradient * sums.gradient / (sums.hessian + self.rules.l2)
        }
    }

    fn loss(&self) -> f64 {
        let sums = self.gradients.sums(self.total);
        let value = self.value(sums);
        self.gain(sums, value)
    }

    /// Whether a side can be one of a split.
    fn enough(&self, sums: &Sums) -> bool {
        sums.count >= self.rules.min_samples_leaf && sums.hessian >= MIN_HESSIAN
    }

    /// The better of a split and the best so far; `sign` is the monotone constraint.
    fn judge(&self, best: &mut Option<Candidate>, left: Slot, base: f64, sign: i8, make: impl Fn() -> (Asked, bool)) {
        let (on_left, on_right) = (self.gradients.sums(left), self.gradients.sums(minus(self.total, left)));
        if !(self.enough(&on_left) && self.enough(&on_right)) {
            return;
        }
        let (mut values, gain);
        if self.constrained {
            values = (self.value(on_left), self.value(on_right));
            if (sign > 0 && values.0 > values.1) || (sign < 0 && values.0 < values.1) {
                return;
            }
            gain = self.gain(on_left, values.0) + self.gain(on_right, values.1) - base;
        } else {
            values = (0.0, 0.0);
            gain = self.gain(on_left, 0.0) + self.gain(on_right, 0.0) - base;
        }
        if !(gain > 0.0 && best.is_none_or(|best| gain > best.gain)) {
            return;
        }
        if !self.constrained {
            values = (self.value(on_left), self.value(on_right));
        }
        let (asked, missing_left) = make();
        *best = Some(Candidate { feature: 0, asked, missing_left, gain, left, values });
    }

    /// The best split by a feature, whose histogram is `slots`.
    pub(crate) fn best(&self, at: u32, feature: &FeatureBins, slots: &[Slot], sign: i8) -> Option<Candidate> {
        let mut best = None;
        match &feature.cuts {
            Cuts::Numbers(_) => self.by_threshold(feature, slots, sign, &mut best),
            Cuts::Categories(_) => self.by_set(slots, &mut best),
        }
        best.map(|best| Candidate { feature: at, ..best })
    }

    fn by_threshold(&self, feature: &FeatureBins, slots: &[Slot], sign: i8, best: &mut Option<Candidate>) {
        let base = self.loss();
        let bins = feature.cuts.bins();
        let missing = if feature.missing { slots[bins] } else { [0; 2] };
        let has_missing = missing[1] != 0;
        let all = self.gradients.sums(self.total).count;
        let mut left = [0; 2];
        // Rows without a value go right.
        let last = if has_missing { bins } else { bins - 1 };
        for (bin, &slot) in slots[..last].iter().enumerate() {
            if slot[1] == 0 {
                continue;
            }
            left = plus(left, slot);
            // Where no value is missing, those that come later go with most rows.
            let make = || (Asked::UpTo(bin as u8), !has_missing && 2 * self.gradients.sums(left).count > all);
            self.judge(best, left, base, sign, make);
        }
        if !has_missing {
            return;
        }
        let mut left = missing;
        for (bin, &slot) in slots[..bins - 1].iter().enumerate() {
            if slot[1] == 0 {
                continue;
            }
            left = plus(left, slot);
            self.judge(best, left, base, sign, || (Asked::UpTo(bin as u8), true));
        }
    }

    /// Categories in the order of their gradients, as scikit-learn and LightGBM have it: the best is then to cut that order once.
    /// Rare categories stay with those that are not asked for.
    fn by_set(&self, slots: &[Slot], best: &mut Option<Candidate>) {
        let base = self.loss();
        let total = self.gradients.sums(self.total);
        let support = total.count as f64 / total.hessian;
        let mut used: Vec<(f64, usize)> = Vec::with_capacity(slots.len());
        for (bin, &slot) in slots.iter().enumerate() {
            let sums = self.gradients.sums(slot);
            if sums.hessian * support >= MIN_CATEGORY {
                used.push((sums.gradient / (sums.hessian + MIN_CATEGORY), bin));
            }
        }
        if used.len() < 2 {
            return;
        }
        used.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let missing = slots.len() - 1;
        let middle = used.len().div_ceil(2);
        for forward in [true, false] {
            let (mut left, mut set) = ([0; 2], [0_u64; 4]);
            for step in 0..middle {
                let bin = used[if forward { step } else { used.len() - 1 - step }].1;
                left = plus(left, slots[bin]);
                set[bin / 64] |= 1 << (bin % 64);
                let make = || {
                    let unseen = slots[missing][1] == 0;
                    let most = 2 * self.gradients.sums(left).count > total.count;
                    (Asked::In(set), if unseen { most } else { set[missing / 64] >> (missing % 64) & 1 == 1 })
                };
                self.judge(best, left, base, 0, make);
            }
        }
    }
}
