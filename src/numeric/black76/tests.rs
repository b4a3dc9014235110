use super::*;
use crate::numeric::InstructionSet;

fn option(right: Right, forward: f64, strike: f64, volatility: f64, years: f64) -> Black76 {
    Black76 { right, forward, strike, volatility, years, discount: 1.0 }
}

/// The textbook formula through the complementary error function of `libm` (below 1 ulp).
fn textbook(right: Right, forward: f64, strike: f64, deviation: f64) -> f64 {
    let cdf = |x: f64| 0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2);
    let d_1 = libm::log(forward / strike) / deviation + 0.5 * deviation;
    let d_2 = d_1 - deviation;
    let sign = right.sign();
    sign * (forward * cdf(sign * d_1) - strike * cdf(sign * d_2))
}

struct Block {
    forwards: Vec<f64>,
    log_moneyness: Vec<f64>,
    deviations: Vec<f64>,
}

/// Forwards from a tenth to ten strikes, deviations from 0.001 to 5, and the edges.
fn block(strike: f64) -> Block {
    let mut block =
        Block { forwards: Vec::new(), log_moneyness: Vec::new(), deviations: Vec::new() };
    for row in 0..60 {
        for column in 0..60 {
            let log_moneyness = -2.3 + 4.6 * f64::from(row) / 59.0;
            block.forwards.push(strike * libm::exp(log_moneyness));
            block.deviations.push(libm::pow(10.0, -3.0 + 3.7 * f64::from(column) / 59.0));
        }
    }
    for (forward, deviation) in [(0.5, 0.0), (1.0, 0.0), (2.0, 0.0), (2.0, -1.0), (1.0, 1e300)] {
        block.forwards.push(strike * forward);
        block.deviations.push(deviation);
    }
    block.log_moneyness = block.forwards.iter().map(|f| libm::log(f / strike)).collect();
    block
}

fn kernel_values(isa: InstructionSet, right: Right, strike: f64, block: &Block) -> Vec<f64> {
    let mut out = vec![f64::NAN; block.forwards.len()];
    let (forwards, logs) = (&block.forwards, &block.log_moneyness);
    black76_values(isa, right, strike, forwards, logs, &block.deviations, &mut out);
    out
}

#[test]
fn the_kernel_agrees_with_the_textbook_formula() {
    let strike = 60_000.0;
    let block = block(strike);
    for right in [Right::Call, Right::Put] {
        let found = kernel_values(InstructionSet::detect(), right, strike, &block);
        for (path, value) in found.iter().enumerate() {
            let (forward, deviation) = (block.forwards[path], block.deviations[path]);
            if deviation <= 0.0 {
                continue;
            }
            let expected = textbook(right, forward, strike, deviation);
            // The textbook form itself rounds d, Φ and two products.
            let tolerance = 1e-15 * forward.max(strike);
            assert!((value - expected).abs() < tolerance, "{right:?} {forward} {deviation}");
        }
    }
}

#[test]
fn every_instruction_set_gives_the_same_bits() {
    let block = block(43.0);
    for right in [Right::Call, Right::Put] {
        let expected = kernel_values(InstructionSet::Baseline, right, 43.0, &block);
        for isa in InstructionSet::available() {
            assert_eq!(kernel_values(isa, right, 43.0, &block), expected, "{isa}");
        }
    }
}

#[test]
fn the_flat_and_the_scalar_form_give_the_same_bits() {
    let block = block(1.0);
    let (volatility, years) = (0.6, 0.25);
    let deviations = vec![0.3; block.forwards.len()];
    let spread = Block { deviations, ..block };
    let isa = InstructionSet::detect();
    for right in [Right::Call, Right::Put] {
        let expected = kernel_values(isa, right, 1.0, &spread);
        let mut flat = vec![0.0; expected.len()];
        black76_values_flat(
            isa,
            right,
            1.0,
            &spread.forwards,
            &spread.log_moneyness,
            0.3,
            &mut flat,
        );
        assert_eq!(flat, expected);
        for (&forward, value) in spread.forwards.iter().zip(&expected) {
            assert_eq!(option(right, forward, 1.0, volatility, years).value(), *value);
        }
    }
}

#[test]
fn no_deviation_and_no_forward_are_intrinsic() {
    let forwards = [50.0, 100.0, 150.0, 0.0, -20.0, 150.0];
    let logs = forwards.map(|forward: f64| libm::log(forward / 100.0));
    let deviations = [0.0, 0.0, 0.0, 0.4, 0.4, f64::NAN];
    let isa = InstructionSet::detect();
    let mut out = [f64::NAN; 6];
    black76_values(isa, Right::Call, 100.0, &forwards, &logs, &deviations, &mut out);
    assert_eq!(out, [0.0, 0.0, 50.0, 0.0, 0.0, 50.0]);
    black76_values(isa, Right::Put, 100.0, &forwards, &logs, &deviations, &mut out);
    assert_eq!(out, [50.0, 0.0, 0.0, 100.0, 120.0, 0.0]);
}

/// Central differences, accurate to about h² of the next derivatives.
#[test]
fn greeks_are_the_slopes_of_the_value() {
    for right in [Right::Call, Right::Put] {
        let base = option(right, 110.0, 100.0, 0.7, 0.4);
        let value =
            |forward, volatility, years| option(right, forward, 100.0, volatility, years).value();
        let greeks = base.greeks();
        let h = 1e-3;
        let (up, down) = (value(110.0 + h, 0.7, 0.4), value(110.0 - h, 0.7, 0.4));
        assert!((greeks.delta - (up - down) / (2.0 * h)).abs() < 1e-9);
        assert!((greeks.gamma - (up - 2.0 * greeks.value + down) / (h * h)).abs() < 1e-6);
        let vega = (value(110.0, 0.7 + 1e-5, 0.4) - value(110.0, 0.7 - 1e-5, 0.4)) / 2e-5;
        assert!((greeks.vega - vega).abs() < 1e-6);
        let theta = (value(110.0, 0.7, 0.4 - 1e-5) - value(110.0, 0.7, 0.4 + 1e-5)) / 2e-5;
        assert!((greeks.theta - theta).abs() < 1e-6);
    }
}

#[test]
fn expired_options_have_the_greeks_of_their_payoff() {
    let expired = |forward| option(Right::Put, forward, 100.0, 0.7, 0.0).greeks();
    assert_eq!((expired(90.0).value, expired(90.0).delta), (10.0, -1.0));
    assert_eq!((expired(110.0).value, expired(110.0).delta), (0.0, 0.0));
    assert_eq!(expired(100.0).delta, -0.5);
    assert_eq!(expired(90.0).gamma + expired(90.0).vega + expired(90.0).theta, 0.0);
}
