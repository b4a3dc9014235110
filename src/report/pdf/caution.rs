//! What to know before relying on the pages.

use crate::outcome::Warning;
use crate::report::figures::{count, sentence};
use crate::report::html::filters::signs;

/// The warnings in full and how many findings the data had; `None` of neither.
pub(super) fn caution(warnings: &[Warning], findings: usize) -> Option<String> {
    if warnings.is_empty() && findings == 0 {
        return None;
    }
    let mut text = format!(
        "Before relying on this: {} and {} in the data.",
        count(warnings.len(), "warning"),
        count(findings, "finding")
    );
    warnings.iter().for_each(|one| text += &format!(" {}", signs(&sentence(&one.message))));
    Some(text)
}
