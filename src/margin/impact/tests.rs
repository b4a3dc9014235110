//! Laws of impact against their formulas, and what fills cost against quadrature.

use approx::assert_relative_eq;

use super::*;
use crate::market::{ImpactTerms, OpenInterest, StressDriver};
use crate::units::Years;

fn liquidity(law: ImpactLaw) -> Liquidity {
    Liquidity {
        adv_usd: 2e10,
        half_spread: 5e-5,
        half_spread_deviation: 4e-5,
        depth_1pct_usd: 2e7,
        impact: Some(ImpactTerms { law, daily_volatility: None, stress: None, half_life: None }),
        open_interest: OpenInterest::default(),
    }
}

const SQUARE_ROOT: ImpactLaw = ImpactLaw::SquareRoot { coefficient: 0.8 };
const ALMGREN: ImpactLaw = ImpactLaw::Almgren {
    permanent: 0.314,
    temporary: 0.142,
    outstanding_usd: 2e12,
    execution_days: 0.1,
};

#[test]
fn laws_are_their_formulas() {
    // 20 million within 1 %: 5 million move 0.25 %.
    let linear = PriceImpact::new(&liquidity(ImpactLaw::Linear), 0.03);
    assert_relative_eq!(linear.displacement(5e6), 0.0025, max_relative = 1e-15);
    // 0.8 · 3 % · √(2e8/2e10) = 0.24 %.
    let root = PriceImpact::new(&liquidity(SQUARE_ROOT), 0.03);
    assert_relative_eq!(root.displacement(2e8), 0.0024, max_relative = 1e-14);
    // γσ(X/V)(Θ/V)^¼ stays and ησ|X/VT|^0.6 is paid, X/V = 0.01, Θ/V = 100, T = 0.1, by hand:
    // 0.314·0.03·0.01·3.16227766 = 0.000297887 and 0.142·0.03·0.251188643 = 0.001070064.
    let almgren = PriceImpact::new(&liquidity(ALMGREN), 0.03);
    assert_relative_eq!(almgren.displacement(2e8), 0.000297887, max_relative = 1e-5);
    let cost = almgren.mean_displacement(0.0, 2e8);
    assert_relative_eq!(cost, 0.5 * 0.000297887 + 0.001070064, max_relative = 1e-5);
    assert_eq!(PriceImpact::NONE.displacement(1e9), 0.0);
}

#[test]
fn the_markets_own_volatility_wins_over_the_models() {
    let mut stated = liquidity(SQUARE_ROOT);
    stated.impact.as_mut().unwrap().daily_volatility = Some(0.06);
    let (stated, model) =
        (PriceImpact::new(&stated, 0.03), PriceImpact::new(&liquidity(SQUARE_ROOT), 0.06));
    assert_eq!(stated.displacement(1e8), model.displacement(1e8));
}

#[test]
fn vanished_depth_is_depth_times_one_less_the_stress() {
    let stress = DepthStress { driver: StressDriver::Move, begins: 0.02, full: 0.12, largest: 0.9 };
    assert_eq!([stress.share(0.01), stress.share(0.02)], [0.0, 0.0]);
    assert_relative_eq!(stress.share(0.07), 0.45, max_relative = 1e-14);
    assert_eq!([stress.share(0.12), stress.share(3.0)], [0.9, 0.9]);
    for law in [ImpactLaw::Linear, SQUARE_ROOT] {
        let whole = liquidity(law);
        let shallow =
            Liquidity { adv_usd: 0.55 * 2e10, depth_1pct_usd: 0.55 * 2e7, ..whole.clone() };
        let stressed = PriceImpact::new(&whole, 0.03).with_stress(stress);
        let mut executed = Executed::default();
        executed.execute(&stressed, Side::Sell, 1e7, stressed.weight(0.07));
        let expected = -PriceImpact::new(&shallow, 0.03).displacement(1e7);
        assert_relative_eq!(stressed.net_displacement(&executed), expected, max_relative = 1e-12);
    }
}

/// The mean of the displacement over the amounts between, by the midpoint rule.
fn quadrature(impact: &PriceImpact, before: f64, after: f64) -> f64 {
    let cells = 100_000;
    let width = (after - before) / f64::from(cells);
    let middle = |cell: u32| impact.displacement(before + (f64::from(cell) + 0.5) * width);
    (0..cells).map(middle).sum::<f64>() / f64::from(cells)
}

#[test]
fn fills_pay_the_mean_of_the_displacement() {
    for law in [ImpactLaw::Linear, SQUARE_ROOT] {
        let impact = PriceImpact::new(&liquidity(law), 0.03);
        for (before, after) in [(0.0, 1e8), (3e7, 1e8), (9e7, 1e8)] {
            let mean = impact.mean_displacement(before, after);
            let expected = quadrature(&impact, before, after);
            assert_relative_eq!(mean, expected, max_relative = 1e-6);
        }
        assert_eq!(impact.mean_displacement(1e8, 1e8), impact.displacement(1e8));
    }
    // A square-root order from nothing costs two thirds of its peak.
    let root = PriceImpact::new(&liquidity(SQUARE_ROOT), 0.03);
    let peak = root.displacement(1e8);
    assert_relative_eq!(root.mean_displacement(0.0, 1e8), peak * 2.0 / 3.0, max_relative = 1e-14);
}

#[test]
fn the_number_of_orders_does_not_change_where_the_price_ends() {
    for law in [ImpactLaw::Linear, SQUARE_ROOT, ALMGREN] {
        let impact = PriceImpact::new(&liquidity(law), 0.03);
        let (mut once, mut often) = (Executed::default(), Executed::default());
        let whole = once.execute(&impact, Side::Buy, 64e6, 1.0);
        assert!(whole > 0.0);
        let fills: Vec<f64> =
            (0..64).map(|_| often.execute(&impact, Side::Buy, 1e6, 1.0)).collect();
        assert!(fills.iter().all(|paid| *paid > 0.0));
        assert_eq!(impact.net_displacement(&once), impact.net_displacement(&often));
        assert!(often.execute(&impact, Side::Sell, 1e6, 1.0) < 0.0);
    }
}

#[test]
fn what_is_forgotten_halves_in_the_half_life() {
    let day = Years::from_days(1.0);
    assert_eq!(kept_after(day, None), 1.0);
    assert_eq!(kept_after(day, Some(day)), 0.5);
    let mut executed = Executed { bought: 8.0, sold: 4.0 };
    executed.relax(0.5);
    assert_eq!(executed, Executed { bought: 4.0, sold: 2.0 });
}
