//! *Reviews*: products, what buyers rated them, and what reviewers wrote. Which reviews do readers find helpful?

mod product;
mod review;

use super::draw::{Draws, Purpose};
use super::{ExampleError, Folder};
use product::Product;
use review::Review;
use std::io::{self, Write};
use std::path::Path;

/// How many ratings a product has on average.
const RATINGS: u64 = 12;

/// How many reviews a product has on average.
const REVIEWS: u64 = 8;

/// How much to write, and which of all possible data.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reviews {
    /// How many products there are, at least one.
    pub(crate) products: u64,
    /// The seed: same number, same seed, same bytes.
    pub(crate) seed: u64,
}

impl Reviews {
    /// Writes `pipeline.yaml`, `data/products.csv`, `data/ratings.csv` and `data/reviews.csv`, with headers, into this folder. Files that
    /// are there already must be the same.
    ///
    /// # Errors
    /// When there is nothing to write, another file is there already, or the folder cannot be written.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), ExampleError> {
        let Self { products, seed } = *self;
        let most =
            products.checked_mul(RATINGS).filter(|ratings| *ratings > 0).ok_or(ExampleError::Products(products))?;
        let folder = Folder(folder);
        folder.write("pipeline.yaml", |file| file.write_all(include_bytes!("pipeline.yaml")))?;
        folder.write("data/products.csv", |file| {
            writeln!(file, "product,category,price")?;
            (1..=products).try_for_each(|id| Product::draw(seed, id).write(file))
        })?;
        folder.write("data/ratings.csv", |file| {
            writeln!(file, "rating,product,stars,date")?;
            (1..=most).try_for_each(|id| rating(seed, id, products, file))
        })?;
        folder.write("data/reviews.csv", |file| {
            writeln!(file, "review,product,stars,votes,helpful,third_party,text")?;
            (1..=products * REVIEWS).try_for_each(|id| Review::draw(seed, id, products).write(file))
        })
    }
}

/// A buyer's rating: around what the product deserves, on a day of 2022 to 2024.
fn rating(seed: u64, id: u64, products: u64, file: &mut impl Write) -> io::Result<()> {
    let mut draws = Draws::new(seed, Purpose::Rating, id);
    let product = Product::draw(seed, 1 + draws.below(products));
    let stars = product.stars(&mut draws);
    let (year, month, day) = (2022 + draws.below(3), 1 + draws.below(12), 1 + draws.below(28));
    writeln!(file, "{id},{},{stars},{year}-{month:02}-{day:02}", product.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn rows(folder: &Path, file: &str) -> Vec<Vec<String>> {
        let text = std::fs::read_to_string(folder.join("data").join(file)).unwrap();
        text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
    }

    #[test]
    fn same_number_and_seed_same_bytes() {
        let write = |seed| {
            let folder = tempfile::tempdir().unwrap();
            Reviews { products: 40, seed }.write(folder.path()).unwrap();
            folder
        };
        let read = |folder: &tempfile::TempDir| {
            ["products", "ratings", "reviews"].map(|name| rows(folder.path(), &format!("{name}.csv")))
        };
        let (one, same, other) = (write(0), write(0), write(1));
        assert_eq!(read(&one), read(&same));
        assert_ne!(read(&one)[2], read(&other)[2]);
        let error = Reviews { products: 0, seed: 0 }.write(one.path()).unwrap_err();
        assert!(error.to_string().contains("at least one product"), "{error}");
    }

    #[test]
    fn tables_have_the_shape_that_the_pipeline_expects() {
        let folder = tempfile::tempdir().unwrap();
        Reviews { products: 300, seed: 42 }.write(folder.path()).unwrap();
        let [products, ratings, reviews] =
            ["products", "ratings", "reviews"].map(|name| rows(folder.path(), &format!("{name}.csv")));
        assert_eq!((products.len(), ratings.len(), reviews.len()), (300, 3600, 2400));
        let ids: BTreeSet<&String> = products.iter().map(|row| &row[0]).collect();
        assert!(ratings.iter().chain(&reviews).all(|row| ids.contains(&row[1])));
        assert!(reviews.iter().all(|row| row.len() == 7 && row[4].parse::<u64>().unwrap() <= row[3].parse().unwrap()));
        let share = |of: &dyn Fn(&Vec<String>) -> bool, rows: &[Vec<String>]| {
            rows.iter().filter(|row| of(row)).count() as f64 / rows.len() as f64
        };
        let third = |row: &Vec<String>| row[5] == "true";
        assert!((0.25..0.45).contains(&share(&third, &reviews)));
        // Reviews of third parties are found helpful less often, and neither always nor never.
        let helpful = |row: &Vec<String>| row[4].parse::<u64>().unwrap() * 4 >= row[3].parse::<u64>().unwrap() * 3;
        let (theirs, ours): (Vec<_>, Vec<_>) = reviews.into_iter().partition(|row| third(row));
        let (theirs, ours) = (share(&helpful, &theirs), share(&helpful, &ours));
        assert!(0.1 < theirs && theirs + 0.05 < ours && ours < 0.8, "{theirs} {ours}");
    }
}
