//! What moved prices inside paths beside the model, told.

use crate::margin::cascade::CascadeEnd;
use crate::margin::displacement::{Displacement, MarketEvent, MarketHappening};
use crate::portfolio::Portfolio;
use crate::units::{Symbol, usd};

/// What happened, without its time.
pub(super) fn told(
    event: &MarketEvent,
    portfolio: &Portfolio,
    displacement: Option<&Displacement>,
) -> String {
    let account = |index: usize| &portfolio.accounts[index].name;
    match event.what {
        MarketHappening::Cascade { others_usd, end, coin, displacement: moved } => {
            let coin = displacement.and_then(|one| one.symbols().nth(coin));
            let moved = 100.0 * libm::expm1(moved);
            format!(
                "others' positions of {} are liquidated; {} now stands {moved:+.2} % from where the \
                 model drew it; {}",
                usd(others_usd),
                name(coin),
                ended(end)
            )
        }
        MarketHappening::PegBroken { peg, factor } => {
            let asset = displacement.and_then(|one| one.pegs().nth(peg));
            let lost = 100.0 * (1.0 - factor);
            format!("the peg of {} breaks: {lost:.2} % of its price is lost", name(asset))
        }
        MarketHappening::Deleveraged { account: index, position, notional, loss } => {
            let position = &portfolio.positions[position].id;
            format!(
                "{}: {position} is auto-deleveraged, {} of it closed at the bankruptcy price of \
                 others, at a loss of {}",
                account(index),
                usd(notional),
                usd(loss)
            )
        }
        MarketHappening::Socialised { account: index, loss } => {
            let account = account(index);
            format!("{account}: {} of its gains are taken for the debts of others", usd(loss))
        }
        MarketHappening::FundExhausted { venue, unpaid } => {
            let venue = &portfolio.venues[venue].name;
            format!(
                "the insurance fund of {venue} is exhausted: {} of debts are left to others",
                usd(unpaid)
            )
        }
        MarketHappening::RoundsExhausted => {
            "the bound on rounds is reached before the book's orders stop triggering others: the \
             moves told are too small"
                .to_owned()
        }
    }
}

fn name(symbol: Option<&Symbol>) -> &str {
    symbol.map_or("a price", Symbol::as_str)
}

/// How a cascade ended, in words.
fn ended(end: CascadeEnd) -> &'static str {
    match end {
        CascadeEnd::Quiet | CascadeEnd::Settled => "the cascade settles",
        CascadeEnd::Exhausted => "the cascade ends with the last position",
        CascadeEnd::Unsettled => "the cascade is cut off at its bound on rounds",
        CascadeEnd::RanAway => "the cascade runs away until the last position is gone",
    }
}
