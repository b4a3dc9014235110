//! Greeks of the book today and over a ladder of spot moves.
//!
//! Closed-form derivatives of each position's full value, summed by coin. Collateral coins count as
//! spot; stablecoins and money have no spot exposure and are listed apart.

use std::collections::BTreeMap;

use super::compile::Layout;
use super::position::{Contract, ResolvedPosition, Settled, asset, finite};
use super::sensitivity::{Sensitivities, Viewpoint, spot_like};
use super::{Granularity, PricingError, PricingSettings, Row};
use crate::market::{Asset, AssetKind, Market};
use crate::portfolio::Portfolio;
use crate::units::{Symbol, Years};

/// Relative spot moves of the usual exposure profile, decimals.
pub const SPOT_LADDER: [f64; 21] = [
    -0.50, -0.45, -0.40, -0.35, -0.30, -0.25, -0.20, -0.15, -0.10, -0.05, 0.0, 0.05, 0.10, 0.15,
    0.20, 0.25, 0.30, 0.35, 0.40, 0.45, 0.50,
];

/// Sensitivities in USD.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SpotGreeks {
    /// `∂V/∂ln S`.
    pub dollar_delta: f64,
    /// Dollar gamma per 1 %, `S²·∂²V/∂S²·1 %`: change of `S₀·∂V/∂S` for a spot move of +1 %, first
    /// order. Zero for what is linear in spot.
    pub gamma_1pct: f64,
    /// Change of value for +1 volatility point on every implied volatility, first order.
    pub vega_1pt: f64,
    /// Change of value for one day passing, spot and smiles unchanged: decay of options and
    /// carry of dated futures; funding and interest are not in it.
    pub theta_1d: f64,
    /// Funding received over one day at today's rate.
    pub funding_1d: f64,
}

/// Greeks of a book.
#[derive(Debug, Clone, PartialEq)]
pub struct BookGreeks {
    /// By coin, sorted.
    pub by_underlying: Vec<(Symbol, SpotGreeks)>,
    /// Sum over coins.
    pub total: SpotGreeks,
    /// `∂V/∂ln P` by stablecoin, sorted.
    pub pegs: Vec<(Symbol, f64)>,
    /// Over the ladder, all coins moved alike, smiles by the settings' dynamics.
    pub profile: Vec<ProfilePoint>,
}

/// The book at one move of all spots.
#[derive(Debug, Clone, PartialEq)]
pub struct ProfilePoint {
    /// Relative move, decimal.
    pub spot_move: f64,
    /// Value less today's, by full revaluation.
    pub value_change: f64,
    /// Dollar delta there.
    pub dollar_delta: f64,
    /// Gamma per 1 % there.
    pub gamma_1pct: f64,
    /// By coin, sorted.
    pub by_underlying: Vec<(Symbol, SpotGreeks)>,
}

/// Dollar deltas of one row.
#[derive(Debug, Clone, PartialEq)]
pub struct RowExposure {
    /// The row.
    pub row: Row,
    /// `∂V/∂ln S` by coin, sorted.
    pub dollar_deltas: Vec<(Symbol, f64)>,
}

/// Greeks of `portfolio`, and its profile at the relative spot moves of `ladder` (above −1).
///
/// # Errors
/// Whatever the market lacks; a move at or below −100 %.
pub fn greeks(
    market: &Market,
    portfolio: &Portfolio,
    settings: PricingSettings,
    ladder: &[f64],
) -> Result<BookGreeks, PricingError> {
    let book = Resolved::new(market, portfolio)?;
    let today = book.sums(&Viewpoint::today(settings));
    let mut profile = Vec::with_capacity(ladder.len());
    for &spot_move in ladder {
        super::position::positive("spot ladder", "1 + move", 1.0 + spot_move)?;
        let there =
            book.sums(&Viewpoint { spot_ratio: 1.0 + spot_move, ..Viewpoint::today(settings) });
        let total = there.total();
        profile.push(ProfilePoint {
            spot_move,
            value_change: there.value - today.value,
            dollar_delta: total.dollar_delta,
            gamma_1pct: total.gamma_1pct,
            by_underlying: there.coins.into_iter().collect(),
        });
    }
    Ok(BookGreeks {
        total: today.total(),
        by_underlying: today.coins.into_iter().collect(),
        pegs: today.pegs.into_iter().collect(),
        profile,
    })
}

/// Dollar deltas of every row of `granularity`, in the order of the compiled book's rows.
///
/// # Errors
/// Whatever the market lacks.
pub fn exposures(
    market: &Market,
    portfolio: &Portfolio,
    settings: PricingSettings,
    granularity: Granularity,
) -> Result<Vec<RowExposure>, PricingError> {
    let book = Resolved::new(market, portfolio)?;
    let layout = Layout::new(portfolio, granularity);
    let viewpoint = Viewpoint::today(settings);
    let mut rows = vec![Sums::default(); layout.rows.len()];
    for (index, position) in book.positions.iter().enumerate() {
        let account = portfolio.positions[index].account;
        let found = viewpoint.sensitivities(position);
        rows[layout.position(index, account)].add_position(position, &found);
    }
    for &(account, index, asset, quantity) in &book.balances {
        let found = spot_like(quantity * asset.price_usd);
        rows[layout.balance(account, index)].add(asset, &found);
    }
    let exposure = |(row, sums): (&Row, Sums)| RowExposure {
        row: *row,
        dollar_deltas: sums
            .coins
            .into_iter()
            .map(|(coin, greeks)| (coin, greeks.dollar_delta))
            .collect(),
    };
    Ok(layout.rows.iter().zip(rows).map(exposure).collect())
}

/// A portfolio with everything looked up.
struct Resolved<'a> {
    positions: Vec<ResolvedPosition<'a>>,
    /// Account, index, asset, quantity.
    balances: Vec<(usize, usize, &'a Asset, f64)>,
}

impl<'a> Resolved<'a> {
    fn new(market: &'a Market, portfolio: &'a Portfolio) -> Result<Self, PricingError> {
        let positions = portfolio.positions.iter();
        let positions = positions.map(|position| ResolvedPosition::new(market, position));
        let mut balances = Vec::new();
        for (account_index, account) in portfolio.accounts.iter().enumerate() {
            for (index, balance) in account.balances.iter().enumerate() {
                let item = format!("{}/{}", account.name, balance.asset);
                finite(&item, "balance", balance.quantity)?;
                let held = asset(market, &item, &balance.asset)?;
                balances.push((account_index, index, held, balance.quantity));
            }
        }
        Ok(Self { positions: positions.collect::<Result<_, _>>()?, balances })
    }

    fn sums(&self, viewpoint: &Viewpoint) -> Sums {
        let tomorrow = Viewpoint {
            elapsed: Years(viewpoint.elapsed.get() + Years::from_days(1.0).get()),
            ..*viewpoint
        };
        let mut sums = Sums::default();
        for position in &self.positions {
            let found = viewpoint.sensitivities(position);
            sums.add_position(position, &found);
            let decay = tomorrow.sensitivities(position).value - found.value;
            sums.add_decay(position.coin, decay);
        }
        for &(_, _, asset, quantity) in &self.balances {
            sums.add(asset, &spot_like(quantity * viewpoint.price(asset)));
        }
        sums
    }
}

/// Sums by coin in symbol order.
#[derive(Debug, Clone, Default)]
struct Sums {
    value: f64,
    coins: BTreeMap<Symbol, SpotGreeks>,
    pegs: BTreeMap<Symbol, f64>,
}

impl Sums {
    fn add_position(&mut self, position: &ResolvedPosition, found: &Sensitivities) {
        self.add(position.coin, found);
        let (Contract::Perpetual { settled, .. }
        | Contract::Future { settled, .. }
        | Contract::Option { settled, .. }) = &position.contract
        else {
            return;
        };
        if let Settled::Linear(quote) = settled {
            self.add_quote(quote, found.quote);
        }
    }

    fn add(&mut self, asset: &Asset, found: &Sensitivities) {
        self.value += found.value;
        match asset.kind {
            AssetKind::Fiat => {}
            AssetKind::Stablecoin => {
                *self.pegs.entry(asset.symbol.clone()).or_default() += found.spot;
            }
            AssetKind::Coin => {
                let sums = self.coins.entry(asset.symbol.clone()).or_default();
                sums.dollar_delta += found.spot;
                sums.gamma_1pct += 0.01 * found.dollar_gamma();
                sums.vega_1pt += 0.01 * found.vega;
                sums.funding_1d += found.funding_1d;
            }
        }
    }

    /// The quote's part of a linear contract: first order; a coin as quote counts as spot.
    fn add_quote(&mut self, quote: &Asset, sensitivity: f64) {
        match quote.kind {
            AssetKind::Fiat => {}
            AssetKind::Stablecoin => {
                *self.pegs.entry(quote.symbol.clone()).or_default() += sensitivity;
            }
            AssetKind::Coin => {
                let sums = self.coins.entry(quote.symbol.clone()).or_default();
                sums.dollar_delta += sensitivity;
            }
        }
    }

    fn add_decay(&mut self, coin: &Asset, decay: f64) {
        if coin.kind == AssetKind::Coin {
            self.coins.entry(coin.symbol.clone()).or_default().theta_1d += decay;
        }
    }

    fn total(&self) -> SpotGreeks {
        let mut total = SpotGreeks::default();
        for greeks in self.coins.values() {
            total.dollar_delta += greeks.dollar_delta;
            total.gamma_1pct += greeks.gamma_1pct;
            total.vega_1pt += greeks.vega_1pt;
            total.theta_1d += greeks.theta_1d;
            total.funding_1d += greeks.funding_1d;
        }
        total
    }
}
