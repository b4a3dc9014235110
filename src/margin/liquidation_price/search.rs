//! Liquidation prices by revaluation: the account is marked again at other prices of one coin.
//!
//! From today's price (or today's prices along given betas) outwards, down to a hundredth and up to a
//! hundred times, in steps that grow from a fifth of a per cent to a fifth; the first step that
//! crosses is narrowed down to the last digits. Right for brackets, sized rates, options, coin
//! collateral and portfolio margin alike, where the margin balance crosses the requirement no more
//! than once a step; a dip narrower than a step is passed over. Forwards move with the coin; smiles
//! move along.

use std::collections::{BTreeMap, BTreeSet};

use super::standing::{AccountRungs, RUNGS, Rung, Standing};
use crate::margin::{MarginBook, MarginError, VenueRules};
use crate::market::{AssetKind, Market};
use crate::numeric::root::{bisect, brent};
use crate::portfolio::{MarginMode, Portfolio};
use crate::pricing::with_entry_prices;
use crate::units::Symbol;

/// Steps a side: from one to a hundred times, in logarithms growing with their square.
const STEPS: i32 = 48;
/// `ln 100`.
const LOG_REACH: f64 = 4.605_170_185_988_092;
/// Relative width to which a price is known.
const TOLERANCE: f64 = 1e-13;

/// Where a line lies on one side of today's price.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PriceLine {
    /// Not within a factor of a hundred.
    Never,
    /// At this price, USD.
    At(f64),
    /// Today's price is beyond it already.
    Passed,
}

impl PriceLine {
    /// The price, where there is one.
    pub fn price(self) -> Option<f64> {
        match self {
            Self::At(price) => Some(price),
            Self::Never | Self::Passed => None,
        }
    }
}

/// The lines of one account (or isolated position) along one coin.
#[derive(Debug, Clone, PartialEq)]
pub struct LiquidationPrices {
    /// Index into [`Portfolio::accounts`].
    pub account: usize,
    /// Index into [`Portfolio::positions`] of the first position of an isolated contract; `None`:
    /// the whole account.
    pub position: Option<usize>,
    /// The coin whose price moves.
    pub underlying: Symbol,
    /// Its price today, USD.
    pub spot: f64,
    /// Nearest liquidation price below.
    pub lower: PriceLine,
    /// Nearest liquidation price above.
    pub upper: PriceLine,
    /// Nearest price below at which nothing is left, collateral at full value.
    pub bankruptcy_lower: PriceLine,
    /// Nearest price above at which nothing is left.
    pub bankruptcy_upper: PriceLine,
}

/// The lines of one account (or isolated position) when several coins move together, as moves of
/// the price whose beta is one: each coin's price is today's times `move^beta`.
#[derive(Debug, Clone, PartialEq)]
pub struct LiquidationMoves {
    /// Index into [`Portfolio::accounts`].
    pub account: usize,
    /// As in [`LiquidationPrices`].
    pub position: Option<usize>,
    /// Nearest liquidation below, as a price ratio under 1.
    pub lower: PriceLine,
    /// Nearest liquidation above, as a price ratio over 1.
    pub upper: PriceLine,
    /// Nearest ratio under 1 at which nothing is left.
    pub bankruptcy_lower: PriceLine,
    /// Nearest ratio over 1 at which nothing is left.
    pub bankruptcy_upper: PriceLine,
}

/// Every rung of one account (or isolated contract) along one coin.
#[derive(Debug, Clone, PartialEq)]
pub struct ThresholdPrices {
    /// Index into [`Portfolio::accounts`].
    pub account: usize,
    /// As in [`LiquidationPrices`].
    pub position: Option<usize>,
    /// The coin whose price moves.
    pub underlying: Symbol,
    /// Its price today, USD.
    pub spot: f64,
    /// By [`Rung`]: nearest price below and above.
    lines: [[PriceLine; 2]; RUNGS],
}

impl ThresholdPrices {
    /// The nearest prices of a rung below and above today's.
    pub fn lines(&self, rung: Rung) -> [PriceLine; 2] {
        self.lines[rung as usize]
    }

    /// Whether any rung has a price.
    pub fn any(&self) -> bool {
        self.lines.as_flattened().iter().any(|line| *line != PriceLine::Never)
    }
}

/// The lines of every account that its venue may liquidate, along every coin it depends on.
///
/// # Errors
/// What the market or the rules lack.
pub fn liquidation_prices(
    rules: &[Option<VenueRules>],
    market: &Market,
    portfolio: &Portfolio,
) -> Result<Vec<LiquidationPrices>, MarginError> {
    let ladder = LadderSearch::new(rules, market, portfolio)?;
    let mut found = Vec::new();
    for account in 0..portfolio.accounts.len() {
        let rungs = ladder.account(account, None)?.into_iter();
        found.extend(rungs.map(|one| {
            let [lower, upper] = one.lines(Rung::Liquidation);
            let [bankruptcy_lower, bankruptcy_upper] = one.lines(Rung::Bankruptcy);
            let ThresholdPrices { account, position, underlying, spot, .. } = one;
            LiquidationPrices {
                account,
                position,
                underlying,
                spot,
                lower,
                upper,
                bankruptcy_lower,
                bankruptcy_upper,
            }
        }));
    }
    Ok(found)
}

/// The lines of every account that its venue may liquidate when all coins move together; `betas` by
/// coin, the others stay.
///
/// # Errors
/// What the market or the rules lack.
pub fn liquidation_moves(
    rules: &[Option<VenueRules>],
    market: &Market,
    portfolio: &Portfolio,
    betas: &BTreeMap<Symbol, f64>,
) -> Result<Vec<LiquidationMoves>, MarginError> {
    let ladder = LadderSearch::new(rules, market, portfolio)?;
    let spot = |(coin, beta): (&Symbol, &f64)| {
        let asset = market.asset(coin)?;
        Some((coin.clone(), asset.price_usd, *beta))
    };
    let path: Vec<(Symbol, f64, f64)> = betas.iter().filter_map(spot).collect();
    let mut found = Vec::new();
    for account in 0..portfolio.accounts.len() {
        let Some(one) = ladder.alone(account) else { continue };
        let mut search = ladder.search(&one, account, None)?;
        search.path.clone_from(&path);
        for unit in search.lines()? {
            let [lower, upper] = unit.lines[Rung::Liquidation as usize];
            let [bankruptcy_lower, bankruptcy_upper] = unit.lines[Rung::Bankruptcy as usize];
            let position = unit.position.map(|place| ladder.held[account][place]);
            found.push(LiquidationMoves {
                account,
                position,
                lower,
                upper,
                bankruptcy_lower,
                bankruptcy_upper,
            });
        }
    }
    Ok(found)
}

/// Searches the rungs of one account after another.
pub struct LadderSearch<'a> {
    rules: &'a [Option<VenueRules>],
    /// Without its history.
    market: Market,
    /// As stated: which positions say what they were entered at.
    portfolio: &'a Portfolio,
    /// The same with today's marks where nothing was said: they must not move.
    entered: Portfolio,
    held: Vec<Vec<usize>>,
}

impl<'a> LadderSearch<'a> {
    /// Looks up what all accounts share.
    ///
    /// # Errors
    /// What the market lacks.
    pub fn new(
        rules: &'a [Option<VenueRules>],
        market: &Market,
        portfolio: &'a Portfolio,
    ) -> Result<Self, MarginError> {
        Ok(Self {
            rules,
            market: Market { history: None, ..market.clone() },
            portfolio,
            entered: with_entry_prices(market, portfolio)?,
            held: crate::margin::book::positions_by_account(portfolio),
        })
    }

    /// The rungs of an account along every coin it depends on; none where no venue may liquidate
    /// it. `equity_loss`: share of today's value that is lost at the equity threshold.
    ///
    /// # Errors
    /// What the market or the rules lack.
    pub fn account(
        &self,
        account: usize,
        equity_loss: Option<f64>,
    ) -> Result<Vec<ThresholdPrices>, MarginError> {
        let Some(one) = self.alone(account) else { return Ok(Vec::new()) };
        let mut search = self.search(&one, account, equity_loss)?;
        let mut found = Vec::new();
        for coin in coins(&search.market, search.portfolio) {
            let Some(spot) = search.market.asset(&coin).map(|asset| asset.price_usd) else {
                continue;
            };
            search.path = vec![(coin.clone(), spot, 1.0)];
            for unit in search.lines()? {
                let at = |line: PriceLine| match line {
                    PriceLine::At(ratio) => PriceLine::At(spot * ratio),
                    other => other,
                };
                found.push(ThresholdPrices {
                    account,
                    position: unit.position.map(|place| self.held[account][place]),
                    underlying: coin.clone(),
                    spot,
                    lines: unit.lines.map(|sides| sides.map(at)),
                });
            }
        }
        Ok(found)
    }

    /// The book of one account that a venue may liquidate.
    fn alone(&self, account: usize) -> Option<Portfolio> {
        let held = &self.entered.accounts[account];
        let margined = held.margin_mode != MarginMode::None;
        self.rules.get(held.venue.filter(|_| margined)?)?.as_ref()?;
        Some(alone(&self.entered, account, &self.held[account]))
    }

    fn search<'b>(
        &'b self,
        one: &'b Portfolio,
        account: usize,
        equity_loss: Option<f64>,
    ) -> Result<Search<'b>, MarginError> {
        let stated = self.held[account].iter();
        let stated = stated.map(|index| self.portfolio.positions[*index].entry_price.is_some());
        let rungs = AccountRungs::new(&self.market, one, stated.collect(), equity_loss)?;
        let market = self.market.clone();
        let mut search =
            Search { rules: self.rules, market, portfolio: one, rungs, path: Vec::new() };
        let today = search.standings(1.0)?;
        search.rungs.start(&today);
        Ok(search)
    }
}

/// The book of one account.
fn alone(portfolio: &Portfolio, account: usize, positions: &[usize]) -> Portfolio {
    let mut one = Portfolio {
        name: portfolio.name.clone(),
        venues: portfolio.venues.clone(),
        accounts: vec![portfolio.accounts[account].clone()],
        positions: positions.iter().map(|index| portfolio.positions[*index].clone()).collect(),
        orders: Vec::new(),
        margin_calls: None,
        hedges: Vec::new(),
    };
    one.positions.iter_mut().for_each(|position| position.account = 0);
    let margins = std::mem::take(&mut one.accounts[0].isolated_margins);
    let place = |index: usize| positions.iter().position(|held| *held == index);
    let kept = margins.into_iter().filter_map(|(index, margin)| Some((place(index)?, margin)));
    one.accounts[0].isolated_margins = kept.collect();
    one
}

/// Coins that the account's positions or balances depend on.
fn coins(market: &Market, portfolio: &Portfolio) -> BTreeSet<Symbol> {
    let held = portfolio.positions.iter().filter(|position| position.quantity != 0.0);
    let underlyings = held.map(|position| position.instrument.underlying());
    let balances = portfolio.accounts.iter().flat_map(|account| &account.balances);
    let assets = balances.filter(|balance| balance.quantity != 0.0).map(|balance| &balance.asset);
    let is_coin =
        |symbol: &&Symbol| market.asset(symbol).is_some_and(|asset| asset.kind == AssetKind::Coin);
    underlyings.chain(assets).filter(is_coin).cloned().collect()
}

/// The lines of one standing, below and above, as price ratios, by rung.
struct Lines {
    position: Option<usize>,
    lines: [[PriceLine; 2]; RUNGS],
}

/// The book of one account, and the coins that move: today's price and beta of each.
struct Search<'a> {
    rules: &'a [Option<VenueRules>],
    market: Market,
    portfolio: &'a Portfolio,
    rungs: AccountRungs,
    path: Vec<(Symbol, f64, f64)>,
}

impl Search<'_> {
    fn lines(&mut self) -> Result<Vec<Lines>, MarginError> {
        let at = |step: i32| {
            let share = f64::from(step) / f64::from(STEPS);
            libm::exp(LOG_REACH * share * share.abs())
        };
        let today = self.standings(1.0)?;
        let mut sides = [Vec::new(), Vec::new()];
        for (side, sign) in sides.iter_mut().zip([-1, 1]) {
            for step in 1..=STEPS {
                let ratio = at(sign * step);
                side.push((ratio, self.standings(ratio)?));
            }
        }
        let mut found = Vec::with_capacity(today.len());
        for (unit, now) in today.iter().enumerate() {
            let mut lines = [[PriceLine::Never; 2]; RUNGS];
            for (rung, lines) in lines.iter_mut().enumerate() {
                for (side, line) in sides.iter().zip(lines) {
                    let values = side.iter().map(|(ratio, units)| (*ratio, units[unit].room[rung]));
                    let refine =
                        |ratio: f64| self.standings(ratio).map(|units| units[unit].room[rung]);
                    *line = line_of((1.0, now.room[rung]), values, refine)?;
                }
            }
            found.push(Lines { position: now.position, lines });
        }
        self.move_to(1.0);
        Ok(found)
    }

    fn standings(&mut self, ratio: f64) -> Result<Vec<Standing>, MarginError> {
        self.move_to(ratio);
        let book = MarginBook::compile(self.rules, &self.market, self.portfolio)?;
        self.rungs.standings(&book, &self.market, self.portfolio)
    }

    fn move_to(&mut self, ratio: f64) {
        for (coin, spot, beta) in &self.path {
            let assets = self.market.assets.iter_mut().filter(|asset| asset.symbol == *coin);
            // A beta of one keeps the ratio to the last digit.
            let factor = if *beta == 1.0 { ratio } else { libm::pow(ratio, *beta) };
            assets.for_each(|asset| asset.price_usd = spot * factor);
        }
    }
}

/// The first crossing of zero from today outwards.
fn line_of(
    now: (f64, f64),
    outwards: impl Iterator<Item = (f64, f64)>,
    mut refine: impl FnMut(f64) -> Result<f64, MarginError>,
) -> Result<PriceLine, MarginError> {
    if now.1 < 0.0 {
        return Ok(PriceLine::Passed);
    }
    let (mut inner, mut value_inside) = now;
    for (outer, value) in outwards {
        if value >= 0.0 {
            (inner, value_inside) = (outer, value);
            continue;
        }
        let mut failure = None;
        let (low, high) = (inner.min(outer), inner.max(outer));
        let function = |price| {
            refine(price).unwrap_or_else(|error| {
                failure = Some(error);
                f64::NAN
            })
        };
        // Where nothing is required at one end, signs are all there is to go by.
        let root = if value_inside.is_finite() {
            brent(function, low, high, TOLERANCE * low)
        } else {
            bisect(function, low, high, TOLERANCE * low)
        };
        return match (failure, root) {
            (Some(error), _) => Err(error),
            (None, Ok(price)) => Ok(PriceLine::At(price)),
            // The ends bracket a crossing: it lies between neighbouring numbers.
            (None, Err(_)) => Ok(PriceLine::At(outer)),
        };
    }
    Ok(PriceLine::Never)
}
