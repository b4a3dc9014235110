//! First and second derivatives of one position's USD value, in closed form.
//!
//! Under a smile that moves with the forward, σ is a function of `k = ln(K/F)` and the chain rule adds its
//! slope and curvature. Inverse options are worth `S·Black76(F, K)/F` and `F/S` does not depend on
//! spot, so their spot derivatives are those of `Black76` times `S/F`. Everything about an option is
//! discounted over the time left.

use super::black::Black;
use super::builder::kernel_right;
use super::position::{Contract, ContractVolatility, ResolvedPosition, Settled, perpetual_ratio};
use super::settings::{FUNDING_INTERVAL, PERPETUAL_TENOR};
use super::{PricingSettings, SmileDynamics};
use crate::market::{Asset, AssetKind, Underlying};
use crate::units::{DAYS_PER_YEAR, Years};

/// Derivatives of a position's USD value today.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Sensitivities {
    pub value: f64,
    /// `∂V/∂ln S`.
    pub spot: f64,
    /// `∂²V/∂(ln S)²`.
    pub spot_second: f64,
    /// `∂V/∂ln P` of the quote asset of a linear contract.
    pub quote: f64,
    /// `∂V/∂b`, b the annualised basis.
    pub basis: f64,
    /// `∂V/∂σ`, per unit of implied volatility.
    pub vega: f64,
    /// `∂V/∂x`, x the log of the volatility level at 30 days.
    pub volatility_level: f64,
    /// Funding received over one day at today's rate.
    pub funding_1d: f64,
}

impl Sensitivities {
    /// `S²·∂²V/∂S²`: what multiplies `½(S/S₀ − 1)²`.
    pub fn dollar_gamma(&self) -> f64 {
        self.spot_second - self.spot
    }
}

/// Where and when a book is looked at: every coin's spot moved alike, some time passed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Viewpoint {
    /// Spot over today's spot.
    pub spot_ratio: f64,
    /// Time passed since today.
    pub elapsed: Years,
    pub settings: PricingSettings,
}

impl Viewpoint {
    pub fn today(settings: PricingSettings) -> Self {
        Self { spot_ratio: 1.0, elapsed: Years(0.0), settings }
    }

    /// USD price of an asset; only coins move.
    pub fn price(&self, asset: &Asset) -> f64 {
        match asset.kind {
            AssetKind::Coin => asset.price_usd * self.spot_ratio,
            AssetKind::Stablecoin | AssetKind::Fiat => asset.price_usd,
        }
    }

    /// Derivatives of `position` seen from here.
    pub fn sensitivities(&self, position: &ResolvedPosition) -> Sensitivities {
        let spot = self.price(position.coin);
        match &position.contract {
            Contract::Spot => spot_like(position.quantity * spot),
            Contract::Perpetual { underlying, settled, entry } => {
                self.perpetual(position, underlying, *settled, *entry)
            }
            Contract::Future { underlying, settled, entry, expiry } => {
                let terms = FutureTerms {
                    ratio: self.forward_ratio(underlying, *expiry),
                    tenor: self.left(*expiry),
                    entry: *entry,
                };
                self.future(position, *settled, &terms)
            }
            Contract::Option { .. } => self.option(position, spot),
        }
    }

    /// Time left to `expiry`.
    fn left(&self, expiry: Years) -> Years {
        Years((expiry.get() - self.elapsed.get()).max(0.0))
    }

    /// `F/S` for what is left to `expiry`.
    fn forward_ratio(&self, underlying: &Underlying, expiry: Years) -> f64 {
        if self.left(expiry).get() == 0.0 {
            return 1.0;
        }
        let curve = &underlying.forwards;
        libm::exp(curve.log_ratio(expiry) - curve.log_ratio(self.elapsed))
    }

    fn quote_price(&self, settled: Settled) -> f64 {
        match settled {
            Settled::Linear(quote) => self.price(quote),
            Settled::Inverse => 1.0,
        }
    }

    fn perpetual(
        &self,
        position: &ResolvedPosition,
        underlying: &Underlying,
        settled: Settled,
        entry: f64,
    ) -> Sensitivities {
        let ratio = perpetual_ratio(underlying);
        let notional = match settled {
            Settled::Linear(_) => position.quantity * self.price(position.coin) * ratio,
            Settled::Inverse => position.quantity / ratio,
        };
        let terms = FutureTerms { ratio, tenor: PERPETUAL_TENOR, entry };
        let intervals = 1.0 / (DAYS_PER_YEAR * FUNDING_INTERVAL.get());
        Sensitivities {
            funding_1d: -notional * underlying.funding_rate_8h * intervals,
            ..self.future(position, settled, &terms)
        }
    }

    fn future(
        &self,
        position: &ResolvedPosition,
        settled: Settled,
        terms: &FutureTerms,
    ) -> Sensitivities {
        let (spot, quantity) = (self.price(position.coin), position.quantity);
        let (by_spot, constant, quote, basis) = match settled {
            Settled::Linear(asset) => {
                let mark = quantity * spot * terms.ratio;
                let paid = -quantity * terms.entry * self.price(asset);
                (mark, paid, paid, mark)
            }
            Settled::Inverse => {
                let mark = quantity / terms.ratio;
                (quantity * spot / terms.entry, -mark, 0.0, mark)
            }
        };
        Sensitivities {
            value: by_spot + constant,
            spot: by_spot,
            spot_second: by_spot,
            quote,
            basis: basis * terms.tenor.get(),
            ..Sensitivities::default()
        }
    }

    fn option(&self, position: &ResolvedPosition, spot: f64) -> Sensitivities {
        let Contract::Option { underlying, settled, expiry, strike, right, volatility } =
            &position.contract
        else {
            return Sensitivities::default();
        };
        let ratio = self.forward_ratio(underlying, *expiry);
        let forward = spot * ratio / self.quote_price(*settled);
        let left = self.left(*expiry);
        let unmoved = libm::log(strike * settled.quote_price())
            - libm::log(position.coin.price_usd * underlying.forwards.ratio(*expiry));
        let smile = self.smile_at(volatility, libm::log(strike / forward), unmoved, *expiry);
        let right = kernel_right(*right);
        let black = Black::new(forward, *strike, smile.volatility, left, right);
        let first = black.delta * forward - black.vega * smile.slope;
        let second = black.delta * forward + black.gamma * forward * forward
            - 2.0 * black.vanna * forward * smile.slope
            + black.volga * smile.slope * smile.slope
            + black.vega * smile.curvature;
        let (unit, quote, basis) = match settled {
            Settled::Linear(quote) => (self.price(quote), black.value - first, first),
            Settled::Inverse => (1.0 / ratio, 0.0, first - black.value),
        };
        let amount = position.quantity * unit * settled.discount(position.coin, left);
        Sensitivities {
            value: amount * black.value,
            spot: amount * first,
            spot_second: amount * second,
            quote: amount * quote,
            basis: amount * basis * left.get(),
            vega: amount * black.vega,
            volatility_level: amount * black.vega * smile.volatility * self.settings.damping(left),
            funding_1d: 0.0,
        }
    }

    /// The volatility of an option at `k = ln(K/F)` that was at `unmoved` today, with its
    /// derivatives by k where the smile moves with the forward. `expiry` names the smile.
    fn smile_at(
        &self,
        source: &ContractVolatility,
        k: f64,
        unmoved: f64,
        expiry: Years,
    ) -> SmilePoint {
        let smile = self.settings.smile;
        if smile == SmileDynamics::StickyStrike {
            return SmilePoint::flat(source.at(unmoved, expiry));
        }
        let volatility = source.at(k, expiry);
        if !source.moves_along_smile(smile) {
            return SmilePoint::flat(volatility);
        }
        let step = 0.02 * (volatility * expiry.get().sqrt()).clamp(0.005, 1.0);
        let (up, down) = (source.at(k + step, expiry), source.at(k - step, expiry));
        SmilePoint {
            volatility,
            slope: (up - down) / (2.0 * step),
            curvature: (up - 2.0 * volatility + down) / (step * step),
        }
    }
}

/// What prices a future or perpetual besides spot.
struct FutureTerms {
    /// `F/S`.
    ratio: f64,
    /// Time over which the basis acts.
    tenor: Years,
    entry: f64,
}

/// A volatility and its derivatives by log-moneyness.
struct SmilePoint {
    volatility: f64,
    slope: f64,
    curvature: f64,
}

impl SmilePoint {
    fn flat(volatility: f64) -> Self {
        Self { volatility, slope: 0.0, curvature: 0.0 }
    }
}

/// Sensitivities of an amount of an asset worth `value`.
pub(crate) fn spot_like(value: f64) -> Sensitivities {
    Sensitivities { value, spot: value, spot_second: value, ..Sensitivities::default() }
}
