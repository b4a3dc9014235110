//! Prices at which venues close accounts, today's other prices fixed.

use serde::{Deserialize, Serialize};

/// The lines of one account, or of one isolated contract, along one coin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccountPrices {
    /// The first position of an isolated contract; `None`: the whole account.
    pub position: Option<String>,
    /// The coin whose price moves.
    pub underlying: String,
    /// Its price today, USD.
    pub price: f64,
    /// Where the margin balance meets the maintenance margin, below today's price.
    pub liquidation_below: PriceOf,
    /// The same above it.
    pub liquidation_above: PriceOf,
    /// Where nothing is left, collateral at full value, below today's price.
    pub bankruptcy_below: PriceOf,
    /// The same above it.
    pub bankruptcy_above: PriceOf,
}

/// A price on one side of today's.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceOf {
    /// None within a factor of a hundred.
    Never,
    /// Today's price is beyond it already.
    Passed,
    /// This one, USD.
    At(f64),
}

impl AccountPrices {
    /// Whether there is any price at all.
    pub fn any(&self) -> bool {
        let lines = [
            self.liquidation_below,
            self.liquidation_above,
            self.bankruptcy_below,
            self.bankruptcy_above,
        ];
        lines.iter().any(|line| *line != PriceOf::Never)
    }
}
