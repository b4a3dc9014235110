//! The option values of W1 today against the closed form.

use plimsoll::portfolio::OptionRight;
use plimsoll::pricing::{CompiledBook, Granularity, PricingSettings, Row};
use plimsoll::scenario::Revaluation;
use statrs::distribution::{ContinuousCDF, Normal};

use crate::workload::data::OptionData;
use crate::workload::{Sampling, Work, plan};

/// Black & Scholes (1973), carry and discount at `rate`, for one option; `statrs`' normal
/// distribution.
#[allow(clippy::disallowed_methods)]
fn closed_form(option: &OptionData, spot: f64, rate: f64) -> f64 {
    let normal = Normal::standard();
    let deviation = option.volatility * option.expiry_years.sqrt();
    let discount = (-rate * option.expiry_years).exp();
    let forward = spot / discount;
    let d1 = (forward / option.strike).ln() / deviation + 0.5 * deviation;
    let d2 = d1 - deviation;
    match option.right {
        OptionRight::Call => spot * normal.cdf(d1) - discount * option.strike * normal.cdf(d2),
        OptionRight::Put => discount * option.strike * normal.cdf(-d2) - spot * normal.cdf(-d1),
    }
}

#[test]
fn options_are_worth_their_closed_form_today() {
    let workload = Work::W1.generate();
    let sampling = Sampling { paths: 1, seed: 1, revaluation: Revaluation::Full };
    let plan = plan(&workload, sampling);
    let book = CompiledBook::compile(
        &plan.market,
        &plan.portfolio,
        &plan.model,
        PricingSettings::full(),
        Granularity::Position,
    );
    let book = book.expect("W1 compiles");
    let values = book.rows().iter().zip(book.base_values());
    let mut options = 0;
    for (row, value) in values {
        let Row::Position(index) = row else { continue };
        let Some(option) = workload.options.get(*index) else { continue };
        let spot = workload.factors[option.factor].spot;
        let exact = option.quantity * closed_form(option, spot, workload.rate);
        // `statrs`' distribution is good to about 1e-11 of the underlying.
        let tolerance = 1e-10 * option.quantity.abs() * spot;
        assert!((value - exact).abs() <= tolerance, "{}: {value}, not {exact}", option.id);
        options += 1;
    }
    assert_eq!(options, 1_000);
}
