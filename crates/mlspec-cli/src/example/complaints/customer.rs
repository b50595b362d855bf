//! Customers: who they are, where they bank, how they are served.

use super::super::draw::{Draws, Purpose};
use std::io::{self, Write};

/// A customer of one of the banks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Customer {
    pub(super) id: u64,
    first: &'static str,
    last: &'static str,
    host: &'static str,
    pub(super) bank: &'static str,
    pub(super) country: &'static str,
    pub(super) level: &'static str,
}

/// Where customers live. Seven of eight live in one of the three countries that the pipeline keeps.
const COUNTRIES: [(&str, u64); 15] = [
    ("UK", 34),
    ("DE", 30),
    ("FR", 24),
    ("ES", 1),
    ("IT", 1),
    ("NL", 1),
    ("BE", 1),
    ("AT", 1),
    ("CH", 1),
    ("PL", 1),
    ("PT", 1),
    ("IE", 1),
    ("DK", 1),
    ("SE", 1),
    ("FI", 1),
];

/// How customers are served.
const LEVELS: [(&str, u64); 3] = [("basic", 5), ("plus", 3), ("premium", 2)];

/// The banks, by size.
const BANKS: [(&str, u64); 8] = [
    ("Northgate Bank", 22),
    ("Sparhaus", 18),
    ("Credit Lumen", 16),
    ("Harbour Trust", 14),
    ("Banque Lilas", 11),
    ("Alpenbank", 9),
    ("Tallis Direct", 6),
    ("Penny Mutual", 4),
];

const HOSTS: [&str; 6] =
    ["post.example", "mail.example", "letters.example", "courrier.example", "postfach.example", "inbox.example"];

const FIRST: [&str; 32] = [
    "amelie", "anton", "beatrice", "ben", "camille", "carla", "daniel", "doris", "emil", "esther", "felix", "fiona",
    "georg", "grace", "hanna", "hugo", "ines", "jack", "julie", "karim", "lena", "louis", "marta", "nadia", "oliver",
    "paula", "quentin", "rosa", "samir", "tessa", "viktor", "yara",
];

const LAST: [&str; 40] = [
    "abbott",
    "arnaud",
    "bauer",
    "becker",
    "bell",
    "bertrand",
    "blanc",
    "brandt",
    "carter",
    "chevalier",
    "cole",
    "dietrich",
    "dubois",
    "ellis",
    "fischer",
    "fontaine",
    "foster",
    "garnier",
    "graf",
    "hall",
    "hoffmann",
    "hughes",
    "jansen",
    "keller",
    "lambert",
    "lang",
    "leroy",
    "marsh",
    "moreau",
    "neumann",
    "owens",
    "petit",
    "reed",
    "richter",
    "roux",
    "schuster",
    "stone",
    "vidal",
    "walsh",
    "ziegler",
];

impl Customer {
    /// The customer of this number, from 1.
    pub(super) fn draw(seed: u64, id: u64) -> Self {
        let mut draws = Draws::new(seed, Purpose::Customer, id);
        Self {
            id,
            first: draws.pick(&FIRST),
            last: draws.pick(&LAST),
            host: draws.pick(&HOSTS),
            bank: draws.weighted(&BANKS),
            country: draws.weighted(&COUNTRIES),
            level: draws.weighted(&LEVELS),
        }
    }

    /// Whether the customer pays for being served first.
    pub(super) fn is_premium(&self) -> bool {
        self.level == "premium"
    }

    /// Writes the address, which holds the number and so is nobody else's.
    pub(super) fn write_email(&self, to: &mut impl Write) -> io::Result<()> {
        write!(to, "{}.{}.{}@{}", self.first, self.last, self.id, self.host)
    }

    /// Writes the line of the table: id, email, bank, country, level.
    pub(super) fn write(&self, to: &mut impl Write) -> io::Result<()> {
        write!(to, "{},", self.id)?;
        self.write_email(to)?;
        writeln!(to, ",{},{},{}", self.bank, self.country, self.level)
    }
}
