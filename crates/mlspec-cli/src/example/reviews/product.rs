//! Products: what they are, what they cost, what they deserve.

use super::super::draw::{Draws, Purpose};
use std::io::{self, Write};

/// Categories, by how many products they have, and what is spoken of there.
pub(super) const CATEGORIES: [(&str, u64, [&str; 4]); 5] = [
    ("kitchen", 30, ["handle", "blade", "lid", "coating"]),
    ("garden", 22, ["hose", "grip", "stand", "seal"]),
    ("audio", 20, ["bass", "cable", "battery", "casing"]),
    ("luggage", 16, ["zip", "wheel", "strap", "lining"]),
    ("toys", 12, ["paint", "joint", "manual", "box"]),
];

/// A product.
#[derive(Clone, Copy, Debug)]
pub(super) struct Product {
    pub(super) id: u64,
    category: usize,
    cents: u64,
    /// How good it is, from 0 to 4.
    quality: u64,
}

impl Product {
    /// The product of this number, from 1.
    pub(super) fn draw(seed: u64, id: u64) -> Self {
        let mut draws = Draws::new(seed, Purpose::Product, id);
        let weights: Vec<(usize, u64)> =
            CATEGORIES.iter().enumerate().map(|(at, (_, weight, _))| (at, *weight)).collect();
        let category = draws.weighted(&weights);
        let cents = 500 + draws.below(40) * draws.below(400) + draws.below(100);
        Self { id, category, cents, quality: draws.weighted(&[(0, 1), (1, 2), (2, 4), (3, 6), (4, 4)]) }
    }

    /// What somebody rates it: around what it deserves.
    pub(super) fn stars(&self, draws: &mut Draws) -> u64 {
        let around = [(0, 1), (1, 3), (2, 8), (3, 3), (4, 1)];
        (self.quality + draws.weighted::<u64>(&around)).clamp(2, 6) - 1
    }

    /// What is spoken of with products of its category.
    pub(super) fn parts(&self) -> [&'static str; 4] {
        CATEGORIES.get(self.category).map_or([""; 4], |(_, _, parts)| *parts)
    }

    /// Writes a line.
    pub(super) fn write(&self, file: &mut impl Write) -> io::Result<()> {
        let category = CATEGORIES.get(self.category).map_or("", |(name, ..)| name);
        writeln!(file, "{},{category},{}.{:02}", self.id, self.cents / 100, self.cents % 100)
    }
}
