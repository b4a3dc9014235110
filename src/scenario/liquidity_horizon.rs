//! Settings of liquidity horizons: how long it takes to get out of what moves with each factor.

use serde::{Deserialize, Serialize};

use super::shock::AssetGroup;
use crate::units::{ConfidenceLevel, Years};

/// ES by liquidity horizons.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LiquidityHorizonSettings {
    /// Level of ES, one of those measured.
    pub level: ConfidenceLevel,
    /// Assets that one name stands for.
    pub groups: Vec<AssetGroup>,
    /// Horizons by name; factors without one have the simulation's.
    pub horizons: Vec<FactorHorizon>,
}

/// The horizon of one factor or several.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FactorHorizon {
    /// As written: `BTC.spot`, `majors.vol`, `*.spot`.
    pub selector: String,
    /// Its liquidity horizon.
    pub horizon: Years,
}
