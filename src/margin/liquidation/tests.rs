//! The stage by hand: what is read, when it closes, what is left.

use approx::assert_relative_eq;

use super::*;
use crate::margin::tests::{book, market, option, perpetual, rules, usdt};
use crate::margin::{FutureRules, Liquidation, MarginBook, MarginError, OptionValue, VenueRules};
use crate::numeric::isa::InstructionSet;
use crate::portfolio::{Instrument, MarginMode, OptionRight, Portfolio, Settlement};
use crate::pricing::{
    CompiledBook, Granularity, PathState, PricingSettings, Revaluation, Row, required_factors,
};
use crate::simulation::{Factor, FactorBlock, FactorKey, FactorModel, Process, TimeGrid};
use crate::units::Years;

pub(super) const ISA: InstructionSet = InstructionSet::Baseline;

/// The shipped round figures (BTC: maintenance 2.5 %, fee 1 %), acting inside paths.
pub(super) fn closing() -> VenueRules {
    let liquidation = Some(Liquidation::PLAIN);
    VenueRules { liquidation, ..rules("generic-flat@2026-01-01") }
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

/// A compiled book with its stage, walked by hand.
struct Walk {
    book: CompiledBook,
    by_account: CompiledBook,
    stage: MarginStage,
    state: MarginState,
    cash: PathState,
    block: FactorBlock,
    spot: usize,
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
        let stage = MarginStage::compile(&setting, &by_account, &book).unwrap().unwrap();
        let (mut state, mut cash) = (stage.state(4, model.factors.len()), PathState::new(&book, 4));
        stage.start_block(&mut state, 4);
        book.start_block(&mut cash, 4);
        let spot = model.index(&FactorKey::Spot("BTC".into())).unwrap();
        let block = FactorBlock::new(model.factors.len(), 4);
        Self { book, by_account, stage, state, cash, block, spot }
    }

    fn check(&mut self, node: usize, levels: [f64; 4]) {
        let (logs, now) = self.block.factor_mut(self.spot);
        now.copy_from_slice(&levels);
        logs.iter_mut().zip(levels).for_each(|(log, level)| *log = libm::log(level));
        let by_account = PathState::new(&self.by_account, 4);
        let cash = Cash { by_account: &by_account, by_row: &self.cash };
        self.stage.check(ISA, node, &self.block, cash, &mut self.state);
    }

    fn values(&mut self) -> Vec<f64> {
        let mut values = vec![0.0; self.book.rows().len() * 4];
        self.book.values(ISA, 1, &self.block, &mut self.cash, &mut values);
        self.stage.settle(&self.block, &mut self.state, &mut values);
        values
    }

    fn row(&mut self, row: Row) -> [f64; 4] {
        let index = self.book.rows().iter().position(|one| *one == row).unwrap();
        let values = self.values();
        [0, 1, 2, 3].map(|path| values[index * 4 + path])
    }
}

/// One bitcoin long at 100,000 on 8,000 USDT: equity 8,000 + 100,000(x − 1), requirement 2,500 x.
/// They meet at x = 92/97.5 = 0.94359.
fn long() -> Portfolio {
    book(&[(perpetual("BTC", usdt()), 1.0)], ("USDT", 8_000.0))
}

#[test]
fn the_first_crossing_closes_and_nothing_opens_again() {
    for granularity in [Granularity::Account, Granularity::Position] {
        let mut walk = Walk::new(closing(), &long(), granularity);
        walk.check(0, [0.944, 0.943, 0.90, 1.2]);
        walk.check(1, [0.95, 1.1, 0.80, 0.943]);
        assert_eq!(walk.state.closed(0, 0), None);
        let at = |path| *walk.state.closed(0, path).unwrap();
        assert_eq!([at(1).node, at(2).node, at(3).node], [0, 0, 1]);
        assert_relative_eq!(at(2).equity, -2_000.0, max_relative = 1e-12);
        assert_relative_eq!(at(2).requirement, 2_250.0, max_relative = 1e-12);
        assert_relative_eq!(at(2).cost, 900.0, max_relative = 1e-12);
        assert_eq!(walk.state.closed_places(0).collect::<Vec<_>>(), [1, 2, 3]);
        // Profit of the open path at the horizon, of the others where they were closed.
        let profits = [-5_000.0, -5_700.0, -10_000.0, -5_700.0];
        let costs = [0.0, 943.0, 900.0, 943.0];
        let (row, paid) = match granularity {
            Granularity::Account => (Row::AccountPositions(0), 1.0),
            Granularity::Position => (Row::Position(0), 0.0),
        };
        for ((found, profit), cost) in walk.row(row).into_iter().zip(profits).zip(costs) {
            assert_relative_eq!(found, profit - paid * cost, max_relative = 1e-12);
        }
    }
}

/// Paid in coins, the profit of an inverse contract floats on: 100,000 USD short from 100,000 is
/// closed at 108,000 for −(1 − 100/108) coins, worth that at the horizon's price.
#[test]
fn proceeds_stay_in_the_asset_the_contract_settles_in() {
    let inverse = perpetual("BTC", Settlement::Inverse);
    let portfolio = book(&[(inverse, -100_000.0)], ("USDT", 9_000.0));
    let mut walk = Walk::new(closing(), &portfolio, Granularity::Account);
    // The value is N(S/E − S/F) = −100,000(x − 1), the requirement 2,500 at any price.
    walk.check(0, [1.064, 1.066, 1.08, 1.0]);
    walk.check(1, [1.0, 1.0, 1.5, 1.0]);
    let [open, _, closed, _] = walk.row(Row::AccountPositions(0));
    assert_relative_eq!(open, 0.0, epsilon = 1e-9);
    let coins = 1.0 - 1.0 / 1.08;
    assert_relative_eq!(closed, -coins * 150_000.0 - 1_000.0, max_relative = 1e-12);
    let marked = [0, 1, 2, 3].map(|path| walk.state.closed(0, path).is_some());
    assert_eq!(marked, [false, true, true, false]);
}

/// Every kind of contract and of option rule, against margin at time zero, which knows nothing of
/// lines.
#[test]
fn an_account_stands_today_as_its_margin_says() {
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
            (Instrument::Spot { asset: "BTC".into() }, 0.5),
            (option(90_000.0, OptionRight::Put), -1.0),
            (option(400_000.0, OptionRight::Put), -0.1),
            (option(120_000.0, OptionRight::Call), -2.0),
            (option(110_000.0, OptionRight::Call), 1.0),
        ],
        ("BTC", 2.0),
    );
    portfolio.positions[0].entry_price = Some(97_000.0);
    portfolio.accounts[0].balances[0].haircut = 0.1;
    for value in [OptionValue::MarginBalance, OptionValue::Requirement] {
        let mut rules = closing();
        rules.options =
            rules.options.map(|options| crate::margin::OptionRules { value, ..options });
        let today = MarginBook::compile(&[Some(rules.clone())], &market(), &portfolio).unwrap();
        let today = today.requirements(1.0)[0];
        let walk = Walk::new(rules, &portfolio, Granularity::Account);
        let today_alone = FactorBlock::new(walk.block.factor_count(), 1);
        let stands = walk.stage.standings(ISA, &today_alone)[0];
        let headroom = today.margin_balance - today.maintenance;
        assert_relative_eq!(stands.headroom, headroom, max_relative = 1e-12);
        assert_relative_eq!(stands.collateral, 180_000.0, max_relative = 1e-12);
        assert_relative_eq!(stands.closing_cost, today.liquidation_cost, max_relative = 1e-12);
    }
}

#[test]
fn a_standing_scales_its_positions_alone() {
    let stands = Standing { account: 0, collateral: 10.0, headroom: 4.0, closing_cost: 1.0 };
    // 10 − 6k is below zero beyond k = 5/3.
    assert!(!stands.is_liquidated(1.66) && stands.is_liquidated(1.67));
    let borrowed = Standing { collateral: -1.0, headroom: -1.0, ..stands };
    assert!(!borrowed.is_liquidated(0.0));
}

fn compile(rules: VenueRules, portfolio: &Portfolio) -> Result<Option<MarginStage>, MarginError> {
    compile_priced(rules, portfolio, PricingSettings::full())
}

fn compile_priced(
    rules: VenueRules,
    portfolio: &Portfolio,
    pricing: PricingSettings,
) -> Result<Option<MarginStage>, MarginError> {
    let (market, model) = (market(), model(portfolio));
    let granularity = Granularity::Account;
    let book = CompiledBook::compile(&market, portfolio, &model, pricing, granularity).unwrap();
    let rules = [Some(rules)];
    let setting =
        MarginSetting { rules: &rules, market: &market, portfolio, model: &model, pricing };
    MarginStage::compile(&setting, &book, &book)
}

#[test]
fn what_is_not_supported_is_refused_by_name() {
    let mut isolated = long();
    isolated.accounts[0].margin_mode = MarginMode::Isolated;
    let sized = VenueRules {
        futures_by_coin: rules("deribit-standard@2025-01-01").futures_by_coin,
        ..closing()
    };
    let tiered = VenueRules {
        futures_by_coin: rules("binance-usdm@2024-10-24").futures_by_coin,
        ..closing()
    };
    let message = |found: Result<_, MarginError>| found.err().unwrap().to_string();
    let found = message(compile(closing(), &isolated));
    assert!(found.starts_with("account 'account':"), "{found}");
    assert!(found.ends_with("its margin mode is isolated"), "{found}");
    let found = message(compile(sized, &long()));
    assert!(found.starts_with("p0:") && found.ends_with("BTC grows with size"), "{found}");
    let found = message(compile(tiered, &long()));
    assert!(found.starts_with("p0:") && found.ends_with("BTC are tiered"), "{found}");
    let delta = PricingSettings { revaluation: Revaluation::Delta, ..PricingSettings::full() };
    let found = message(compile_priced(closing(), &long(), delta));
    assert!(found.ends_with("by sensitivities, not full"), "{found}");
}

#[test]
fn nothing_is_watched_that_cannot_be_closed() {
    let empty = book(&[], ("USDT", 1.0));
    let spot = book(&[(Instrument::Spot { asset: "BTC".into() }, 1.0)], ("USDT", -99_999.0));
    let offset = [1.0, -1.0].map(|quantity| (perpetual("BTC", usdt()), quantity));
    let offset = book(&offset, ("USDT", 1.0));
    let below = book(&[(perpetual("BTC", usdt()), 1.0)], ("USDT", 2_000.0));
    for portfolio in [empty, spot, offset, below] {
        assert!(compile(closing(), &portfolio).unwrap().is_none());
    }
    let flat = FutureRules::Flat { initial: 0.1, maintenance: 0.05 };
    let idle = VenueRules { futures: flat, ..rules("generic-flat@2026-01-01") };
    assert!(compile(idle, &long()).unwrap().is_none());
}
