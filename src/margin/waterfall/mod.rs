//! Who pays what bankrupt accounts owe: the venue's insurance fund, then winners, then the venue.
//!
//! Flows in: the debts of the book's own and of others' accounts at a venue in one settlement asset,
//! the insurance fund, who could be made to pay. Flows out: a [`Settlement`] and its double entry
//! ([`Legs`]), in units of the asset.
//!
//! The waterfall `[I]`: debt = what closed accounts owe beyond their collateral, others' included;
//! the fund pays first; what it cannot pay is met by auto-deleveraging or spread over the winners,
//! and what those cannot meet is the venue's. In auto-deleveraging the bankrupt positions that the
//! fund cannot take over are closed against profitable positions on the other side at the bankruptcy
//! price: winners lose what the bankrupt position owes, for each unit of notional. Own share: own
//! eligible notional over that of the whole side; within it the highest rank first
//! ([`deleverage`]).
//!
//! Limits: others' ranks are unknown, so that the book's are as likely as theirs at any rank.

mod deleveraging;
mod document;
mod ledger;

#[cfg(test)]
mod tests;

pub use deleveraging::{Deleveraged, RankedPosition, deleverage, rank};
pub(super) use document::check;
pub use document::{WaterfallDocument, WaterfallRules};
pub use ledger::{Contract, Fill, Legs, fill_legs};

/// How a venue covers debts that its insurance fund cannot.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum LossSharing {
    /// Closes profitable positions on the other side at the bankruptcy price.
    AutoDeleveraging,
    /// Takes a share of the day's gains of all winners.
    Socialised,
    /// The venue bears it.
    Venue,
}

/// Debts at a venue in one settlement asset at one node, in units of it; not negative.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Debts {
    /// Of the book's accounts, which are not liable beyond their collateral.
    pub own: f64,
    /// Of others.
    pub others: f64,
    /// Notional of the bankrupt positions, own and others'.
    pub bankrupt_notional: f64,
}

/// Who could be made to pay, in units of the asset; not negative.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Winners {
    /// The book's notional in profitable positions on the other side.
    pub own_notional: f64,
    /// Others' notional in them.
    pub others_notional: f64,
    /// The book's gains of the day at the venue.
    pub own_gain: f64,
    /// Others' gains of the day.
    pub others_gain: f64,
}

/// Who paid, in units of the asset; all positive.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Settlement {
    /// By the insurance fund.
    pub fund: f64,
    /// The book's notional closed by auto-deleveraging.
    pub own_deleveraged_notional: f64,
    /// What the book loses by that.
    pub own_deleveraged_loss: f64,
    /// What others lose by theirs.
    pub others_deleveraged_loss: f64,
    /// Taken from the book's gains.
    pub own_socialised: f64,
    /// Taken from others' gains.
    pub others_socialised: f64,
    /// Borne by the venue.
    pub venue: f64,
}

/// Settles debts at a venue: draws on `fund` (what is left of it) and says who pays the rest.
pub fn settle(
    sharing: LossSharing,
    debts: &Debts,
    winners: &Winners,
    fund: &mut f64,
) -> Settlement {
    let debt = debts.own + debts.others;
    if debt <= 0.0 {
        return Settlement::default();
    }
    let paid = debt.min(fund.max(0.0));
    *fund -= paid;
    let uncovered = debt - paid;
    let settled = Settlement { fund: paid, ..Settlement::default() };
    match sharing {
        LossSharing::Venue => Settlement { venue: uncovered, ..settled },
        LossSharing::AutoDeleveraging => {
            deleveraging::share(settled, debt, uncovered, debts.bankrupt_notional, winners)
        }
        LossSharing::Socialised => socialise(settled, uncovered, winners),
    }
}

/// Pro rata over gains, and never more than them.
fn socialise(settled: Settlement, uncovered: f64, winners: &Winners) -> Settlement {
    let gains = winners.own_gain + winners.others_gain;
    if gains <= 0.0 {
        return Settlement { venue: uncovered, ..settled };
    }
    let rate = (uncovered / gains).min(1.0);
    Settlement {
        own_socialised: rate * winners.own_gain,
        others_socialised: rate * winners.others_gain,
        venue: (uncovered - gains).max(0.0),
        ..settled
    }
}

impl Settlement {
    /// What it does to everybody's balances. Debts forgiven are received by those who owed them.
    pub fn legs(&self, debts: &Debts) -> Legs {
        Legs {
            book: debts.own - self.own_deleveraged_loss - self.own_socialised,
            market: debts.others - self.others_deleveraged_loss,
            venue: -self.venue,
            insurance_fund: -self.fund,
            winners: -self.others_socialised,
        }
    }

    /// What the book loses.
    pub fn own_loss(&self) -> f64 {
        self.own_deleveraged_loss + self.own_socialised
    }
}
