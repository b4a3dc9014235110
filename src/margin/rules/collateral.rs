//! What a venue counts an asset for as collateral.

use serde::{Deserialize, Serialize};

/// The haircut of one asset: by brackets of value, each on the part of the value inside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Haircut {
    /// By rising value; the last one reaches to any value.
    pub brackets: Vec<HaircutBracket>,
}

/// The haircut of a bracket of value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct HaircutBracket {
    /// Upper end in USD; `None`: no end.
    pub value_max: Option<f64>,
    /// Share that does not count, in [0, 1].
    pub haircut: f64,
}

impl Haircut {
    /// One share for any value.
    pub fn flat(haircut: f64) -> Self {
        Self { brackets: vec![HaircutBracket { value_max: None, haircut }] }
    }

    /// Share of `value` (USD, zero or above) that does not count: the mean over its brackets. What
    /// lies beyond the last bracket does not count at all.
    pub fn share(&self, value: f64) -> f64 {
        if value <= 0.0 {
            return self.brackets.first().map_or(0.0, |bracket| bracket.haircut);
        }
        let (mut from, mut lost) = (0.0, 0.0);
        for bracket in &self.brackets {
            let to = bracket.value_max.unwrap_or(f64::INFINITY).min(value);
            if to > from {
                lost += (to - from) * bracket.haircut;
                from = to;
            }
        }
        (lost + (value - from)) / value
    }
}
