//! Paths whose levels are stated, leg by leg: nodes where a leg begins or ends, where something
//! expires, and as often as accounts are to be looked at.

use super::{ReplayError, ReplayedPaths, identity};
use crate::scenario::ReturnKind;
use crate::simulation::grid::SAME_TIME;
use crate::simulation::{Factor, FactorKey, FactorModel, Process, TimeGrid};
use crate::units::Years;

/// Moves of all factors that come together.
#[derive(Debug, Clone, PartialEq)]
pub struct StatedLeg {
    /// When it begins, from today.
    pub begins: Years,
    /// When its moves are complete.
    pub ends: Years,
    /// Log and level of every factor then, as a block has them.
    pub levels: Vec<(f64, f64)>,
}

/// What a stated path is made of.
#[derive(Debug, Clone, Copy)]
pub struct StatedSetting<'a> {
    /// Factors, in model order.
    pub factors: &'a [Factor],
    /// Lower triangular factor of their correlations; `None`: nothing asks for them.
    pub correlation_factor: Option<&'a [f64]>,
    /// Interval of the history, for what is measured in days.
    pub interval: Years,
    /// Legs in order of time.
    pub legs: &'a [StatedLeg],
    /// The end.
    pub horizon: Years,
    /// Nodes at least so often.
    pub every: Years,
    /// Expiries of the book.
    pub expiries: &'a [Years],
}

/// The model of one path that takes the legs.
///
/// # Errors
/// [`ReplayError`]: more nodes than a grid may have, a level that is no positive number.
pub fn stated_model(setting: &StatedSetting) -> Result<FactorModel, ReplayError> {
    let nodes = nodes(setting);
    let count = setting.factors.len();
    let grid = TimeGrid::from_nodes(nodes.into_iter().map(Years).collect(), setting.interval)?;
    let mut paths =
        ReplayedPaths { paths: 1, factors: count, logs: Vec::new(), levels: Vec::new() };
    for time in &grid.nodes {
        for (index, factor) in setting.factors.iter().enumerate() {
            let (log, level) = at(setting, index, time.get());
            let is_sound = factor.key.is_additive() || level > 0.0;
            if !(log.is_finite() && level.is_finite() && is_sound) {
                let time = format!("{:.6} days from today", time.days());
                return Err(ReplayError::Level { factor: factor.key.to_string(), level, time });
            }
            paths.logs.push(log);
            paths.levels.push(level);
        }
    }
    let still =
        |factor: &Factor| Factor { log_mean: vec![0.0; grid.node_count()], ..factor.clone() };
    let model = FactorModel {
        factors: setting.factors.iter().map(still).collect(),
        returns: ReturnKind::Log,
        correlation_factor: setting
            .correlation_factor
            .map_or_else(|| identity(count), <[f64]>::to_vec),
        grid,
        process: Process::Historical { paths },
    };
    model.check()?;
    Ok(model)
}

/// The node, counted from zero, at which a leg that begins at `time` is first felt.
pub fn node_at(model: &FactorModel, time: Years) -> usize {
    let nodes = &model.grid.nodes;
    nodes.partition_point(|node| node.get() < time.get()).min(nodes.len() - 1)
}

/// Log and level of a factor at a time.
fn at(setting: &StatedSetting, factor: usize, time: f64) -> (f64, f64) {
    let is_additive = setting.factors[factor].key.is_additive();
    let mut standing = today(&setting.factors[factor].key);
    for leg in setting.legs {
        if time >= leg.ends.get() {
            standing = leg.levels[factor];
        } else if time > leg.begins.get() {
            let share = (time - leg.begins.get()) / (leg.ends.get() - leg.begins.get());
            let log = standing.0 + share * (leg.levels[factor].0 - standing.0);
            return (log, if is_additive { log } else { libm::exp(log) });
        } else {
            break;
        }
    }
    standing
}

/// Log and level before anything moves.
pub fn today(key: &FactorKey) -> (f64, f64) {
    (0.0, if key.is_additive() { 0.0 } else { 1.0 })
}

/// Times in years.
fn nodes(setting: &StatedSetting) -> Vec<f64> {
    let legs = setting.legs.iter().flat_map(|leg| [leg.begins.get(), leg.ends.get()]);
    let mut ends: Vec<f64> = legs.chain([setting.horizon.get()]).filter(|one| *one > 0.0).collect();
    ends.sort_by(f64::total_cmp);
    ends.dedup();
    let mut nodes = Vec::new();
    let mut from = 0.0;
    for end in ends {
        let pieces = ((end - from) / setting.every.get() - 1e-9).ceil().max(1.0);
        // A grid refuses more.
        let pieces = pieces.min(2.0 * crate::simulation::grid::SEGMENTS_MAX as f64) as usize;
        nodes.extend((1..pieces).map(|piece| from + (end - from) * piece as f64 / pieces as f64));
        nodes.push(end);
        from = end;
    }
    let last = from;
    let free = |expiry: &f64| {
        let near = nodes.iter().any(|node| (node - expiry).abs() < SAME_TIME);
        *expiry > SAME_TIME && *expiry < last && !near
    };
    let mut expiries: Vec<f64> =
        setting.expiries.iter().map(|one| one.get()).filter(free).collect();
    expiries.sort_by(f64::total_cmp);
    expiries.dedup_by(|later, earlier| *later - *earlier < SAME_TIME);
    nodes.extend(expiries);
    nodes.sort_by(f64::total_cmp);
    nodes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Symbol;

    fn factors() -> Vec<Factor> {
        let of = |key| Factor { key, volatility: 0.0, source: String::new(), log_mean: Vec::new() };
        vec![of(FactorKey::Spot(Symbol::new("BTC"))), of(FactorKey::Funding(Symbol::new("BTC")))]
    }

    /// Down by half at once, up evenly in logarithms over two days to three quarters, held.
    #[test]
    fn legs_are_taken_one_after_the_other() {
        let day = |days: f64| Years::from_days(days);
        let half = (libm::log(0.5), 0.5);
        let recovered = (libm::log(0.75), 0.75);
        let legs = [
            StatedLeg { begins: day(1.0), ends: day(1.0), levels: vec![half, (0.001, 0.001)] },
            StatedLeg { begins: day(2.0), ends: day(4.0), levels: vec![recovered, (0.003, 0.003)] },
        ];
        let factors = factors();
        let expiries = [day(2.5), day(9.0)];
        let setting = StatedSetting {
            factors: &factors,
            correlation_factor: None,
            interval: day(1.0),
            legs: &legs,
            horizon: day(5.0),
            every: day(1.0),
            expiries: &expiries,
        };
        let model = stated_model(&setting).unwrap();
        let days: Vec<f64> = model.grid.nodes.iter().map(|node| node.days()).collect();
        for (found, expected) in days.iter().zip([1.0, 2.0, 2.5, 3.0, 4.0, 5.0]) {
            assert!((found - expected).abs() < 1e-9, "{days:?}");
        }
        let paths = model.replayed().unwrap();
        let level = |node: usize| paths.at(0, node, 0).1;
        assert_eq!((level(0), level(1), level(4), level(5)), (0.5, 0.5, 0.75, 0.75));
        assert!((level(3) - (0.5f64 * 0.75).sqrt()).abs() < 1e-15);
        assert!((paths.at(0, 2, 1).1 - 0.0015).abs() < 1e-15);
        assert_eq!((node_at(&model, day(1.0)), node_at(&model, day(3.9))), (0, 4));
    }
}
