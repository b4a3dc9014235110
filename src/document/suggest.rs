//! "Did you mean …?"

use super::visible::quoted;

/// Least Jaro–Winkler similarity of a suggestion.
const SIMILARITY_MIN: f64 = 0.75;
/// Names listed in a message before the rest is counted.
const LISTED_MAX: usize = 16;

/// The candidate closest to `found`, case apart, if any is close.
pub fn closest<'a>(found: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let found = found.to_lowercase();
    let similarity = |name: &&str| strsim::jaro_winkler(&found, &name.to_lowercase());
    let scored = candidates.into_iter().map(|name| (similarity(&name), name));
    let best = scored.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (best.0 >= SIMILARITY_MIN).then_some(best.1)
}

/// The help line for an unknown name.
pub fn did_you_mean<'a>(
    found: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    closest(found, candidates).map(|name| format!("did you mean {}?", quoted(name)))
}

/// `one of: a, b, c`, shortened where long.
pub fn one_of<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(quoted).collect();
    match names.len() {
        0 => "nothing: there are none".to_owned(),
        1 => names[0].clone(),
        n if n > LISTED_MAX => {
            format!("one of {} and {} more", names[..LISTED_MAX].join(", "), n - LISTED_MAX)
        }
        _ => format!("one of {}", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_close_names_are_suggested() {
        assert_eq!(closest("quantty", ["quantity", "entry"]), Some("quantity"));
        assert_eq!(closest("zzz", ["quantity", "entry"]), None);
        assert_eq!(one_of(["a", "b"]), "one of `a`, `b`");
    }
}
