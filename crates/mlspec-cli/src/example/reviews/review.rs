//! Reviews: what is written, and how many readers found it helpful.

use super::super::draw::{Draws, Purpose};
use super::product::Product;
use std::io::{self, Write};

/// A review, without its words.
#[derive(Clone, Copy, Debug)]
pub(super) struct Review {
    id: u64,
    product: Product,
    stars: u64,
    /// How many things it tells of, from 0 to 3.
    details: u64,
    votes: u64,
    helpful: u64,
    /// Whether another site collected it.
    third_party: bool,
}

const PRAISE: [&str; 6] = ["great", "lovely", "solid", "perfect", "a joy", "worth it"];
const BLAME: [&str; 6] = ["poor", "flimsy", "a letdown", "noisy", "overpriced", "no good"];
const SHORT: [&str; 5] = ["as expected", "came quickly", "nice packaging", "bought as a gift", "would buy again"];
const AFTER: [&str; 4] = ["after a month", "after three weeks", "after daily use", "since spring"];
const STATE: [&str; 6] =
    ["still holds", "began to wobble", "shows scratches", "came loose", "works as on day one", "needs care"];

impl Review {
    /// The review of this number, from 1, of one of so many products.
    pub(super) fn draw(seed: u64, id: u64, products: u64) -> Self {
        let mut draws = Draws::new(seed, Purpose::Review, id);
        let product = Product::draw(seed, 1 + draws.below(products));
        let stars = product.stars(&mut draws);
        let third_party = draws.chance(350);
        // Other sites collect what is said in a hurry.
        let details = draws.weighted(if third_party {
            &[(0, 5), (1, 3), (2, 2), (3, 1)]
        } else {
            &[(0, 2), (1, 3), (2, 4), (3, 3)]
        });
        let votes = draws.below(24);
        // Readers like details and doubts, and trust other sites less.
        let liked = 420 + 150 * details + if stars <= 2 { 60 } else { 0 } - if third_party { 70 } else { 0 };
        let helpful = (0..votes).filter(|_| draws.chance(liked)).count() as u64;
        Self { id, product, stars, details, votes, helpful, third_party }
    }

    /// Writes a line.
    pub(super) fn write(&self, file: &mut impl Write) -> io::Result<()> {
        let Self { id, product, stars, votes, helpful, third_party, .. } = self;
        write!(file, "{id},{},{stars},{votes},{helpful},{third_party},", product.id)?;
        let mut draws = Draws::new(self.id, Purpose::ReviewWording, self.product.id);
        let said = if *stars >= 4 { draws.pick(&PRAISE) } else { draws.pick(&BLAME) };
        write!(file, "{said} {}", draws.pick(&SHORT))?;
        for _ in 0..self.details {
            let (part, after, state) = (draws.pick(&product.parts()), draws.pick(&AFTER), draws.pick(&STATE));
            write!(file, ". the {part} {state} {after}")?;
        }
        writeln!(file)
    }
}
