//! What it costs to close positions over a stated liquidation horizon.
//!
//! Flows in: a coin's liquidity and law of impact, the notional to close, the horizon and the share
//! of the volume that the book may be. Flows out: a [`ClosingCost`]: spread, impact, the days it
//! takes, what cannot be closed in time, and by how much the market risk of one day grows.
//!
//! Half-spreads are stressed after Bangia, Diebold, Schuermann & Stroughair (1999): `V·(S̄ + kσ_S)/2`,
//! here with half-spreads. Impact is the mean displacement of an order of each day's size, as the
//! market recovers overnight. While positions are run down evenly over T days the standard deviation
//! of their loss is `√((1+T)(1+2T)/(6T))` times that of one day, and `√T` times where they are sold
//! as a block at the end. Limits: volume does not fall as the book sells.

use super::impact::PriceImpact;
use crate::market::Liquidity;

/// How a book is closed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClosingTerms {
    /// Days allowed; not below one.
    pub horizon_days: f64,
    /// Largest share of the daily volume that the book trades, in (0, 1].
    pub participation: f64,
    /// k: standard deviations by which the half-spread is wider; 2 to 4.5 in the paper, 3 usual.
    pub spread_deviations: f64,
    /// Value of the stress driver of depth.
    pub stress: f64,
}

/// What closing a notional costs, in USD; all positive.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ClosingCost {
    /// Notional closed within the horizon.
    pub closed: f64,
    /// Notional left at its end.
    pub left: f64,
    /// Days it takes to close everything at the largest participation: `Q/(π·ADV)`.
    pub days_needed: f64,
    /// Days over which it is closed: those needed, at least one, at most the horizon.
    pub days: f64,
    /// Crossing the stressed half-spread.
    pub spread: f64,
    /// Moving the price.
    pub impact: f64,
}

impl ClosingCost {
    /// Spread and impact together.
    pub fn total(&self) -> f64 {
        self.spread + self.impact
    }
}

/// The cost of closing `notional` (its absolute value counts) in one coin.
pub fn closing_cost(
    liquidity: &Liquidity,
    impact: &PriceImpact,
    terms: &ClosingTerms,
    notional: f64,
) -> ClosingCost {
    let notional = notional.abs();
    let a_day = terms.participation * liquidity.adv_usd;
    let horizon = terms.horizon_days.max(1.0);
    let days_needed = notional / a_day;
    let closed = notional.min(a_day * horizon);
    let days = days_needed.clamp(1.0, horizon);
    let order = closed / days * impact.weight(terms.stress);
    let half_spread =
        liquidity.half_spread + terms.spread_deviations * liquidity.half_spread_deviation;
    ClosingCost {
        closed,
        left: notional - closed,
        days_needed,
        days,
        spread: closed * half_spread,
        // A log move of m is paid as the share 1 − e^{−m} of a sale: nobody pays more than all.
        impact: -closed * libm::expm1(-impact.mean_displacement(0.0, order)),
    }
}

/// How the days of a liquidation add up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unwind {
    /// The same amount at the end of every day.
    Even,
    /// Everything on the last day.
    Block,
}

/// Standard deviation of the loss while closing over `days` (at least one), over that of one day.
pub fn market_risk_factor(unwind: Unwind, days: f64) -> f64 {
    let days = days.max(1.0);
    match unwind {
        Unwind::Even => ((1.0 + days) * (1.0 + 2.0 * days) / (6.0 * days)).sqrt(),
        Unwind::Block => days.sqrt(),
    }
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;

    use super::*;
    use crate::market::{DepthStress, ImpactLaw, ImpactTerms, OpenInterest, StressDriver};

    fn liquidity() -> Liquidity {
        Liquidity {
            adv_usd: 1e9,
            half_spread: 1e-4,
            half_spread_deviation: 5e-5,
            depth_1pct_usd: 1e7,
            impact: Some(ImpactTerms {
                law: ImpactLaw::SquareRoot { coefficient: 0.75 },
                daily_volatility: Some(0.04),
                stress: None,
                half_life: None,
            }),
            open_interest: OpenInterest::default(),
        }
    }

    const TERMS: ClosingTerms = ClosingTerms {
        horizon_days: 10.0,
        participation: 0.1,
        spread_deviations: 3.0,
        stress: 0.0,
    };

    fn cost(notional: f64, terms: ClosingTerms) -> ClosingCost {
        closing_cost(&liquidity(), &PriceImpact::new(&liquidity(), 0.0), &terms, notional)
    }

    #[test]
    fn a_small_position_is_closed_in_a_day() {
        let found = cost(-4e7, TERMS);
        assert_eq!((found.closed, found.left, found.days), (4e7, 0.0, 1.0));
        assert_relative_eq!(found.days_needed, 0.4, max_relative = 1e-15);
        // ½V(S̄ + kσ_S) with S̄ = 2 bp, σ_S = 1 bp, k = 3.
        assert_relative_eq!(found.spread, 0.5 * 4e7 * (2e-4 + 3.0 * 1e-4), max_relative = 1e-14);
        // Two thirds of 0.75 · 4 % · √0.04 = 0.4 %, as a share lost.
        assert_relative_eq!(found.impact, 4e7 * (1.0 - libm::exp(-0.004)), max_relative = 1e-12);
        assert_relative_eq!(found.total(), found.spread + found.impact);
    }

    #[test]
    fn a_large_one_takes_its_days_and_a_larger_one_is_not_closed_in_time() {
        let found = cost(4e8, TERMS);
        assert_eq!((found.closed, found.days), (4e8, 4.0));
        let a_day = 0.02 * 0.1_f64.sqrt();
        assert_relative_eq!(found.impact, 4e8 * (1.0 - libm::exp(-a_day)), max_relative = 1e-12);
        let late = cost(3e9, TERMS);
        assert_eq!((late.closed, late.left, late.days), (1e9, 2e9, 10.0));
        assert_relative_eq!(late.days_needed, 30.0, max_relative = 1e-15);
        assert_eq!(cost(0.0, TERMS), ClosingCost { days: 1.0, ..ClosingCost::default() });
    }

    #[test]
    fn depth_that_is_gone_costs_more() {
        let stress =
            DepthStress { driver: StressDriver::Volatility, begins: 0.0, full: 1.0, largest: 0.75 };
        let impact = PriceImpact::new(&liquidity(), 0.0).with_stress(stress);
        let terms = ClosingTerms { stress: 1.0, ..TERMS };
        let found = closing_cost(&liquidity(), &impact, &terms, 4e7);
        assert_relative_eq!(found.impact, 4e7 * (1.0 - libm::exp(-0.008)), max_relative = 1e-12);
    }

    #[test]
    fn market_risk_grows_as_what_is_left_each_day() {
        // Even: √(Σ (1 − i/T)²), i = 0 … T − 1, day by day.
        for days in [1_u32, 2, 5, 30] {
            let whole = f64::from(days);
            let left = |day: u32| (1.0 - f64::from(day) / whole) * (1.0 - f64::from(day) / whole);
            let expected = (0..days).map(left).sum::<f64>().sqrt();
            assert_relative_eq!(
                market_risk_factor(Unwind::Even, whole),
                expected,
                max_relative = 1e-14
            );
        }
        assert_eq!(market_risk_factor(Unwind::Block, 9.0), 3.0);
        assert_eq!([Unwind::Even, Unwind::Block].map(|one| market_risk_factor(one, 0.2)), [1.0; 2]);
    }
}
