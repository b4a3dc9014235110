//! Insurance funds of venues, compiled: which debts reach them, whom their venue makes pay.
//!
//! Flows in: the waterfall of each venue's rules. Flows out: one fund a venue and asset, for every
//! asset that the book's positions there settle in, that the venue holds a fund of, or that others'
//! positions settle in. Funds in assets that the market does not price are left out: nothing of the
//! book settles in them.

use super::book::{EventBook, WatchedAccount};
use crate::margin::waterfall::{Legs, LossSharing, WaterfallRules};
use crate::margin::{MarginError, MarginSetting, VenueRules};
use crate::pricing::asset_source;
use crate::units::Symbol;

/// Insurance funds of the venues that have a waterfall.
#[derive(Debug, Clone, Default)]
pub(super) struct Funds {
    pub funds: Vec<Fund>,
    /// Value of each watched position today, in USD.
    pub today: Vec<f64>,
}

/// The fund of one venue in one asset.
#[derive(Debug, Clone)]
pub(super) struct Fund {
    /// Index into `Portfolio::venues`.
    pub venue: usize,
    /// Price of its asset.
    pub price: usize,
    /// What it holds today, in units.
    pub held: f64,
    pub sharing: LossSharing,
    /// Share of a liquidated notional that is paid into it.
    pub fee: f64,
    /// Share of every coin's open interest whose debts reach it.
    pub others: f64,
}

/// What a fund and those behind it paid on one path, in USD when they did.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SharedDebts {
    /// By insurance funds.
    pub funds: f64,
    /// Notional of the book closed by auto-deleveraging.
    pub deleveraged_notional: f64,
    /// What the book lost by that.
    pub deleveraged_loss: f64,
    /// Taken from the book's gains.
    pub socialised: f64,
    /// Whether a fund could not pay.
    pub is_exhausted: bool,
}

/// Funds on the paths of a block.
#[derive(Debug, Clone, Default)]
pub(super) struct FundPaths {
    /// What is left, in units, `[fund][path]`.
    pub levels: Vec<f64>,
    /// Double entry of everything that was shared and fed, in units, `[fund][path]`.
    pub legs: Vec<Legs>,
    /// `[path]`.
    pub shared: Vec<SharedDebts>,
    /// Debts of the book's own at this node.
    pub debts: Vec<OwnDebt>,
}

/// What an account of the book's owes beyond its collateral.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct OwnDebt {
    pub place: usize,
    /// Watched position that lost most.
    pub position: usize,
    /// In USD.
    pub debt: f64,
    /// What was closed, in USD.
    pub notional: f64,
}

impl FundPaths {
    /// Whether an account of the book's owes on a path.
    pub fn is_owed(&self, place: usize) -> bool {
        self.debts.iter().any(|debt| debt.place == place)
    }
}

impl Funds {
    /// The funds of the venues of a book's accounts; their assets are added to its prices.
    pub fn compile(setting: &MarginSetting, book: &mut EventBook) -> Result<Self, MarginError> {
        let mut funds = Vec::new();
        for (venue, rules) in setting.rules.iter().enumerate() {
            let Some(rules) = rules else { continue };
            let here = |account: &WatchedAccount| {
                setting.portfolio.accounts[account.index].venue == Some(venue)
            };
            let accounts: Vec<usize> =
                (0..book.accounts.len()).filter(|one| here(&book.accounts[*one])).collect();
            if let Some(terms) = rules.waterfall.as_ref().filter(|_| !accounts.is_empty()) {
                funds.extend(of_venue(setting, (venue, rules, terms), &accounts, book)?);
            }
        }
        Ok(Self { funds, today: book.marks.base_values().to_vec() })
    }

    pub fn is_empty(&self) -> bool {
        self.funds.is_empty()
    }

    /// The fund of a venue in the asset of a price.
    pub fn find(&self, venue: usize, price: usize) -> Option<usize> {
        self.funds.iter().position(|fund| fund.venue == venue && fund.price == price)
    }

    pub fn paths(&self, path_capacity: usize) -> FundPaths {
        let count = self.funds.len();
        FundPaths {
            levels: vec![0.0; count * path_capacity],
            legs: vec![Legs::default(); count * path_capacity],
            shared: vec![SharedDebts::default(); path_capacity],
            debts: Vec::new(),
        }
    }

    pub fn start_block(&self, path_count: usize, paths: &mut FundPaths) {
        for (fund, levels) in self.funds.iter().zip(paths.levels.chunks_mut(path_count)) {
            levels.fill(fund.held);
        }
        paths.legs.fill(Legs::default());
        paths.shared.fill(SharedDebts::default());
        paths.debts.clear();
    }
}

fn of_venue(
    setting: &MarginSetting,
    (venue, rules, terms): (usize, &VenueRules, &WaterfallRules),
    accounts: &[usize],
    book: &mut EventBook,
) -> Result<Vec<Fund>, MarginError> {
    let MarginSetting { market, model, .. } = *setting;
    let others = terms.others_asset();
    let positions = accounts.iter().flat_map(|&account| book.accounts[account].positions.clone());
    let mut prices: Vec<usize> = positions.map(|position| book.positions[position].price).collect();
    let mut held: Vec<(usize, f64)> = Vec::new();
    let mut of_others = None;
    let stated = terms.insurance_fund.iter().map(|(asset, held)| (asset.clone(), *held));
    for (asset, units) in stated.chain([(others.clone(), 0.0)]) {
        let known = market.asset(&asset).is_some() || asset == Symbol::usd();
        if !known {
            continue;
        }
        let price = book.price(asset_source(market, model, "insurance fund", &asset)?);
        prices.push(price);
        held.push((price, units));
        if asset == others {
            of_others = Some(price);
        }
    }
    prices.sort_unstable();
    prices.dedup();
    let fund = |price: usize| Fund {
        venue,
        price,
        held: held.iter().filter(|(one, _)| *one == price).map(|(_, units)| units).sum(),
        sharing: terms.then,
        fee: rules.liquidation_fee * terms.fee_to_fund,
        others: if of_others == Some(price) { terms.open_interest_share } else { 0.0 },
    };
    Ok(prices.into_iter().map(fund).collect())
}
