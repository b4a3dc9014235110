//! Portfolio margin inside paths: what the screen decides is what the whole grid does.

use crate::margin::events::assess::At;
use crate::margin::events::book::{EventBook, Watched};
use crate::margin::events::quotes::Quotes;
use crate::margin::events::walks::{DAY, Walked, model, stage_of, walk_stage};
use crate::margin::grid::{AccountGrid, DeribitPortfolio, PortfolioRules};
use crate::margin::tests::{book, market, option, perpetual, rules, usdt};
use crate::margin::{CloseAmount, Liquidation, MarginBook, MarginSetting, VenueRules};
use crate::numeric::isa::InstructionSet;
use crate::portfolio::{Instrument, MarginMode, OptionRight, Portfolio, Settlement};
use crate::pricing::PricingSettings;
use crate::simulation::{FactorBlock, Process};
use crate::units::Years;

/// Rules that act inside paths; Deribit's know dogecoin as they know bitcoin, OKX's state sizes of
/// our own where none are published.
fn acting(id: &str, close: CloseAmount) -> VenueRules {
    let mut rules = rules(id);
    rules.liquidation = Some(Liquidation { close, ..Liquidation::PLAIN });
    match rules.portfolio.as_mut().unwrap() {
        PortfolioRules::Deribit(DeribitPortfolio { coins, correlation_contingency, .. }) => {
            *correlation_contingency = 0.25;
            let bitcoin = coins[&"BTC".into()];
            coins.insert("DOGE".into(), bitcoin);
        }
        PortfolioRules::Okx(okx) => {
            okx.extreme_share = Some(0.5);
            okx.minimum_charge = Some(0.005);
            okx.volatility_move = Some(0.3);
            okx.vega_term_move = Some(0.1);
            okx.rate_move = Some(0.02);
            okx.borrowing_charge = Some(0.05);
        }
        PortfolioRules::Span(_) => {}
    }
    rules
}

/// Options of three expiries, one of them inside the day, perpetuals and a future on two coins.
fn mixed(id: &str) -> Portfolio {
    let dated = |days: f64, strike: f64, right| Instrument::Option {
        underlying: "BTC".into(),
        settlement: Settlement::Inverse,
        expiry: Years::from_days(days),
        strike,
        right,
    };
    let future = Instrument::Future {
        underlying: "BTC".into(),
        settlement: Settlement::Inverse,
        expiry: Years::from_days(40.0),
    };
    let positions = [
        (option(90_000.0, OptionRight::Put), -2.0),
        (option(110_000.0, OptionRight::Call), -3.0),
        (option(100_000.0, OptionRight::Call), 1.0),
        (dated(0.5, 101_000.0, OptionRight::Call), -1.0),
        (dated(7.0, 97_000.0, OptionRight::Put), -1.5),
        (perpetual("BTC", usdt()), 1.2),
        (future, -50_000.0),
        (perpetual("DOGE", usdt()), 150_000.0),
    ];
    let mut portfolio = book(&positions, ("USDT", 100_000.0));
    portfolio.accounts[0].margin_mode = MarginMode::Portfolio;
    let all = [Some(acting(id, CloseAmount::Full))];
    let today = MarginBook::compile(&all, &market(), &portfolio).unwrap().requirements(1.0)[0];
    // a tenth above its maintenance margin
    portfolio.accounts[0].balances[0].quantity -= today.margin_balance - 1.1 * today.maintenance;
    portfolio
}

const IDS: [&str; 4] =
    ["deribit@2024-06-01", "deribit@2026-02-01", "okx@2025-01-15", "span-generic@2026-01-01"];

/// Every path of a book of two coins, closed at once and in steps: the same calls, closings and
/// costs to the last bit whether the screen decides where it can or the whole grid does everywhere.
#[test]
fn the_screen_decides_as_the_whole_grid_does() {
    let steps = CloseAmount::Steps { fraction: 0.25, target_ratio: 1.05 };
    for id in IDS {
        let portfolio = mixed(id);
        for close in [CloseAmount::Full, steps] {
            let rules = acting(id, close);
            let model = model(&portfolio, 8, Process::Gbm);
            let isa = InstructionSet::detect();
            let screened = stage_of(&portfolio, &rules, &model, isa);
            let mut whole = screened.clone();
            whole.decide_in_full();
            let of = |stage, block| walk_stage(stage, &model, (600, block), isa);
            let (found, expected) = (of(&screened, 128), of(&whole, 128));
            assert!(found == expected, "{id}");
            let closed = found.iter().filter(|one: &&Walked| one.liquidated.is_some()).count();
            let called = found.iter().filter(|one| one.called.is_some()).count();
            assert!((10..590).contains(&closed) && called >= closed, "{id}: {closed}, {called}");
            let last = id == IDS[0] && close == CloseAmount::Full;
            for isa in InstructionSet::available().into_iter().filter(|_| last) {
                let stage = stage_of(&portfolio, &rules, &model, isa);
                assert!(walk_stage(&stage, &model, (600, 77), isa) == found, "{id}: {isa} shows");
            }
        }
    }
}

/// The margin of today on a path is that of today, to the last bits; functions of the coins make it.
#[test]
fn a_path_that_has_not_moved_asks_for_what_today_does() {
    for id in IDS {
        let portfolio = mixed(id);
        let rules = [Some(acting(id, CloseAmount::Full))];
        let (market, model) = (market(), model(&portfolio, 8, Process::Gbm));
        let setting = MarginSetting {
            rules: &rules,
            market: &market,
            portfolio: &portfolio,
            model: &model,
            pricing: PricingSettings::full(),
        };
        let book = EventBook::compile(&setting, Watched::WhereActedOn).unwrap().unwrap();
        let pool = book.pools[0].portfolio.as_ref().unwrap();
        let mut quotes = Quotes::new(&book, 1);
        let block = FactorBlock::new(model.factors.len(), 1);
        quotes.fill(&book, InstructionSet::Baseline, 0, &block);
        let at = At { moment: 0, place: 0, quotes: &quotes, quoted: 0 };
        let state = |place: usize| pool.legs[place].state(&book, at, &pool.times, |_| 1.0);
        let found = pool.grid.margin(state, 0.0);
        let held: Vec<usize> = (0..portfolio.positions.len()).collect();
        let grid = rules[0].as_ref().unwrap().portfolio.as_ref().unwrap();
        let today = AccountGrid::compile(grid, id, &market, &portfolio, 0, &held).unwrap();
        let today = today.margin(1.0);
        approx::assert_relative_eq!(found.initial, today.initial, max_relative = 1e-9);
        approx::assert_relative_eq!(found.maintenance, today.maintenance, max_relative = 1e-9);
        let units = 0..pool.grid.unit_count();
        let functions: Vec<f64> = units.flat_map(|unit| pool.functions(&book, unit, at)).collect();
        let combined = pool.grid.combined(&functions);
        approx::assert_relative_eq!(combined, found.initial, max_relative = 1e-12);
        let share = pool.grid.maintenance_share() * found.initial;
        approx::assert_relative_eq!(share, found.maintenance, max_relative = 1e-12);
    }
}

/// The measured bound holds on paths that it was not measured on, and is small enough to decide.
#[test]
fn the_error_of_the_screen_is_within_its_bound() {
    for id in IDS {
        let portfolio = mixed(id);
        let rules = [Some(acting(id, CloseAmount::Full))];
        let (market, model) = (market(), model(&portfolio, 8, Process::Gbm));
        let setting = MarginSetting {
            rules: &rules,
            market: &market,
            portfolio: &portfolio,
            model: &model,
            pricing: PricingSettings::full(),
        };
        let book = EventBook::compile(&setting, Watched::WhereActedOn).unwrap().unwrap();
        let pool = book.pools[0].portfolio.as_ref().unwrap();
        let screen = pool.screen.as_ref().unwrap();
        let count = 256;
        let mut quotes = Quotes::new(&book, count);
        let mut functions = Vec::new();
        for moment in 0..=8 {
            let mut block = FactorBlock::new(model.factors.len(), count);
            let mut numbers = 0.2_f64;
            for factor in
                (0..model.factors.len()).filter(|one| model.factors[*one].volatility > 0.0)
            {
                let reach = 3.0 * model.factors[factor].volatility * DAY.sqrt();
                let (logs, levels) = block.factor_mut(factor);
                for (log, level) in logs.iter_mut().zip(levels) {
                    // the logistic map: unlike the sequences that the bound is measured on
                    numbers = 3.999 * numbers * (1.0 - numbers);
                    *log = reach * (2.0 * numbers - 1.0);
                    *level = libm::exp(*log);
                }
            }
            quotes.fill(&book, InstructionSet::Baseline, moment, &block);
            for quoted in 0..count {
                let at = At { moment, place: 0, quotes: &quotes, quoted };
                let state = |place: usize| pool.legs[place].state(&book, at, &pool.times, |_| 1.0);
                let exact = pool.grid.margin(state, 0.0).initial;
                let found = screen.at(&pool.grid, at, &mut functions).expect("inside the tables");
                let error = (found.initial - exact).abs();
                assert!(error <= found.error, "{id}, {moment}: {error} of {}", found.error);
                assert!(found.error < 0.05 * exact, "{id}, {moment}: {} of {exact}", found.error);
            }
        }
    }
}
