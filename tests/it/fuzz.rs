//! The fuzz targets over their seeds and over mutations of them, the same each time. `MLSPEC_FUZZ_CASES` asks for more mutations,
//! `MLSPEC_FUZZ_SEED` for others.

// Its functions are the targets of another workspace too.
#[allow(unreachable_pub)]
#[path = "../../fuzz/src/lib.rs"]
mod targets;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

/// Longer than any input may take, on a slow machine.
const LONGEST: Duration = Duration::from_secs(60);

/// Numbers that look like chance: splitmix64.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ z >> 31
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    fn range(&mut self, length: usize) -> std::ops::Range<usize> {
        let from = self.below(length + 1);
        let most = (length - from).min(1 + length / 4);
        from..from + self.below(most + 1)
    }
}

/// Words that mean something to what reads texts.
const WORDS: &[&str] = &[
    "(",
    ")",
    "'",
    "\"",
    ",",
    " AND ",
    " OR ",
    " NOT ",
    "NULL",
    "-",
    "*",
    "**",
    "%",
    "::DATE",
    " IN (",
    "CASE WHEN ",
    " END",
    " OVER ()",
    "SELECT ",
    " FROM t",
    " JOIN u ON ",
    " GROUP BY ",
    "count(*)",
    " AS a",
    "1e309",
    "99999999999999999999",
    "0",
    "-1",
    "\n",
    "\r",
    "\t",
    "\u{feff}",
    "é",
    "{",
    "}",
    "[",
    "]",
    ":",
    "- ",
    "&a ",
    "*a",
    "---\n",
    "null",
    "true",
    "#",
    "\\u0000",
    "\\",
    "''",
    "\"\"",
];

fn mutated(seeds: &[Vec<u8>], chance: &mut Chance) -> Vec<u8> {
    let mut input = seeds[chance.below(seeds.len())].clone();
    for _ in 0..=chance.below(4) {
        let range = chance.range(input.len());
        match chance.below(7) {
            0 if !input.is_empty() => {
                let at = chance.below(input.len());
                input[at] ^= 1 << chance.below(8);
            }
            1 => drop(input.drain(range)),
            2 => {
                let copy = input[range.clone()].repeat(1 + chance.below(3));
                input.splice(range.start..range.start, copy);
            }
            3 => {
                let other = &seeds[chance.below(seeds.len())];
                let part = other[chance.range(other.len())].to_vec();
                input.splice(range, part);
            }
            _ => {
                let word = WORDS[chance.below(WORDS.len())];
                let end = if chance.below(2) == 0 { range.start } else { range.end };
                input.splice(range.start..end, word.bytes());
            }
        }
    }
    input
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Runs a target over its seeds and over mutations.
fn check(name: &str, target: fn(&[u8]), cases: u64) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds").join(name);
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let seeds: Vec<Vec<u8>> = paths.iter().map(|path| std::fs::read(path).unwrap()).collect();
    assert!(!seeds.is_empty());
    let mut chance = Chance(number("MLSPEC_FUZZ_SEED").unwrap_or(1));
    let count = number("MLSPEC_FUZZ_CASES").unwrap_or(cases);
    let mutations: Vec<_> = (0..count).map(|_| mutated(&seeds, &mut chance)).collect();
    let mut wrong = Vec::new();
    for input in seeds.iter().chain(&mutations) {
        let begin = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| target(input)));
        if outcome.is_err() || begin.elapsed() > LONGEST {
            wrong.push(format!("{:?} after {:?}: {}", outcome.is_err(), begin.elapsed(), input.escape_ascii()));
        }
    }
    assert!(wrong.is_empty(), "{name}:\n{}", wrong.join("\n"));
}

#[test]
fn expressions() {
    check("expression", targets::expression, 200);
}

#[test]
fn queries() {
    check("select", targets::select, 150);
}

#[test]
fn pipeline_files() {
    check("pipeline_file", targets::pipeline_file, 150);
}

#[test]
fn records() {
    check("record", targets::record, 100);
}

#[test]
fn rows() {
    check("csv", targets::csv, 300);
}
