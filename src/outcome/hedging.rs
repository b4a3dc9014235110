//! The cheapest trades that restore the target utilisation, and whether they hold.

use serde::{Deserialize, Serialize};

use super::threshold::Status;

/// How the search for trades ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HedgingStatus {
    /// Utilisation is at or below the target.
    NotNeeded,
    /// A run of the hedged book in full is at or below the target.
    Verified,
    /// No solution of the programme held in a run of the hedged book in full.
    NotVerified,
    /// No trades of the instruments listed reach the target.
    Infeasible,
}

/// The cheapest trades, by a linear programme on the tail scenarios.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HedgingProgramme {
    /// How it ended.
    pub status: HedgingStatus,
    /// Plain sentence.
    pub summary: String,
    /// Utilisation aimed at.
    pub target_utilisation: f64,
    /// Potential loss that it allows of today's capital, in money.
    pub potential_loss_max: f64,
    /// Paths of the programme; the verification is on all.
    pub paths: u64,
    /// Times the sample was evaluated to add violated scenarios.
    pub rounds: u64,
    /// Cost of the trades, in money.
    pub cost: Option<f64>,
    /// One row an instrument; where it is infeasible, the trades that come nearest.
    pub trades: Vec<ProposedTrade>,
    /// Every solution verified, in order.
    pub attempts: Vec<HedgingAttempt>,
    /// Figures of the hedged book by a run in full, at the last solution verified.
    pub after: Option<AfterTrades>,
    /// Where it is infeasible: potential loss beyond what is allowed at the nearest trades.
    pub excess: Option<f64>,
    /// Where it is infeasible: the terms of the potential loss at the nearest trades.
    pub standing: Vec<StandingTerm>,
    /// Where it is infeasible: the constraints that stand in the way.
    pub binding: Vec<HedgingBinding>,
}

/// A trade in an instrument listed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProposedTrade {
    /// Id of the hedge.
    pub id: String,
    /// Account in which it is traded.
    pub account: String,
    /// Signed quantity: coins, or USD notional of inverse perpetuals and futures; zero: none.
    pub quantity: f64,
    /// Signed notional, in money.
    pub notional: f64,
    /// Cost of trading it.
    pub cost: f64,
    /// What is paid for what is bought, in money; negative is received.
    pub premium: f64,
    /// Largest quantity that may be bought.
    pub largest_long: f64,
    /// Largest quantity that may be sold.
    pub largest_short: f64,
}

/// A solution of the programme and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HedgingAttempt {
    /// By how much the bound on the potential loss was tightened, in money.
    pub tightened: f64,
    /// Cost of the trades.
    pub cost: f64,
    /// Potential loss of the hedged book by a run in full.
    pub potential_loss: f64,
    /// What it was to stay below: the target share of the threshold after the trades.
    pub potential_loss_max: f64,
}

/// The hedged book by a run in full.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AfterTrades {
    /// Potential loss.
    pub potential_loss: f64,
    /// 95 % Monte Carlo interval of it.
    pub potential_loss_interval_95: [f64; 2],
    /// Capital base, after the cost of the trades and what was paid for them.
    pub capital: f64,
    /// Threshold.
    pub threshold: f64,
    /// Utilisation; `None` is infinite.
    pub utilisation: Option<f64>,
    /// Status by the point estimate.
    pub status: Status,
    /// Whether the Monte Carlo interval straddles a boundary of the status.
    pub indistinct: bool,
    /// Terms of the potential loss before weights.
    pub terms: Vec<HedgedTerm>,
    /// VaR and ES by level.
    pub measures: Vec<HedgedMeasure>,
    /// Accounts that lack initial margin.
    pub unmet_margins: Vec<UnmetMargin>,
}

/// A term of the potential loss before and after the trades.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HedgedTerm {
    /// Name.
    pub name: String,
    /// Amount today.
    pub before: f64,
    /// Amount of the hedged book.
    pub after: f64,
}

/// VaR and ES before and after the trades.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HedgedMeasure {
    /// Confidence level.
    pub level: f64,
    /// VaR today.
    pub value_at_risk_before: f64,
    /// VaR of the hedged book.
    pub value_at_risk: f64,
    /// ES today.
    pub expected_shortfall_before: f64,
    /// ES of the hedged book.
    pub expected_shortfall: f64,
}

/// A term of the potential loss that trades cannot bring lower.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StandingTerm {
    /// Name.
    pub name: String,
    /// Amount at the nearest trades, before its weight.
    pub amount: f64,
    /// Weight in the sum (or before the maximum).
    pub weight: f64,
    /// The stress that it is of, where it is a stressed loss.
    pub stress: Option<String>,
}

/// An account that lacks initial margin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnmetMargin {
    /// Account.
    pub account: String,
    /// What it lacks, in money.
    pub lacking: f64,
}

/// A constraint that keeps trades from reaching the target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HedgingBinding {
    /// `largest_long`, `largest_short` (of a hedge) or `initial_margin` (of an account).
    pub kind: String,
    /// Hedge or account.
    pub name: String,
    /// The limit, as a quantity of the hedge.
    pub limit: Option<f64>,
    /// The limit that would do, other limits as they are.
    pub enough: Option<f64>,
    /// Potential loss beyond what is allowed that would be left without this constraint, in money.
    pub excess_without: f64,
}
