//! Hedges as the portfolio document writes them: an instrument, an account, a cost, limits.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::hedge::Hedge;
use super::instrument::OptionRight;
use super::position_document::{
    FuturePosition, OptionPosition, PerpetualPosition, PositionDocument, SettlementKind,
    SpotPosition, instrument,
};
use crate::document::{
    Instant, Name, NonNegative, NonNegativeRate, Number, Parsed, Positive, PositiveRate,
    SymbolName, Violation, ViolationCollector,
};

/// Declares a kind of hedge: the keys every kind has, and its own.
macro_rules! hedge_document {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            /// Name of the hedge, unique among hedges and positions: the id of the position that a
            /// trade opens.
            pub id: Name,
            /// Name of the account in which it is traded.
            pub account: Name,
            $($(#[$field_meta])* pub $field: $type,)*
            /// Cost of buying or selling it, as a fraction of the notional traded, e.g. `"5bp"`;
            /// the notional of options is that of their coins.
            pub cost_rate: NonNegativeRate,
            /// Largest quantity bought: coins, or USD notional of inverse perpetuals and futures.
            /// Left out: it is not bought.
            pub largest_long: Option<NonNegative>,
            /// Largest quantity sold, as a positive number. Left out: it is not sold.
            pub largest_short: Option<NonNegative>,
        }
    };
}

hedge_document! {
    /// The asset itself, paid for in USD.
    SpotHedge {
        /// The asset traded, e.g. `BTC`.
        asset: SymbolName,
    }
}

hedge_document! {
    /// A perpetual future.
    PerpetualHedge {
        /// The coin it follows, e.g. `BTC`.
        underlying: SymbolName,
        /// How it is quoted and settled.
        #[serde(default)]
        settlement: SettlementKind,
        /// Currency of quote and settlement of a linear contract, e.g. `USDT`.
        quote: Option<SymbolName>,
    }
}

hedge_document! {
    /// A future with a delivery date.
    FutureHedge {
        /// The coin it follows, e.g. `BTC`.
        underlying: SymbolName,
        /// How it is quoted and settled.
        #[serde(default)]
        settlement: SettlementKind,
        /// Currency of quote and settlement of a linear contract, e.g. `USDT`.
        quote: Option<SymbolName>,
        /// Delivery.
        expiry: Instant,
    }
}

hedge_document! {
    /// A European option, its premium paid or received in the asset that it settles in.
    OptionHedge {
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
    }
}

/// An instrument that may be traded to restore the target utilisation: `type` says what it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum HedgeDocument {
    /// The asset itself.
    Spot(SpotHedge),
    /// A perpetual future.
    Perpetual(PerpetualHedge),
    /// A future with a delivery date.
    Future(FutureHedge),
    /// A European option.
    Option(OptionHedge),
}

/// What every kind of hedge has.
pub(super) struct Head<'a> {
    pub id: &'a Name,
    pub account: &'a Name,
    cost_rate: f64,
    largest_long: f64,
    largest_short: f64,
}

macro_rules! head {
    ($hedge:expr) => {
        Head {
            id: &$hedge.id,
            account: &$hedge.account,
            cost_rate: $hedge.cost_rate.get(),
            largest_long: $hedge.largest_long.map_or(0.0, NonNegative::get),
            largest_short: $hedge.largest_short.map_or(0.0, NonNegative::get),
        }
    };
}

impl HedgeDocument {
    pub(super) fn head(&self) -> Head<'_> {
        match self {
            Self::Spot(hedge) => head!(hedge),
            Self::Perpetual(hedge) => head!(hedge),
            Self::Future(hedge) => head!(hedge),
            Self::Option(hedge) => head!(hedge),
        }
    }

    /// The same instrument as a position of nothing, so that one reader serves both.
    pub(super) fn position(&self) -> PositionDocument {
        let nothing = Number::new(0.0).expect("zero is a number");
        macro_rules! position {
            ($name:ident, $hedge:ident, [$($key:ident),*] $(, $other:ident)?) => {
                $name {
                    id: $hedge.id.clone(),
                    account: $hedge.account.clone(),
                    quantity: nothing,
                    entry_price: None,
                    tags: Vec::new(),
                    $($key: $hedge.$key.clone(),)*
                    $($other: None,)?
                }
            };
        }
        match self {
            Self::Spot(hedge) => PositionDocument::Spot(position!(SpotPosition, hedge, [asset])),
            Self::Perpetual(hedge) => PositionDocument::Perpetual(position!(
                PerpetualPosition,
                hedge,
                [underlying, settlement, quote],
                isolated_margin
            )),
            Self::Future(hedge) => PositionDocument::Future(position!(
                FuturePosition,
                hedge,
                [underlying, settlement, quote, expiry],
                isolated_margin
            )),
            Self::Option(hedge) => PositionDocument::Option(position!(
                OptionPosition,
                hedge,
                [underlying, settlement, quote, expiry, strike, right, volatility],
                isolated_margin
            )),
        }
    }

    fn volatility(&self) -> Option<f64> {
        match self {
            Self::Option(hedge) => hedge.volatility.map(PositiveRate::get),
            Self::Spot(_) | Self::Perpetual(_) | Self::Future(_) => None,
        }
    }
}

/// The hedge of a document, its expiry counted from `as_of`; `account` is the index of its account.
pub(super) fn hedge(
    parsed: &Parsed<HedgeDocument>,
    account: usize,
    as_of: Timestamp,
    collector: &mut ViolationCollector,
) -> Option<Hedge> {
    let head = parsed.value.head();
    if head.largest_long == 0.0 && head.largest_short == 0.0 {
        let title = "a hedge that may be neither bought nor sold";
        let violation = Violation::new(parsed.places.at("id"), title)
            .expected("`largest_long` or `largest_short` above 0");
        collector.add(violation);
    }
    let instrument = collector.absorb(instrument(&parsed.part("", parsed.value.position()), as_of));
    Some(Hedge {
        id: head.id.to_string(),
        account,
        instrument: instrument?,
        volatility: parsed.value.volatility(),
        cost_rate: head.cost_rate,
        largest_long: head.largest_long,
        largest_short: head.largest_short,
    })
}
