//! A calendar date, as a template writes it.
//!
//! Templates ask for it in the manner of C's `strftime`. Of a dialogue only the day is known on which
//! it began, so whatever asks for the time of day gets midnight.

use std::fmt;

use serde::{Deserialize, Serialize};

const MONTHS: [&str; 12] = [
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
];
const WEEKDAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const DAYS_BEFORE: [u16; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

/// A day of the Gregorian calendar, between the years 1 and 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// What is written where nobody says what day it is.
    pub const UNKNOWN: Date = Date { year: 1970, month: 1, day: 1 };

    /// `None` where there is no such day.
    pub fn new(year: u16, month: u8, day: u8) -> Option<Date> {
        let date = Date { year, month, day };
        let valid = (1..=9999).contains(&year) && (1..=12).contains(&month);
        (valid && (1..=date.days_in_month()).contains(&day)).then_some(date)
    }

    /// The day of a Unix time, in UTC.
    pub fn of_unix_seconds(seconds: u64) -> Date {
        // Days since 0000-03-01, in eras of 400 years: Howard Hinnant's `civil_from_days`.
        let days = seconds / 86_400 + 719_468;
        let (era, day_of_era) = (days / 146_097, days % 146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153; // From March on.
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = year_of_era + 400 * era + u64::from(month <= 2);
        let day = day_of_year - (153 * shifted + 2) / 5 + 1;
        Date { year: year.min(9999) as u16, month: month as u8, day: day as u8 }
    }

    /// From `2026-11-27`.
    pub fn parse(text: &str) -> Option<Date> {
        let mut parts = text.split('-');
        let date = Date::new(
            parts.next()?.parse().ok()?,
            parts.next()?.parse().ok()?,
            parts.next()?.parse().ok()?,
        );
        date.filter(|_| parts.next().is_none())
    }

    /// As Python's `strftime`; what is no directive is copied, and so is one that is not known.
    pub fn strftime(self, format: &str) -> String {
        let mut written = String::new();
        let mut characters = format.chars().peekable();
        while let Some(character) = characters.next() {
            if character != '%' {
                written.push(character);
                continue;
            }
            // `%-d` leaves the zero out.
            let bare = characters.next_if_eq(&'-').is_some();
            let directive = characters.next();
            match directive.and_then(|directive| self.directive(directive)) {
                Some(text) if bare => {
                    let trimmed = text.trim_start_matches(['0', ' ']);
                    written.push_str(if trimmed.is_empty() { "0" } else { trimmed });
                }
                Some(text) => written.push_str(&text),
                None => {
                    written.push_str(if bare { "%-" } else { "%" });
                    written.extend(directive);
                }
            }
        }
        written
    }

    fn directive(self, directive: char) -> Option<String> {
        let Date { year, month, day } = self;
        let month_name = MONTHS[usize::from(month) - 1];
        let weekday = WEEKDAYS[self.weekday()];
        Some(match directive {
            'Y' => format!("{year:04}"),
            'y' => format!("{:02}", year % 100),
            'm' => format!("{month:02}"),
            'd' => format!("{day:02}"),
            'e' => format!("{day:2}"),
            'B' => month_name.to_owned(),
            'b' | 'h' => month_name[..3].to_owned(),
            'A' => weekday.to_owned(),
            'a' => weekday[..3].to_owned(),
            'u' => (if self.weekday() == 0 { 7 } else { self.weekday() }).to_string(),
            'w' => self.weekday().to_string(),
            'j' => format!("{:03}", self.day_of_year()),
            'F' => self.strftime("%Y-%m-%d"),
            'D' | 'x' => self.strftime("%m/%d/%y"),
            'c' => self.strftime("%a %b %e 00:00:00 %Y"),
            'H' | 'M' | 'S' => "00".to_owned(),
            'I' => "12".to_owned(),
            'p' => "AM".to_owned(),
            'T' | 'X' => "00:00:00".to_owned(),
            'R' => "00:00".to_owned(),
            'n' => "\n".to_owned(),
            't' => "\t".to_owned(),
            '%' => "%".to_owned(),
            _ => return None,
        })
    }

    fn is_leap(self) -> bool {
        self.year.is_multiple_of(4)
            && (!self.year.is_multiple_of(100) || self.year.is_multiple_of(400))
    }

    fn days_in_month(self) -> u8 {
        match self.month {
            2 => 28 + u8::from(self.is_leap()),
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }

    fn day_of_year(self) -> u16 {
        let leap = self.month > 2 && self.is_leap();
        DAYS_BEFORE[usize::from(self.month) - 1] + u16::from(self.day) + u16::from(leap)
    }

    /// 0 is Sunday.
    fn weekday(self) -> usize {
        let before = usize::from(self.year) - 1;
        let days = 365 * before + before / 4 - before / 100 + before / 400;
        (days + usize::from(self.day_of_year())) % 7
    }
}

/// As ISO 8601 has it.
impl fmt::Display for Date {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        write!(formatter, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl From<Date> for String {
    fn from(date: Date) -> String {
        date.to_string()
    }
}

impl TryFrom<String> for Date {
    type Error = String;

    fn try_from(text: String) -> Result<Date, String> {
        Date::parse(&text).ok_or_else(|| format!("`{text}` is no date"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(date: &str, format: &str, expected: &str) {
        assert_eq!(Date::parse(date).expect(date).strftime(format), expected, "{date} {format}");
    }

    #[test]
    fn formats_are_pythons() {
        check("2026-11-27", "%d %b %Y", "27 Nov 2026");
        check("2026-11-27", "%Y-%m-%d", "2026-11-27");
        check("2026-11-27", "%B %d, %Y", "November 27, 2026");
        check("2026-03-01", "%-d.%-m.%y", "1.3.26");
        check("2024-02-29", "%A, %a, %j, %e %h", "Thursday, Thu, 060, 29 Feb");
        check("2000-12-31", "%F %T %u %w %j", "2000-12-31 00:00:00 7 0 366");
        check("1900-03-01", "%a %j %D", "Thu 060 03/01/00");
        check("2026-01-05", "100 %% of %Q %", "100 % of %Q %");
    }

    #[test]
    fn only_days_that_are_there() {
        for bad in ["2026-02-29", "2026-13-01", "2026-04-31", "0-01-01", "2026-01", "1-1-1-1", ""] {
            assert_eq!(Date::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn unix_times_are_days_in_utc() {
        let check =
            |seconds, day: &str| assert_eq!(Date::of_unix_seconds(seconds).to_string(), day);
        check(0, "1970-01-01");
        check(86_399, "1970-01-01");
        check(951_782_400, "2000-02-29");
        check(1_709_251_199, "2024-02-29");
        check(1_795_737_600, "2026-11-27");
    }
}
