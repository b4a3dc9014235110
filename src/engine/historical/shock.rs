//! A shock as stated, for the reader.

use jiff::{SignedDuration, Timestamp};

use crate::engine::plan::Plan;
use crate::outcome::{ToldLeg, ToldMove, ToldShock};
use crate::scenario::{MoveSize, Propagation, ShockLeg, StatedMove};
use crate::units::{SECONDS_PER_YEAR, Years};

/// The shock of a plan that has one.
pub(super) fn told(plan: &Plan) -> Option<ToldShock> {
    let shock = plan.scenario.shock.as_ref()?;
    let as_of = plan.market.as_of;
    let depth = |(name, change): &(String, f64)| ToldMove {
        name: name.clone(),
        size: *change,
        unit: "change".to_owned(),
    };
    let propagation = match shock.propagation {
        Propagation::None => "none",
        Propagation::Conditional => "conditional",
        Propagation::Betas(_) => "betas",
    };
    Some(ToldShock {
        propagation: propagation.to_owned(),
        legs: shock.legs.iter().map(|leg| told_leg(leg, as_of)).collect(),
        depth: shock.depth.iter().map(depth).collect(),
    })
}

fn told_leg(leg: &ShockLeg, as_of: Timestamp) -> ToldLeg {
    ToldLeg {
        begins: after(as_of, leg.begins),
        ends: after(as_of, leg.ends()),
        moves: leg.moves.iter().map(told_move).collect(),
        venues_failed: leg.venues_failed.clone(),
    }
}

fn told_move(stated: &StatedMove) -> ToldMove {
    let (size, unit) = match stated.size {
        MoveSize::Change(size) => (size, "change"),
        MoveSize::Points(size) => (size, "points"),
        MoveSize::Level(size) => (size, "level"),
    };
    ToldMove { name: stated.selector.clone(), size, unit: unit.to_owned() }
}

/// An instant, to the second.
fn after(as_of: Timestamp, time: Years) -> String {
    // A horizon is a century at most.
    #[allow(clippy::cast_possible_truncation)]
    let seconds = (time.get() * SECONDS_PER_YEAR).round() as i64;
    as_of.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(as_of).to_string()
}
