//! European options on a forward: Black, "The pricing of commodity contracts" (1976).
//!
//! Flows in: forwards, strikes, deviations σ√T. Flows out: values and Greeks, in the forward's
//! quote currency or in the settlement coin. [`add_option`] adds one option on many paths to a
//! row of sums; [`Black76`] is the scalar with all Greeks and relative precision in the wings.

mod direct;
mod kernel;
mod scalar;
mod time_value;

pub use kernel::{Deviation, Forwards, HeldOption, Weight, add_option, square_roots};
pub use scalar::{Black76, Greeks, InverseGreeks};

/// The right an option gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Right {
    /// To buy.
    Call,
    /// To sell.
    Put,
}

impl Right {
    /// +1 for a call, −1 for a put.
    #[inline(always)]
    pub fn sign(self) -> f64 {
        match self {
            Self::Call => 1.0,
            Self::Put => -1.0,
        }
    }
}

#[cfg(test)]
mod tests;
