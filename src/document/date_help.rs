//! What to write instead of a date in another form.

use jiff::civil::Date;

use super::visible::quoted;

/// How a text that is a date in another form than documents take is to be written.
pub fn date_help(text: &str) -> Option<String> {
    let day = text.split_whitespace().next()?;
    if let Some(date) = certain(day).or_else(|| in_words(text.trim())) {
        return Some(format!("write {}: year, month, day", quoted(&date.to_string())));
    }
    let [day_first, month_first] = ["%d/%m/%Y", "%m/%d/%Y"].map(|form| read(form, day));
    match (day_first, month_first) {
        (Some(day_first), Some(month_first)) if day_first != month_first => Some(format!(
            "write {} or {}: nothing tells which number is the day",
            quoted(&day_first.to_string()),
            quoted(&month_first.to_string())
        )),
        (one, other) => one.or(other).map(|date| {
            let date = quoted(&date.to_string());
            format!("write {date}: year, month, day, so that no row can be read in two ways")
        }),
    }
}

/// The instant that a text without time or offset is likely to mean.
pub(super) fn instant_help(text: &str) -> Option<String> {
    let with_hour = |date: Date| {
        format!("write {} if it is at 08:00 UTC", quoted(&format!("{date}T08:00:00Z")))
    };
    if let Some(date) = read("%Y-%m-%d", text) {
        return Some(with_hour(date));
    }
    let is_local = text.parse::<jiff::civil::DateTime>().is_ok();
    if is_local {
        let joined = text.replacen(' ', "T", 1);
        return Some(format!("write {} if it is in UTC", quoted(&format!("{joined}Z"))));
    }
    certain(text).or_else(|| in_words(text)).map(with_hour).or_else(|| date_help(text))
}

/// Forms in which the order of day and month is plain.
fn certain(day: &str) -> Option<Date> {
    ["%d.%m.%Y", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d"].into_iter().find_map(|form| read(form, day))
}

fn in_words(text: &str) -> Option<Date> {
    ["%d %b %Y", "%d-%b-%Y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y"]
        .into_iter()
        .find_map(|form| read(form, text))
}

/// A date of this century or the last in one form, nothing left over.
fn read(form: &str, text: &str) -> Option<Date> {
    Date::strptime(form, text).ok().filter(|date| (1970..2200).contains(&date.year()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_other_forms_are_written_anew() {
        let cases = [
            ("31.12.2024", Some("write `2024-12-31`: year")),
            ("31.12.2024 00:00", Some("write `2024-12-31`: year")),
            ("2024/12/31", Some("write `2024-12-31`: year")),
            ("20241231", Some("write `2024-12-31`: year")),
            ("31 Dec 2024", Some("write `2024-12-31`: year")),
            ("Dec 31, 2024", Some("write `2024-12-31`: year")),
            ("12/31/2024", Some("write `2024-12-31`: year, month, day, so that")),
            ("31/12/2024", Some("write `2024-12-31`: year, month, day, so that")),
            ("03/04/2024", Some("write `2024-04-03` or `2024-03-04`")),
            ("04/04/2024", Some("write `2024-04-04`: year, month, day, so that")),
            ("31.13.2024", None),
            ("yesterday", None),
            ("", None),
        ];
        for (text, expected) in cases {
            let found = date_help(text);
            let is_expected = match (&found, expected) {
                (Some(found), Some(expected)) => found.starts_with(expected),
                (found, expected) => found.is_none() && expected.is_none(),
            };
            assert!(is_expected, "{text}: {found:?}");
        }
    }

    #[test]
    fn instants_lack_a_time_or_an_offset() {
        let cases = [
            ("2026-12-25", "write `2026-12-25T08:00:00Z` if it is at 08:00 UTC"),
            ("25.12.2026", "write `2026-12-25T08:00:00Z` if it is at 08:00 UTC"),
            ("2026-12-25 08:00:00", "write `2026-12-25T08:00:00Z` if it is in UTC"),
        ];
        for (text, expected) in cases {
            assert_eq!(instant_help(text).as_deref(), Some(expected), "{text}");
        }
        assert!(instant_help("12/11/2026").is_some_and(|help| help.contains(" or ")));
        assert_eq!(instant_help("soon"), None);
    }
}
