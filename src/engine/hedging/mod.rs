//! The cheapest trades that restore the target utilisation, found on the run's own paths and
//! verified by simulating the hedged book in full.
//!
//! ```text
//! hedges, one of each, on the run's draws ─▶ losses by quantity ─▶ programme (threshold::hedging)
//!         ─▶ trades ─▶ hedged book, all paths, all rules ─▶ within the target? else tighten, again
//! ```
//!
//! In the programme losses are linear in the trades, by quantity, on the paths whose losses are kept;
//! what accounts make of them (margin calls, liquidations, limited liability, own impact) stays as
//! it is without trades. The verification knows it all: where it finds more than may be carried, the
//! bound is tightened by what is missing, at most [`ATTEMPTS_MAX`] times.
//!
//! A trade is paid for: premiums and coins out of the account's balance of the asset that the
//! instrument settles in (coins in USD), which changes collateral; the cost of trading lowers the
//! capital base, and losses are counted from after it.

mod account_margins;
mod book;
mod told;
mod units;
mod verified;

use super::EngineError;
use super::assemble::Found;
use super::control::Control;
use super::exposure::Exposure;
use crate::outcome::HedgingProgramme;
use crate::threshold::{
    self, Capital, HedgingSolution, Infeasible, MoneyEstimate, Optimum, Policy, Utilisation,
};

use book::TradedBook;
use units::Units;
use verified::{Verified, verified};

/// Solutions verified before giving up.
const ATTEMPTS_MAX: usize = 5;
/// How far below its bound the programme stays, so that rounding is no breach.
const SHAVED: f64 = 1e-7;

/// What the programme starts from.
pub(super) struct Request<'a> {
    pub found: &'a Found<'a>,
    pub policy: &'a Policy,
    pub exposure: &'a Exposure<'a>,
    /// Terms of the potential loss today before adjustments, on all paths. What a stressed period and a
    /// buffer add are kept as the shares that they have today.
    pub terms: &'a [MoneyEstimate],
    pub potential_loss: f64,
    pub capital: &'a Capital,
    /// Threshold per unit of capital, `a · M`.
    pub per_capital: f64,
}

/// A solution of the programme, simulated.
struct Attempt {
    optimum: Optimum,
    /// By how much the bound was tightened.
    tightened: f64,
    verified: Verified,
}

/// How the search ended.
enum End {
    /// Utilisation is at or below the target.
    NotNeeded,
    /// The last attempt holds.
    Verified(Vec<Attempt>),
    /// None holds.
    NotVerified(Vec<Attempt>),
    /// No trades do, the bound tightened by so much after the attempts before.
    Infeasible {
        attempts: Vec<Attempt>,
        tightened: f64,
        found: Infeasible,
        /// By term at the nearest trades: its amount, and the stress that it is of.
        standing: Vec<(f64, Option<String>)>,
    },
}

/// The cheapest trades; `None` where the book states nothing that may be traded.
pub(super) fn programme(
    request: &Request,
    control: &Control,
) -> Result<Option<HedgingProgramme>, EngineError> {
    if request.found.book.setting.portfolio.hedges.is_empty() {
        return Ok(None);
    }
    let limit = request.per_capital * request.capital.amount;
    let within = match threshold::utilisation(request.potential_loss, limit) {
        Utilisation::Finite(share) => share <= request.policy.target_utilisation,
        Utilisation::Infinite => false,
    };
    if within {
        return Ok(Some(told::told(request, None, &End::NotNeeded)?));
    }
    let units = Units::new(request, control)?;
    let end = search(request, &units, control)?;
    Ok(Some(told::told(request, Some(&units), &end)?))
}

fn search(request: &Request, units: &Units, control: &Control) -> Result<End, EngineError> {
    let target = request.policy.target_utilisation * request.per_capital;
    // the money that counts as one
    let scale = request.potential_loss.max(target * request.capital.amount);
    let mut tightened = SHAVED * scale;
    let mut book = TradedBook::new(request, units, target)?;
    let mut attempts: Vec<Attempt> = Vec::new();
    while attempts.len() < ATTEMPTS_MAX {
        control.check()?;
        book.tighten(tightened);
        let optimum = match threshold::cheapest_trades(&mut book, &units.terms, scale)? {
            HedgingSolution::Optimum(optimum) => optimum,
            HedgingSolution::Infeasible(found) => {
                let standing = book.standing(&found.nearest)?;
                return Ok(End::Infeasible { attempts, tightened, found, standing });
            }
        };
        let verified = verified(request, &optimum, control)?;
        let missing = verified.potential_loss.amount - verified.bound;
        attempts.push(Attempt { optimum, tightened, verified });
        if missing <= 0.0 {
            return Ok(End::Verified(attempts));
        }
        tightened += missing * 1.05;
    }
    Ok(End::NotVerified(attempts))
}
