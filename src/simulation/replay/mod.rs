//! Paths that are replayed, not drawn: the moves of a window of history, or of many, on today's levels.
//!
//! Flows in: settings, a history of bars, the factors the book needs, its expiries. Flows out: a
//! [`FactorModel`] whose nodes are the history's own times and whose process holds every level, and
//! for each factor where its moves are from. Where a coin has a history its level is exactly the
//! ratio of two prices of the data; a follower's log move is that of another times its beta; the
//! rest stays.
//!
//! Inside a bar nothing is known of times: open, extremes and close stand at its quarters, all
//! coins at once. What has no bars of its own (volatilities, funding) moves at the close. A node
//! that is no time of the data, an expiry of the book, has the levels of the time before.

mod error;
mod levels;
mod search;
mod sources;
mod stated;
#[cfg(test)]
mod tests;
mod window;

pub use error::ReplayError;
pub use levels::ReplayedPaths;
pub use search::WindowSearch;
pub use sources::FactorSource;
pub use stated::{StatedLeg, StatedSetting, node_at, stated_model, today};

use self::sources::{Followed, sources};
use self::window::Window;
use super::{Factor, FactorKey, FactorModel, Process, TimeGrid};
use crate::market::BarHistory;
use crate::scenario::{HistoricalSettings, ReplayWindow, ReturnKind};
use crate::units::Years;

/// Windows ready to be walked.
#[derive(Debug, Clone, PartialEq)]
pub struct ReplayModel {
    /// The model: nodes, and levels at each.
    pub model: FactorModel,
    /// Where the moves of each factor are from, in model order.
    pub sources: Vec<FactorSource>,
    /// Times between the window's ends at which a followed series has no value; moved over in one
    /// step.
    pub missing: usize,
}

/// Builds the replay of `windows` for the factors `keys`: a path a window, two where bars are taken
/// in both orders. Windows of several must have their closes at the same times after their starts.
///
/// # Errors
/// [`ReplayError`]: no window, one outside the data, a series that does not cover it, contradictory
/// statements.
pub fn replay_model(
    settings: &HistoricalSettings,
    windows: &[ReplayWindow],
    history: &BarHistory,
    keys: &[FactorKey],
    expiries: &[Years],
) -> Result<ReplayModel, ReplayError> {
    let sources = sources(settings, &history.closes, keys)?;
    let followed = Followed::of(history, keys, &sources);
    let rows: Vec<(&FactorKey, &FactorSource)> = keys.iter().zip(&sources).collect();
    let mut paths = ReplayedPaths::of_none(keys.len());
    let (mut nodes, mut missing) = (Vec::new(), 0);
    for window in windows {
        let window = Window::new(*window, settings.bars, &followed, expiries)?;
        levels::add_levels(&window, &followed, settings.bars, &rows, &mut paths)?;
        (nodes, missing) = (window.nodes(), window.missing);
    }
    let grid = TimeGrid::from_nodes(nodes, history.closes.interval)?;
    let factor = |(index, key): (usize, &FactorKey)| Factor {
        key: key.clone(),
        volatility: paths.volatility(index, grid.horizon()),
        source: sources[index].to_string(),
        log_mean: vec![0.0; grid.node_count()],
    };
    let factors: Vec<Factor> = keys.iter().enumerate().map(factor).collect();
    let model = FactorModel {
        correlation_factor: identity(factors.len()),
        factors,
        returns: ReturnKind::Log,
        grid,
        process: Process::Historical { paths },
    };
    model.check()?;
    Ok(ReplayModel { model, sources, missing })
}

/// Nothing is drawn, so nothing is correlated.
fn identity(size: usize) -> Vec<f64> {
    let entry = |index: usize| f64::from(u8::from(index / size == index % size));
    (0..size * size).map(entry).collect()
}
