//! Random draws that are hashes: of the seed, what is drawn, and the row. No stream, so any row can be drawn alone.

/// What draws are for; draws for one purpose say nothing about those for another.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    /// A customer's attributes.
    Customer = 1,
    /// Who wrote a mail, when, and what about.
    Mail = 2,
    /// How a mail is worded.
    Wording = 3,
    /// A product's attributes.
    Product = 4,
    /// What a product was rated, and when.
    Rating = 5,
    /// What a review is of, and how it was received.
    Review = 6,
    /// How a review is worded.
    ReviewWording = 7,
}

/// The draws of one row for one purpose.
#[derive(Clone, Debug)]
pub(super) struct Draws(u64);

/// The finishing steps of SplitMix64: every bit of the input reaches every bit of the output.
fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

impl Draws {
    /// The draws of this row for this purpose.
    pub(super) fn new(seed: u64, purpose: Purpose, row: u64) -> Self {
        let start = mix(seed.wrapping_add(0x9e37_79b9_7f4a_7c15)) ^ (purpose as u64).rotate_left(56);
        Self(mix(mix(start).wrapping_add(row)))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// A number below `end`; 0 when `end` is 0.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        // The product of two 64-bit numbers, shifted by 64, is below either of them: it fits.
        ((u128::from(self.next()) * u128::from(end)) >> 64) as u64
    }

    /// Whether something happens that happens `per_mille` times in a thousand.
    pub(super) fn chance(&mut self, per_mille: u64) -> bool {
        self.below(1000) < per_mille
    }

    /// One of these, each as likely.
    pub(super) fn pick<T: Copy + Default>(&mut self, from: &[T]) -> T {
        let at = self.below(from.len() as u64) as usize;
        from.get(at).copied().unwrap_or_default()
    }

    /// One of these, as likely as its weight.
    pub(super) fn weighted<T: Copy + Default>(&mut self, from: &[(T, u64)]) -> T {
        let mut at = self.below(from.iter().map(|(_, weight)| weight).sum());
        for (value, weight) in from {
            match at.checked_sub(*weight) {
                Some(rest) => at = rest,
                None => return *value,
            }
        }
        T::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_depend_on_seed_purpose_and_row_alone() {
        let first = |seed, purpose, row| Draws::new(seed, purpose, row).next();
        assert_eq!(first(7, Purpose::Mail, 3), first(7, Purpose::Mail, 3));
        let others = [first(8, Purpose::Mail, 3), first(7, Purpose::Customer, 3), first(7, Purpose::Mail, 4)];
        assert!(!others.contains(&first(7, Purpose::Mail, 3)));
    }

    #[test]
    fn weights_are_kept() {
        let mut counts = [0_u32; 3];
        for row in 0..10_000 {
            counts[Draws::new(1, Purpose::Mail, row).weighted(&[(0, 1), (1, 7), (2, 2)])] += 1;
        }
        for (count, share) in counts.into_iter().zip([0.1, 0.7, 0.2]) {
            assert!((f64::from(count) / 10_000.0 - share).abs() < 0.02, "{count} is not a share of {share}");
        }
    }

    #[test]
    fn nothing_to_draw_from_is_no_panic() {
        let mut draws = Draws::new(1, Purpose::Mail, 1);
        assert_eq!((draws.below(0), draws.pick::<u8>(&[]), draws.weighted::<u8>(&[])), (0, 0, 0));
    }
}
