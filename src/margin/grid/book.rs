//! An account's profit over its venue's grid, and its margin for any scale of the positions.

use super::contract::{GridCurrency, GridProfit, GridState};
use super::unit::{Leg, RiskUnit, relative, unshifted};
use super::{
    DeribitCoin, DeribitPoint, DeribitPortfolio, DeribitRequirement, DeribitUnit, ExpiryDelta,
    OkxCoin, OkxNeeds, OkxParts, OkxPortfolio, PortfolioRules, SpanPortfolio, VolatilityShift,
    scan_risk,
};
use crate::margin::{Margin, MarginError};
use crate::market::Market;
use crate::portfolio::{Account, Portfolio};
use crate::pricing::asset_price;

const SHIFTS: [VolatilityShift; 3] =
    [VolatilityShift::Down, VolatilityShift::Same, VolatilityShift::Up];

/// The portfolio margin of one account.
#[derive(Debug, Clone)]
pub struct AccountGrid {
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    Deribit {
        rules: DeribitPortfolio,
        units: Vec<DeribitGrid>,
    },
    /// All parts are in proportion to scale but the tiers of MR9.
    Okx {
        rules: OkxPortfolio,
        units: Vec<(OkxParts, f64)>,
        borrowing: f64,
    },
    /// Scan risk of all coins: in proportion to scale, long and short apart.
    Span {
        rules: SpanPortfolio,
        profits: Vec<Vec<f64>>,
    },
}

#[derive(Debug, Clone)]
struct DeribitGrid {
    coin: DeribitCoin,
    spot: f64,
    currency: GridCurrency,
    points: Vec<DeribitPoint>,
    profits: Vec<GridProfit>,
    deltas: Vec<ExpiryDelta>,
}

impl AccountGrid {
    /// Compiles the account with index `account`, which holds `positions`, under the portfolio
    /// rules of the set `id`.
    ///
    /// # Errors
    /// What the market lacks; a coin without parameters; a parameter that is not published and that
    /// the book needs.
    pub fn compile(
        rules: &PortfolioRules,
        id: &str,
        market: &Market,
        portfolio: &Portfolio,
        account: usize,
        positions: &[usize],
    ) -> Result<Self, MarginError> {
        let units = RiskUnit::of(market, portfolio, positions)?;
        let kind = match rules {
            PortfolioRules::Deribit(rules) => {
                let grid = |unit: &RiskUnit| deribit(rules, id, unit);
                let units = units.iter().map(grid).collect::<Result<_, _>>()?;
                Kind::Deribit { rules: rules.clone(), units }
            }
            PortfolioRules::Okx(rules) => {
                let account = &portfolio.accounts[account];
                check_published(rules, id, account, &units)?;
                let units = units.iter().map(|unit| okx(rules, unit)).collect();
                let borrowing = borrowing(rules, market, account)?;
                Kind::Okx { rules: rules.clone(), units, borrowing }
            }
            PortfolioRules::Span(rules) => {
                let scan = |unit: &RiskUnit| span(rules, id, unit);
                let profits = units.iter().map(scan).collect::<Result<_, _>>()?;
                Kind::Span { rules: rules.clone(), profits }
            }
        };
        Ok(Self { kind })
    }

    /// Margin in USD with the positions times `scale`.
    pub fn margin(&self, scale: f64) -> Margin {
        match &self.kind {
            Kind::Deribit { .. } => self.deribit(scale).map_or(Margin::default(), |one| one.margin),
            Kind::Okx { rules, units, borrowing } => {
                let one = |(parts, hedged): &(OkxParts, f64)| {
                    let depeg = rules.depeg_charge(scale.abs() * hedged);
                    parts.scaled(scale.abs()).with_depeg(depeg).maintenance()
                };
                rules.margin(units.iter().map(one).sum::<f64>() + borrowing)
            }
            Kind::Span { rules, profits } => {
                let risk = |profits: &Vec<f64>| {
                    let scaled: Vec<f64> = profits.iter().map(|profit| scale * profit).collect();
                    scan_risk(&scaled)
                };
                rules.margin(profits.iter().map(risk).sum())
            }
        }
    }

    /// The parts of a Deribit requirement; `None` under other rules.
    pub fn deribit(&self, scale: f64) -> Option<DeribitRequirement> {
        let Kind::Deribit { rules, units } = &self.kind else { return None };
        let scaled: Vec<DeribitGrid> = units.iter().map(|unit| unit.scaled(scale)).collect();
        Some(requirement(rules, &scaled))
    }
}

fn requirement(rules: &DeribitPortfolio, units: &[DeribitGrid]) -> DeribitRequirement {
    let views: Vec<DeribitUnit> = units.iter().map(DeribitGrid::view).collect();
    let points: Vec<&[DeribitPoint]> = units.iter().map(|one| one.points.as_slice()).collect();
    rules.requirement(&views, &points, 0.0)
}

/// Deribit's margin of coins that the rules know.
pub(super) fn deribit_margin(rules: &DeribitPortfolio, id: &str, units: &[RiskUnit]) -> Margin {
    let known = units.iter().filter_map(|unit| deribit(rules, id, unit).ok());
    requirement(rules, &known.collect::<Vec<_>>()).margin
}

/// What one coin counts at every point of its grid, then its roll and delta shocks.
pub(super) fn deribit_entries(rules: &DeribitPortfolio, id: &str, unit: &RiskUnit) -> Vec<f64> {
    match deribit(rules, id, unit) {
        Ok(grid) => rules.entries(&grid.view(), &grid.points),
        Err(_) => vec![0.0; rules.point_count() + 1],
    }
}

/// OKX's margin of an account that owes `borrowed` USD.
pub(super) fn okx_margin(rules: &OkxPortfolio, units: &[RiskUnit], borrowed: f64) -> Margin {
    let one = |unit: &RiskUnit| {
        let (parts, hedged) = okx(rules, unit);
        parts.with_depeg(rules.depeg_charge(hedged)).maintenance()
    };
    let coins = units.iter().fold(0.0, |sum, unit| sum + one(unit));
    rules.margin(coins + rules.borrowing_charge.unwrap_or(0.0) * borrowed)
}

/// The SPAN-like margin of coins that the rules know.
pub(super) fn span_margin(rules: &SpanPortfolio, id: &str, units: &[RiskUnit]) -> Margin {
    let known = units.iter().filter_map(|unit| span(rules, id, unit).ok());
    rules.margin(known.fold(0.0, |sum, profits| sum + scan_risk(&profits)))
}

impl DeribitGrid {
    fn scaled(&self, scale: f64) -> Self {
        let delta = |one: &ExpiryDelta| ExpiryDelta { coins: scale * one.coins, ..*one };
        Self {
            profits: self.profits.iter().map(|profit| profit.scaled(scale)).collect(),
            deltas: self.deltas.iter().map(delta).collect(),
            ..self.clone()
        }
    }

    fn view(&self) -> DeribitUnit<'_> {
        DeribitUnit {
            coin: &self.coin,
            spot: self.spot,
            currency: self.currency,
            profits: &self.profits,
            deltas: &self.deltas,
        }
    }
}

fn deribit(
    rules: &DeribitPortfolio,
    id: &str,
    unit: &RiskUnit,
) -> Result<DeribitGrid, MarginError> {
    let coin = rules.coins.get(&unit.coin).ok_or_else(|| unknown_coin(id, unit))?;
    let points = rules.points(coin);
    let profit = |point: &DeribitPoint| {
        let shifted = |state: &GridState| {
            rules.volatility(coin, state.volatility, state.years, point.volatility)
        };
        unit.profit(point.price_move, 0.0, shifted)
    };
    Ok(DeribitGrid {
        coin: *coin,
        spot: unit.spot,
        currency: unit.currency(),
        profits: points.iter().map(profit).collect(),
        points,
        deltas: unit.deltas(),
    })
}

fn span(rules: &SpanPortfolio, id: &str, unit: &RiskUnit) -> Result<Vec<f64>, MarginError> {
    let coin = rules.coins.get(&unit.coin).or(rules.others.as_ref());
    let coin = coin.ok_or_else(|| unknown_coin(id, unit))?;
    let profit = |scenario: &super::SpanScenario| {
        let shifted = |state: &GridState| coin.volatility(state.volatility, scenario.volatility);
        let profit = unit.profit(scenario.price_move, rules.look_ahead_days, shifted);
        scenario.cover * profit.in_usd(unit.spot * (1.0 + scenario.price_move))
    };
    Ok(rules.scenarios(coin).iter().map(profit).collect())
}

/// Refuses a book that needs a size which is not stated.
fn check_published(
    rules: &OkxPortfolio,
    id: &str,
    account: &Account,
    units: &[RiskUnit],
) -> Result<(), MarginError> {
    let borrowed = account.balances.iter().find(|balance| balance.quantity < 0.0);
    let needs = OkxNeeds {
        contracts: !units.is_empty(),
        option: units.iter().find_map(RiskUnit::first_option).map(|leg| leg.id.as_str()),
        borrowed: borrowed.map(|balance| balance.asset.as_str()),
    };
    match rules.unpublished(&needs).into_iter().next() {
        None => Ok(()),
        Some((parameter, because)) => Err(MarginError::UnpublishedParameter {
            account: account.name.clone(),
            rules: id.to_owned(),
            parameter,
            because,
        }),
    }
}

/// The parts of a coin's requirement, and the amount in USD that depends on a peg.
///
/// Sizes that are not stated count as zero: [`check_published`] has refused books that need them.
fn okx(rules: &OkxPortfolio, unit: &RiskUnit) -> (OkxParts, f64) {
    let coin = rules.coin(&unit.coin);
    let notional: f64 = unit.contracts.iter().map(|leg| leg.notional(unit.spot)).sum();
    let value_years = |leg: &Leg| leg.value_and_vega(unit.spot).0 * leg.state.years;
    let vegas = unit.by_expiry(|leg| leg.value_and_vega(unit.spot).1);
    let stated = |size: Option<f64>| size.unwrap_or(0.0);
    let parts = OkxParts {
        spot_shock: worst(unit, &coin.price_moves, stated(rules.volatility_move)),
        theta: worst_of([unit.profit(0.0, 1.0, unshifted).in_usd(unit.spot)]),
        vega_term: stated(rules.vega_term_move) * absolute(vegas),
        basis: basis(coin, unit),
        rates: stated(rules.rate_move) * absolute(unit.by_expiry(value_years)),
        extreme: stated(rules.extreme_share) * worst(unit, &[coin.extreme_move], 0.0),
        minimum: stated(rules.minimum_charge) * notional,
        depeg: 0.0,
    };
    (parts, hedged_across_quotes(unit))
}

/// Largest loss over the moves either way and no move, volatilities by `range` down, same and up.
fn worst(unit: &RiskUnit, moves: &[f64], range: f64) -> f64 {
    let either = moves.iter().flat_map(|size| [-size, *size]).chain([0.0]);
    let profits = either.flat_map(|price_move| {
        SHIFTS.map(|shift| {
            let shifted = |state: &GridState| relative(state.volatility, range, shift);
            unit.profit(price_move, 0.0, shifted).in_usd(unit.spot * (1.0 + price_move))
        })
    });
    worst_of(profits)
}

fn worst_of(profits: impl IntoIterator<Item = f64>) -> f64 {
    profits.into_iter().fold(0.0, |worst, profit| worst.max(-profit))
}

fn absolute(by_expiry: Vec<(f64, f64)>) -> f64 {
    by_expiry.iter().map(|(_, amount)| amount.abs()).sum()
}

fn basis(coin: &OkxCoin, unit: &RiskUnit) -> f64 {
    let one = |delta: &ExpiryDelta| delta.coins.abs() * delta.years * coin.annual_basis_move;
    unit.spot * unit.deltas().iter().map(one).sum::<f64>()
}

/// The delta that cancels between quote currencies, USD.
fn hedged_across_quotes(unit: &RiskUnit) -> f64 {
    let deltas = unit.deltas_by_quote();
    let long: f64 = deltas.values().map(|delta| delta.max(0.0)).sum();
    let short: f64 = deltas.values().map(|delta| (-delta).max(0.0)).sum();
    long.min(short) * unit.spot
}

/// MR8.
fn borrowing(rules: &OkxPortfolio, market: &Market, account: &Account) -> Result<f64, MarginError> {
    let share = rules.borrowing_charge.unwrap_or(0.0);
    let mut sum = 0.0;
    for balance in account.balances.iter().filter(|balance| balance.quantity < 0.0) {
        sum -= share * balance.quantity * asset_price(market, &account.name, &balance.asset)?;
    }
    Ok(sum)
}

fn unknown_coin(id: &str, unit: &RiskUnit) -> MarginError {
    MarginError::NoPortfolioParameters {
        position: unit.contracts.first().map_or(String::new(), |leg| leg.id.clone()),
        rules: id.to_owned(),
        coin: unit.coin.clone(),
    }
}
