//! Sums, cuts and extremes.

use proptest::prelude::*;

use super::fixture::*;
use crate::numeric::isa::InstructionSet;
use crate::portfolio::{OptionRight, Portfolio, Settlement};
use crate::pricing::{
    CompiledBook, Granularity, PricingError, PricingSettings, Revaluation, Row, required_factors,
};
use crate::simulation::{FactorBlock, FactorModel};

const NODES: [f64; 3] = [0.005, 0.02, 0.03];

/// Deterministic, uneven moves of every factor: `size · sin`-like values by path and factor.
fn moved(model: &FactorModel, paths: std::ops::Range<usize>, node: usize) -> FactorBlock {
    let mut block = today(model, paths.len());
    for (index, factor) in model.factors.iter().enumerate() {
        let change = |path: usize| {
            let phase = (path * 37 + index * 101 + node * 59) % 200;
            0.004 * (phase as f64 - 100.0)
        };
        let changes: Vec<f64> = paths.clone().map(change).collect();
        set(&mut block, model, &factor.key.to_string(), &changes);
    }
    block
}

fn horizon_values(
    book: &Portfolio,
    granularity: Granularity,
    paths: std::ops::Range<usize>,
    isa: InstructionSet,
) -> (CompiledBook, Vec<f64>) {
    let market = market();
    let model = model(&market, book, &NODES);
    let settings = PricingSettings::full();
    let compiled = CompiledBook::compile(&market, book, &model, settings, granularity).unwrap();
    let nodes = 0..NODES.len();
    let blocks: Vec<_> = nodes.map(|node| moved(&model, paths.clone(), node)).collect();
    let values = walk_with(isa, &compiled, &blocks);
    (compiled, values)
}

#[test]
fn account_rows_are_the_sums_of_position_rows() {
    let book = mixed_book();
    let isa = InstructionSet::detect();
    let (by_account, sums) = horizon_values(&book, Granularity::Account, 0..50, isa);
    let (by_position, parts) = horizon_values(&book, Granularity::Position, 0..50, isa);
    for (row_index, row) in by_account.rows().iter().enumerate() {
        let belongs = |part: &Row| match (row, part) {
            (Row::AccountPositions(account), Row::Position(index)) => {
                book.positions[*index].account == *account
            }
            (Row::AccountBalances(held), Row::Balance { account, .. }) => held == account,
            _ => false,
        };
        for path in 0..50 {
            let members = by_position.rows().iter().enumerate();
            let members = members.filter(|(_, part)| belongs(part));
            let total: f64 = members.map(|(index, _)| parts[index * 50 + path]).sum();
            let found = sums[row_index * 50 + path];
            assert!((total - found).abs() < 1e-6, "{row:?} {path}: {total} {found}");
        }
    }
}

#[test]
fn the_cut_into_blocks_cannot_be_seen() {
    let book = mixed_book();
    let isa = InstructionSet::detect();
    let (compiled, whole) = horizon_values(&book, Granularity::Account, 0..67, isa);
    for (start, end) in [(0, 1), (1, 30), (30, 67)] {
        let (_, part) = horizon_values(&book, Granularity::Account, start..end, isa);
        for row in 0..compiled.rows().len() {
            let cut = &part[row * (end - start)..][..end - start];
            assert_eq!(cut, &whole[row * 67 + start..row * 67 + end]);
        }
    }
}

#[test]
fn instruction_sets_give_the_same_bits() {
    let book = mixed_book();
    let run = |isa| horizon_values(&book, Granularity::Position, 0..33, isa).1;
    let baseline = run(InstructionSet::Baseline);
    for isa in InstructionSet::available() {
        assert_eq!(run(isa), baseline, "{isa:?}");
    }
}

#[test]
fn today_equals_base_values() {
    let market = market();
    let book = mixed_book();
    let model = model(&market, &book, &NODES);
    let compiled = compile(&market, &book, &model, PricingSettings::full());
    assert_eq!(values_today(&compiled, &today(&model, 1)), compiled.base_values());
}

#[test]
fn extremes_stay_finite() {
    let market = market();
    let mut book = mixed_book();
    for (strike, volatility) in [(1.0, 0.5), (1e7, 3.0), (60_000.0, 0.0), (60_000.0, 1e6)] {
        for right in [OptionRight::Call, OptionRight::Put] {
            for settlement in [linear("USDT"), Settlement::Inverse] {
                for expiry in [1e-4, 0.02, 3.0] {
                    let instrument = option("BTC", settlement.clone(), expiry, strike, right);
                    let mut held = position(instrument, -1.0);
                    held.volatility = Some(volatility);
                    book.positions.push(held);
                }
            }
        }
    }
    let nodes = [1e-4, 0.02, 0.03];
    let model = model(&market, &book, &nodes);
    let settings = PricingSettings { damping_power: 1.0, ..PricingSettings::full() };
    let compiled = compile(&market, &book, &model, settings);
    for change in [-60.0, -5.0, -1e-12, 0.0, 5.0, 60.0] {
        let mut block = today(&model, 1);
        for factor in &model.factors {
            set(&mut block, &model, &factor.key.to_string(), &[change]);
        }
        let values = walk(&compiled, &[block.clone(), block.clone(), block]);
        assert!(values.iter().all(|value| value.is_finite()), "{change}");
    }
}

#[test]
fn prices_at_or_below_zero_under_simple_returns_stay_finite() {
    let market = market();
    let book = mixed_book();
    let mut model = model(&market, &book, &NODES);
    model.returns = serde_json::from_str("\"simple\"").unwrap();
    let compiled = compile(&market, &book, &model, PricingSettings::full());
    for level in [0.0, -0.5] {
        let mut block = today(&model, 1);
        for (index, factor) in model.factors.iter().enumerate() {
            if matches!(factor.key, crate::simulation::FactorKey::Spot(_)) {
                let (logs, levels) = block.factor_mut(index);
                // What the simulation writes for the log of a level that has none.
                (logs[0], levels[0]) = (libm::log(f64::MIN_POSITIVE), level);
            }
        }
        let values = walk(&compiled, &[block.clone(), block.clone(), block]);
        assert!(values.iter().all(|value| value.is_finite()), "{values:?}");
    }
}

#[test]
fn what_is_missing_is_named() {
    let market = market();
    let settings = PricingSettings::full();
    let compile = |book: &Portfolio, model: &FactorModel| {
        CompiledBook::compile(&market, book, model, settings, Granularity::Account).unwrap_err()
    };
    let unknown = book_of(vec![position(spot("DOGE"), 1.0)], vec![]);
    let error = compile(&unknown, &model(&market, &unknown, &NODES));
    assert!(matches!(&error, PricingError::UnknownAsset { asset, .. } if asset.as_str() == "DOGE"));
    let perp = book_of(vec![position(perpetual("BTC", linear("USDT")), 1.0)], vec![]);
    let mut poor = model(&market, &perp, &NODES);
    poor.factors.retain(|factor| factor.key.to_string() != "USDT.peg");
    assert!(matches!(compile(&perp, &poor), PricingError::MissingFactor { .. }));
    let between = book_of(vec![position(future("BTC", linear("USD"), 0.01), 1.0)], vec![]);
    let error = compile(&between, &model(&market, &between, &NODES));
    assert!(matches!(error, PricingError::ExpiryOffGrid { .. }));
    let gone = book_of(vec![position(future("BTC", linear("USD"), 0.0), 1.0)], vec![]);
    let error = compile(&gone, &model(&market, &gone, &NODES));
    assert!(matches!(error, PricingError::Expired { .. }));
    let mut broken = book_of(vec![position(spot("BTC"), f64::NAN)], vec![]);
    let error = compile(&broken, &model(&market, &broken, &NODES));
    assert!(matches!(error, PricingError::InvalidNumber { .. }));
    broken.positions[0].quantity = 1.0;
    let usdc = book_of(vec![], vec![balance("USDC", 1.0)]);
    let error = compile(&usdc, &model(&market, &usdc, &NODES));
    assert!(error.to_string().contains("account/USDC"), "{error}");
}

#[test]
fn required_factors_are_sorted_and_complete() {
    let keys = required_factors(&market(), &mixed_book());
    let names: Vec<String> = keys.iter().map(ToString::to_string).collect();
    assert_eq!(
        names,
        [
            "BTC.spot",
            "ETH.spot",
            "BTC.vol",
            "ETH.vol",
            "BTC.basis",
            "ETH.basis",
            "BTC.funding",
            "ETH.funding",
            "USDT.peg"
        ]
    );
}

proptest! {
    /// Scaling every quantity scales every position's value, on any path.
    #[test]
    fn values_are_homogeneous_in_quantity(scale in 0.1_f64..5.0, spot in -1.0_f64..1.0) {
        let market = market();
        let book = mixed_book();
        let mut scaled = book.clone();
        for position in &mut scaled.positions {
            position.quantity *= scale;
        }
        let model = model(&market, &book, &NODES);
        let mut block = today(&model, 1);
        set(&mut block, &model, "BTC.spot", &[spot]);
        for revaluation in [Revaluation::Full, Revaluation::DeltaGamma] {
            let settings = PricingSettings { revaluation, ..PricingSettings::full() };
            let small = values_today(&compile(&market, &book, &model, settings), &block);
            let large = values_today(&compile(&market, &scaled, &model, settings), &block);
            for index in 0..book.positions.len() {
                let tolerance = 1e-9 * (1.0 + small[index].abs()) * BTC;
                prop_assert!((scale * small[index] - large[index]).abs() < tolerance);
            }
        }
    }
}
