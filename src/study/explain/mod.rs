//! What moved the figures from one run to a later one: time, market, positions, collateral,
//! parameters, Monte Carlo noise.
//!
//! Flows in: two folders of results with the copies of their inputs. Flows out: an
//! [`Explanation`]. The earlier run is repeated, then its inputs are replaced by those of the later
//! run, one step after another, and each mixture is run on the seed of the earlier run until the last
//! step, which is the later run itself. A contribution is a figure after a step less the figure before
//! it, so that contributions sum to the change whatever the order; the order itself is a convention, and
//! what two steps do together is told with the later one.
//!
//! | step | what is replaced |
//! |---|---|
//! | time | the valuation time: expiries come nearer, expired contracts go, rules of venues that are named without a date are those of the new day; spot prices stay, quotes of forwards and volatilities on their dates, surfaces fitted to chains by time to expiry |
//! | market | the market document and its files: prices, forwards, volatilities, funding, liquidity, history, and with them the fitted model |
//! | positions | positions with their entry prices and isolated margins, orders, hedges, proposed trades; an account that only the later book has opens empty |
//! | collateral | the rest of the book: accounts, balances, venues, rules, margin calls |
//! | parameters | scenario, policy, and changes from the command line but the seed |
//! | noise | the seed, and whatever is left |
//!
//! A mixture that makes no sense (an account that the later policy limits and the earlier book does not
//! have) is not run: its step is told with the next one, and says why.

mod error;
mod paired;
mod side;
mod steps;
mod walk;
mod words;

pub use error::{ExplainError, NotReproduced};

use std::path::Path;

use crate::engine::Control;
use crate::numeric::isa::InstructionSet;
use crate::outcome::Explanation;
use side::Side;

/// Explains what moved the figures from the run whose results stand in `earlier` to that in `later`.
///
/// # Errors
/// Folders without what is needed to run again, runs that cannot be compared, a run that does not
/// reproduce its own results.
pub fn explain(
    earlier: &Path,
    later: &Path,
    isa: InstructionSet,
    control: &Control,
) -> Result<Explanation, ExplainError> {
    let sides = [Side::read(earlier)?, Side::read(later)?];
    let level = side::common_level(&sides)?;
    let walked = walk::walk(&sides, level, isa, control)?;
    Ok(steps::told(&sides, level, walked))
}
