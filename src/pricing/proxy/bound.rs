//! Proven bounds of the interpolation error of options with flat volatilities.
//!
//! For z = u + iv: |Φ(z)| ≤ e^(v²/2)·Φ(u) (integrate the density along the line Im = v), hence
//! |Φ(z)| ≤ 1 + ½·e^((v²−u²)/2) on either side. An option is `±(F·Φ(±d₁) − K·Φ(±d₂))` with
//! d = y/s ± s/2, y = ln(F/K), s = σ√T.
//!
//! - In x on the Bernstein ellipse of ρ around an interval of half-width L: |Im y| ≤ b with
//!   b = L(ρ − 1/ρ)/2 and Re y rises by at most L(ρ + 1/ρ)/2, so an option is at most
//!   `(F_max·e^(L(ρ + 1/ρ)/2 − L) + K)·(1 + ½·e^(b²/2s²))`.
//! - In the volatility's log, s turns by an angle θ ≤ δ·b (δ the damping): for θ ≤ π/4,
//!   v² − u² ≤ 2|y|·sin²θ, so an option is at most `(F_max + K)·(1 + ½·e^(|y|·sin²θ))`.
//!
//! Theorem 8.2 of Trefethen (2013) turns both into errors; in two variables they add as
//! `E_x + Λ_n·E_v`. The least ρ of a grid is taken.

use super::family::{FamilyPlan, rows};
use crate::numeric::chebyshev::{interpolation_error, lebesgue_constant};
use crate::pricing::CompiledBook;

/// Highest degrees in x and in the volatility's log that are worth a bound.
pub(super) const DEGREE_MAX: usize = 240;
pub(super) const VOLATILITY_DEGREE_MAX: usize = 48;
/// Above this the kernels hold σ√T, and a value is not analytic.
const DEVIATION_MAX: f64 = 80.0;
/// Exponents beyond this make no useful bound.
const EXPONENT_MAX: f64 = 600.0;

/// What bounds the options of one group and row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct OptionBound {
    /// Half-width of x.
    half_width: f64,
    /// Largest value of all contracts' forward and strike legs in the polynomial's unit, split
    /// because only the forward grows with Re x.
    forwards: f64,
    strikes: f64,
    /// Smallest σ√T in the domain.
    deviation_min: f64,
    /// Largest |ln(F/K)|.
    log_moneyness_max: f64,
    /// Half-width of the volatility's log, damped.
    turn: f64,
}

impl OptionBound {
    /// Of the contracts of `group` in `row`; `unit` is the value in the polynomial's unit of one
    /// unit of undiscounted quote, `log_forward` is ln F less x. `None` where a volatility is zero,
    /// so large that it is capped, or moves along a smile.
    pub fn new(
        book: &CompiledBook,
        plan: &FamilyPlan,
        (group, row, moment): (usize, usize, usize),
        (unit, log_forward): (f64, f64),
    ) -> Option<Self> {
        let x = plan.variables.x;
        let group = &book.groups[group];
        let damping = group.damping[moment].abs();
        let volatility = plan.variables.volatility.map(|mover| mover.axis);
        let turn = volatility.map_or(0.0, |axis| damping * axis.half_width);
        let level = level(plan, group.volatility_factor, group.damping[moment]);
        let scale = group.root_years[moment] * level;
        let (lowest, highest) = (log_forward + x.at(-1.0), log_forward + x.at(1.0));
        let mut bound = Self {
            half_width: x.half_width,
            forwards: 0.0,
            strikes: 0.0,
            deviation_min: f64::INFINITY,
            log_moneyness_max: 0.0,
            turn,
        };
        let forward = libm::exp(highest);
        for contract in &group.contracts {
            let held = contract.holdings.iter().filter(|holding| holding.row == row);
            let quantity: f64 = held.map(|holding| holding.quantity.abs()).sum();
            let deviation = contract.volatility? * scale;
            let (low, high) = (deviation * libm::exp(-turn), deviation * libm::exp(turn));
            if low <= 0.0 || high >= DEVIATION_MAX {
                return None;
            }
            bound.forwards += quantity * unit * forward;
            bound.strikes += quantity * unit * contract.strike;
            bound.deviation_min = bound.deviation_min.min(low);
            let ends = [lowest - contract.log_strike, highest - contract.log_strike];
            for end in ends {
                bound.log_moneyness_max = bound.log_moneyness_max.max(end.abs());
            }
        }
        Some(bound)
    }

    /// Error of the interpolant of `degree` in x.
    pub fn error(&self, degree: usize) -> f64 {
        least(|rho| self.along_forward(rho), degree)
    }

    /// Error of the interpolant of `degree` in the volatility's log.
    pub fn volatility_error(&self, degree: usize) -> f64 {
        if self.turn == 0.0 {
            return 0.0;
        }
        least(|rho| self.along_volatility(rho), degree)
    }

    /// Error of the tensor interpolant.
    pub fn tensor_error(&self, degree: usize, volatility_degree: usize) -> f64 {
        self.error(degree) + lebesgue_constant(degree) * self.volatility_error(volatility_degree)
    }

    /// Size of all legs: what rounding is relative to.
    pub fn size(&self) -> f64 {
        self.forwards + self.strikes
    }

    fn along_forward(&self, rho: f64) -> Option<f64> {
        let rise = 0.5 * self.half_width * (rho + 1.0 / rho) - self.half_width;
        let angle = 0.5 * self.half_width * (rho - 1.0 / rho) / self.deviation_min;
        let exponent = 0.5 * angle * angle;
        let useful = rise + exponent <= EXPONENT_MAX;
        useful.then(|| {
            (self.forwards * libm::exp(rise) + self.strikes) * (1.0 + 0.5 * libm::exp(exponent))
        })
    }

    fn along_volatility(&self, rho: f64) -> Option<f64> {
        let angle = 0.5 * self.turn * (rho - 1.0 / rho);
        if angle > std::f64::consts::FRAC_PI_4 {
            return None;
        }
        let sine = libm::sin(angle);
        let exponent = self.log_moneyness_max * sine * sine;
        (exponent <= EXPONENT_MAX).then(|| self.size() * (1.0 + 0.5 * libm::exp(exponent)))
    }
}

/// Level of a volatility factor at the centre of the domain.
fn level(plan: &FamilyPlan, factor: usize, damping: f64) -> f64 {
    let still = plan.still.iter().find(|entry| entry.0 == factor).map(|entry| entry.1);
    let centre = plan.variables.volatility.map(|mover| mover.axis.centre);
    libm::exp(damping * centre.or(still).unwrap_or(0.0))
}

/// The least bound over the ellipses on which the function is bounded.
fn least(size: impl Fn(f64) -> Option<f64>, degree: usize) -> f64 {
    let errors = ellipses().map_while(|rho| Some(interpolation_error(size(rho)?, rho, degree)));
    errors.fold(f64::INFINITY, f64::min)
}

/// ρ from 1.02 to about 60, ever wider.
fn ellipses() -> impl Iterator<Item = f64> {
    std::iter::successors(Some(0.02), |excess| Some(excess * 1.15))
        .take_while(|excess| *excess < 60.0)
        .map(|excess| 1.0 + excess)
}

/// The smallest degree whose error, by `error`, is within `budget`.
pub(super) fn degree(error: impl Fn(usize) -> f64, budget: f64, highest: usize) -> Option<usize> {
    if error(highest) > budget {
        return None;
    }
    let (mut low, mut high) = (0, highest);
    while low < high {
        let middle = (low + high) / 2;
        if error(middle) <= budget {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Some(high)
}

/// Degrees in x and in the volatility's log at which every row's error is within `budget`.
pub(super) fn degrees(bounds: &[OptionBound], budget: f64) -> Option<(usize, usize)> {
    let worst = |error: &dyn Fn(&OptionBound) -> f64| bounds.iter().map(error).fold(0.0, f64::max);
    let along = degree(|n| worst(&|bound| bound.error(n)), 0.5 * budget, DEGREE_MAX)?;
    let volatility_budget = 0.5 * budget / lebesgue_constant(along);
    let error = |m: usize| worst(&|bound| bound.volatility_error(m));
    Some((along, degree(error, volatility_budget, VOLATILITY_DEGREE_MAX)?))
}

/// Bounds of every row of a group; `None` where one has none.
pub(super) fn bounds(
    book: &CompiledBook,
    plan: &FamilyPlan,
    (group, moment): (usize, usize),
    unit_and_forward: (f64, f64),
) -> Option<Vec<OptionBound>> {
    let rows = rows(&book.groups[group]).into_iter();
    rows.map(|row| OptionBound::new(book, plan, (group, row, moment), unit_and_forward)).collect()
}
