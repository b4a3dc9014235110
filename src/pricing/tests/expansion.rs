//! Delta and delta-gamma revaluation against their own formulas and against full revaluation.

use approx::assert_relative_eq;

use super::fixture::*;
use crate::portfolio::{OptionRight, Settlement};
use crate::pricing::{PricingSettings, Revaluation};

fn settings(revaluation: Revaluation) -> PricingSettings {
    PricingSettings { revaluation, damping_power: 0.3, ..PricingSettings::full() }
}

#[test]
fn delta_of_linear_positions_is_the_linear_formula() {
    let market = market();
    let positions = vec![position(spot("ETH"), 10.0), position(spot("BTC"), -1.0)];
    let book = book_of(positions, vec![balance("USDT", 5_000.0)]);
    let model = model(&market, &book, &[1.0 / 365.0]);
    for revaluation in [Revaluation::Delta, Revaluation::DeltaGamma] {
        let compiled = compile(&market, &book, &model, settings(revaluation));
        let mut block = today(&model, 2);
        set(&mut block, &model, "ETH.spot", &[0.3, -0.2]);
        set(&mut block, &model, "BTC.spot", &[-0.1, 0.4]);
        set(&mut block, &model, "USDT.peg", &[-0.05, 0.0]);
        let values = walk(&compiled, std::slice::from_ref(&block));
        let relative = |change: f64| libm::exp(change);
        let expected = [
            10.0 * ETH * relative(0.3),
            10.0 * ETH * relative(-0.2),
            -BTC * relative(-0.1),
            -BTC * relative(0.4),
            5_000.0 * USDT * relative(-0.05),
            5_000.0 * USDT,
        ];
        for (value, expected) in values.iter().zip(expected) {
            assert_relative_eq!(*value, expected, max_relative = 1e-13);
        }
    }
}

/// Taylor: the first-order error is O(h²), the second-order error in spot O(h³).
#[test]
fn expansions_approach_full_revaluation_at_their_order() {
    let market = market();
    let book = mixed_book();
    let model = model(&market, &book, &[0.02]);
    let compiled = [Revaluation::Full, Revaluation::Delta, Revaluation::DeltaGamma]
        .map(|revaluation| compile(&market, &book, &model, settings(revaluation)));
    let error = |factor: &str, h: f64, revaluation: usize| {
        let mut block = today(&model, 1);
        set(&mut block, &model, factor, &[h]);
        let total = |index: usize| -> f64 { values_today(&compiled[index], &block).iter().sum() };
        (total(revaluation) - total(0)).abs()
    };
    for factor in &model.factors {
        let name = factor.key.to_string();
        if name.ends_with("funding") {
            continue;
        }
        let (coarse, fine) = (error(&name, 2e-3, 1), error(&name, 1e-3, 1));
        assert!(fine < 0.3 * coarse || coarse < 1e-3, "{name}: {coarse} {fine}");
    }
    for name in ["BTC.spot", "ETH.spot"] {
        let (coarse, fine) = (error(name, 2e-2, 2), error(name, 1e-2, 2));
        assert!(coarse < 0.2 * error(name, 2e-2, 1), "{name}");
        assert!(fine < 0.15 * coarse, "{name}: {coarse} {fine}");
    }
}

#[test]
fn no_time_passes_in_a_delta_revaluation() {
    let market = market();
    let call = option("BTC", Settlement::Inverse, 0.02, 61_000.0, OptionRight::Call);
    let perp = position(perpetual("BTC", linear("USD")), 5.0);
    let book = book_of(vec![position(call, 2.0), perp], vec![]);
    let model = model(&market, &book, &[0.02, 0.03]);
    let compiled = compile(&market, &book, &model, settings(Revaluation::Delta));
    let values = walk(&compiled, &[today(&model, 1), today(&model, 1)]);
    assert_eq!(values, compiled.base_values());
}
