//! Planning a replay: its history read, its model built, faults traced to their keys.

use jiff::Timestamp;

use super::search::Search;
use crate::document::{Loader, Violation, Violations};
use crate::engine::load::Inputs;
use crate::engine::plan::Fit;
use crate::engine::shock;
use crate::market::document::{HistorySource, LoadedMarket, read_bars, read_history};
use crate::market::{BarHistory, Finding, Market, OpenInterest};
use crate::portfolio::Portfolio;
use crate::scenario::document::LoadedScenario;
use crate::scenario::{BarOrders, HistoricalSettings, Scenario, Stretch};
use crate::simulation::{
    FactorKey, FactorModel, FactorSource, ReplayError, WindowSearch, replay_model,
};
use crate::units::{Symbol, Years};

/// The history that a historical scenario replays: its own, else the market's; `None` for a
/// scenario of another kind.
pub(in crate::engine) fn bars(
    loaded: &LoadedScenario,
    market: &LoadedMarket,
    loader: &Loader,
) -> Result<Option<BarHistory>, Violations> {
    let Some(settings) = &loaded.scenario.historical else { return Ok(None) };
    let symbols: Vec<Symbol> =
        market.market.assets.iter().map(|asset| asset.symbol.clone()).collect();
    let symbols = symbols.as_slice();
    let own = loaded.history.as_ref().map(|document| HistorySource {
        document,
        places: loaded.places.below("historical.history"),
        // A replay may know more than the market's day.
        as_of: Timestamp::MAX,
        symbols,
    });
    let of_market = || {
        market.parsed.value.history.as_ref().map(|document| HistorySource {
            document,
            places: market.parsed.places.below("history"),
            as_of: market.market.as_of,
            symbols,
        })
    };
    let source = own.or_else(of_market).ok_or_else(|| {
        let title = "no history to replay: neither the scenario nor the market names one";
        Violation::new(loaded.places.at("historical"), title)
            .help("add [historical.history] with its files")
    })?;
    let history = match settings.bars {
        BarOrders::Closes => BarHistory { closes: read_history(&source, loader)?, inside: None },
        BarOrders::BothOrders => read_bars(&source, loader)?,
    };
    Ok(Some(history))
}

/// Takes out of book and scenario what happens by chance: nothing is drawn in a replay. Says what
/// was left out.
pub(in crate::engine) fn without_chance(
    scenario: &mut Scenario,
    portfolio: &mut Portfolio,
) -> Vec<String> {
    if !scenario.is_stated() {
        return Vec::new();
    }
    let mut left_out = Vec::new();
    for venue in &mut portfolio.venues {
        let by_chance = venue.failure.take();
        if shock::fail_by_name(scenario, &venue.name) {
            venue.failure = Some(shock::claims(by_chance));
        } else if by_chance.is_some() {
            left_out.push(format!("{} may fail by chance: not drawn on a stated path", venue.name));
        }
    }
    for peg in std::mem::take(&mut scenario.events.peg_breaks) {
        left_out.push(format!("{} may break by chance: not drawn on a stated path", peg.asset));
    }
    left_out
}

/// A model whose paths are those of the window.
pub(in crate::engine) struct Fitted {
    pub model: FactorModel,
    pub fit: Fit,
    pub sources: Vec<FactorSource>,
    /// About the window.
    pub findings: Vec<Finding>,
    /// The windows among which the worst is to be found; the model is that of the first.
    pub search: Option<Search>,
}

/// Others' positions: the prices of a window moved when they were liquidated, and must not again.
pub(in crate::engine) fn leave_others_out(market: &mut Market) {
    let liquidity = market.underlyings.iter_mut().filter_map(|one| one.liquidity.as_mut());
    liquidity.for_each(|one| one.open_interest = OpenInterest::default());
}

/// The model of a historical scenario.
pub(in crate::engine) fn fitted(
    inputs: &Inputs,
    settings: &HistoricalSettings,
    history: &BarHistory,
    keys: &[FactorKey],
    expiries: &[Years],
) -> Result<Fitted, Violations> {
    let fault = |error: ReplayError| violation(inputs, settings, &error);
    let mut findings = Vec::new();
    if inputs.scenario_places.history.is_some() {
        findings.extend(history.closes.findings.iter().cloned());
    }
    let file = inputs.scenario_places.file.name().to_owned();
    let (found, search) = match settings.stretch {
        Stretch::Window(window) => {
            let windows = [window];
            let found = replay_model(settings, &windows, history, keys, expiries).map_err(fault)?;
            findings.extend(missing(found.missing, file));
            (found, None)
        }
        Stretch::Worst(worst) => {
            let windows = WindowSearch::new(settings, worst.length, history, keys, expiries);
            let search = Search { windows: windows.map_err(fault)?, file };
            (search.windows.replay(search.windows.windows[0]).map_err(fault)?, Some(search))
        }
    };
    let mut notes = inputs.left_out.clone();
    if history.closes.quote.as_str() != "USD" {
        notes.push(format!("prices in {0} are taken at today's {0}", history.closes.quote));
    }
    let fit = Fit {
        correlation: Vec::new(),
        correlation_source: "that of history".to_owned(),
        fallbacks: Vec::new(),
        projection_distance: None,
        notes,
        stressed: None,
    };
    Ok(Fitted { model: found.model, fit, sources: found.sources, findings, search })
}

/// Times of a window that are moved over, where there are any.
pub(super) fn missing(times: usize, file: String) -> Option<Finding> {
    (times > 0).then(|| Finding {
        file,
        line: None,
        what: format!("{times} times of the window lack a value of a series"),
        repair: Some("moved over in one step, to the next time that has them all".to_owned()),
    })
}

fn violation(inputs: &Inputs, settings: &HistoricalSettings, error: &ReplayError) -> Violations {
    let stretch = if settings.window().is_some() { "window" } else { "worst.length" };
    let window = |is_start: bool| if is_start { "window.from" } else { "window.to" };
    let (path, expected) = match error {
        ReplayError::NoClose { is_start, .. } => {
            (window(*is_start).to_owned(), "the close instant of a bar of the history")
        }
        ReplayError::NotCovered { is_start, .. } => (
            window(*is_start).to_owned(),
            "a window that every series covers from its first to its last instant",
        ),
        ReplayError::NoWindow(_) => {
            (stretch.to_owned(), "a length that the history has windows of")
        }
        ReplayError::NoBar { .. } => ("bars".to_owned(), "bars without holes, or closes alone"),
        ReplayError::Beta { symbol, .. } => {
            (format!("betas.\"{symbol}\""), "a coin without a history that follows one with it")
        }
        ReplayError::VolatilityBeta { symbol, .. } => (
            format!("volatility_betas.\"{symbol}\""),
            "a volatility without a history whose coin moves",
        ),
        ReplayError::NothingMoves => {
            (String::new(), "a history of a coin of the book, or a beta to one")
        }
        ReplayError::Level { .. } => (stretch.to_owned(), "levels that are positive numbers"),
        ReplayError::Grid(_) | ReplayError::Model(_) => {
            (stretch.to_owned(), "a window of fewer times")
        }
    };
    let path = format!("historical.{path}");
    let place = inputs.scenario_places.places.at(path.trim_end_matches('.'));
    Violation::new(place, error.to_string()).expected(expected).into()
}
