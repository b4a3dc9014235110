//! Merton: moments against closed forms, jumps as rare and as common as stated.

use super::support::*;
use crate::numeric::InstructionSet;
use crate::scenario::ReturnKind;
use crate::simulation::{FactorKey, Process, SimulationError, Simulator};
use crate::units::Symbol;

fn process() -> Process {
    Process::Merton { common: jumps(12.0, -0.1, 0.05), own: jumps(6.0, 0.05, 0.1) }
}

#[test]
fn prices_are_martingales_at_the_forward() {
    assert_martingale(&model(process(), &[0.8, 1.2], 0.6, &[1.0, 30.0]), MILLION);
    let mut simple = model(process(), &[0.8, 1.2], 0.6, &[1.0, 30.0]);
    simple.returns = ReturnKind::Simple;
    assert_martingale(&simple, MILLION);
}

#[test]
fn the_stated_volatility_is_the_total_one() {
    let days = 20.0;
    let model = model(process(), &[0.8, 1.2], 0.6, &[5.0, days]);
    let logs = final_logs(&model, MILLION);
    for (values, volatility) in logs.iter().zip([0.8, 1.2]) {
        let squares: Vec<f64> = {
            let mean = mean_and_error(values).0;
            values.iter().map(|x| (x - mean) * (x - mean)).collect()
        };
        assert_mean(&squares, volatility * volatility * days / 365.0, "variance");
    }
    // Closed form of the covariance, from independent parts:
    // ρ(σ₁ᵈσ₂ᵈ + λ_c s_c²) + λ_c m_c², σᵈ² = σ² − 12(0.01 + 0.0025) − 6(0.0025 + 0.01).
    let jumps = 12.0 * 0.0125 + 6.0 * 0.0125;
    let diffusive = ((0.64_f64 - jumps) * (1.44 - jumps)).sqrt();
    let expected = (0.6 * (diffusive + 12.0 * 0.0025) + 12.0 * 0.01) / (0.8 * 1.2);
    assert!((model.total_correlation(0, 1) - expected).abs() < 1e-12);
    let error = 2.0 / (MILLION as f64).sqrt(); // generous for fat tails: that of a normal is less
    assert!((correlation(&logs[0], &logs[1]) - expected).abs() < 4.0 * error);
}

#[test]
fn jumps_come_as_often_as_stated() {
    // Nearly no diffusion: a return beyond ±0.05 is a jump; P(none in 10 days) = e^{−18·10/365}.
    let process = Process::Merton { common: jumps(12.0, -0.3, 0.01), own: jumps(6.0, 0.2, 0.01) };
    let jump_variance = 12.0 * (0.09 + 0.0001) + 6.0 * (0.04 + 0.0001);
    let volatility = (jump_variance + 1e-4_f64).sqrt();
    let model = model(process, &[volatility, volatility], 0.0, &[10.0]);
    let logs = final_logs(&model, 200_000);
    let drift = 0.1 * 10.0 / 365.0
        - (0.5e-4 + 12.0 * (libm::exp(-0.3 + 5e-5) - 1.0) + 6.0 * (libm::exp(0.2 + 5e-5) - 1.0))
            * 10.0
            / 365.0;
    let still = |x: f64| (x - drift).abs() < 0.05;
    let none: Vec<f64> = logs[0].iter().map(|&x| f64::from(u8::from(still(x)))).collect();
    assert_mean(&none, libm::exp(-18.0 * 10.0 / 365.0), "no jump");
    // Common jumps hit both: both still only if no common and neither own.
    let pairs = logs[0].iter().zip(&logs[1]);
    let both: Vec<f64> = pairs.map(|(&x, &y)| f64::from(u8::from(still(x) && still(y)))).collect();
    assert_mean(&both, libm::exp(-24.0 * 10.0 / 365.0), "no jump in either");
}

#[test]
fn only_spots_jump() {
    let mut model = model(process(), &[0.8, 0.1], 0.6, &[5.0]);
    model.factors[1].key = FactorKey::Volatility(Symbol::new("C1"));
    let logs = final_logs(&model, 100_000);
    let expected = 0.1 * (5.0_f64 / 365.0).sqrt();
    assert!((deviation(&logs[1]) / expected - 1.0).abs() < 4.0 / (200_000.0_f64).sqrt());
}

#[test]
fn jumps_beyond_the_total_volatility_are_refused() {
    let model = model(process(), &[0.8, 0.3], 0.6, &[5.0]);
    let error = Simulator::new(&model, SEED, InstructionSet::detect()).unwrap_err();
    assert!(matches!(error, SimulationError::JumpsExceedVolatility { .. }));
    assert!(
        error.to_string().starts_with("C1.spot: jumps alone have an annual volatility of 0.47")
    );
}
