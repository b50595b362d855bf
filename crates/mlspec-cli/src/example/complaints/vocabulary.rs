//! What mails say. No phrase holds a comma, a quote or a line break, so that the files need no quoting.
//!
//! Only [`ANCHORED`] phrases speak of a complaint or a bank account, and only [`ANGRY`] ones of anger: how often these occur
//! decides which mails a pipeline keeps and labels. In braces: what is filled in.

/// What a mail wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Tone {
    /// Something went wrong.
    #[default]
    Complaint,
    /// Something is unclear.
    Question,
    /// Something went well.
    Thanks,
}

/// What a mail is about.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Topic {
    pub(super) subjects: &'static [&'static str],
    pub(super) complaints: &'static [&'static str],
    pub(super) questions: &'static [&'static str],
    pub(super) thanks: &'static [&'static str],
}

pub(super) const TOPICS: [(Topic, u64); 6] =
    [(CARD, 24), (FEE, 22), (TRANSFER, 20), (ACCESS, 14), (LOAN, 10), (BRANCH, 10)];

const CARD: Topic = Topic {
    subjects: &[
        "Card declined in {place}",
        "My {card} does not work",
        "lost {card}",
        "New card still missing",
        "Payment refused on {weekday}",
        "PIN blocked",
        "Contactless payment",
        "{card} replaced",
    ],
    complaints: &[
        "My {card} was declined in {place} on {weekday} although there was money enough",
        "The new {card} that you promised in {month} has still not arrived",
        "A payment of {amount} euros was taken twice from my {card} in {place}",
        "Somebody used my {card} for {amount} euros and your hotline put me on hold",
        "The machine in {place} kept my {card} and nobody could give it back",
    ],
    questions: &[
        "How long does it take until a lost {card} is replaced",
        "Can I use my {card} abroad without paying more for each withdrawal",
        "Which limit applies when I pay with my {card} in {place}",
    ],
    thanks: &[
        "The new {card} came within {days} days and works everywhere",
        "Your team stopped the stolen {card} at once and returned {amount} euros",
    ],
};

const FEE: Topic = Topic {
    subjects: &[
        "Unexpected fee of {amount} euros",
        "Charges in {month}",
        "Why this fee",
        "monthly costs have doubled",
        "Refund of charges",
        "Your new price list",
        "Overdraft interest",
    ],
    complaints: &[
        "In {month} you charged {amount} euros for a service that I never ordered",
        "The monthly fee has risen to {amount} euros and no letter announced it",
        "You took {amount} euros of overdraft interest although my salary had arrived",
        "The refund of {amount} euros that was agreed on {weekday} is still missing",
        "I was told that the first year costs nothing and now see {amount} euros",
    ],
    questions: &[
        "Could you explain the fee of {amount} euros on my statement of {month}",
        "From which balance on is the monthly fee of {amount} euros dropped",
        "Is there a cheaper plan for someone who only pays by {card}",
    ],
    thanks: &[
        "You returned the fee of {amount} euros within {days} days without any discussion",
        "The lower price since {month} is a pleasant surprise",
    ],
};

const TRANSFER: Topic = Topic {
    subjects: &[
        "Transfer not received",
        "Standing order for {month}",
        "Transfer of {amount} euros lost",
        "URGENT transfer to {place}",
        "money sent to the wrong person",
        "Direct debit returned",
        "Salary is late",
    ],
    complaints: &[
        "A transfer of {amount} euros left on {weekday} and never reached {place}",
        "My standing order for the rent failed in {month} without any message",
        "You returned a direct debit of {amount} euros and my landlord now asks for interest",
        "The transfer to {place} needed {days} days instead of one",
        "Your system sent {amount} euros to somebody whom I do not know",
    ],
    questions: &[
        "How do I send {amount} euros to {place} so that it arrives on the same day",
        "Until when can I recall a transfer that I made on {weekday}",
        "Where do I change the standing order for {month}",
    ],
    thanks: &[
        "The transfer of {amount} euros to {place} arrived within an hour",
        "You found the lost transfer of {month} and called me back",
    ],
};

const ACCESS: Topic = Topic {
    subjects: &[
        "Cannot log in",
        "App crashes since {month}",
        "locked out again",
        "Password reset",
        "Two step login",
        "Code does not arrive",
        "Online banking on {weekday}",
    ],
    complaints: &[
        "The app has crashed at every login since the update in {month}",
        "I have been locked out for {days} days because the code never arrives",
        "Your website was down the whole {weekday} and I missed a deadline",
        "The reset of my password failed {days} times and support hung up",
        "After the update the app shows the statements of {month} only",
    ],
    questions: &[
        "How do I register a second phone for the login",
        "Where does the app show the statements of {month}",
        "Which browsers does your website support",
    ],
    thanks: &[
        "The new app is quick and shows everything that I need",
        "Your support unlocked my login on a {weekday} evening within {days} minutes",
    ],
};

const LOAN: Topic = Topic {
    subjects: &[
        "Loan application from {month}",
        "Mortgage rate",
        "Loan refused",
        "early repayment",
        "Savings plan",
        "Interest on savings",
        "Waiting for your decision",
    ],
    complaints: &[
        "My loan application of {month} has waited {days} weeks for a decision",
        "You refused the mortgage without a reason after asking for {days} documents",
        "The rate in the contract is higher than the one offered in {place}",
        "I repaid the loan early and was charged {amount} euros for it",
        "The savings plan was closed in {month} and the interest is missing",
    ],
    questions: &[
        "Which documents do you need for a mortgage on a flat in {place}",
        "What does it cost to repay a loan {days} months early",
        "Which interest do savings earn from {month} on",
    ],
    thanks: &[
        "The mortgage for our flat in {place} was decided in {days} days",
        "Your colleague in {place} found a rate that we can afford",
    ],
};

const BRANCH: Topic = Topic {
    subjects: &[
        "Your branch in {place}",
        "Appointment on {weekday}",
        "waiting for a call",
        "Service at the counter",
        "Opening hours",
        "Advice in {place}",
        "Letter without answer",
    ],
    complaints: &[
        "The branch in {place} was closed on {weekday} although I had an appointment",
        "I waited at the counter in {place} and was sent home after {days} hours",
        "Nobody has answered the letter that I sent in {month}",
        "Your hotline promised to call on {weekday} and nobody did",
        "The adviser in {place} was rude and did not read my papers",
    ],
    questions: &[
        "Is the branch in {place} open on {weekday} afternoon",
        "May I bring my daughter to the appointment on {weekday}",
        "To whom do I send the papers for a change of name",
    ],
    thanks: &[
        "The colleague at the counter in {place} took a whole hour for my questions",
        "I have never waited less than on {weekday} in {place}",
    ],
};

pub(super) const OPENINGS: [&str; 12] = [
    "Hello",
    "Good morning",
    "Dear team",
    "Dear Sir or Madam",
    "Dear {bank} team",
    "To whom it may concern",
    "I am writing for the second time this week",
    "I have been with {bank} for {days} years",
    "This is about something that happened on {weekday}",
    "I hope this reaches the right desk",
    "My wife asked me to write to you",
    "After a call to your hotline I write again",
];

/// Phrases that make the pipeline keep the mail, by tone.
pub(super) fn anchored(tone: Tone) -> &'static [&'static str] {
    match tone {
        Tone::Complaint => &ANCHORED[..8],
        Tone::Question => &ANCHORED[8..12],
        Tone::Thanks => &ANCHORED[12..],
    }
}

const ANCHORED: [&str; 16] = [
    "Please treat this mail as a formal complaint",
    "This is my second complaint about the same matter",
    "I expect an answer to this complaint before {weekday}",
    "My last complaint from {month} was never answered",
    "The bank account in question is the one that my salary goes to",
    "If this goes on I will move my bank account elsewhere",
    "I keep my bank account with {bank} and expected better",
    "A complaint at your branch in {place} led to nothing",
    "The question concerns my bank account at {bank}",
    "I share this bank account with my husband",
    "It is not a complaint and I only want to know",
    "My bank account was opened in {place} some years ago",
    "My earlier complaint is settled with this",
    "I will gladly keep my bank account with {bank}",
    "Opening the bank account was easy as well",
    "After my complaint in {month} everything went quickly",
];

/// Phrases of mails that the pipeline does not keep.
pub(super) const UNANCHORED: [&str; 6] = [
    "Please pass this on to the right people",
    "You find my number in your files",
    "I have written about this in {month} already",
    "The details are in the attached letter",
    "My colleague had the same experience with {bank}",
    "I can be reached on {weekday} after five",
];

pub(super) const ANGRY: [&str; 8] = [
    "I am really angry about how this was handled",
    "By now I am angry and tired of excuses",
    "My family is angry and so am I",
    "Nothing makes me as angry as being ignored",
    "I was angry before and this answer made it worse",
    "You can imagine how angry this makes a customer",
    "I left the branch angry and without any help",
    "It makes me angry that nobody feels responsible",
];

pub(super) const CALM: [&str; 8] = [
    "I am disappointed but sure that it can be solved",
    "Mistakes happen and I would like it put right",
    "I would be glad to hear what went wrong",
    "It cost me an afternoon and some patience",
    "I had hoped for better service than this",
    "Perhaps it is a misunderstanding on my side",
    "It is tiresome to explain it all again",
    "Please look into it when you find the time",
];

/// What customers say who pay for being served first; others say it now and then.
pub(super) const SERVED_FIRST: [&str; 6] = [
    "My personal adviser could not be reached",
    "As a premium customer I have a dedicated line",
    "The premium package promises an answer within a day",
    "My wealth manager knows the whole story",
    "I pay for the priority service every month",
    "The lounge in {place} gave me your address",
];

pub(super) const SERVED: [&str; 6] = [
    "I opened it online without any adviser",
    "I only have the simple plan",
    "My student plan ended in {month}",
    "The family plan covers all of us",
    "I usually do everything in the app",
    "I have no adviser and use the hotline",
];

pub(super) const CLOSINGS: [&str; 8] = [
    "Kind regards",
    "Please answer by mail",
    "Please call me back before {weekday}",
    "I look forward to your answer",
    "Many thanks in advance",
    "Yours sincerely",
    "With best wishes from {place}",
    "A short answer is enough",
];

/// What stands for a word in braces, apart from `{bank}` and `{amount}`.
pub(super) fn fillers(slot: &str) -> &'static [&'static str] {
    match slot {
        "card" => &["debit card", "credit card", "savings card", "travel card", "company card"],
        "place" => &[
            "London", "Leeds", "Bristol", "Glasgow", "Cardiff", "Berlin", "Hamburg", "Leipzig", "Munich", "Cologne",
            "Paris", "Lyon", "Nantes", "Lille", "Toulouse", "Vienna", "Porto", "Utrecht",
        ],
        "weekday" => &["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"],
        "month" => &[
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ],
        "days" => &["two", "three", "four", "five", "six", "seven", "eight", "ten", "twelve"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All phrases with the tone's own ones apart: (phrase, may be an anchor, may be angry).
    fn phrases() -> Vec<(&'static str, bool, bool)> {
        let plain =
            TOPICS.iter().flat_map(|(topic, _)| [topic.subjects, topic.complaints, topic.questions, topic.thanks]);
        let plain = plain.chain([&OPENINGS[..], &UNANCHORED, &CALM, &SERVED_FIRST, &SERVED, &CLOSINGS]).flatten();
        let mut all: Vec<_> = plain.map(|phrase| (*phrase, false, false)).collect();
        all.extend(ANCHORED.map(|phrase| (phrase, true, false)));
        all.extend(ANGRY.map(|phrase| (phrase, false, true)));
        all
    }

    #[test]
    fn only_the_phrases_meant_for_it_decide_what_is_kept_and_labelled() {
        for (phrase, anchored, angry) in phrases() {
            let lower = phrase.to_lowercase();
            assert_eq!(lower.contains("complaint") || lower.contains("bank account"), anchored, "{phrase}");
            assert_eq!(lower.contains("angry"), angry, "{phrase}");
        }
    }

    #[test]
    fn nothing_needs_quoting_and_every_slot_is_known() {
        for (phrase, ..) in phrases() {
            assert!(!phrase.contains([',', '"', '\n', '\r']), "{phrase}");
            for slot in phrase.split('{').skip(1).filter_map(|rest| rest.split_once('}')) {
                let known = ["bank", "amount"].contains(&slot.0) || !fillers(slot.0).is_empty();
                assert!(known, "`{}` in `{phrase}`", slot.0);
            }
        }
    }
}
