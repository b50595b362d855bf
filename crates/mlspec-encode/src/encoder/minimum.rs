//! Where a function of one number is least: Brent's method ("Algorithms for Minimization without Derivatives", 1973), in the two
//! forms and with the constants of scipy, so that the same place is found to the last digits.

/// The share of an interval that a golden section leaves.
const GOLDEN: f64 = 0.381_966_011_250_105_1;

/// The most calls of the function.
const CALLS: usize = 500;

/// The least place between two bounds, as `scipy.optimize.fminbound`; nothing where the bounds are none.
pub(super) fn bounded(mut f: impl FnMut(f64) -> f64, low: f64, high: f64, tolerance: f64) -> Option<f64> {
    if !(low.is_finite() && high.is_finite() && low <= high) {
        return None;
    }
    let root = 2.2e-16_f64.sqrt();
    let (mut a, mut b) = (low, high);
    let mut x = a + GOLDEN * (b - a);
    let (mut second, mut third) = (x, x);
    let mut fx = f(x);
    let (mut f_second, mut f_third) = (fx, fx);
    let (mut step, mut before) = (0.0_f64, 0.0_f64);
    for _ in 1..CALLS {
        let middle = 0.5 * (a + b);
        let (near, twice) = (root * x.abs() + tolerance / 3.0, 2.0 * (root * x.abs() + tolerance / 3.0));
        if (x - middle).abs() <= twice - 0.5 * (b - a) {
            break;
        }
        let mut golden = true;
        if before.abs() > near {
            let r = (x - second) * (fx - f_third);
            let q = (x - third) * (fx - f_second);
            let p = (x - third) * q - (x - second) * r;
            let q = 2.0 * (q - r);
            let (p, q) = (if q > 0.0 { -p } else { p }, q.abs());
            let r = std::mem::replace(&mut before, step);
            if p.abs() < (0.5 * q * r).abs() && p > q * (a - x) && p < q * (b - x) {
                golden = false;
                step = p / q;
                let next = x + step;
                if next - a < twice || b - next < twice {
                    step = if middle >= x { near } else { -near };
                }
            }
        }
        if golden {
            before = if x >= middle { a - x } else { b - x };
            step = GOLDEN * before;
        }
        let at = x + if step >= 0.0 { step.abs().max(near) } else { -step.abs().max(near) };
        let found = f(at);
        if found <= fx {
            *(if at >= x { &mut a } else { &mut b }) = x;
            (third, f_third) = (second, f_second);
            (second, f_second) = (x, fx);
            (x, fx) = (at, found);
        } else {
            *(if at < x { &mut a } else { &mut b }) = at;
            if found <= f_second || second == x {
                (third, f_third) = (second, f_second);
                (second, f_second) = (at, found);
            } else if found <= f_third || third == x || third == second {
                (third, f_third) = (at, found);
            }
        }
    }
    x.is_finite().then_some(x)
}

/// The least place that is found from two others on, as `scipy.optimize.brent`; nothing where the function falls without end.
pub(super) fn unbounded(mut f: impl FnMut(f64) -> f64, start: (f64, f64), tolerance: f64) -> Option<f64> {
    let [(xa, _), (xb, fb), (xc, _)] = bracket(&mut f, start)?;
    let (mut a, mut b) = if xa < xc { (xa, xc) } else { (xc, xa) };
    let (mut x, mut w, mut v) = (xb, xb, xb);
    let (mut fx, mut fw, mut fv) = (fb, fb, fb);
    let (mut distance, mut step) = (0.0_f64, 0.0_f64);
    // The golden section with the digits that scipy has here.
    let golden = 0.381_966_0;
    for _ in 0..CALLS {
        let near = tolerance * x.abs() + 1e-11;
        let (twice, middle) = (2.0 * near, 0.5 * (a + b));
        if (x - middle).abs() < twice - 0.5 * (b - a) {
            break;
        }
        let mut section = true;
        if distance.abs() > near {
            let one = (x - w) * (fx - fv);
            let other = (x - v) * (fx - fw);
            let p = (x - v) * other - (x - w) * one;
            let other = 2.0 * (other - one);
            let (p, other) = (if other > 0.0 { -p } else { p }, other.abs());
            let last = std::mem::replace(&mut distance, step);
            if p > other * (a - x) && p < other * (b - x) && p.abs() < (0.5 * other * last).abs() {
                section = false;
                step = p / other;
                let u = x + step;
                if u - a < twice || b - u < twice {
                    step = if middle - x >= 0.0 { near } else { -near };
                }
            }
        }
        if section {
            distance = if x >= middle { a - x } else { b - x };
            step = golden * distance;
        }
        let u = if step.abs() < near { x + if step >= 0.0 { near } else { -near } } else { x + step };
        let fu = f(u);
        if fu > fx {
            *(if u < x { &mut a } else { &mut b }) = u;
            if fu <= fw || w == x {
                (v, fv) = (w, fw);
                (w, fw) = (u, fu);
            } else if fu <= fv || v == x || v == w {
                (v, fv) = (u, fu);
            }
        } else {
            *(if u >= x { &mut a } else { &mut b }) = x;
            (v, fv) = (w, fw);
            (w, fw) = (x, fx);
            (x, fx) = (u, fu);
        }
    }
    x.is_finite().then_some(x)
}

/// Three places of which the middle one is least, as `scipy.optimize.bracket`.
fn bracket(mut f: impl FnMut(f64) -> f64, start: (f64, f64)) -> Option<[(f64, f64); 3]> {
    const GROW: f64 = 1.618_034;
    const LIMIT: f64 = 110.0;
    let mut at = |x: f64| (x, f(x));
    let (mut a, mut b) = (at(start.0), at(start.1));
    if a.1 < b.1 {
        std::mem::swap(&mut a, &mut b);
    }
    let mut c = at(b.0 + GROW * (b.0 - a.0));
    for _ in 0..1000 {
        if !(c.1 < b.1) {
            break;
        }
        let one = (b.0 - a.0) * (b.1 - c.1);
        let other = (b.0 - c.0) * (b.1 - a.1);
        let difference = other - one;
        let below = if difference.abs() < 1e-21 { 2.0 * 1e-21 } else { 2.0 * difference };
        let place = b.0 - ((b.0 - c.0) * other - (b.0 - a.0) * one) / below;
        let limit = b.0 + LIMIT * (c.0 - b.0);
        let further = |b: (f64, f64), c: (f64, f64)| c.0 + GROW * (c.0 - b.0);
        let w = if (place - c.0) * (b.0 - place) > 0.0 {
            let w = at(place);
            if w.1 < c.1 {
                (a, b) = (b, w);
                break;
            } else if w.1 > b.1 {
                c = w;
                break;
            }
            at(further(b, c))
        } else if (place - limit) * (limit - c.0) >= 0.0 {
            at(limit)
        } else if (place - limit) * (c.0 - place) > 0.0 {
            let w = at(place);
            if w.1 < c.1 {
                (b, c) = (c, w);
                at(further(b, c))
            } else {
                w
            }
        } else {
            at(further(b, c))
        };
        (a, b, c) = (b, c, w);
    }
    let least = (b.1 < c.1 && b.1 <= a.1) || (b.1 < a.1 && b.1 <= c.1);
    let between = (a.0 < b.0 && b.0 < c.0) || (c.0 < b.0 && b.0 < a.0);
    (least && between && a.0.is_finite() && c.0.is_finite()).then_some([a, b, c])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected: `scipy.optimize.fminbound(f, low, high, xtol=1.48e-8)` and `scipy.optimize.brent(f, brack=(-2, 2))`.
    #[test]
    fn places_as_scipy() {
        type Function = fn(f64) -> f64;
        let cases: [(Function, f64); 3] = [
            (|x| (x - 0.3).powi(2), 0.3),
            (|x| (x - 0.7).abs().powf(1.5) + x, 0.7 - 4.0 / 9.0),
            (|x| x.exp() - 2.0 * x, std::f64::consts::LN_2),
        ];
        for (f, expected) in cases {
            for found in [bounded(f, -10.0, 10.0, 1.48e-8), unbounded(f, (-2.0, 2.0), 1.48e-8)] {
                assert!((found.unwrap() - expected).abs() < 1e-7, "{found:?} is not {expected}");
            }
        }
        assert_eq!(unbounded(|x| x, (-2.0, 2.0), 1e-8), None);
        assert_eq!(bounded(|x| x, f64::NAN, 1.0, 1e-8), None);
    }
}
