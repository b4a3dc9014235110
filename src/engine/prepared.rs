//! A plan made ready to walk: its book compiled, its proxies fitted.
//!
//! Apart from the walk itself, so that both can be timed, and so that one preparation serves many
//! readers of the same paths.

use super::EngineError;
use super::compiled::Compiled;
use super::control::{Control, Stage};
use super::plan::Plan;
use super::proxy::{self, Settled, Valuation};
use super::run::SettledLosses;
use crate::numeric::isa::InstructionSet;

/// A compiled book and how its first pass values it.
pub struct Prepared<'a> {
    plan: &'a Plan,
    book: Compiled<'a>,
    valuation: Valuation,
}

impl<'a> Prepared<'a> {
    /// Compiles the plan's book and, where options are to be valued by proxies, fits those.
    ///
    /// # Errors
    /// [`EngineError`]: a book that the model cannot price.
    pub fn new(plan: &'a Plan, isa: InstructionSet) -> Result<Self, EngineError> {
        let book = Compiled::new(plan, &plan.portfolio, isa)?;
        let valuation = Valuation::choose(plan, &book);
        Ok(Self { plan, book, valuation })
    }

    /// The losses of all paths and nothing else, their tail that of full revaluation: what VaR, ES
    /// and their intervals are read from.
    ///
    /// # Errors
    /// [`EngineError`]: interrupted, or losses that cannot be measured.
    pub fn losses(&self, control: &Control) -> Result<SettledLosses, EngineError> {
        let Self { plan, book, valuation } = self;
        let stage = Stage::Losses;
        let Settled { part, proxy } =
            proxy::settled_pass(plan, book, valuation, 0, control, stage)?;
        Ok(SettledLosses { part, proxy })
    }
}
