//! Volatility of the next day by GARCH(1,1), `h_{t+1} = ω + αr_t² + βh_t` (Bollerslev 1986).
//!
//! Fitted to the returns up to a day, refitted at a stated cadence counted from the first day that
//! has enough of them, filtered with the last parameters in between: no day looks ahead. Where no
//! maximum is found the parameters before are kept. Integrated fits are accepted: only one day is
//! forecast.

use crate::estimation::{
    GARCH_OBSERVATIONS_MIN, GarchMean, GarchParameters, GarchSettings, Integrated, fit_garch,
};

const SETTINGS: GarchSettings =
    GarchSettings { mean: GarchMean::Zero, integrated: Integrated::Allow };

/// Variance forecast after each return from the first fit on, as many as there are, for the last
/// returns.
pub(super) fn fitted(returns: &[f64], refit_closes: usize, window: Option<usize>) -> Vec<f64> {
    let observed: Vec<Option<f64>> = returns.iter().copied().map(Some).collect();
    let mut state: Option<(GarchParameters, f64)> = None;
    let mut variances = Vec::new();
    for end in GARCH_OBSERVATIONS_MIN..=returns.len() {
        let is_due = (end - GARCH_OBSERVATIONS_MIN).is_multiple_of(refit_closes.max(1));
        if is_due || state.is_none() {
            let length = window.map_or(end, |window| window.max(GARCH_OBSERVATIONS_MIN).min(end));
            if let Ok(fit) = fit_garch(&observed[end - length..end], SETTINGS) {
                state = Some((fit.parameters, fit.next_variance()));
                variances.push(fit.next_variance());
                continue;
            }
        }
        if let Some((parameters, variance)) = &mut state {
            *variance = next(parameters, returns[end - 1], *variance);
            variances.push(*variance);
        }
    }
    variances
}

/// Variance forecast after each return with stated parameters, started at the long-run variance.
pub(super) fn stated(returns: &[f64], alpha: f64, beta: f64, long_run: f64) -> Vec<f64> {
    let omega = long_run * (1.0 - alpha - beta);
    let parameters = GarchParameters { mean: 0.0, omega, alpha, beta };
    let mut variance = long_run;
    let step = |value: &f64| {
        variance = next(&parameters, *value, variance);
        variance
    };
    returns.iter().map(step).collect()
}

fn next(parameters: &GarchParameters, value: f64, variance: f64) -> f64 {
    parameters.omega + parameters.alpha * value * value + parameters.beta * variance
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns with calm and wild spells, signs and sizes mixed.
    fn returns(count: usize) -> Vec<f64> {
        let one = |day: usize| {
            let mixed = (day as u64 + 7).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
            let unit = mixed as f64 / (1u64 << 23) as f64 - 1.0;
            unit * if day % 80 < 50 { 0.01 } else { 0.05 }
        };
        (0..count).map(one).collect()
    }

    #[test]
    fn stated_parameters_by_hand() {
        // ω = 1e-4·(1 − 0.9): 1e-5 + 0.1·9e-4 + 0.8·1e-4 = 1.8e-4, then 1e-5 + 0 + 0.8·1.8e-4.
        let found = stated(&[0.03, 0.0], 0.1, 0.8, 1e-4);
        approx::assert_relative_eq!(found[0], 1.8e-4, max_relative = 1e-12);
        approx::assert_relative_eq!(found[1], 1.54e-4, max_relative = 1e-12);
    }

    #[test]
    fn each_fit_is_that_of_the_returns_so_far() {
        let returns = returns(260);
        let found = fitted(&returns, 50, None);
        assert_eq!(found.len(), 161);
        let observed: Vec<Option<f64>> = returns[..200].iter().copied().map(Some).collect();
        let fit = fit_garch(&observed, SETTINGS).unwrap();
        assert_eq!(found[100], fit.next_variance());
        // The day after is filtered with those parameters.
        assert_eq!(found[101], next(&fit.parameters, returns[200], fit.next_variance()));
    }

    #[test]
    fn later_returns_change_nothing_before() {
        let mut returns = returns(220);
        let before = fitted(&returns, 30, Some(120));
        returns[180] = 0.9;
        let after = fitted(&returns, 30, Some(120));
        assert_eq!(before[..81], after[..81]);
        assert_ne!(before[81], after[81]);
    }

    #[test]
    fn returns_that_never_move_give_nothing() {
        assert!(fitted(&[0.0; 150], 30, None).is_empty());
    }
}
