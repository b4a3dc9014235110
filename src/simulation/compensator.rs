//! Means of exponentials of truncated returns, which keep prices martingales at the forward.
//!
//! "Truncated" at B: a return beyond ±B is set to ±B, so `E[e^X]` exists however heavy the tail.

use super::mixing::{DiscreteLaw, normal_tail};

/// Beyond this deviation the closed form loses digits to cancellation.
const CLOSED_FORM_DEVIATION_MAX: f64 = 4.0;
const SIMPSON_PANELS: usize = 400;

/// `E[exp(min(max(X, −bound), bound))]` for X normal with mean zero.
pub(super) fn clamped_exponential_mean(deviation: f64, bound: f64) -> f64 {
    if deviation == 0.0 {
        return 1.0;
    }
    let tail = normal_tail(bound / deviation);
    let beyond = tail * (libm::exp(bound) + libm::exp(-bound));
    beyond + inside_mean(deviation, bound)
}

/// `E[e^X; |X| < bound]`.
fn inside_mean(deviation: f64, bound: f64) -> f64 {
    if deviation <= CLOSED_FORM_DEVIATION_MAX {
        let share = 1.0
            - normal_tail(bound / deviation - deviation)
            - normal_tail(bound / deviation + deviation);
        return libm::exp(0.5 * deviation * deviation) * share;
    }
    let step = 2.0 * bound / SIMPSON_PANELS as f64;
    let integrand = |index: usize| {
        let x = -bound + step * index as f64;
        let z = x / deviation;
        let weight = match index {
            0 | SIMPSON_PANELS => 1.0,
            odd if odd % 2 == 1 => 4.0,
            _ => 2.0,
        };
        weight * libm::exp(x - 0.5 * z * z)
    };
    let sum: f64 = (0..=SIMPSON_PANELS).map(integrand).sum();
    sum * step / 3.0 / (deviation * (2.0 * std::f64::consts::PI).sqrt())
}

/// `ln E[exp(clamp(√V·σ·Z))]` for V with law `variance_time` (years) independent of Z.
pub(super) fn mixed_log_mean(volatility: f64, variance_time: &DiscreteLaw, bound: f64) -> f64 {
    let mean =
        variance_time.mean(|time| clamped_exponential_mean(volatility * time.sqrt(), bound) - 1.0);
    libm::log1p(mean)
}

/// `P(|√V·σ·Z| > bound)`: how often a return is truncated.
pub(super) fn truncation_probability(
    volatility: f64,
    variance_time: &DiscreteLaw,
    bound: f64,
) -> f64 {
    let tail = |time: f64| {
        let deviation = volatility * time.sqrt();
        if deviation > 0.0 { 2.0 * normal_tail(bound / deviation) } else { 0.0 }
    };
    variance_time.mean(tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_far_bound_leaves_the_lognormal_mean() {
        for deviation in [1e-6, 0.01, 0.2] {
            let mean = clamped_exponential_mean(deviation, 5.0);
            assert!((libm::log(mean) - 0.5 * deviation * deviation).abs() < 1e-15);
        }
    }

    #[test]
    fn a_close_bound_agrees_with_direct_integration() {
        // Midpoint rule over the density, an independent computation.
        let direct = |deviation: f64, bound: f64| {
            let step = 1e-4;
            let term = |index: i32| {
                let z = (f64::from(index) + 0.5) * step;
                let x = (z * deviation).clamp(-bound, bound);
                libm::exp(x - 0.5 * z * z)
            };
            let sum: f64 = (-100_000..100_000).map(term).sum();
            sum * step / (2.0 * std::f64::consts::PI).sqrt()
        };
        for (deviation, bound) in [(0.5, 0.4), (1.0, 1.6), (3.9, 1.6), (4.1, 1.6), (80.0, 3.0)] {
            let found = clamped_exponential_mean(deviation, bound);
            assert!((found / direct(deviation, bound) - 1.0).abs() < 1e-6, "{deviation} {bound}");
        }
    }

    #[test]
    fn very_wide_normals_end_on_the_bounds() {
        let mean = clamped_exponential_mean(1e9, 1.0);
        assert!((mean - libm::cosh(1.0)).abs() < 1e-8);
    }

    #[test]
    fn a_t_with_many_degrees_of_freedom_is_a_normal() {
        let law = DiscreteLaw::mixing(1e4).scaled(0.25);
        let found = mixed_log_mean(0.4, &law, 10.0);
        assert!((found - 0.5 * 0.16 * 0.25).abs() < 1e-6);
    }

    #[test]
    fn truncation_probability_is_that_of_the_t() {
        // Unit-variance t with ν = 3 is T/√3: P(|T| > √3·5); t_3 has the closed-form tail
        // 1/2 − (atan(x/√3) + (x/√3)/(1+x²/3))/π, x = 5√3.
        let law = DiscreteLaw::mixing(3.0);
        let found = truncation_probability(1.0, &law, 5.0);
        let tail = 0.5 - (libm::atan(5.0) + 5.0 / 26.0) / std::f64::consts::PI;
        assert!((found / (2.0 * tail) - 1.0).abs() < 1e-9);
    }
}
