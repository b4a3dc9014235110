//! What orders and cascades did to prices, in a line or two.

use super::Page;
use crate::outcome::{Cascades, MovedPrices};
use crate::report::figures::{level, number, percent};

/// Cascades by their end, and what they add.
pub(super) fn moved(page: &Page<'_>, moved: &MovedPrices) -> String {
    let mut parts = Vec::new();
    if let Some(cascades) = &moved.cascades {
        parts.push(shares(page, cascades));
    }
    if let Some(compared) = &moved.without {
        let shortfall = &compared.expected_shortfall;
        parts.push(format!(
            "ES {} {} with, {} without (difference ± {})",
            level(compared.level),
            page.figures.money(shortfall.with),
            page.figures.money(shortfall.without),
            page.figures.money(shortfall.standard_error)
        ));
    }
    parts.join("; ")
}

fn shares(page: &Page<'_>, cascades: &Cascades) -> String {
    let mut text =
        format!("orders move prices on {} of paths", percent(cascades.moved.probability, 2));
    let ends = [
        ("run away", cascades.ran_away.probability),
        ("exhausted", cascades.exhausted.probability),
        ("unsettled", cascades.unsettled.probability),
    ];
    for (end, share) in ends.into_iter().filter(|(_, share)| *share > 0.0) {
        text.push_str(&format!(", {end} {}", percent(share, 2)));
    }
    let means = cascades.amplifications.iter().filter_map(|one| Some((&one.coin, one.mean?)));
    if let Some((coin, mean)) = means.max_by(|a, b| a.1.total_cmp(&b.1)) {
        text.push_str(&format!("; {coin} moves {} times as far", number(mean, 3)));
    }
    let loss = cascades.deleveraged_loss.mean + cascades.socialised_loss.mean;
    if loss > 0.0 {
        text.push_str(&format!("; shared losses {}", page.figures.money(loss)));
    }
    text
}
