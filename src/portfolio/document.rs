//! The portfolio document: venues, accounts, positions, orders as a user writes them.
//!
//! Flows in: `portfolio.toml`, the positions CSV it names, and proposed trades. Flows out: a
//! [`LoadedPortfolio`] that keeps the place of everything, and from it a [`Portfolio`] whose names
//! are resolved. Expiries are instants here and times from the market's date there.

use std::sync::Arc;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::account::{MarginMode, OrderKind, Portfolio, PositionMode};
pub use super::failure_document::{ClaimMarkDocument, VenueFailureDocument};
pub use super::hedge_document::{
    FutureHedge, HedgeDocument, OptionHedge, PerpetualHedge, SpotHedge,
};
pub use super::margin_call_document::MarginCallsDocument;
pub use super::position_document::{
    FuturePosition, OptionPosition, PerpetualPosition, PositionDocument, SettlementKind,
    SpotPosition,
};
pub use super::rebalancing_document::RebalancingDocument;
use super::resolve::resolve;
use crate::document::{
    CsvLayout, FilePath, Loader, Name, Node, NonNegativeRate, Number, Parsed, Place, Positive,
    SourceFile, SymbolName, UnitFraction, ViolationCollector, Violations, csv_table, parse_toml,
    read_records, read_tree,
};

/// What is held: venues, accounts with their balances, positions, open orders.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PortfolioDocument {
    /// Name of the book.
    pub name: Name,
    /// A CSV file of positions, in addition to those listed here: one row a position, one column
    /// a key, several tags separated by `;`.
    pub positions: Option<FilePath>,
    /// Files of margin rules, in addition to the shipped sets: several dates of one venue may stand
    /// side by side, for venues to name.
    #[serde(default)]
    pub rule_files: Vec<FilePath>,
    /// Places that hold collateral and positions.
    #[serde(default, rename = "venue")]
    pub venues: Vec<VenueDocument>,
    /// Accounts at venues, and the desk's own treasury.
    #[serde(default, rename = "account")]
    pub accounts: Vec<AccountDocument>,
    /// Positions.
    #[serde(default, rename = "position")]
    pub position_list: Vec<PositionDocument>,
    /// Open and stop orders. Stops that reduce a position act in accounts that their venue's rules
    /// liquidate inside paths, unless all of those are the plain case; nothing else acts yet.
    #[serde(default, rename = "order")]
    pub orders: Vec<OrderDocument>,
    /// How margin calls are met inside paths. Left out: they are not.
    pub margin_calls: Option<MarginCallsDocument>,
    /// What may be traded to bring the book back to the target utilisation of its policy: the
    /// cheapest such trades are reported where it is above. Nothing is traded inside paths.
    #[serde(default, rename = "hedge")]
    #[schemars(length(max = 50))]
    pub hedges: Vec<HedgeDocument>,
}

/// A place that holds collateral and positions, and can liquidate or fail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VenueDocument {
    /// Its name.
    pub name: Name,
    /// Its margin rules: a set such as `generic-flat@2026-01-01`, shipped or of `rule_files`; its
    /// name alone, for the latest date that is not after the market's; or a file beside this
    /// document. Left out: no margin is required.
    pub rules: Option<Name>,
    /// Probability that it fails within a year.
    #[serde(default = "zero_fraction")]
    pub default_probability_1y: UnitFraction,
    /// Share of a claim that is lost when it fails.
    #[serde(default = "whole_fraction")]
    pub loss_given_default: UnitFraction,
    /// How it fails inside paths, with its probability. Left out: not there.
    pub failure: Option<VenueFailureDocument>,
}

/// An account at a venue; without a venue, the desk's own treasury.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountDocument {
    /// Its name.
    pub name: Name,
    /// Name of its venue; left out for the treasury.
    pub venue: Option<Name>,
    /// How margin is shared between its positions. Left out: `cross` at a venue, `none` else.
    pub margin_mode: Option<MarginMode>,
    /// Whether long and short of one contract are one net position, or held apart and margined as
    /// the venue's rules say.
    #[serde(default)]
    pub position_mode: PositionMode,
    /// Largest leverage the desk allows itself here.
    pub leverage_max: Option<Positive>,
    /// Share of today's leverage (gross notional over equity) by which it may drift, up or down,
    /// before the desk rebalances: a rung of the account's ladder of thresholds. Nothing is traded
    /// by it, and it stands for no account that states `rebalancing`.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub rebalancing_band: Option<UnitFraction>,
    /// A leverage that the account is traded back to inside paths. Left out: it is not.
    pub rebalancing: Option<RebalancingDocument>,
    /// Whether a loss beyond the account's equity is owed to the venue.
    #[serde(default)]
    pub recourse: bool,
    /// Collateral and borrowed balances.
    #[serde(default, rename = "balance")]
    pub balances: Vec<BalanceDocument>,
}

/// An amount of an asset in an account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BalanceDocument {
    /// The asset.
    pub asset: SymbolName,
    /// Units of it; negative is borrowed.
    pub quantity: Number,
    /// Share of its value that does not count as collateral. Left out: the haircut of the venue's
    /// rules at today's value, or none.
    pub haircut: Option<UnitFraction>,
    /// Annual rate paid while it is borrowed.
    #[serde(default = "zero_rate")]
    pub borrow_rate: NonNegativeRate,
}

/// An open or stop order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderDocument {
    /// Name of the order, unique in the book.
    pub id: Name,
    /// Id of the position whose instrument and account it is for.
    pub position: Name,
    /// Limit or stop.
    pub kind: OrderKind,
    /// Signed change of the quantity when it executes.
    pub quantity: Number,
    /// Limit or trigger price, in the instrument's quote.
    pub price: Positive,
    /// Of a stop: share of notional that its fill is worse than the price that triggers it.
    #[serde(default = "zero_fraction")]
    pub slippage: UnitFraction,
}

fn zero_fraction() -> UnitFraction {
    UnitFraction::new(0.0).expect("zero is in [0, 1]")
}

fn whole_fraction() -> UnitFraction {
    UnitFraction::new(1.0).expect("one is in [0, 1]")
}

fn zero_rate() -> NonNegativeRate {
    NonNegativeRate::new(0.0).expect("zero is not negative")
}

/// A portfolio document with all its positions, and the place of each.
#[derive(Debug, Clone)]
pub struct LoadedPortfolio {
    /// The document.
    pub document: Parsed<PortfolioDocument>,
    /// Every position: those of the document, of its CSV file, and proposed trades, in this order.
    pub positions: Vec<Parsed<PositionDocument>>,
}

/// Reads a portfolio document and the positions file it names.
///
/// # Errors
/// Every violation in both files.
pub fn read_portfolio(
    file: &Arc<SourceFile>,
    loader: &Loader,
) -> Result<LoadedPortfolio, Violations> {
    let tree = parse_toml(file)?;
    let mut collector = ViolationCollector::default();
    let listed = collector.absorb(positions_of_file(&tree, loader));
    let document = collector.absorb(read_tree(file, tree));
    let loaded = document.zip(listed).map(|(document, listed)| LoadedPortfolio {
        positions: own_positions(&document).into_iter().chain(listed).collect(),
        document,
    });
    collector.finish_some(loaded)
}

/// The positions of the CSV file that the document names: read even where the document itself
/// has faults, so that those of both files show at once.
fn positions_of_file(
    tree: &Node,
    loader: &Loader,
) -> Result<Vec<Parsed<PositionDocument>>, Violations> {
    let Some((path, place)) = tree.path_at("positions") else {
        return Ok(vec![]);
    };
    read_positions(&loader.open(path.as_str(), Some(place))?)
}

fn own_positions(document: &Parsed<PortfolioDocument>) -> Vec<Parsed<PositionDocument>> {
    let list = document.value.position_list.iter().enumerate();
    list.map(|(index, position)| document.part(&format!("position[{index}]"), position.clone()))
        .collect()
}

/// Reads a CSV file of positions or trades.
///
/// # Errors
/// Every violation in it.
pub fn read_positions(file: &Arc<SourceFile>) -> Result<Vec<Parsed<PositionDocument>>, Violations> {
    let layout = CsvLayout { comment: Some(b'#'), ..CsvLayout::default() };
    read_records(&csv_table(file, &layout)?)
}

impl LoadedPortfolio {
    /// The book after proposed trades: each row of `trades` is one more position, in the columns
    /// of a positions file. To reduce a position, trade the opposite quantity under an id of its
    /// own; without `entry_price` a trade is done at today's mark.
    ///
    /// # Errors
    /// Every violation in the trades file.
    pub fn with_trades(mut self, trades: &Arc<SourceFile>) -> Result<Self, Violations> {
        self.positions.extend(read_positions(trades)?);
        Ok(self)
    }

    /// The portfolio with its names resolved, expiries counted from `as_of`.
    ///
    /// # Errors
    /// Every unknown venue, account or position, repeated name, expired contract and contradiction.
    pub fn to_portfolio(&self, as_of: Timestamp) -> Result<Portfolio, Violations> {
        resolve(self, as_of)
    }

    /// Place of a key of position `index` (as in [`Portfolio::positions`]), for checks across
    /// files.
    pub fn position_place(&self, index: usize, key: &str) -> Place {
        self.positions[index].places.at(key)
    }

    /// Place of a key of hedge `index` (as in [`Portfolio::hedges`]), for checks across files.
    pub fn hedge_place(&self, index: usize, key: &str) -> Place {
        self.place(&format!("hedge[{index}].{key}"))
    }

    /// Place of a key of the document, e.g. `account[1].balance[0].asset`.
    pub fn place(&self, path: &str) -> Place {
        self.document.places.at(path)
    }
}

/// Reads a portfolio and checks what can be checked without a market: names and contradictions.
///
/// # Errors
/// Every violation, those of the positions file included.
pub fn check_portfolio(file: &Arc<SourceFile>, loader: &Loader) -> Result<(), Violations> {
    let mut collector = ViolationCollector::default();
    let loaded = collector.absorb(read_portfolio(file, loader));
    if let Some(loaded) = loaded {
        collector.absorb(loaded.to_portfolio(Timestamp::MIN));
    }
    collector.finish(())
}
