//! Add-ons to the potential loss, for what the paths do not contain.

use super::ThresholdError;
use super::policy::VenueClaimMeasure;
use crate::units::Years;

/// Exposure in one underlying with what trading it costs.
#[derive(Debug, Clone, PartialEq)]
pub struct TradedExposure {
    /// The underlying.
    pub underlying: String,
    /// Σ|exposure| of its positions, in reporting currency.
    pub gross: f64,
    /// Cost of trading, where the market has it.
    pub liquidity: Option<TradingCost>,
}

/// What trading an underlying costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TradingCost {
    /// Average daily volume in reporting currency.
    pub daily_volume: f64,
    /// Half-spread as a fraction of the price.
    pub half_spread: f64,
    /// Its standard deviation.
    pub half_spread_deviation: f64,
}

/// A claim on a venue.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VenueClaim {
    /// Balances, unrealised profit and option value there; negative: nothing to lose.
    pub amount: f64,
    /// One-year probability of default.
    pub default_probability_1y: f64,
    /// Share of the claim that is lost.
    pub loss_given_default: f64,
}

/// `Σ V·(half-spread + deviations·σ)` (Bangia et al. 1999, exogenous part).
///
/// # Errors
/// [`ThresholdError::MissingLiquidity`] where an exposed underlying has no liquidity data.
pub fn liquidity(exposures: &[TradedExposure], deviations: f64) -> Result<f64, ThresholdError> {
    total("liquidity", exposures, |gross, cost| {
        gross * (cost.half_spread + deviations * cost.half_spread_deviation)
    })
}

/// `Σ charge · max(0, V − volume_share·ADV)`.
///
/// # Errors
/// [`ThresholdError::MissingLiquidity`] where an exposed underlying has no liquidity data.
pub fn concentration(
    exposures: &[TradedExposure],
    volume_share: f64,
    charge: f64,
) -> Result<f64, ThresholdError> {
    total("concentration", exposures, |gross, cost| {
        charge * (gross - volume_share * cost.daily_volume).max(0.0)
    })
}

fn total(
    add_on: &'static str,
    exposures: &[TradedExposure],
    charge: impl Fn(f64, &TradingCost) -> f64,
) -> Result<f64, ThresholdError> {
    let exposed = exposures.iter().filter(|exposure| exposure.gross > 0.0);
    let charges = exposed.map(|exposure| match &exposure.liquidity {
        Some(cost) => Ok(charge(exposure.gross, cost)),
        None => Err(ThresholdError::MissingLiquidity {
            add_on,
            underlying: exposure.underlying.clone(),
        }),
    });
    charges.sum()
}

/// Expected loss over the horizon, `Σ (1 − (1−PD)^h)·LGD·claim`, or the largest `LGD·claim`.
pub fn counterparty(claims: &[VenueClaim], horizon: Years, measure: VenueClaimMeasure) -> f64 {
    let loss = |claim: &VenueClaim| claim.loss_given_default * claim.amount.max(0.0);
    let probability = |claim: &VenueClaim| {
        let survival = (1.0 - claim.default_probability_1y).max(0.0);
        1.0 - libm::pow(survival, horizon.get())
    };
    match measure {
        VenueClaimMeasure::ExpectedLoss => {
            claims.iter().map(|claim| probability(claim) * loss(claim)).sum()
        }
        VenueClaimMeasure::LargestVenue => claims.iter().map(loss).fold(0.0, f64::max),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exposure(gross: f64) -> TradedExposure {
        TradedExposure {
            underlying: "BTC".into(),
            gross,
            liquidity: Some(TradingCost {
                daily_volume: 1e8,
                half_spread: 1e-4,
                half_spread_deviation: 2e-4,
            }),
        }
    }

    #[test]
    fn spread_cost_by_hand() {
        let found = liquidity(&[exposure(1e6), exposure(2e6)], 3.0).unwrap();
        approx::assert_relative_eq!(found, 3e6 * 7e-4, max_relative = 1e-14);
    }

    #[test]
    fn only_what_exceeds_the_free_volume_is_charged() {
        let found = concentration(&[exposure(3e6), exposure(5e5)], 0.01, 0.1).unwrap();
        approx::assert_relative_eq!(found, 0.1 * 2e6, max_relative = 1e-14);
    }

    #[test]
    fn exposure_without_liquidity_is_named() {
        let bare = TradedExposure { liquidity: None, ..exposure(1.0) };
        let found = liquidity(std::slice::from_ref(&bare), 3.0);
        assert!(found.unwrap_err().to_string().contains("'BTC'"));
        assert_eq!(liquidity(&[TradedExposure { gross: 0.0, ..bare }], 3.0), Ok(0.0));
    }

    #[test]
    fn claims_on_venues() {
        let claim = |amount, default_probability_1y| VenueClaim {
            amount,
            default_probability_1y,
            loss_given_default: 0.6,
        };
        let claims = [claim(1e6, 0.19), claim(-5e6, 0.5), claim(2e6, 0.0)];
        let half_year = Years(0.5);
        // 1 − √0.81 = 0.1.
        let found = counterparty(&claims, half_year, VenueClaimMeasure::ExpectedLoss);
        approx::assert_relative_eq!(found, 0.1 * 0.6 * 1e6, max_relative = 1e-12);
        let found = counterparty(&claims, half_year, VenueClaimMeasure::LargestVenue);
        approx::assert_relative_eq!(found, 1.2e6, max_relative = 1e-14);
    }
}
