//! Debts shared on paths: the fund pays, then winners of the book are deleveraged or taxed.
//!
//! Flows in: what accounts of the book's and others' liquidated positions owe at a node of one path.
//! Flows out: the fund's level, closed shares and cash of the book's profitable positions on the
//! other side, and the double entry of it all.
//!
//! Debts come coin by coin, longs before shorts, the book's own first; each draws on what those before
//! it left of the fund. The book's eligible positions are its futures and perpetuals on the coin at
//! that venue, settled in the fund's asset, on the side that won, with a profit since their entry.
//! Others' are the open interest of that side that the market document states, the venue's share of
//! it, less what was liquidated. A deleveraged position is closed at its mark and loses what the
//! bankrupt ones owe for each unit of notional: the bankruptcy price. The day's gains are those since
//! today.
//!
//! Limits: an account that owes settles in the asset of the position that lost most; options and spot
//! are neither deleveraged nor counted as gains.

use super::assess::{At, on_path, prices_of};
use super::book::{Backing, EventBook};
use super::contract::{ContractKind, Sizes};
use super::funds::{Fund, OwnDebt};
use super::quotes::Quotes;
use super::state::Holdings;
use crate::margin::displacement::{MarketEvent, MarketHappening, OthersOnPath};
use crate::margin::impact::Side;
use crate::margin::waterfall::{
    Debts, Legs, RankedPosition, Settlement, Winners, deleverage, rank, settle,
};

/// Debts of one side of one coin in the asset of one fund.
#[derive(Debug, Clone, Copy)]
struct Owed {
    fund: usize,
    /// Price of the coin.
    coin: usize,
    /// Orders that closed the bankrupt positions: longs are sold.
    side: Side,
    debts: Debts,
    /// Others' on the side that won, in USD.
    others: OthersWinning,
}

/// Others who won by what made the positions bankrupt, in USD.
#[derive(Debug, Clone, Copy, Default)]
struct OthersWinning {
    notional: f64,
    gain: f64,
}

/// A winning position of the book's.
#[derive(Debug, Clone, Copy)]
struct Winner {
    position: usize,
    pool: usize,
    /// USD.
    notional: f64,
    gain: f64,
}

impl Holdings {
    /// Notes what an account owes beyond its collateral; `pool` was closed at `at`.
    pub fn owe(&mut self, book: &EventBook, pool: usize, (debt, notional): (f64, f64), at: At) {
        if book.funds.is_empty() {
            return;
        }
        let lost = |position: usize| {
            let cash = self.cash[position * self.path_count + at.place];
            cash * at.quotes.price(book.positions[position].price)[at.quoted]
        };
        let positions = book.pools[pool].positions.iter().copied();
        let worst = positions.min_by(|a, b| lost(*a).total_cmp(&lost(*b)));
        if let Some(position) = worst {
            self.funds.debts.push(OwnDebt { place: at.place, position, debt, notional });
        }
    }

    /// Pays the fund's part of a liquidation fee on `notional` USD of a contract.
    pub fn feed(&mut self, book: &EventBook, contract: usize, notional: f64, at: At) {
        if book.funds.is_empty() {
            return;
        }
        let Some(&(position, _)) = book.contracts[contract].positions.first() else { return };
        let (price, venue) = (book.positions[position].price, book.positions[position].venue);
        let Some(index) = venue.and_then(|venue| book.funds.find(venue, price)) else { return };
        let paid = units(book.funds.funds[index].fee * notional, at.quotes.price(price)[at.quoted]);
        self.pay_in(index, at.place, Legs { book: -paid, insurance_fund: paid, ..Legs::default() });
    }

    fn pay_in(&mut self, fund: usize, place: usize, legs: Legs) {
        let slot = fund * self.path_count + place;
        self.funds.levels[slot] += legs.insurance_fund;
        self.funds.legs[slot].add(&legs);
    }

    /// Feeds the funds with the fees of others' positions liquidated as a node was visited, and pays
    /// what they owe; what a fund cannot pay in full is left in `uncovered`.
    pub fn absorb_others(&mut self, book: &EventBook, quotes: &Quotes) {
        self.uncovered.clear();
        let count = self.market.as_ref().map_or(0, |paths| paths.others().len());
        for (index, fund) in book.funds.funds.iter().enumerate().filter(|(_, one)| one.others > 0.0)
        {
            for other in 0..count {
                let Some(one) = self.market.as_ref().map(|paths| paths.others()[other]) else {
                    break;
                };
                let price = quotes.price(fund.price)[one.place];
                self.feed_by_others(fund, index, &one, price);
                let debts = others_debts(fund, &one, price);
                let slot = index * self.path_count + one.place;
                if debts.others <= 0.0 {
                    continue;
                }
                if debts.others > self.funds.levels[slot] {
                    self.uncovered.push((index, one));
                    continue;
                }
                let level = &mut self.funds.levels[slot];
                let settled = settle(fund.sharing, &debts, &Winners::default(), level);
                self.funds.legs[slot].add(&settled.legs(&debts));
                self.funds.shared[one.place].funds += settled.fund * price;
            }
        }
    }

    /// Those of others' positions that had anything left pay their fee.
    fn feed_by_others(&mut self, fund: &Fund, index: usize, one: &OthersOnPath, price: f64) {
        let all = &one.liquidated;
        let fee = fund.fee * fund.others * (all.notional_usd - all.bankrupt_usd).max(0.0);
        if fee > 0.0 {
            let paid = units(fee, price);
            let legs = Legs { market: -paid, insurance_fund: paid, ..Legs::default() };
            self.pay_in(index, one.place, legs);
        }
    }

    /// Shares the debts of one path among those who must pay: the book's own, those of `uncovered`,
    /// by fund, and of others liquidated since, whose fees are paid in before.
    pub fn share_debts(
        &mut self,
        book: &EventBook,
        uncovered: &[(usize, OthersOnPath)],
        since: &[OthersOnPath],
        at: At,
    ) {
        if book.funds.is_empty() {
            return;
        }
        let mut owed = self.own_debts(book, at);
        owed.extend(uncovered.iter().filter_map(|(fund, one)| self.owed_by(book, *fund, one, at)));
        for (index, fund) in book.funds.funds.iter().enumerate().filter(|(_, one)| one.others > 0.0)
        {
            let price = at.quotes.price(fund.price)[at.quoted];
            for one in since {
                self.feed_by_others(fund, index, one, price);
                owed.extend(self.owed_by(book, index, one, at));
            }
        }
        for one in &owed {
            self.share(book, one, at);
        }
    }

    fn own_debts(&mut self, book: &EventBook, at: At) -> Vec<Owed> {
        let debts = std::mem::take(&mut self.funds.debts);
        let mut owed = Vec::new();
        for debt in debts.iter().filter(|debt| debt.place == at.place) {
            let watched = &book.positions[debt.position];
            let find = |(_, contract): &(usize, &super::contract::Contract)| {
                contract.positions.iter().any(|(one, _)| *one == debt.position)
            };
            let Some((contract, found)) = book.contracts.iter().enumerate().find(find) else {
                continue;
            };
            let fund = watched.venue.and_then(|venue| book.funds.find(venue, watched.price));
            let Some(fund) = fund else { continue };
            let held = found.positions.iter().find(|(one, _)| *one == debt.position);
            let side =
                if held.is_some_and(|(_, today)| *today < 0.0) { Side::Buy } else { Side::Sell };
            let price = at.quotes.price(watched.price)[at.quoted];
            let debts = Debts {
                own: units(debt.debt, price),
                others: 0.0,
                bankrupt_notional: units(debt.notional, price),
            };
            let others = self.others_winning(book, (contract, fund, side), at);
            owed.push(Owed { fund, coin: found.coin, side, debts, others });
        }
        let mut left = debts;
        left.retain(|debt| debt.place != at.place);
        self.funds.debts = left;
        owed
    }

    /// What others owe to a fund, where they owe.
    fn owed_by(&self, book: &EventBook, fund: usize, one: &OthersOnPath, at: At) -> Option<Owed> {
        let market = book.market.as_ref()?;
        let terms = &book.funds.funds[fund];
        let debts = others_debts(terms, one, at.quotes.price(terms.price)[at.quoted]);
        let coin = market.price_of(one.coin, book);
        let others = self.winning_of_coin(book, (one.coin, fund, one.side), at.place);
        (debts.others > 0.0).then_some(Owed { fund, coin, side: one.side, debts, others })
    }

    fn others_winning(
        &self,
        book: &EventBook,
        (contract, fund, side): (usize, usize, Side),
        at: At,
    ) -> OthersWinning {
        let coin = book.market.as_ref().and_then(|market| market.coin(contract));
        coin.map_or(OthersWinning::default(), |coin| {
            self.winning_of_coin(book, (coin, fund, side), at.place)
        })
    }

    fn winning_of_coin(
        &self,
        book: &EventBook,
        (coin, fund, side): (usize, usize, Side),
        place: usize,
    ) -> OthersWinning {
        let (Some(market), Some(paths)) = (&book.market, &self.market) else {
            return OthersWinning::default();
        };
        let (left, log) = market.displacement.left(coin, side.other(), place, paths);
        let notional = book.funds.funds[fund].others * left;
        let move_for_them = match side {
            Side::Sell => -libm::expm1(log),
            Side::Buy => libm::expm1(log),
        };
        OthersWinning { notional, gain: notional * move_for_them.max(0.0) }
    }

    fn share(&mut self, book: &EventBook, owed: &Owed, at: At) {
        let fund = &book.funds.funds[owed.fund];
        let slot = owed.fund * self.path_count + at.place;
        let price = at.quotes.price(fund.price)[at.quoted];
        let winners = self.winners(book, fund, owed, at);
        let gains = self.gains(book, fund, at);
        let of_book = Winners {
            own_notional: units(winners.iter().map(|one| one.notional).sum(), price),
            others_notional: units(owed.others.notional, price),
            own_gain: units(gains.iter().map(|(_, gain)| gain).sum(), price),
            others_gain: units(owed.others.gain, price),
        };
        let settled = settle(fund.sharing, &owed.debts, &of_book, &mut self.funds.levels[slot]);
        self.funds.legs[slot].add(&settled.legs(&owed.debts));
        self.note(fund, owed, &settled, price, at);
        if settled.own_deleveraged_notional > 0.0 {
            self.deleverage(book, &winners, &settled, price, at);
        }
        if settled.own_socialised > 0.0 {
            self.socialise(book, &gains, settled.own_socialised, price, at);
        }
    }

    fn note(&mut self, fund: &Fund, owed: &Owed, settled: &Settlement, price: f64, at: At) {
        let shared = &mut self.funds.shared[at.place];
        shared.funds += settled.fund * price;
        shared.deleveraged_loss += settled.own_deleveraged_loss * price;
        shared.deleveraged_notional += settled.own_deleveraged_notional * price;
        shared.socialised += settled.own_socialised * price;
        let unpaid = owed.debts.own + owed.debts.others - settled.fund;
        if unpaid > 0.0 && !shared.is_exhausted {
            shared.is_exhausted = true;
            let what = MarketHappening::FundExhausted { venue: fund.venue, unpaid: unpaid * price };
            self.tell(what, at);
        }
    }

    fn tell(&mut self, what: MarketHappening, at: At) {
        let node = at.moment.saturating_sub(1);
        self.shared_events.push(MarketEvent { node, place: at.place, what });
    }

    /// Profitable positions of the book's on the other side, of the coin, at the venue.
    fn winners(&self, book: &EventBook, fund: &Fund, owed: &Owed, at: At) -> Vec<Winner> {
        let mut found = Vec::new();
        for (index, pool) in book.pools.iter().enumerate() {
            for contract in pool.contracts.clone() {
                let terms = &book.contracts[contract];
                let futures = matches!(terms.kind, ContractKind::Linear | ContractKind::Inverse);
                if !futures || terms.coin != owed.coin || !book.is_alive(contract, at.moment) {
                    continue;
                }
                let prices = prices_of(book, contract, at.quotes, at.quoted);
                for &(position, today) in &terms.positions {
                    let watched = &book.positions[position];
                    let here = watched.venue == Some(fund.venue) && watched.price == fund.price;
                    let held = self.held_at(position, at.place);
                    let won = match owed.side {
                        Side::Sell => held * today < 0.0,
                        Side::Buy => held * today > 0.0,
                    };
                    let gain = held * at.quotes.mark(position)[at.quoted];
                    if here && won && gain > 0.0 {
                        let mut sizes = Sizes::default();
                        sizes.add(held * today);
                        let notional = terms.notional(sizes, &prices);
                        found.push(Winner { position, pool: index, notional, gain });
                    }
                }
            }
        }
        found
    }

    /// Gains since today of the book's futures at a venue, in USD.
    fn gains(&self, book: &EventBook, fund: &Fund, at: At) -> Vec<(usize, f64)> {
        let mut found = Vec::new();
        for contract in &book.contracts {
            if !matches!(contract.kind, ContractKind::Linear | ContractKind::Inverse) {
                continue;
            }
            for &(position, _) in &contract.positions {
                let watched = &book.positions[position];
                if watched.venue != Some(fund.venue) || watched.price != fund.price {
                    continue;
                }
                let price = at.quotes.price(watched.price)[at.quoted];
                let mark = self.held_at(position, at.place) * at.quotes.mark(position)[at.quoted];
                let cash = self.cash[position * self.path_count + at.place] * price;
                let gain = mark + cash - book.funds.today[position];
                if gain > 0.0 {
                    found.push((position, gain));
                }
            }
        }
        found
    }

    /// Closes winners, the highest rank first, at their mark less what the bankrupt owe.
    fn deleverage(
        &mut self,
        book: &EventBook,
        winners: &[Winner],
        settled: &Settlement,
        price: f64,
        at: At,
    ) {
        let ranked = winners.iter().enumerate().map(|(index, winner)| {
            let standing = on_path(book, winner.pool, at, self);
            let collateral = self.collateral(book, winner.pool, at);
            let ratio = standing.maintenance / standing.balance;
            let rank = rank(winner.gain, collateral, ratio).unwrap_or(0.0);
            RankedPosition { position: index, rank, notional: winner.notional }
        });
        let mut ranked: Vec<RankedPosition> = ranked.collect();
        let (wanted, loss) = (settled.own_deleveraged_notional, settled.own_deleveraged_loss);
        let mut closed = Vec::new();
        deleverage(wanted * price, &mut ranked, |one| closed.push(one));
        for one in closed {
            let winner = &winners[one.position];
            let notional = one.share * winner.notional;
            let lost = loss * (notional / (wanted * price));
            let slot = winner.position * self.path_count + at.place;
            let share = one.share * self.held[slot];
            let value = share * at.quotes.mark(winner.position)[at.quoted];
            self.cash[slot] += units(value, price) - lost;
            self.held[slot] -= share;
            let account = book.pools[winner.pool].account;
            self.records[account * self.path_count + at.place].deleverage();
            let what = MarketHappening::Deleveraged {
                account: book.accounts[account].index,
                position: book.positions[winner.position].index,
                notional,
                loss: lost * price,
            };
            self.tell(what, at);
        }
    }

    /// What backs a pool without its positions, in USD.
    fn collateral(&self, book: &EventBook, pool: usize, at: At) -> f64 {
        match &book.pools[pool].backing {
            Backing::Account => {
                at.quotes.line(book.collateral_line(book.pools[pool].account))[at.quoted]
            }
            Backing::Posted(posted) => posted
                .iter()
                .fold(0.0, |sum, &(price, units)| sum + units * at.quotes.price(price)[at.quoted]),
        }
    }

    /// Takes `taken` units from the winners' gains, in proportion to them.
    fn socialise(
        &mut self,
        book: &EventBook,
        gains: &[(usize, f64)],
        taken: f64,
        price: f64,
        at: At,
    ) {
        let total: f64 = gains.iter().map(|(_, gain)| gain).sum();
        for &(position, gain) in gains {
            let lost = taken * (gain / total);
            self.cash[position * self.path_count + at.place] -= lost;
            let of = |account: &super::book::WatchedAccount| account.positions.contains(&position);
            let Some(account) = book.accounts.iter().position(of) else { continue };
            self.records[account * self.path_count + at.place].deleverage();
            let account = book.accounts[account].index;
            self.tell(MarketHappening::Socialised { account, loss: lost * price }, at);
        }
    }
}

/// What others' liquidated positions owe to a fund, in units of its asset.
fn others_debts(fund: &Fund, one: &OthersOnPath, price: f64) -> Debts {
    Debts {
        own: 0.0,
        others: units(fund.others * one.liquidated.deficit_usd, price),
        bankrupt_notional: units(fund.others * one.liquidated.bankrupt_usd, price),
    }
}

/// Units of an asset; nothing of one that is worth nothing.
fn units(value: f64, price: f64) -> f64 {
    let units = value / price;
    if units.is_finite() { units } else { 0.0 }
}
