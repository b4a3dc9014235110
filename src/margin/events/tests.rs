//! The general stage by hand, against the plain stage, and its books double-entry.

use approx::assert_relative_eq;

use super::*;
use crate::margin::tests::{book, market, option, perpetual, rules, usdt};
use crate::margin::{
    Cash, CloseAmount, FutureRules, Liquidation, MarginSetting, MarginStage, VenueRules,
};
use crate::numeric::Streams;
use crate::numeric::isa::InstructionSet;
use crate::portfolio::{Instrument, MarginMode, OptionRight, Portfolio, Rebalancing, Settlement};
use crate::pricing::{
    CompiledBook, Granularity, PathState, PricingSettings, Row, required_factors,
};
use crate::simulation::{Factor, FactorBlock, FactorKey, FactorModel, Process, TimeGrid};
use crate::units::Years;

const ISA: InstructionSet = InstructionSet::Baseline;
const PATHS: usize = 4;

/// The shipped round figures (BTC: maintenance 2.5 %, fee 1 %), acting inside paths.
fn acting(id: &str, close: CloseAmount, slippage: f64) -> VenueRules {
    VenueRules {
        liquidation: Some(Liquidation { close, slippage, ..Liquidation::PLAIN }),
        ..rules(id)
    }
}

pub(super) fn flat(close: CloseAmount, slippage: f64) -> VenueRules {
    acting("generic-flat@2026-01-01", close, slippage)
}

pub(super) fn model(portfolio: &Portfolio) -> FactorModel {
    let factor = |key: FactorKey| Factor {
        volatility: if matches!(key, FactorKey::Spot(_)) { 0.5 } else { 0.0 },
        key,
        source: "test".to_owned(),
        log_mean: vec![0.0; 2],
    };
    let factors: Vec<Factor> =
        required_factors(&market(), portfolio).into_iter().map(factor).collect();
    let n = factors.len();
    FactorModel {
        correlation_factor: (0..n * n).map(|at| f64::from(at % (n + 1) == 0)).collect(),
        factors,
        process: Process::Gbm,
        returns: serde_json::from_str("\"log\"").unwrap(),
        grid: TimeGrid {
            nodes: vec![Years::from_days(0.5), Years::from_days(1.0)],
            calibration_interval: Years::from_days(1.0),
        },
    }
}

/// A compiled book with both stages, walked by hand.
struct Walk {
    book: CompiledBook,
    by_account: CompiledBook,
    stage: EventStage,
    state: EventState,
    block: FactorBlock,
    cash: PathState,
    spot: usize,
    plain: Option<MarginStage>,
}

impl Walk {
    fn new(rules: VenueRules, portfolio: &Portfolio, granularity: Granularity) -> Self {
        let (market, model) = (market(), model(portfolio));
        let pricing = PricingSettings::full();
        let compile = |granularity| {
            CompiledBook::compile(&market, portfolio, &model, pricing, granularity).unwrap()
        };
        let (book, by_account) = (compile(granularity), compile(Granularity::Account));
        let rules = [Some(rules)];
        let setting =
            MarginSetting { rules: &rules, market: &market, portfolio, model: &model, pricing };
        let stage = EventStage::compile(&setting, &book, Streams::new(1, ISA)).unwrap().unwrap();
        let plain = is_plain(&setting)
            .then(|| MarginStage::compile(&setting, &by_account, &book).unwrap().unwrap());
        let (mut state, mut cash) = (stage.state(PATHS), PathState::new(&book, PATHS));
        stage.start_block(&mut state, PATHS);
        book.start_block(&mut cash, PATHS);
        let spot = model.index(&FactorKey::Spot("BTC".into())).unwrap();
        let block = FactorBlock::new(model.factors.len(), PATHS);
        Self { book, by_account, stage, state, block, cash, spot, plain }
    }

    fn set(&mut self, levels: [f64; PATHS]) -> FactorBlock {
        let previous = self.block.clone();
        let (logs, now) = self.block.factor_mut(self.spot);
        now.copy_from_slice(&levels);
        logs.iter_mut().zip(levels).for_each(|(log, level)| *log = libm::log(level));
        previous
    }

    fn visit(&mut self, index: usize, levels: [f64; PATHS]) {
        let previous = self.set(levels);
        let node =
            Node { isa: ISA, index, previous: &previous, current: &self.block, deviation: None };
        self.stage.visit(&node, &mut self.state);
    }

    fn values(&mut self) -> Vec<f64> {
        let mut values = vec![0.0; self.book.rows().len() * PATHS];
        self.book.values(ISA, 1, &self.block, &mut self.cash, &mut values);
        self.stage.settle(&self.state, &mut values);
        values
    }

    fn row(&mut self, row: Row) -> [f64; PATHS] {
        let index = self.book.rows().iter().position(|one| *one == row).unwrap();
        let values = self.values();
        [0, 1, 2, 3].map(|path| values[index * PATHS + path])
    }
}

/// One bitcoin long at 100,000 on 8,000 USDT: equity 8,000 + 100,000(x − 1), requirement 2,500 x.
fn long() -> Portfolio {
    book(&[(perpetual("BTC", usdt()), 1.0)], ("USDT", 8_000.0))
}

/// A book of every kind of contract, near its line.
fn mixed() -> Portfolio {
    let future = Instrument::Future {
        underlying: "BTC".into(),
        settlement: Settlement::Inverse,
        expiry: Years::from_days(40.0),
    };
    let mut portfolio = book(
        &[
            (perpetual("BTC", usdt()), 3.0),
            (perpetual("BTC", usdt()), -1.0),
            (perpetual("DOGE", usdt()), -40_000.0),
            (future, -50_000.0),
            (Instrument::Spot { asset: "BTC".into() }, 0.1),
            (option(90_000.0, OptionRight::Put), -1.0),
            (option(120_000.0, OptionRight::Call), -1.0),
            (option(110_000.0, OptionRight::Call), 1.0),
        ],
        ("BTC", 0.35),
    );
    portfolio.positions[0].entry_price = Some(99_000.0);
    portfolio.accounts[0].balances[0].haircut = 0.1;
    portfolio
}

/// Where both apply, both close the same paths at the same node for the same money.
#[test]
fn the_plain_case_is_that_of_the_plain_stage() {
    for portfolio in [long(), mixed()] {
        for granularity in [Granularity::Account, Granularity::Position] {
            let mut walk = Walk::new(flat(CloseAmount::Full, 0.0), &portfolio, granularity);
            let plain = walk.plain.take().unwrap();
            let mut closed = plain.state(PATHS, walk.block.factor_count());
            plain.start_block(&mut closed, PATHS);
            let by_account = PathState::new(&walk.by_account, PATHS);
            for (node, levels) in
                [[0.97, 0.943, 0.90, 1.01], [0.95, 1.1, 0.80, 0.92]].into_iter().enumerate()
            {
                walk.visit(node, levels);
                let cash = Cash { by_account: &by_account, by_row: &walk.cash };
                plain.check(ISA, node, &walk.block, cash, &mut closed);
            }
            let mut expected = vec![0.0; walk.book.rows().len() * PATHS];
            walk.book.values(ISA, 1, &walk.block, &mut walk.cash, &mut expected);
            plain.settle(&walk.block, &mut closed, &mut expected);
            for (found, expected) in walk.values().iter().zip(&expected) {
                assert_relative_eq!(*found, *expected, max_relative = 1e-12, epsilon = 1e-8);
            }
            let mut some = 0;
            for place in 0..PATHS {
                let record = walk.state.record(0, place);
                let plain = closed.closed(0, place);
                assert_eq!(record.liquidated(), plain.map(|closed| closed.node));
                let cost = plain.map_or(0.0, |closed| closed.cost);
                assert_relative_eq!(record.cost, cost, max_relative = 1e-12);
                some += usize::from(plain.is_some());
            }
            assert!((1..PATHS).contains(&some), "{some} closed");
        }
    }
}

/// At 0.94 equity is 2,000 and 2,350 is required. A quarter of the trigger's quantity costs 1 % of
/// 23,500 (and 0.5 % of slippage): 1,647.5 against 1,762.5, then 1,295 against 1,175, a ratio of
/// 1.102. The last round would leave nothing.
#[test]
fn steps_close_until_the_ratio_is_back() {
    for (target_ratio, left) in [(1.0, 0.5), (1.1, 0.5), (1.2, 0.25), (2.0, 0.0)] {
        let close = CloseAmount::Steps { fraction: 0.25, target_ratio };
        let mut walk = Walk::new(flat(close, 0.005), &long(), Granularity::Position);
        walk.visit(0, [0.94, 0.945, 0.944, 1.2]);
        assert_eq!(walk.state.holdings.held, [left, 1.0, 1.0, 1.0]);
        let closed = 1.0 - left;
        let record = *walk.state.record(0, 0);
        assert_relative_eq!(record.notional, closed * 94_000.0, max_relative = 1e-12);
        assert_relative_eq!(record.cost, 0.015 * closed * 94_000.0, max_relative = 1e-12);
        walk.visit(1, [1.0, 1.0, 1.0, 1.0]);
        // What was closed keeps its loss, what is left has its profit back.
        let [found, ..] = walk.row(Row::Position(0));
        assert_relative_eq!(found, -6_000.0 * closed, max_relative = 1e-12, epsilon = 1e-9);
    }
}

/// Published in `formulas.md` §2: long 1 BTC at 100,000, wallet 5,000, liquidated below 95,427.14.
#[test]
fn tiered_rules_liquidate_below_the_published_price() {
    let rules = acting("binance-usdm@2024-10-24", CloseAmount::Full, 0.0);
    let portfolio = book(&[(perpetual("BTC", usdt()), 1.0)], ("USDT", 5_000.0));
    let mut walk = Walk::new(rules, &portfolio, Granularity::Account);
    walk.visit(0, [0.954_272, 0.954_270, 0.9, 1.0]);
    let liquidated = [0, 1, 2, 3].map(|place| walk.state.record(0, place).liquidated());
    assert_eq!(liquidated, [None, Some(0), Some(0), None]);
    // At 90,000 equity is −5,000, and the fee 1.25 % of 90,000: the rest is owed.
    assert_relative_eq!(walk.state.record(0, 2).bad_debt, 5_000.0 + 1_125.0, max_relative = 1e-12);
    // At 95,427 it is 427, which does not pay the fee.
    let debt = 0.0125 * 95_427.0 - 427.0;
    assert_relative_eq!(walk.state.record(0, 1).bad_debt, debt, max_relative = 1e-9);
    // Initial margin at 100 times leverage: 954.27 of 427.2 are there.
    let called = [0, 1, 2, 3].map(|place| walk.state.record(0, place).called());
    assert_eq!(called, [Some(0), Some(0), Some(0), None]);
}

/// Two isolated contracts on their initial margins, 5 % of 100,000 and 10 % of 20,000: the bitcoin
/// fails on its 5,000 alone, and loses no more than them.
#[test]
fn an_isolated_contract_fails_alone_at_its_bankruptcy_price() {
    let positions = [(perpetual("BTC", usdt()), 1.0), (perpetual("DOGE", usdt()), 100_000.0)];
    let mut portfolio = book(&positions, ("USDT", 12_000.0));
    portfolio.accounts[0].margin_mode = MarginMode::Isolated;
    let rules = flat(CloseAmount::Full, 0.0);
    let mut walk = Walk::new(rules.clone(), &portfolio, Granularity::Position);
    let posted = 5_000.0;
    // Equity 5,000 + 100,000(x − 1) meets 2,500 x at 0.97436.
    walk.visit(0, [0.975, 0.974, 0.85, 1.0]);
    let liquidated = [0, 1, 2, 3].map(|place| walk.state.record(0, place).liquidated());
    assert_eq!(liquidated, [None, Some(0), Some(0), None]);
    walk.visit(1, [1.0; PATHS]);
    let btc = walk.row(Row::Position(0));
    let record = *walk.state.record(0, 2);
    assert_relative_eq!(record.cost, 850.0, max_relative = 1e-12);
    assert_relative_eq!(record.bad_debt, 15_000.0 + 850.0 - posted, max_relative = 1e-12);
    // Position and cost together lose what backed it.
    assert_relative_eq!(btc[2] - record.cost, -posted, max_relative = 1e-12);
    assert_relative_eq!(btc[1], -2_600.0, max_relative = 1e-12);
    // With 8,571.43 of its own it stands until 0.93773.
    portfolio.accounts[0].isolated_margins.insert(0, 60_000.0 / 7.0);
    let mut walk = Walk::new(rules.clone(), &portfolio, Granularity::Position);
    walk.visit(0, [0.938, 0.937, 0.85, 1.0]);
    let liquidated = [0, 1, 2, 3].map(|place| walk.state.record(0, place).liquidated().is_some());
    assert_eq!(liquidated, [false, true, true, false]);
    // In a cross account all of the 12,000 stand in: it falls below later.
    portfolio.accounts[0].margin_mode = MarginMode::Cross;
    let mut walk = Walk::new(rules, &portfolio, Granularity::Position);
    walk.visit(0, [0.937, 0.913, 0.912, 0.85]);
    let liquidated = [0, 1, 2, 3].map(|place| walk.state.record(0, place).liquidated().is_some());
    assert_eq!(liquidated, [false, false, true, true]);
}

/// Numbers in [0, 1) from a linear congruence: books, not paths.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

fn random_book(dice: &mut Dice) -> Portfolio {
    let kinds = [
        perpetual("BTC", usdt()),
        perpetual("BTC", Settlement::Inverse),
        perpetual("DOGE", usdt()),
        option(105_000.0, OptionRight::Call),
        option(95_000.0, OptionRight::Put),
    ];
    let sizes = [4.0, 300_000.0, 900_000.0, 3.0, 3.0];
    let mut positions = Vec::new();
    for _ in 0..6 {
        let kind = (dice.roll() * 5.0) as usize;
        positions.push((kinds[kind].clone(), sizes[kind] * (dice.roll() - 0.5)));
    }
    let mut portfolio = book(&positions, ("USDT", 20_000.0 + 60_000.0 * dice.roll()));
    portfolio.accounts[0].recourse = dice.roll() < 0.5;
    let target = 1.0 + 4.0 * dice.roll();
    portfolio.accounts[0].rebalancing = (dice.roll() < 0.5).then_some(Rebalancing {
        target_leverage: target,
        upper_leverage: 1.2 * target,
        lower_leverage: Some(0.8 * target),
        trading_cost: 0.0,
        minimum: 0.0,
        cooldown: Years(0.0),
    });
    portfolio
}

/// Every unit of every asset that a position is paid comes from the market at the price of the
/// closing: the market's leg is booked apart, from quantities and marks, and the two cancel.
#[test]
fn assets_are_conserved_on_random_books() {
    let mut dice = Dice(7);
    let (mut closings, mut partial, mut bought) = (0, 0, 0);
    for _ in 0..60 {
        let portfolio = random_book(&mut dice);
        let fraction = 0.2 + 0.5 * dice.roll();
        let close = if dice.roll() < 0.5 {
            CloseAmount::Full
        } else {
            CloseAmount::Steps { fraction, target_ratio: 1.0 + 0.3 * dice.roll() }
        };
        let rules = acting("deribit-standard@2025-01-01", close, 0.001);
        let (market, model) = (market(), model(&portfolio));
        let granularity = Granularity::Position;
        let pricing = PricingSettings::full();
        let valued =
            CompiledBook::compile(&market, &portfolio, &model, pricing, granularity).unwrap();
        let all = [Some(rules.clone())];
        let setting = MarginSetting {
            rules: &all,
            market: &market,
            portfolio: &portfolio,
            model: &model,
            pricing,
        };
        if EventStage::compile(&setting, &valued, Streams::new(1, ISA)).unwrap().is_none() {
            continue;
        }
        let mut walk = Walk::new(rules, &portfolio, granularity);
        let mut paid = vec![0.0; portfolio.positions.len() * PATHS];
        for node in 0..2 {
            let held = walk.state.holdings.held.clone();
            walk.visit(
                node,
                [0.85, 0.95, 1.05, 1.15].map(|level| level + 0.1 * (dice.roll() - 0.5)),
            );
            // The market's leg: what it gave for what it took, in the asset the contract settles in.
            let mut marks = vec![0.0; valued.rows().len() * PATHS];
            let mut fresh = PathState::new(&valued, PATHS);
            valued.start_block(&mut fresh, PATHS);
            valued.values(ISA, node, &walk.block, &mut fresh, &mut marks);
            for at in 0..paid.len() {
                let (position, place) = (at / PATHS, at % PATHS);
                let coin = 100_000.0 * walk.block.level(walk.spot)[place];
                let instrument = &portfolio.positions[position].instrument;
                let inverse = matches!(instrument.settlement(), Some(Settlement::Inverse));
                let price = if inverse { coin } else { 1.0 };
                let taken = held[at] - walk.state.holdings.held[at];
                paid[at] += taken * marks[at] / price;
                closings += usize::from(taken > 0.0);
                partial += usize::from(taken > 0.0 && taken < held[at]);
                bought += usize::from(taken < 0.0);
            }
        }
        for (found, paid) in walk.state.holdings.cash.iter().zip(&paid) {
            assert_relative_eq!(*found, *paid, max_relative = 1e-9, epsilon = 1e-9);
        }
    }
    let told = format!("{closings} closings, {partial} in part, {bought} purchases");
    assert!(closings > 100 && partial > 20 && bought > 20, "{told}");
}

/// Flat rules with everything at once are the plain case, nothing else is.
#[test]
fn what_is_plain_is_told_apart() {
    let (market, portfolio) = (market(), long());
    let model = model(&portfolio);
    let plain = |rules: VenueRules, portfolio: &Portfolio| {
        let rules = [Some(rules)];
        let pricing = PricingSettings::full();
        is_plain(&MarginSetting {
            rules: &rules,
            market: &market,
            portfolio,
            model: &model,
            pricing,
        })
    };
    assert!(plain(flat(CloseAmount::Full, 0.0), &portfolio));
    assert!(plain(rules("binance-usdm@2024-10-24"), &portfolio));
    assert!(!plain(flat(CloseAmount::Full, 0.01), &portfolio));
    let steps = CloseAmount::Steps { fraction: 0.5, target_ratio: 1.0 };
    assert!(!plain(flat(steps, 0.0), &portfolio));
    assert!(!plain(acting("binance-usdm@2024-10-24", CloseAmount::Full, 0.0), &portfolio));
    let mut kept = long();
    kept.accounts[0].rebalancing = Some(super::rebalancing_tests::RULE);
    assert!(!plain(flat(CloseAmount::Full, 0.0), &kept));
    let mut isolated = long();
    isolated.accounts[0].margin_mode = MarginMode::Isolated;
    assert!(!plain(flat(CloseAmount::Full, 0.0), &isolated));
    let growing = FutureRules::Sized { initial: 0.02, maintenance: 0.01, per_coin: 1e-4 };
    let growing = VenueRules {
        futures_by_coin: [("BTC".into(), growing)].into(),
        ..flat(CloseAmount::Full, 0.0)
    };
    assert!(!plain(growing, &portfolio));
}
