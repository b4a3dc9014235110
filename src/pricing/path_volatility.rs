//! The implied volatility of one option at a moment of one path, as its row is priced.

use super::book::CompiledBook;
use crate::numeric::isa::InstructionSet;

/// Where the option of a row stands in its book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OptionPlace {
    group: usize,
    contract: usize,
}

impl CompiledBook {
    /// The option of a row that holds one; `None` where it holds none.
    pub fn option_of_row(&self, row: usize) -> Option<OptionPlace> {
        self.groups.iter().enumerate().find_map(|(group, found)| {
            let holds = |one: &super::options::OptionContract| {
                one.holdings.iter().any(|holding| holding.row == row)
            };
            let contract = found.contracts.iter().position(holds)?;
            Some(OptionPlace { group, contract })
        })
    }

    /// Implied volatility at `moment` (0 is today) where the logarithm of the forward, in the quote,
    /// is `log_forward` and that of the volatility level has changed by `log_change`.
    pub fn implied_volatility(
        &self,
        option: OptionPlace,
        moment: usize,
        log_forward: f64,
        log_change: f64,
    ) -> f64 {
        let group = &self.groups[option.group];
        let contract = &group.contracts[option.contract];
        let scale = libm::exp(group.damping[moment] * log_change);
        match (contract.volatility, &group.smile) {
            (None, Some(smile)) => {
                let mut read = [0.0];
                let isa = InstructionSet::Baseline;
                smile.fill(isa, contract.log_strike, scale, &[log_forward], &mut read);
                read[0]
            }
            (volatility, _) => volatility.unwrap_or(0.0) * scale,
        }
    }
}
