//! Sums without rounding, from which terms can be taken away again.

/// Bits of a cell that belong to it; what a cell holds above is carried on now and then.
const BITS: u32 = 32;

const MASK: i64 = (1 << BITS) - 1;

/// 2,098 bits from the least double to the greatest, and room above for 2⁶⁴ of the greatest.
const CELLS: usize = 69;

/// How many terms may be added before a cell overflows: each adds less than 2⁵³ to a cell of 63 bits.
const TERMS: u32 = 1000;

/// A sum of doubles without rounding: equal whatever the order of its terms, and after terms were added and taken away as if
/// they never had been there. A term that is NaN or infinite makes it NaN for good.
#[derive(Clone, Debug)]
pub struct ExactSum {
    /// A number of fixed point, 32 bits a cell, the least first; the last bears the sign.
    cells: [i64; CELLS],
    /// How many terms may still be added before cells are carried on.
    room: u32,
    finite: bool,
}

impl Default for ExactSum {
    fn default() -> Self {
        Self { cells: [0; CELLS], room: TERMS, finite: true }
    }
}

impl ExactSum {
    /// Adds a term.
    #[inline]
    pub fn add(&mut self, term: f64) {
        if self.room == 0 {
            self.carry();
        }
        self.room -= 1;
        let bits = term.to_bits();
        let exponent = (bits >> 52) as usize & 0x7ff;
        let fraction = (bits & ((1 << 52) - 1)) as i64;
        if exponent == 0x7ff {
            self.finite = false;
            return;
        }
        // The place of the fraction's last bit, in units of the least double.
        let (fraction, place) = if exponent == 0 { (fraction, 0) } else { (fraction | 1 << 52, exponent - 1) };
        let (cell, shift) = (place / BITS as usize, place as u32 % BITS);
        let (low, high) = ((fraction << shift) & MASK, fraction >> (BITS - shift));
        let sign = if term.is_sign_negative() { -1 } else { 1 };
        if let Some([first, second]) = self.cells.get_mut(cell..cell + 2) {
            *first += sign * low;
            *second += sign * high;
        }
    }

    /// Takes all terms away.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Takes a term away.
    #[inline]
    pub fn subtract(&mut self, term: f64) {
        self.add(-term);
    }

    /// Adds the product of two numbers without rounding it, unless it is below 10⁻²⁹⁰.
    #[inline]
    pub fn add_product(&mut self, a: f64, b: f64) {
        let product = a * b;
        self.add(product);
        self.add(a.mul_add(b, -product));
    }

    /// Adds all terms of another sum.
    pub fn merge(&mut self, other: &Self) {
        let mut other = other.clone();
        other.carry();
        self.carry();
        self.cells.iter_mut().zip(other.cells.iter()).for_each(|(cell, other)| *cell += other);
        self.finite &= other.finite;
        self.carry();
    }

    /// The sum, rounded to the nearest double, of two equally near ones to the even; infinite where it is too large.
    pub fn get(&self) -> f64 {
        self.clone().round()
    }

    /// The sum as numbers whose sum it is: the rounded sum, then the rounded rest, and so on until nothing is left. None for
    /// 0; nothing where the sum is not finite.
    pub fn parts(&self) -> Option<Vec<f64>> {
        let mut rest = self.clone();
        let mut parts = Vec::new();
        loop {
            let part = rest.round();
            if part == 0.0 {
                return Some(parts);
            }
            if !part.is_finite() {
                return None;
            }
            rest.subtract(part);
            parts.push(part);
        }
    }

    /// Carries what cells hold beyond their bits on to the next: all but the last are from 0 to 2³² - 1 then.
    fn carry(&mut self) {
        let mut carried = 0;
        if let Some((last, cells)) = self.cells.split_last_mut() {
            for cell in cells {
                let value = *cell + carried;
                *cell = value & MASK;
                carried = value >> BITS;
            }
            *last += carried;
        }
        self.room = TERMS;
    }

    fn round(&mut self) -> f64 {
        if !self.finite {
            return f64::NAN;
        }
        self.carry();
        let negative = self.cells.last().is_some_and(|last| *last < 0);
        let mut size = self.clone();
        if negative {
            size.cells.iter_mut().for_each(|cell| *cell = -*cell);
            size.carry();
        }
        let bits = size.size_bits();
        f64::from_bits(if negative { bits | 1 << 63 } else { bits })
    }

    /// The bits of the double nearest to a sum that is not negative and carried on.
    fn size_bits(&self) -> u64 {
        let Some(top) = self.cells.iter().rposition(|cell| *cell != 0) else { return 0 };
        let highest = top * BITS as usize + self.cells.get(top).map_or(0, |cell| cell.ilog2() as usize);
        // Below 2⁵³ units of the least double, units are the bits of a double.
        let Some(lowest) = highest.checked_sub(52).filter(|lowest| *lowest > 0) else { return self.window(0) };
        let mut fraction = self.window(lowest) & ((1 << 53) - 1);
        let half = self.bit(lowest - 1);
        let beyond = || (0..lowest - 1).any(|place| self.bit(place));
        if half && (fraction & 1 == 1 || beyond()) {
            fraction += 1;
        }
        // A fraction that became 2⁵³ carries into the exponent by itself.
        let bits = ((lowest as u64) << 52) + fraction;
        bits.min(f64::INFINITY.to_bits())
    }

    fn bit(&self, place: usize) -> bool {
        self.cells.get(place / BITS as usize).is_some_and(|cell| cell >> (place % BITS as usize) & 1 == 1)
    }

    /// 64 bits from this place on.
    fn window(&self, place: usize) -> u64 {
        let cell = |at: usize| self.cells.get(at).map_or(0, |cell| *cell as u128);
        let (at, shift) = (place / BITS as usize, place % BITS as usize);
        ((cell(at) | cell(at + 1) << 32 | cell(at + 2) << 64) >> shift) as u64
    }
}

/// Sums are equal when their values are.
impl PartialEq for ExactSum {
    fn eq(&self, other: &Self) -> bool {
        let (mut one, mut other) = (self.clone(), other.clone());
        one.carry();
        other.carry();
        one.finite == other.finite && one.cells == other.cells
    }
}

impl Extend<f64> for ExactSum {
    fn extend<I: IntoIterator<Item = f64>>(&mut self, terms: I) {
        terms.into_iter().for_each(|term| self.add(term));
    }
}

impl FromIterator<f64> for ExactSum {
    fn from_iter<I: IntoIterator<Item = f64>>(terms: I) -> Self {
        let mut sum = Self::default();
        sum.extend(terms);
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(terms: &[f64]) -> ExactSum {
        terms.iter().copied().collect()
    }

    /// Doubles of all sizes, without a random generator.
    fn many(count: u64, spread: u64) -> Vec<f64> {
        let mut state = 88_172_645_463_325_252_u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        let double = |bits: u64, size: u64| {
            let exponent = 1023 - spread / 2 + size % (spread + 1);
            f64::from_bits(bits & (1 << 63 | ((1 << 52) - 1)) | exponent << 52)
        };
        (0..count).map(|_| double(next(), next())).collect()
    }

    #[test]
    fn one_term_is_itself() {
        let edge = [1.0, 0.1, 3.5e300, f64::MAX, f64::MIN_POSITIVE, 5e-324, 2.0_f64.powi(-1022) - 5e-324, 0.0];
        for value in edge.into_iter().chain(many(1000, 1800)) {
            assert_eq!(sum(&[value]).get(), value);
            assert_eq!(sum(&[-value]).get(), -value);
        }
    }

    #[test]
    fn rounding_is_that_of_integers() {
        // Terms of few places beyond each other: their sum fits into 127 bits, and Rust rounds those right.
        for terms in many(30_000, 60).chunks(3) {
            let unit = 2.0_f64.powi(85);
            let exact: i128 = terms.iter().map(|term| (term * unit) as i128).sum();
            assert_eq!(sum(terms).get() * unit, exact as f64, "{terms:?}");
        }
        let tie = 2.0_f64.powi(53);
        let cases = [
            ([tie, 1.0, 0.0], tie),
            ([tie, 1.0, 5e-324], tie + 2.0),
            ([tie, 2.0, 1.0], tie + 4.0),
            ([-tie, -1.0, -0.0], -tie),
        ];
        for (terms, expected) in cases {
            assert_eq!(sum(&terms).get(), expected);
        }
        assert_eq!(sum(&[f64::MAX, f64::MAX]).get(), f64::INFINITY);
        assert_eq!(sum(&[f64::MAX, f64::MAX, -f64::MAX]).get(), f64::MAX);
        assert!(sum(&[f64::INFINITY, 1.0]).get().is_nan());
    }

    #[test]
    fn order_and_what_was_taken_away_play_no_part() {
        let (terms, others) = (many(5000, 1000), many(777, 2000));
        let forwards = sum(&terms);
        let mut backwards: ExactSum = others.iter().copied().collect();
        backwards.extend(terms.iter().rev().copied());
        others.iter().for_each(|term| backwards.subtract(*term));
        assert_eq!(forwards, backwards);
        assert_eq!(forwards.get(), backwards.get());
        let mut halves = sum(&terms[..2000]);
        halves.merge(&sum(&terms[2000..]));
        assert_eq!(halves, forwards);
        assert_ne!(sum(&terms[1..]), forwards);
    }

    #[test]
    fn parts_add_up_to_the_sum_and_depend_on_it_alone() {
        let terms = many(300, 600);
        let forwards = sum(&terms);
        let parts = forwards.parts().unwrap();
        assert_eq!(sum(&parts), forwards);
        assert!(parts.windows(2).all(|pair| pair[1].abs() <= pair[0].abs() * f64::EPSILON), "{parts:?}");
        assert_eq!(sum(&terms.iter().rev().copied().collect::<Vec<_>>()).parts(), Some(parts));
        assert_eq!(sum(&[1.0, -1.0]).parts(), Some(vec![]));
        assert_eq!(sum(&[f64::NAN]).parts(), None);
    }

    #[test]
    fn products_are_not_rounded() {
        let mut exact = ExactSum::default();
        exact.add_product(0.1, 0.1);
        exact.subtract(0.1 * 0.1);
        assert_eq!(exact.get(), 0.1_f64.mul_add(0.1, -(0.1 * 0.1)));
        assert_ne!(exact.get(), 0.0);
    }
}
