//! What the page shows of ladders, shocks and hedging: the nearest and largest, in words.

use std::cmp::Ordering;

use serde::Serialize;

use crate::outcome::{
    AccountLiquidation, AccountMargin, EventProbability, HedgingLadder, HedgingPoint, Outcome,
    PriceOf, ThresholdLadder,
};
use crate::report::charts;
use crate::report::ranking::nearest_ladders;

/// Ladders told rung by rung.
const LADDERS: usize = 12;
/// Accounts told one by one in each table.
const ACCOUNTS: usize = 40;

/// A ladder of thresholds, as a table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct ShownLadder {
    name: String,
    price: f64,
    deviation: f64,
    rungs: Vec<ShownRung>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct ShownRung {
    letter: &'static str,
    word: &'static str,
    order: String,
    side: &'static str,
    /// `None`: see `state`.
    price: Option<f64>,
    state: &'static str,
    change: Option<f64>,
    deviations: Option<f64>,
    touch: Option<EventProbability>,
    touch_at_any_time: Option<f64>,
}

/// The hedge of one coin today and where most has to be traded.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct ShownHedge<'a> {
    underlying: &'a str,
    depth_1pct: Option<f64>,
    daily_volume: Option<f64>,
    today: Option<&'a HedgingPoint>,
    largest: Option<&'a HedgingPoint>,
}

/// The accounts likeliest to be liquidated, in the order of the book.
pub(super) fn liquidations(outcome: &Outcome) -> Vec<&AccountLiquidation> {
    let chance = |row: &&AccountLiquidation| row.probability;
    first_by(&outcome.liquidations, |a, b| chance(b).total_cmp(&chance(a)))
}

/// The accounts with the least equity over maintenance margin, in the order of the book.
pub(super) fn margin(outcome: &Outcome) -> Vec<&AccountMargin> {
    let ratio = |row: &&AccountMargin| row.margin_ratio.unwrap_or(f64::INFINITY);
    first_by(&outcome.margin, |a, b| ratio(a).total_cmp(&ratio(b)))
}

/// As many rows as a table tells, the first by an order, as they stand in `rows`.
fn first_by<T>(rows: &[T], order: impl Fn(&&T, &&T) -> Ordering) -> Vec<&T> {
    let mut ranked: Vec<(usize, &T)> = rows.iter().enumerate().collect();
    ranked.sort_by(|(_, a), (_, b)| order(a, b));
    ranked.truncate(ACCOUNTS);
    ranked.sort_by_key(|(index, _)| *index);
    ranked.into_iter().map(|(_, row)| row).collect()
}

/// The ladders nearest to a liquidation, and how many there are.
pub(super) fn ladders(outcome: &Outcome) -> Vec<ShownLadder> {
    nearest_ladders(outcome).into_iter().take(LADDERS).map(shown).collect()
}

fn shown(ladder: &ThresholdLadder) -> ShownLadder {
    let rung = |rung: &crate::outcome::LadderRung| {
        let (letter, _, word) = charts::told(rung.kind);
        let (price, state) = match rung.price {
            PriceOf::At(price) => (Some(price), ""),
            PriceOf::Never => (None, "never"),
            PriceOf::Passed => (None, "passed"),
        };
        ShownRung {
            letter,
            word,
            order: rung.order.clone().unwrap_or_default(),
            side: match rung.side {
                crate::outcome::RungSide::Below => "below",
                crate::outcome::RungSide::Above => "above",
            },
            price,
            state,
            change: rung.change,
            deviations: rung.deviations,
            touch: rung.touch,
            touch_at_any_time: rung.touch_at_any_time,
        }
    };
    let rungs = ladder.rungs.iter().map(rung).collect();
    let (price, deviation) = (ladder.price, ladder.deviation);
    ShownLadder { name: charts::name_of(ladder), price, deviation, rungs }
}

/// Hedges of every coin with an option.
pub(super) fn hedges(outcome: &Outcome) -> Vec<ShownHedge<'_>> {
    fn hedge(ladder: &HedgingLadder) -> ShownHedge<'_> {
        let HedgingLadder { underlying, depth_1pct, daily_volume, points } = ladder;
        let size = |point: &&HedgingPoint| point.flow_1pct.abs();
        ShownHedge {
            underlying,
            depth_1pct: *depth_1pct,
            daily_volume: *daily_volume,
            today: points.iter().find(|point| point.spot_move == 0.0),
            largest: points.iter().max_by(|a, b| size(a).total_cmp(&size(b))),
        }
    }
    let hedged = outcome.liquidation_exposure.hedging.iter().map(hedge);
    let trades = |hedge: &ShownHedge| hedge.largest.is_some_and(|point| point.flow_1pct != 0.0);
    hedged.filter(trades).collect()
}
