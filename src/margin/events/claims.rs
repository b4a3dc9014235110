//! What a failed venue owes: the account's equity when it failed, and what a claim on it is worth.
//!
//! A claim is worth `R` of the equity, `R = Σ mark·value⁺ / Σ value⁺` over the assets of the account,
//! the mark of an asset being the share that claims in it are worth (unstated: nothing). An account
//! that owes has no claim: it stays what it is.

use super::assess::{At, add_products};
use super::book::EventBook;
use super::quotes::{Quotes, row};
use super::state::Holdings;

/// A claim on a failed venue, in USD at the prices of its failure.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Claim {
    /// What the account was worth; negative is owed.
    pub equity: f64,
    /// Sum of what it had, by asset, where positive.
    pub positive: f64,
    /// The same, each asset times its mark.
    pub marked: f64,
}

/// What an account has in one asset.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct AssetParts {
    /// Law of the asset's mark at the venue; `None`: claims in it are worth nothing.
    pub law: Option<usize>,
    /// Watched positions that pay in it.
    pub held: Vec<usize>,
    /// Watched positions whose cash is in it.
    pub cash: Vec<usize>,
    /// Watched balances of it.
    pub balances: Vec<usize>,
}

impl Claim {
    /// Adds what the account has in an asset of which claims are worth `mark`.
    pub fn add(&mut self, value: f64, mark: f64) {
        self.equity += value;
        self.positive += value.max(0.0);
        self.marked += mark * value.max(0.0);
    }

    /// What it is worth at the horizon; negative is owed.
    pub fn worth(&self) -> f64 {
        if self.equity <= 0.0 || self.positive <= 0.0 {
            return self.equity.min(0.0);
        }
        self.equity * (self.marked / self.positive).min(1.0)
    }

    /// What is lost by the failure.
    pub fn loss(&self) -> f64 {
        self.equity - self.worth()
    }
}

/// Claims of one account over a block, `[path]`, and what they are summed up from.
#[derive(Debug, Clone, Default)]
pub(super) struct ClaimColumns {
    values: Vec<f64>,
    claims: Vec<Claim>,
    /// What is lost by a failure, all accounts together, in USD.
    pub lost: Vec<f64>,
}

impl ClaimColumns {
    pub fn new(path_capacity: usize) -> Self {
        Self {
            values: vec![0.0; path_capacity],
            claims: vec![Claim::default(); path_capacity],
            lost: vec![0.0; path_capacity],
        }
    }

    /// Adds what an account made of `parts` and of `beside` would lose, each claim at the mark that
    /// `mark` has for its law.
    pub fn add_losses(
        &mut self,
        book: &EventBook,
        parts: &[AssetParts],
        (moment, quotes): (usize, &Quotes),
        holdings: &Holdings,
        (mark, beside): (impl Fn(usize) -> f64, impl Fn(usize) -> f64),
    ) {
        let count = holdings.path_count;
        let (values, claims) = (&mut self.values[..count], &mut self.claims[..count]);
        claims.fill(Claim::default());
        for part in parts {
            part.fill(book, (moment, quotes), holdings, values);
            let mark = part.law.map_or(0.0, &mark);
            claims.iter_mut().zip(&*values).for_each(|(claim, value)| claim.add(*value, mark));
        }
        for (place, (lost, claim)) in self.lost.iter_mut().zip(claims).enumerate() {
            claim.equity += beside(place);
            *lost += claim.loss();
        }
    }
}

impl AssetParts {
    /// Worth of it on one path, in USD.
    pub fn value(&self, book: &EventBook, at: At, holdings: &Holdings) -> f64 {
        let count = holdings.path_count;
        let held = self.held.iter().map(|&position| {
            holdings.held_at(position, at.place) * at.quotes.mark(position)[at.quoted]
        });
        let cash = self.cash.iter().map(|&position| {
            let price = at.quotes.price(book.positions[position].price)[at.quoted];
            holdings.cash[position * count + at.place] * price
        });
        let balances =
            self.balances.iter().map(|&balance| balance_value(book, balance, at, holdings));
        held.chain(cash).chain(balances).sum()
    }

    /// As [`Self::value`] on every path, with what is on its way to the account.
    pub fn fill(
        &self,
        book: &EventBook,
        (moment, quotes): (usize, &Quotes),
        holdings: &Holdings,
        values: &mut [f64],
    ) {
        let count = values.len();
        let price = |position: usize| quotes.price(book.positions[position].price);
        values.fill(0.0);
        for &position in &self.held {
            add_products(row(&holdings.held, position, count), quotes.mark(position), values);
        }
        for &position in &self.cash {
            add_products(row(&holdings.cash, position, count), price(position), values);
        }
        for &index in &self.balances {
            let balance = &book.balances[index];
            let prices = quotes.price(balance.price);
            let units = balance.units[moment];
            let moved = row(&holdings.balances.moved, index, count).iter().zip(prices);
            for (value, (moved, price)) in values.iter_mut().zip(moved) {
                *value += (units + moved) * price;
            }
            add_products(row(&holdings.balances.incoming, index, count), prices, values);
        }
    }
}

/// Worth of a watched balance on one path, in USD.
pub(super) fn balance_value(book: &EventBook, index: usize, at: At, holdings: &Holdings) -> f64 {
    let balance = &book.balances[index];
    let moved = holdings.balances.moved[index * holdings.path_count + at.place];
    (balance.units[at.moment] + moved) * at.quotes.price(balance.price)[at.quoted]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 60 of USDT at 30 % and 40 of BTC at 20 %: 18 + 8 of 100.
    #[test]
    fn a_claim_is_worth_its_marks_by_asset() {
        let mut claim = Claim::default();
        claim.add(60.0, 0.3);
        claim.add(40.0, 0.2);
        approx::assert_relative_eq!(claim.worth(), 26.0, max_relative = 1e-15);
        approx::assert_relative_eq!(claim.loss(), 74.0, max_relative = 1e-15);
        // A debt of 50 in SOL leaves half of the equity, of the same quality.
        claim.add(-50.0, 0.9);
        approx::assert_relative_eq!(claim.worth(), 13.0, max_relative = 1e-15);
    }

    #[test]
    fn an_account_that_owes_has_no_claim() {
        let mut claim = Claim::default();
        claim.add(10.0, 0.5);
        claim.add(-30.0, 0.5);
        assert_eq!((claim.worth(), claim.loss()), (-20.0, 0.0));
        assert_eq!((Claim::default().worth(), Claim::default().loss()), (0.0, 0.0));
    }
}
