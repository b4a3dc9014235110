//! Positions as documents write them: one table (or CSV row) each.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::instrument::{Instrument, OptionRight, Settlement};
use crate::document::{
    Instant, Name, NonNegative, Number, Parsed, Positive, PositiveRate, SymbolName, Violation,
    ViolationCollector, Violations,
};
use crate::units::Years;
use jiff::Timestamp;

/// Declares a kind of position: the keys every kind has, and its own.
macro_rules! position_document {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            /// Name of the position, unique in the book.
            pub id: Name,
            /// Name of the account that holds it.
            pub account: Name,
            $($(#[$field_meta])* pub $field: $type,)*
            /// Signed quantity, negative is short: coins of the underlying, or USD notional for
            /// inverse perpetuals and futures.
            pub quantity: Number,
            /// Price at which it was opened, in its quote. Left out: today's mark.
            pub entry_price: Option<Positive>,
            /// Labels for contributions and limits; the first one groups.
            #[serde(default)]
            pub tags: Vec<Name>,
        }
    };
}

position_document! {
    /// The asset itself.
    SpotPosition {
        /// The asset held, e.g. `BTC`.
        asset: SymbolName,
    }
}

position_document! {
    /// A perpetual future; pays or receives funding.
    PerpetualPosition {
        /// The coin it follows, e.g. `BTC`.
        underlying: SymbolName,
        /// How it is quoted and settled.
        #[serde(default)]
        settlement: SettlementKind,
        /// Currency of quote and settlement of a linear contract, e.g. `USDT`.
        quote: Option<SymbolName>,
        /// Collateral of its own in an isolated account, in the asset it settles in; a part of that
        /// balance. Left out: its initial margin at entry.
        isolated_margin: Option<NonNegative>,
    }
}

position_document! {
    /// A future with a delivery date.
    FuturePosition {
        /// The coin it follows, e.g. `BTC`.
        underlying: SymbolName,
        /// How it is quoted and settled.
        #[serde(default)]
        settlement: SettlementKind,
        /// Currency of quote and settlement of a linear contract, e.g. `USDT`.
        quote: Option<SymbolName>,
        /// Delivery.
        expiry: Instant,
        /// Collateral of its own in an isolated account, in the asset it settles in; a part of that
        /// balance. Left out: its initial margin at entry.
        isolated_margin: Option<NonNegative>,
    }
}

position_document! {
    /// A European option on the forward of its expiry.
    OptionPosition {
        /// The coin it follows, e.g. `BTC`.
        underlying: SymbolName,
        /// How it is quoted and settled.
        #[serde(default)]
        settlement: SettlementKind,
        /// Currency of quote and settlement of a linear contract, e.g. `USDC`.
        quote: Option<SymbolName>,
        /// Expiry.
        expiry: Instant,
        /// Strike in the quote currency; in USD for an inverse option.
        strike: Positive,
        /// Call or put.
        right: OptionRight,
        /// An implied volatility of its own, instead of the market's surface.
        volatility: Option<PositiveRate>,
        /// Collateral of its own in an isolated account, in the asset it settles in; a part of that
        /// balance. Left out: its initial margin at entry.
        isolated_margin: Option<NonNegative>,
    }
}

/// How a derivative is quoted and settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SettlementKind {
    /// Quoted and settled in `quote`; quantities in coins.
    #[default]
    Linear,
    /// Quoted in USD, settled in the underlying coin.
    Inverse,
}

/// A position: `type` says what is held.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum PositionDocument {
    /// The asset itself.
    Spot(SpotPosition),
    /// A perpetual future.
    Perpetual(PerpetualPosition),
    /// A future with a delivery date.
    Future(FuturePosition),
    /// A European option.
    Option(OptionPosition),
}

/// What every kind of position has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Common<'a> {
    pub(super) id: &'a Name,
    pub(super) account: &'a Name,
    pub(super) quantity: f64,
    pub(super) entry_price: Option<f64>,
    pub(super) volatility: Option<f64>,
    pub(super) isolated_margin: Option<f64>,
    pub(super) tags: &'a [Name],
}

macro_rules! common {
    ($position:expr, $volatility:expr, $isolated_margin:expr) => {
        Common {
            id: &$position.id,
            account: &$position.account,
            quantity: $position.quantity.get(),
            entry_price: $position.entry_price.map(Positive::get),
            volatility: $volatility,
            isolated_margin: $isolated_margin,
            tags: &$position.tags,
        }
    };
}

impl PositionDocument {
    pub(super) fn common(&self) -> Common<'_> {
        match self {
            Self::Spot(position) => common!(position, None, None),
            Self::Perpetual(position) => {
                common!(position, None, position.isolated_margin.map(NonNegative::get))
            }
            Self::Future(position) => {
                common!(position, None, position.isolated_margin.map(NonNegative::get))
            }
            Self::Option(position) => {
                let volatility = position.volatility.map(PositiveRate::get);
                common!(position, volatility, position.isolated_margin.map(NonNegative::get))
            }
        }
    }
}

/// The instrument a position is a quantity of, with expiries counted from `as_of`.
///
/// # Errors
/// A linear contract without `quote`, an inverse one with a `quote` other than USD, an expiry that
/// is not after `as_of`.
pub(super) fn instrument(
    parsed: &Parsed<PositionDocument>,
    as_of: Timestamp,
) -> Result<Instrument, Violations> {
    let mut collector = ViolationCollector::default();
    let instrument = match &parsed.value {
        PositionDocument::Spot(spot) => Some(Instrument::Spot { asset: spot.asset.symbol() }),
        PositionDocument::Perpetual(perpetual) => {
            let settlement = settlement(parsed, perpetual.settlement, &perpetual.quote);
            collector.absorb(settlement).map(|settlement| Instrument::Perpetual {
                underlying: perpetual.underlying.symbol(),
                settlement,
            })
        }
        PositionDocument::Future(future) => {
            let settlement = settlement(parsed, future.settlement, &future.quote);
            let expiry = collector.absorb(expiry(parsed, future.expiry, as_of));
            collector.absorb(settlement).zip(expiry).map(|(settlement, expiry)| {
                Instrument::Future { underlying: future.underlying.symbol(), settlement, expiry }
            })
        }
        PositionDocument::Option(option) => {
            let settlement = settlement(parsed, option.settlement, &option.quote);
            let expiry = collector.absorb(expiry(parsed, option.expiry, as_of));
            collector.absorb(settlement).zip(expiry).map(|(settlement, expiry)| {
                Instrument::Option {
                    underlying: option.underlying.symbol(),
                    settlement,
                    expiry,
                    strike: option.strike.get(),
                    right: option.right,
                }
            })
        }
    };
    collector.finish_some(instrument)
}

fn settlement(
    parsed: &Parsed<PositionDocument>,
    kind: SettlementKind,
    quote: &Option<SymbolName>,
) -> Result<Settlement, Violations> {
    match (kind, quote) {
        (SettlementKind::Linear, Some(quote)) => Ok(Settlement::Linear { quote: quote.symbol() }),
        (SettlementKind::Linear, None) => {
            let title = "a linear contract needs `quote`";
            let violation = Violation::new(parsed.places.at(""), title)
                .expected("the currency it is quoted and settled in, e.g. `USDT`")
                .help("or write `settlement = \"inverse\"` for a coin-settled contract");
            Err(violation.into())
        }
        (SettlementKind::Inverse, Some(quote)) if quote.as_str() != "USD" => {
            let title = "an inverse contract is quoted in USD";
            let violation = Violation::new(parsed.places.at("quote"), title)
                .expected("`USD`, or no `quote`")
                .help("write `settlement = \"linear\"` if it settles in this currency");
            Err(violation.into())
        }
        (SettlementKind::Inverse, _) => Ok(Settlement::Inverse),
    }
}

fn expiry(
    parsed: &Parsed<PositionDocument>,
    expiry: Instant,
    as_of: Timestamp,
) -> Result<Years, Violations> {
    let years = expiry.years_after(as_of);
    if years.get() > 0.0 {
        return Ok(years);
    }
    let violation = Violation::new(parsed.places.at("expiry"), "the contract has expired")
        .expected(format!("an expiry after the market's date, {as_of}"))
        .help("remove the position, or put what it settled to into a balance");
    Err(violation.into())
}
