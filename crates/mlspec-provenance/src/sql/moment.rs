//! Days and moments: reading them from ISO 8601 texts, units, lengths of time. Days count from 1970-01-01, moments are
//! microseconds since then; both are proleptic Gregorian.

/// Microseconds of a day.
pub(crate) const DAY: i64 = 86_400_000_000;

/// The day of a date. Formula: days from civil, counted in 400-year eras that begin in March.
pub(crate) fn day_of(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day of a day: the inverse of [`day_of`].
pub(crate) fn date_of(day: i64) -> (i64, i64, i64) {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let years = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * years + years / 4 - years / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + years + i64::from(month <= 2), month, day)
}

/// How many days a month has.
pub(crate) fn days_in(year: i64, month: i64) -> i64 {
    let next = if month == 12 { day_of(year + 1, 1, 1) } else { day_of(year, month + 1, 1) };
    next - day_of(year, month, 1)
}

/// A date that exists.
pub(crate) fn checked_day(year: i64, month: i64, day: i64) -> Option<i64> {
    let fits = (-9_999..=9_999).contains(&year) && (1..=12).contains(&month) && day >= 1 && day <= days_in(year, month);
    fits.then(|| day_of(year, month, day))
}

/// A time of day that exists, in microseconds.
pub(crate) fn checked_time(hour: i64, minute: i64, micros: i64) -> Option<i64> {
    let fits = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..60_000_000).contains(&micros);
    fits.then(|| (hour * 60 + minute) * 60_000_000 + micros)
}

/// Digits, as many as given.
fn digits(text: &str, count: usize) -> Option<(i64, &str)> {
    let head = text.get(..count)?;
    let number = head.bytes().all(|byte| byte.is_ascii_digit()).then(|| head.parse().ok())??;
    Some((number, &text[count..]))
}

fn date_and_rest(text: &str) -> Option<(i64, &str)> {
    let (year, rest) = digits(text, 4)?;
    let (month, rest) = digits(rest.strip_prefix('-')?, 2)?;
    let (day, rest) = digits(rest.strip_prefix('-')?, 2)?;
    Some((checked_day(year, month, day)?, rest))
}

fn time_and_rest(text: &str) -> Option<(i64, &str)> {
    let (hour, rest) = digits(text, 2)?;
    let (minute, rest) = digits(rest.strip_prefix(':')?, 2)?;
    let Some(rest) = rest.strip_prefix(':') else { return Some((checked_time(hour, minute, 0)?, rest)) };
    let (second, rest) = digits(rest, 2)?;
    let Some(rest) = rest.strip_prefix('.') else {
        return Some((checked_time(hour, minute, second * 1_000_000)?, rest));
    };
    let length = rest.bytes().take_while(u8::is_ascii_digit).count();
    if !(1..=9).contains(&length) {
        return None;
    }
    let fraction: i64 = format!("{:0<6.6}", &rest[..length]).parse().ok()?;
    Some((checked_time(hour, minute, second * 1_000_000 + fraction)?, &rest[length..]))
}

/// `2022-01-31`.
pub(crate) fn read_date(text: &str) -> Option<i64> {
    date_and_rest(text).filter(|(_, rest)| rest.is_empty()).map(|(day, _)| day)
}

/// `10:00`, `10:00:00`, `10:00:00.5`, in microseconds.
pub(crate) fn read_time(text: &str) -> Option<i64> {
    time_and_rest(text).filter(|(_, rest)| rest.is_empty()).map(|(time, _)| time)
}

/// `2022-01-31`, or with `T` or a space and a time behind. `zoned`: `Z` or an offset such as `+01:00` may follow.
pub(crate) fn read_moment(text: &str, zoned: bool) -> Option<i64> {
    let (day, rest) = date_and_rest(text)?;
    if rest.is_empty() {
        return Some(day * DAY);
    }
    let (time, rest) = time_and_rest(rest.strip_prefix(['T', ' '])?)?;
    let moment = day * DAY + time;
    match rest {
        "" => Some(moment),
        _ if !zoned => None,
        "Z" => Some(moment),
        _ => {
            let sign = if rest.starts_with('-') { -1 } else { 1 };
            let (offset, rest) = time_and_rest(rest.strip_prefix(['+', '-'])?)?;
            rest.is_empty().then(|| moment - sign * offset)
        }
    }
}

/// A length of time: months, days and microseconds, each for itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Length {
    pub(crate) months: i64,
    pub(crate) days: i64,
    pub(crate) micros: i64,
}

impl Length {
    /// So many of a unit.
    pub(crate) fn of(count: i64, unit: Unit) -> Option<Self> {
        let (months, days, micros) = unit.parts();
        Some(Self {
            months: months.checked_mul(count)?,
            days: days.checked_mul(count)?,
            micros: micros.checked_mul(count)?,
        })
    }

    pub(crate) fn plus(self, other: Self) -> Option<Self> {
        Some(Self {
            months: self.months.checked_add(other.months)?,
            days: self.days.checked_add(other.days)?,
            micros: self.micros.checked_add(other.micros)?,
        })
    }

    pub(crate) fn negated(self) -> Option<Self> {
        Some(Self {
            months: self.months.checked_neg()?,
            days: self.days.checked_neg()?,
            micros: self.micros.checked_neg()?,
        })
    }

    /// `3 days`, `1 year 2 months`, `-90 minutes`; a number alone is of `unit`.
    pub(crate) fn read(text: &str, unit: Option<Unit>) -> Option<Self> {
        let mut words = text.split_whitespace().peekable();
        let mut total = None;
        while let Some(word) = words.next() {
            let split = word.find(|c: char| c.is_alphabetic()).unwrap_or(word.len());
            let count: i64 = word[..split].parse().ok()?;
            let unit = match &word[split..] {
                "" => match words.next() {
                    Some(name) => Unit::named(name)?,
                    None => unit?,
                },
                name => Unit::named(name)?,
            };
            total = Some(total.unwrap_or(Self::default()).plus(Self::of(count, unit)?)?);
        }
        total
    }

    /// A moment later by this length. Beyond the end of a month its last day is taken, as in PostgreSQL.
    pub(crate) fn after(self, moment: i64) -> Option<i64> {
        let (day, time) = (moment.div_euclid(DAY), moment.rem_euclid(DAY));
        let day = match self.months {
            0 => day,
            months => {
                let (year, month, of_month) = date_of(day);
                let total = (year * 12 + month - 1).checked_add(months)?;
                let (year, month) = (total.div_euclid(12), total.rem_euclid(12) + 1);
                if !(-262_000..=262_000).contains(&year) {
                    return None;
                }
                day_of(year, month, of_month.min(days_in(year, month)))
            }
        };
        day.checked_add(self.days)?.checked_mul(DAY)?.checked_add(time)?.checked_add(self.micros)
    }
}

/// A unit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Unit {
    Microsecond,
    Millisecond,
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
    Decade,
    Century,
}

impl Unit {
    /// The names of the units, for errors.
    pub(crate) const NAMES: &'static str =
        "microsecond, millisecond, second, minute, hour, day, week, month, quarter, year, decade, century";

    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "microsecond" | "microseconds" | "us" => Self::Microsecond,
            "millisecond" | "milliseconds" | "ms" => Self::Millisecond,
            "second" | "seconds" | "sec" | "secs" | "s" => Self::Second,
            "minute" | "minutes" | "min" | "mins" | "m" => Self::Minute,
            "hour" | "hours" | "hr" | "hrs" | "h" => Self::Hour,
            "day" | "days" | "d" => Self::Day,
            "week" | "weeks" | "w" => Self::Week,
            "month" | "months" | "mon" | "mons" => Self::Month,
            "quarter" | "quarters" => Self::Quarter,
            "year" | "years" | "yr" | "yrs" | "y" => Self::Year,
            "decade" | "decades" => Self::Decade,
            "century" | "centuries" => Self::Century,
            _ => return None,
        })
    }

    fn parts(self) -> (i64, i64, i64) {
        match self {
            Self::Microsecond => (0, 0, 1),
            Self::Millisecond => (0, 0, 1_000),
            Self::Second => (0, 0, 1_000_000),
            Self::Minute => (0, 0, 60_000_000),
            Self::Hour => (0, 0, 3_600_000_000),
            Self::Day => (0, 1, 0),
            Self::Week => (0, 7, 0),
            Self::Month => (1, 0, 0),
            Self::Quarter => (3, 0, 0),
            Self::Year => (12, 0, 0),
            Self::Decade => (120, 0, 0),
            Self::Century => (1_200, 0, 0),
        }
    }

    /// The first moment of the unit in which a moment lies. Weeks begin on Mondays; centuries in years that end with 01.
    pub(crate) fn begin(self, moment: i64) -> i64 {
        let (months, days, micros) = self.parts();
        if months == 0 && days == 0 {
            return moment.div_euclid(micros) * micros;
        }
        let day = moment.div_euclid(DAY);
        let begin = match self {
            Self::Day => day,
            // 1970-01-01 was a Thursday.
            Self::Week => day - (day + 3).rem_euclid(7),
            _ => {
                let (year, month, _) = date_of(day);
                let first = if self == Self::Century {
                    (year - 1).div_euclid(100) * 1_200 + 12
                } else {
                    (year * 12 + month - 1).div_euclid(months) * months
                };
                day_of(first.div_euclid(12), first.rem_euclid(12) + 1, 1)
            }
        };
        begin * DAY
    }

    /// How many of the unit's boundaries lie between two moments: positive if the second is later.
    pub(crate) fn between(self, from: i64, to: i64) -> i64 {
        let number = |moment: i64| {
            let (months, days, micros) = self.parts();
            match (months, days) {
                (0, 0) => moment.div_euclid(micros),
                (0, 1) => moment.div_euclid(DAY),
                (0, _) => (moment.div_euclid(DAY) + 3).div_euclid(7),
                _ => {
                    let (year, month, _) = date_of(moment.div_euclid(DAY));
                    if self == Self::Century {
                        (year - 1).div_euclid(100)
                    } else {
                        (year * 12 + month - 1).div_euclid(months)
                    }
                }
            }
        };
        number(to).saturating_sub(number(from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_are_inverse() {
        for (day, date) in [
            (0, (1970, 1, 1)),
            (-1, (1969, 12, 31)),
            (19_053, (2022, 3, 2)),
            (11_016, (2000, 2, 29)),
            (-719_528, (0, 1, 1)),
        ] {
            assert_eq!(date_of(day), date);
            assert_eq!(day_of(date.0, date.1, date.2), day);
        }
        assert!((-800_000..800_000).step_by(97).all(|day| {
            let (y, m, d) = date_of(day);
            day_of(y, m, d) == day
        }));
    }

    #[test]
    fn texts_are_read_or_not() {
        assert_eq!(read_date("1970-01-02"), Some(1));
        for text in ["1970-1-2", "1970-02-30", "x", "", "1970-01-02 ", "１９７０-01-02"] {
            assert_eq!(read_date(text), None, "{text}");
        }
        assert_eq!(read_moment("1970-01-01T00:00:01.5", false), Some(1_500_000));
        assert_eq!(read_moment("1970-01-01 01:00+01:00", true), Some(0));
        assert_eq!(read_moment("1970-01-01 00:00Z", false), None);
        assert_eq!(read_moment("1970-01-02", false), Some(DAY));
        assert_eq!(read_time("24:00"), None);
    }

    #[test]
    fn lengths_of_time() {
        let read = |text| Length::read(text, None);
        assert_eq!(read("1 year 2 months"), Some(Length { months: 14, ..Length::default() }));
        assert_eq!(read("-90min"), Some(Length { micros: -5_400_000_000, ..Length::default() }));
        assert_eq!(Length::read("3", Some(Unit::Day)), Some(Length { days: 3, ..Length::default() }));
        for text in ["", "x", "3", "3 apples", "99999999999999999999 days", "9223372036854775807 years"] {
            assert_eq!(read(text), None, "{text}");
        }
        let february = read("1 month").unwrap().after(day_of(2022, 1, 31) * DAY);
        assert_eq!(february, Some(day_of(2022, 2, 28) * DAY));
        assert_eq!(Length { months: i64::MAX, ..Length::default() }.after(i64::MAX), None);
    }

    #[test]
    fn units_begin_and_are_counted() {
        let moment = day_of(2022, 8, 18) * DAY + 12_345_678_901;
        for (unit, begin) in [
            (Unit::Week, (2022, 8, 15)),
            (Unit::Month, (2022, 8, 1)),
            (Unit::Quarter, (2022, 7, 1)),
            (Unit::Year, (2022, 1, 1)),
            (Unit::Decade, (2020, 1, 1)),
            (Unit::Century, (2001, 1, 1)),
        ] {
            assert_eq!(unit.begin(moment), day_of(begin.0, begin.1, begin.2) * DAY, "{unit:?}");
            assert_eq!(unit.between(unit.begin(moment), moment), 0, "{unit:?}");
            assert_eq!(unit.between(unit.begin(moment) - 1, moment), 1, "{unit:?}");
        }
        assert_eq!(Unit::Hour.begin(moment), day_of(2022, 8, 18) * DAY + 3 * 3_600_000_000);
    }
}
