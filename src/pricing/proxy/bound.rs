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
//! - Far from its strike an option is its payoff but for a time value of at most
//!   `min(F, K)·½·e^(−u²/2)`, u = |y|/s − s/2, by the same bound at v = 0. Where that is next to
//!   nothing on the whole domain, so it is in the interpolant, times 1 + Λ_n·Λ_m, and the payoff,
//!   F and K or nothing, has a bound as above without the last factor.
//!
//! Theorem 8.2 of Trefethen (2013) turns both into errors; in two variables they add as
//! `E_x + Λ_n·E_v`. The least ρ of a grid is taken.

use super::domain::Axis;
use super::family::{FamilyPlan, rows};
use crate::numeric::black76::Right;
use crate::numeric::chebyshev::{interpolation_error, lebesgue_constant};
use crate::pricing::CompiledBook;
use crate::pricing::options::{OptionContract, OptionGroup};

/// Highest degrees in x and in the volatility's log that are worth a bound.
pub(super) const DEGREE_MAX: usize = 240;
pub(super) const VOLATILITY_DEGREE_MAX: usize = 48;
/// Above this the kernels hold σ√T, and a value is not analytic.
const DEVIATION_MAX: f64 = 80.0;
/// Exponents beyond this make no useful bound.
const EXPONENT_MAX: f64 = 600.0;
/// Share of the budget that the time values taken as nothing may have, before Λ_n·Λ_m, which is
/// at most 17 for the highest degrees.
const FAR_SHARE: f64 = 5e-4;

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
    /// Forward legs of the contracts far in the money, which are their payoff.
    far_forwards: f64,
    /// What the contracts far from the money are worth beside their payoff.
    far_time_value: f64,
    /// Size of the legs of all contracts.
    size: f64,
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
        budget: f64,
    ) -> Option<Self> {
        let group = &book.groups[group];
        let (level, turn) = level_and_turn(plan, group, moment);
        let mut bound = Self::of_nothing(plan.variables.x, turn);
        let near = NearBy { x: plan.variables.x, log_forward, turn };
        let count: usize = group.contracts.iter().map(|contract| contract.holdings.len()).sum();
        for contract in &group.contracts {
            let held = contract.holdings.iter().filter(|holding| holding.row == row);
            let quantity: f64 = held.map(|holding| holding.quantity.abs()).sum();
            let deviation = contract.volatility? * group.root_years[moment] * level;
            if deviation <= 0.0 || deviation * libm::exp(turn) >= DEVIATION_MAX {
                return None;
            }
            let place = near.place(contract, deviation);
            bound.add(&place, quantity * unit, FAR_SHARE * budget / count as f64);
        }
        Some(bound)
    }

    fn of_nothing(x: Axis, turn: f64) -> Self {
        Self {
            half_width: x.half_width,
            forwards: 0.0,
            strikes: 0.0,
            deviation_min: f64::INFINITY,
            log_moneyness_max: 0.0,
            turn,
            far_forwards: 0.0,
            far_time_value: 0.0,
            size: 0.0,
        }
    }

    /// Adds `amount` of a contract; a time value up to `negligible` is taken as none.
    fn add(&mut self, place: &Place, amount: f64, negligible: f64) {
        let (forward, strike) = (amount * place.forward, amount * place.strike);
        self.size += forward + strike;
        let time_value = forward.min(strike) * place.time_value;
        if time_value <= negligible {
            self.far_time_value += time_value;
            self.far_forwards += if place.in_the_money { forward } else { 0.0 };
            return;
        }
        self.forwards += forward;
        self.strikes += strike;
        self.deviation_min = self.deviation_min.min(place.deviation_min);
        self.log_moneyness_max = self.log_moneyness_max.max(place.log_moneyness_max);
    }

    /// Error of the interpolant of `degree` in x.
    pub fn error(&self, degree: usize) -> f64 {
        least(|rho| self.along_forward(rho), degree) + least(|rho| self.payoff(rho), degree)
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
        let growth = lebesgue_constant(degree);
        let far = self.far_time_value * (1.0 + growth * lebesgue_constant(volatility_degree));
        self.error(degree) + growth * self.volatility_error(volatility_degree) + far
    }

    /// Size of all legs: what rounding is relative to.
    pub fn size(&self) -> f64 {
        self.size
    }

    /// How far Re x rises on an ellipse.
    fn rise(&self, rho: f64) -> f64 {
        0.5 * self.half_width * (rho + 1.0 / rho) - self.half_width
    }

    fn payoff(&self, rho: f64) -> Option<f64> {
        let rise = self.rise(rho);
        (rise <= EXPONENT_MAX).then(|| self.far_forwards * libm::exp(rise))
    }

    fn along_forward(&self, rho: f64) -> Option<f64> {
        let rise = self.rise(rho);
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
        let size = self.forwards + self.strikes;
        (exponent <= EXPONENT_MAX).then(|| size * (1.0 + 0.5 * libm::exp(exponent)))
    }
}

/// Where a contract stands on an interval of x.
struct Place {
    /// Highest forward.
    forward: f64,
    strike: f64,
    deviation_min: f64,
    /// Largest |ln(F/K)|.
    log_moneyness_max: f64,
    /// Bound of the time value over the lesser of forward and strike.
    time_value: f64,
    /// Whether it is in the money on all of it.
    in_the_money: bool,
}

/// The interval, with what the contracts of a group share on it.
struct NearBy {
    x: Axis,
    log_forward: f64,
    turn: f64,
}

impl NearBy {
    fn place(&self, contract: &OptionContract, deviation: f64) -> Place {
        let ends = [-1.0, 1.0].map(|t| self.log_forward + self.x.at(t));
        let [low, high] = ends.map(|end| end - contract.log_strike);
        // Not above zero where the strike is among the forwards.
        let distance = low.max(-high);
        let deviation_max = deviation * libm::exp(self.turn);
        let apart = distance / deviation_max - 0.5 * deviation_max;
        let above = low > 0.0;
        Place {
            forward: libm::exp(ends[1]),
            strike: contract.strike,
            deviation_min: deviation * libm::exp(-self.turn),
            log_moneyness_max: low.abs().max(high.abs()),
            time_value: if apart > 0.0 { 0.5 * libm::exp(-0.5 * apart * apart) } else { 1.0 },
            in_the_money: above == (contract.right == Right::Call),
        }
    }
}

/// Deviations from its strike beyond which the time value of a contract with legs of `size` counts
/// for nothing in `budget`, but for s/2.
pub(super) fn distance(size: f64, budget: f64) -> f64 {
    (2.0 * libm::log((0.5 * size / (FAR_SHARE * budget)).max(1.0))).sqrt()
}

/// Level of a group's volatility factor at the centre of the domain, damped, and how far its log
/// goes to either side.
pub(super) fn level_and_turn(plan: &FamilyPlan, group: &OptionGroup, moment: usize) -> (f64, f64) {
    let damping = group.damping[moment];
    let volatility = plan.variables.volatility.map(|mover| mover.axis);
    let turn = volatility.map_or(0.0, |axis| damping.abs() * axis.half_width);
    (level(plan, group.volatility_factor, damping), turn)
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
    let along = degree(|n| worst(&|bound| bound.error(n)), 0.49 * budget, DEGREE_MAX)?;
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
    budget: f64,
) -> Option<Vec<OptionBound>> {
    let rows = rows(&book.groups[group]).into_iter();
    let bound = |row| OptionBound::new(book, plan, (group, row, moment), unit_and_forward, budget);
    rows.map(bound).collect()
}
