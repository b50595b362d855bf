//! Mails: who writes, when, about what, in which words.

use super::super::draw::{Draws, Purpose};
use super::customer::Customer;
use super::vocabulary::{
    ANGRY, CALM, CLOSINGS, OPENINGS, SERVED, SERVED_FIRST, TOPICS, Tone, Topic, UNANCHORED, anchored, fillers,
};
use std::io::{self, Write};

/// Of a thousand mails, how many speak of a complaint or a bank account.
const ANCHORED_PER_MILLE: u64 = 926;

/// A mail, without its words.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mail {
    id: u64,
    sender: Customer,
    date: (u64, u64, u64),
    topic: Topic,
    tone: Tone,
    angry: bool,
    anchored: bool,
}

const TONES: [(Tone, u64); 3] = [(Tone::Complaint, 58), (Tone::Question, 24), (Tone::Thanks, 18)];

/// The mails grow more: of a hundred, eight are from before 2022.
const YEARS: [(u64, u64); 5] = [(2020, 3), (2021, 5), (2022, 24), (2023, 32), (2024, 36)];

const MONTHS: [u64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// Month and day of the month, of a day of the year from 0.
fn calendar(mut day: u64) -> (u64, u64) {
    for (month, days) in (1..).zip(MONTHS) {
        match day.checked_sub(days) {
            Some(rest) => day = rest,
            None => return (month, day + 1),
        }
    }
    (12, 31)
}

/// Of a thousand complaining customers, how many are angry: who pays more expects more, and some banks answer worse.
fn anger_per_mille(sender: &Customer) -> u64 {
    let level = if sender.is_premium() { 440 } else { 360 };
    let percent = match sender.bank {
        "Penny Mutual" => 150,
        "Tallis Direct" | "Sparhaus" => 125,
        "Alpenbank" | "Banque Lilas" => 70,
        _ => 100,
    };
    level * percent / 100
}

impl Mail {
    /// The mail of this number, from 1, by one of so many customers.
    pub(super) fn draw(seed: u64, id: u64, customers: u64) -> Self {
        let mut draws = Draws::new(seed, Purpose::Mail, id);
        let sender = Customer::draw(seed, 1 + draws.below(customers));
        let (month, day) = calendar(draws.below(365));
        let tone = draws.weighted(&TONES);
        Self {
            id,
            sender,
            date: (draws.weighted(&YEARS), month, day),
            topic: draws.weighted(&TOPICS),
            tone,
            angry: draws.chance(anger_per_mille(&sender)) && tone == Tone::Complaint,
            anchored: draws.chance(ANCHORED_PER_MILLE),
        }
    }

    /// Writes the line of the table: id, email, date, subject, text.
    pub(super) fn write(&self, seed: u64, to: &mut impl Write) -> io::Result<()> {
        let (year, month, day) = self.date;
        write!(to, "{},", self.id)?;
        self.sender.write_email(to)?;
        write!(to, ",{year}-{month:02}-{day:02},")?;
        let mut draws = Draws::new(seed, Purpose::Wording, self.id);
        self.say(draws.pick(self.topic.subjects), &mut draws, to)?;
        to.write_all(b",")?;
        self.write_text(&mut draws, to)?;
        to.write_all(b"\n")
    }

    fn write_text(&self, draws: &mut Draws, to: &mut impl Write) -> io::Result<()> {
        let matter = match self.tone {
            Tone::Complaint => self.topic.complaints,
            Tone::Question => self.topic.questions,
            Tone::Thanks => self.topic.thanks,
        };
        let mut sentences: Vec<&[&str]> = Vec::with_capacity(6);
        sentences.push(&OPENINGS);
        sentences.push(matter);
        sentences.push(if self.anchored { anchored(self.tone) } else { &UNANCHORED });
        if self.tone == Tone::Complaint {
            sentences.push(if self.angry { &ANGRY } else { &CALM });
        }
        // Two of three premium customers let it show, and one of twelve others speaks alike.
        match (self.sender.is_premium(), draws.below(12)) {
            (true, 0..8) | (false, 0) => sentences.push(&SERVED_FIRST),
            (_, 8..11) => sentences.push(&SERVED),
            _ => {}
        }
        sentences.push(&CLOSINGS);
        for (position, phrases) in sentences.into_iter().enumerate() {
            if position > 0 {
                to.write_all(b". ")?;
            }
            self.say(draws.pick(phrases), draws, to)?;
        }
        to.write_all(b".")
    }

    /// Writes a phrase with its slots filled in.
    fn say(&self, phrase: &str, draws: &mut Draws, to: &mut impl Write) -> io::Result<()> {
        let mut rest = phrase;
        while let Some((before, after)) = rest.split_once('{') {
            let (slot, after) = after.split_once('}').unwrap_or((after, ""));
            to.write_all(before.as_bytes())?;
            match slot {
                "bank" => to.write_all(self.sender.bank.as_bytes())?,
                "amount" => write!(to, "{}", 5 * (1 + draws.below(60)))?,
                _ => to.write_all(draws.pick(fillers(slot)).as_bytes())?,
            }
            rest = after;
        }
        to.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_the_year_become_dates() {
        assert_eq!([0, 30, 31, 58, 59, 364].map(calendar), [(1, 1), (1, 31), (2, 1), (2, 28), (3, 1), (12, 31)]);
    }
}
