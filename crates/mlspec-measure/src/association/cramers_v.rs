//! Cramér's V of two columns of categories.

use crate::{Sum, Undefined};

/// √(χ² / (n · (min(rows, columns) − 1))) of a table of counts, in `[0, 1]`; rows and columns without counts are left out.
/// Without correction for bias.
///
/// # Errors
/// When nothing is counted, rows have different lengths, or a side has one category only.
pub fn cramers_v(table: &[Vec<u64>]) -> Result<f64, Undefined> {
    let width = table.first().map_or(0, Vec::len);
    for row in table {
        crate::check::same_length(width, "row of counts", row.len())?;
    }
    let rows: Vec<u64> = table.iter().map(|row| row.iter().sum()).collect();
    let columns: Vec<u64> = (0..width).map(|at| table.iter().map(|row| row[at]).sum()).collect();
    let total = rows.iter().sum::<u64>();
    if total == 0 {
        return Err(Undefined::Empty);
    }
    let held = |sums: &[u64]| sums.iter().filter(|sum| **sum > 0).count();
    let least = held(&rows).min(held(&columns));
    if least < 2 {
        return Err(Undefined::ZeroDivision("a column has one category only"));
    }
    let n = total as f64;
    let cell = |at: usize, to: usize| {
        let expected = rows[at] as f64 * columns[to] as f64 / n;
        if expected > 0.0 { (table[at][to] as f64 - expected).powi(2) / expected } else { 0.0 }
    };
    let cells = (0..table.len()).flat_map(|at| (0..width).map(move |to| (at, to)));
    let chi_square = cells.map(|(at, to)| cell(at, to)).collect::<Sum>().get();
    Ok((chi_square / n / (least - 1) as f64).sqrt().min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::near;

    #[test]
    fn values_are_scipys() {
        // `scipy.stats.contingency.association(table, method="cramer")`.
        near(cramers_v(&[vec![10, 20, 30], vec![25, 15, 5]]).unwrap(), CRAMER, 1e-12);
        near(cramers_v(&[vec![10, 0, 0], vec![0, 5, 0]]).unwrap(), 1.0, 1e-12);
        assert_eq!(cramers_v(&[vec![1, 2]]), Err(Undefined::ZeroDivision("a column has one category only")));
        assert_eq!(cramers_v(&[]), Err(Undefined::Empty));
        assert!(matches!(cramers_v(&[vec![1], vec![]]), Err(Undefined::Length { .. })));
    }

    const CRAMER: f64 = 0.4714045207910317;
}
