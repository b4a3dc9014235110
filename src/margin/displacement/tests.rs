//! Displaced blocks against closed forms.

use approx::assert_relative_eq;

use super::*;
use crate::margin::failure::{PegBreak, ShareLaw};
use crate::margin::tests::market;
use crate::market::{ImpactLaw, ImpactTerms, OpenInterest, OpenInterestBin};
use crate::numeric::InstructionSet;
use crate::simulation::{Factor, FactorBlock, Process, TimeGrid};

const ISA: InstructionSet = InstructionSet::Baseline;
/// λ: logarithmic move of 1 USD.
const SLOPE: f64 = 1e-9;

/// BTC and DOGE, and the peg of USDT, over two half days.
fn model() -> FactorModel {
    let factor = |key: FactorKey, volatility| Factor {
        volatility,
        key,
        source: "test".to_owned(),
        log_mean: vec![0.0; 2],
    };
    let factors = vec![
        factor(FactorKey::Spot("BTC".into()), 0.5),
        factor(FactorKey::Spot("DOGE".into()), 1.0),
        factor(FactorKey::Peg("USDT".into()), 0.0),
    ];
    FactorModel {
        correlation_factor: vec![1.0, 0.0, 0.0, 0.6, 0.8, 0.0, 0.0, 0.0, 1.0],
        factors,
        process: Process::Gbm,
        returns: serde_json::from_str("\"log\"").unwrap(),
        grid: TimeGrid {
            nodes: vec![Years::from_days(0.5), Years::from_days(1.0)],
            calibration_interval: Years::from_days(1.0),
        },
    }
}

/// Bitcoin with `long` USD of others' positions between falls of `near` and `far` of the logarithm.
fn liquid(long: f64, near: f64, far: f64, half_life: Option<Years>) -> Market {
    let mut market = market();
    let bin =
        |log: f64, notional_usd| OpenInterestBin { distance: -libm::expm1(-log), notional_usd };
    let law = ImpactLaw::Linear;
    let bins = if near > 0.0 { vec![bin(near, 0.0), bin(far, long)] } else { vec![bin(far, long)] };
    market.underlyings[0].liquidity = Some(Liquidity {
        adv_usd: 1e10,
        half_spread: 0.0,
        half_spread_deviation: 0.0,
        depth_1pct_usd: 0.01 / SLOPE,
        impact: Some(ImpactTerms { law, daily_volatility: None, stress: None, half_life }),
        open_interest: OpenInterest { long: bins, ..OpenInterest::default() },
    });
    market
}

fn compiled(market: &Market, propagation: f64, pegs: &[BreakingPeg]) -> Displacement {
    let cascade = Some(CascadeTerms { propagation, rounds_max: 100 });
    let streams = Streams::new(5, ISA);
    let model = model();
    Displacement::compile(&DisplacementSetting { market, model: &model, cascade, pegs, streams })
        .expect("something can be displaced")
}

/// Sets the model's logs of a factor.
fn set(paths: &mut DisplacedPaths, factor: usize, logs: &[f64]) {
    let (slots, levels) = paths.model_mut().factor_mut(factor);
    slots.copy_from_slice(logs);
    levels.iter_mut().zip(logs).for_each(|(level, log)| *level = libm::exp(*log));
}

#[test]
fn a_move_is_amplified_by_one_over_one_less_its_strength_and_passed_on_by_beta() {
    for strength in [0.5, 0.9, 0.99] {
        let (width, share) = (4.0, 0.5);
        let displacement =
            compiled(&liquid(strength / SLOPE * width, 0.0, width, None), share, &[]);
        assert_eq!(displacement.symbols().map(Symbol::as_str).collect::<Vec<_>>(), ["BTC", "DOGE"]);
        let mut paths = displacement.paths(3, 3);
        let mut seen = FactorBlock::new(3, 3);
        displacement.start_block(3, &mut paths);
        let drawn = [-0.01, 0.02, -0.002];
        set(&mut paths, 0, &drawn);
        set(&mut paths, 1, &[0.05, -0.01, 0.0]);
        displacement.visit(ISA, 0, &mut seen, &mut paths);
        let falls = [-0.01 / (1.0 - strength), 0.02, -0.002 / (1.0 - strength)];
        for (place, fall) in falls.into_iter().enumerate() {
            assert_relative_eq!(seen.log(0)[place], fall, max_relative = 1e-11);
            assert_relative_eq!(seen.level(0)[place], libm::exp(fall), max_relative = 1e-11);
            // DOGE: correlation 0.6, twice the volatility, half of it passes on.
            let passed = 0.5 * 0.6 * 2.0 * (fall - drawn[place]);
            let drawn = paths.model().log(1)[place];
            assert_relative_eq!(seen.log(1)[place] - drawn, passed, max_relative = 1e-9);
        }
        assert_eq!(paths.record(1), &PathRecord::default());
        assert_eq!(seen.level(0)[1].to_bits(), paths.model().level(0)[1].to_bits());
    }
}

#[test]
fn a_cascade_that_keeps_its_strength_is_told_as_run_away() {
    use crate::margin::cascade::CascadeEnd;
    for strength in [1.0, 1.5] {
        let width = 0.4;
        let total = strength / SLOPE * width;
        let displacement = compiled(&liquid(total, 0.0, width, None), 0.0, &[]);
        let (mut paths, mut seen) = (displacement.paths(3, 1), FactorBlock::new(3, 1));
        displacement.start_block(1, &mut paths);
        set(&mut paths, 0, &[-0.01]);
        displacement.visit(ISA, 0, &mut seen, &mut paths);
        assert_eq!(paths.record(0).end, CascadeEnd::RanAway);
        assert_relative_eq!(seen.log(0)[0], -0.01 - strength * width, max_relative = 1e-12);
        assert_relative_eq!(paths.record(0).others_usd, total, max_relative = 1e-12);
    }
}

/// Between today and a fall of 5 % nobody is liquidated: paths there are passed over, and whatever
/// they hold is that of the model, whoever shares their block.
#[test]
fn paths_in_the_quiet_stretch_are_the_model_s() {
    let displacement = compiled(&liquid(4e8, 0.05, 0.5, Some(Years::from_days(0.5))), 1.0, &[]);
    let drawn = [-0.04, 0.3, -0.0499, -0.08, -0.6];
    let walk = |places: &[usize]| {
        let count = places.len();
        let (mut paths, mut seen) = (displacement.paths(3, count), FactorBlock::new(3, count));
        let ids: Vec<u64> = places.iter().map(|&place| place as u64).collect();
        paths.model_mut().reset(&ids);
        displacement.start_block(count, &mut paths);
        for factor in 0..3 {
            set(&mut paths, factor, &vec![0.0; count]);
        }
        let mut found = Vec::new();
        for node in 0..2 {
            let logs: Vec<f64> = places.iter().map(|&place| drawn[place]).collect();
            set(&mut paths, 0, &logs);
            displacement.visit(ISA, node, &mut seen, &mut paths);
            let bits = |place| [seen.log(0)[place], seen.level(1)[place]].map(f64::to_bits);
            found.push((0..count).map(bits).collect::<Vec<_>>());
        }
        let moved: Vec<bool> = (0..count).map(|place| paths.record(place).is_moved()).collect();
        (found, moved)
    };
    let (whole, moved) = walk(&[0, 1, 2, 3, 4]);
    assert_eq!(moved, [false, false, false, true, true]);
    for (node, whole) in whole.iter().enumerate() {
        for (place, bits) in whole.iter().enumerate() {
            let (alone, _) = walk(&[place]);
            assert_eq!(alone[node][0], *bits, "path {place} node {node}");
            assert_eq!(bits[0] == drawn[place].to_bits(), place < 3, "path {place}");
        }
    }
    // Half of the displacement is forgotten after half a day.
    let log = |node: usize| f64::from_bits(whole[node][3][0]) - drawn[3];
    assert_relative_eq!(log(1), 0.5 * log(0), max_relative = 1e-12);
}

/// `1 − exp(−Σ exp(a + b·w)·dt)` on each path, its mean over the paths, within 4 standard errors.
#[test]
fn pegs_break_as_often_as_their_hazard_says() {
    let (intercept, slope) = (libm::log(60.0), 12.0);
    let law = PegBreak {
        hazard: crate::margin::failure::Hazard::new(intercept, slope),
        fall: ShareLaw::beta(0.1, 0.05).unwrap(),
    };
    let main_coins = vec![("BTC".into(), 0.75), ("DOGE".into(), 0.25)];
    let peg = BreakingPeg { asset: "USDT".into(), main_coins, law };
    let displacement = compiled(&market(), 0.0, std::slice::from_ref(&peg));
    let count = 40_000;
    let (mut paths, mut seen) = (displacement.paths(3, count), FactorBlock::new(3, count));
    displacement.start_block(count, &mut paths);
    let fall = |path: usize, node: usize| 0.2 * ((path * (7 + node)) % 97) as f64 / 97.0;
    let mut survived = vec![1.0; count];
    for node in 0..2 {
        let logs: Vec<f64> = (0..count).map(|path| libm::log(1.0 - fall(path, node))).collect();
        set(&mut paths, 0, &logs);
        set(&mut paths, 1, &vec![0.1 * node as f64; count]);
        displacement.visit(ISA, node, &mut seen, &mut paths);
        for (path, survived) in survived.iter_mut().enumerate() {
            // Falls from 1: DOGE only rises.
            let drawdown = 0.75 * fall(path, node);
            *survived *= libm::exp(-60.0 * libm::exp(slope * drawdown) * 0.5 / 365.0);
        }
    }
    let expected: f64 = survived.iter().map(|survived| 1.0 - survived).sum();
    let variance: f64 = survived.iter().map(|survived| survived * (1.0 - survived)).sum();
    let broken = paths.events().len() as f64;
    let errors = (broken - expected) / variance.sqrt();
    assert!(errors.abs() < 4.0, "{broken} of {expected}, {errors:.2} standard errors");
    // What broke lost its share, once; the others stand.
    let mut lost = 0.0;
    for event in paths.events() {
        let MarketHappening::PegBroken { peg: 0, factor } = event.what else { panic!("{event:?}") };
        assert_relative_eq!(seen.level(2)[event.place], factor, max_relative = 1e-15);
        assert_relative_eq!(seen.log(2)[event.place], libm::log(factor), max_relative = 1e-15);
        lost += 1.0 - factor;
    }
    let standing = seen.level(2).iter().filter(|level| **level == 1.0).count();
    assert_eq!(standing, count - broken as usize);
    let error = 0.05 / broken.sqrt();
    assert!((lost / broken - 0.1).abs() < 4.0 * error, "mean fall {}", lost / broken);
}
