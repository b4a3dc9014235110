//! Decisions by polynomials against those in full, near their lines and all over the domain.

use super::tests::{ISA, closing, model};
use super::*;
use crate::margin::tests::{book, market, option, perpetual, usdt};
use crate::margin::{OptionRules, OptionValue, VenueRules};
use crate::portfolio::{OptionRight, Portfolio};
use crate::pricing::{
    CompiledBook, FactorDomain, Granularity, Interpolation, PathState, PricingSettings,
};
use crate::simulation::{FactorBlock, FactorKey};

const NODES: usize = 2;
/// Half-width of the spot's log in the domain at each node: 5.25 deviations of [`spread`].
const HALF_WIDTHS: [f64; NODES] = [0.2, 0.3];

/// One account with its stage, in full and by polynomials.
struct Desk {
    by_account: CompiledBook,
    full: MarginStage,
    proxied: MarginStage,
    nodes: Vec<NodeProxies>,
    factor_count: usize,
    spot: usize,
}

impl Desk {
    fn new(rules: VenueRules, portfolio: &Portfolio, tolerance: f64) -> Self {
        let (market, model) = (market(), model(portfolio));
        let pricing = PricingSettings::full();
        let granularity = Granularity::Account;
        let by_account =
            CompiledBook::compile(&market, portfolio, &model, pricing, granularity).unwrap();
        let rules = [Some(rules)];
        let setting =
            MarginSetting { rules: &rules, market: &market, portfolio, model: &model, pricing };
        let full = MarginStage::compile(&setting, &by_account, &by_account).unwrap().unwrap();
        let (factor_count, spot) =
            (model.factors.len(), model.index(&FactorKey::Spot("BTC".into())).unwrap());
        let mut domain = FactorDomain::default();
        for half_width in HALF_WIDTHS {
            // Two paths, one deviation either side.
            let deviation = half_width / 5.25;
            domain.observe(&block_of(factor_count, spot, &[-deviation, deviation]));
        }
        let setting = ProxySetting {
            isa: ISA,
            model: &model,
            domain: &domain,
            tolerances: &[tolerance],
            interpolation: Interpolation::WherePossible,
        };
        let nodes: Vec<NodeProxies> =
            (0..NODES).map(|node| full.node_proxies(&setting, node)).collect();
        let proxied = full.with_proxies(nodes.clone());
        Self { by_account, full, proxied, nodes, factor_count, spot }
    }

    /// The state of `stage` after a check at `node` of paths whose spot has moved by `logs`.
    fn checked(&self, stage: &MarginStage, node: usize, logs: &[f64]) -> MarginState {
        let block = block_of(self.factor_count, self.spot, logs);
        let mut state = stage.state(logs.len(), self.factor_count);
        let mut cash = PathState::new(&self.by_account, logs.len());
        self.by_account.start_block(&mut cash, logs.len());
        stage.start_block(&mut state, logs.len());
        state.look_at_errors();
        let cash = Cash { by_account: &cash, by_row: &cash };
        stage.check(ISA, node, &block, cash, &mut state);
        state
    }

    /// Log move of the spot between `open` and `closed` below which the account is closed in full.
    fn line(&self, node: usize, open: f64, closed: f64) -> f64 {
        let (mut open, mut closed) = (open, closed);
        for _ in 0..60 {
            let middle = 0.5 * (open + closed);
            let is_closed = self.checked(&self.full, node, &[middle]).closed(0, 0).is_some();
            if is_closed { closed = middle } else { open = middle }
        }
        closed
    }
}

fn block_of(factor_count: usize, spot: usize, moves: &[f64]) -> FactorBlock {
    let mut block = FactorBlock::new(factor_count, moves.len());
    let (logs, levels) = block.factor_mut(spot);
    logs.copy_from_slice(moves);
    levels.iter_mut().zip(moves).for_each(|(level, log)| *level = libm::exp(*log));
    block
}

/// `count` moves from one end to the other.
fn spread(from: f64, to: f64, count: usize) -> Vec<f64> {
    (0..count).map(|i| from + (to - from) * i as f64 / (count - 1) as f64).collect()
}

/// Longs, shorts and a short put so deep in the money that it is dearer than its coin.
fn options(dollars: f64) -> Portfolio {
    book(
        &[
            (perpetual("BTC", usdt()), 1.0),
            (option(90_000.0, OptionRight::Put), -2.0),
            (option(120_000.0, OptionRight::Call), -2.0),
            (option(110_000.0, OptionRight::Call), 1.0),
            (option(230_000.0, OptionRight::Put), -0.5),
        ],
        ("USDT", dollars),
    )
}

fn counting(value: OptionValue) -> VenueRules {
    let rules = closing();
    VenueRules { options: rules.options.map(|options| OptionRules { value, ..options }), ..rules }
}

#[test]
fn the_error_of_a_headroom_is_within_its_bound_all_over_the_domain() {
    for value in [OptionValue::MarginBalance, OptionValue::Requirement] {
        for tolerance in [1e-3, 1.0, 100.0] {
            let desk = Desk::new(counting(value), &options(1e6), tolerance);
            for (node, half_width) in HALF_WIDTHS.into_iter().enumerate() {
                let ends = half_width * (1.0 - 1e-12);
                let logs = spread(-ends, ends, 2_001);
                let state = desk.checked(&desk.proxied, node, &logs);
                let (seen, bound) = (state.seen_error(), desk.nodes[node].epsilon());
                assert!(seen.largest_share <= 1.0, "{value:?}, {tolerance}: {seen:?} of {bound}");
                assert!(seen.largest > 0.0 && bound <= 1.01 * tolerance, "{seen:?} of {bound}");
                assert!(state.certainty().iter().all(|one| *one == Certainty::Sure));
            }
        }
    }
}

/// The put at 230,000 is dearer than its coin below 115,000: without its own price the requirement
/// would miss 7.5 % of the difference, thousands of dollars.
#[test]
fn puts_dearer_than_their_coin_are_priced_in_full() {
    let desk = Desk::new(closing(), &options(1e6), 1.0);
    let few = book(&[(option(90_000.0, OptionRight::Put), -2.0)], ("USDT", 1e6));
    let cheap = Desk::new(closing(), &few, 1.0);
    let polynomials = |desk: &Desk| desk.nodes.iter().map(NodeProxies::cost).sum::<f64>();
    let by_proxy = |desk: &Desk| (0..NODES).map(|node| desk.proxied.option_cost(node)).sum::<f64>();
    assert!(by_proxy(&desk) > polynomials(&desk) + 50.0);
    approx::assert_relative_eq!(by_proxy(&cheap), polynomials(&cheap));
    assert!(by_proxy(&cheap) < (0..NODES).map(|node| cheap.full.option_cost(node)).sum());
}

/// So close to the line that polynomials to 100 dollars take other decisions than full
/// revaluation: every such path is told, hardly any other is, and without the telling they would
/// be wrong.
#[test]
fn decisions_that_differ_are_all_doubtful() {
    let desk = Desk::new(closing(), &options(125_000.0), 100.0);
    let mut wrong = 0;
    for (node, half_width) in HALF_WIDTHS.into_iter().enumerate() {
        let line = desk.line(node, 0.0, -0.99 * half_width);
        // A thousandth is some hundred dollars.
        for (width, count) in [(1e-7, 2_001), (1e-5, 2_001), (1e-2, 4_001)] {
            let logs = spread(line - width, line + width, count);
            let full = desk.checked(&desk.full, node, &logs);
            let by_proxy = desk.checked(&desk.proxied, node, &logs);
            for (path, certainty) in by_proxy.certainty().iter().enumerate() {
                let differ = by_proxy.closed(0, path).is_some() != full.closed(0, path).is_some();
                assert!(!differ || *certainty == Certainty::Doubtful, "path {path}");
                wrong += usize::from(differ);
            }
            let doubtful = by_proxy.certainty().iter().filter(|one| **one != Certainty::Sure);
            let doubtful = doubtful.count();
            assert!(doubtful > 0);
            assert!(width < 1e-2 || doubtful < count / 4, "{doubtful} of {count}");
        }
    }
    assert!(wrong > 0, "no decision was close enough");
}

#[test]
fn paths_outside_the_domain_are_told_while_the_account_is_open() {
    let desk = Desk::new(closing(), &options(1e7), 1.0);
    let logs = [0.0, 0.21, -0.19, -0.4];
    let found = desk.checked(&desk.proxied, 0, &logs);
    let expected = [Certainty::Sure, Certainty::Outside, Certainty::Sure, Certainty::Outside];
    assert_eq!(found.certainty(), expected);
    // Closed at the first node, it no longer matters where the path goes.
    let desk = Desk::new(closing(), &options(125_000.0), 1.0);
    let block = |moves: &[f64]| block_of(desk.factor_count, desk.spot, moves);
    let mut state = desk.proxied.state(2, desk.factor_count);
    let mut cash = PathState::new(&desk.by_account, 2);
    desk.by_account.start_block(&mut cash, 2);
    desk.proxied.start_block(&mut state, 2);
    let cash = Cash { by_account: &cash, by_row: &cash };
    desk.proxied.check(ISA, 0, &block(&[-0.19, 0.0]), cash, &mut state);
    assert!(state.closed(0, 0).is_some() && state.closed(0, 1).is_none());
    desk.proxied.check(ISA, 1, &block(&[-0.9, -0.9]), cash, &mut state);
    assert_eq!(state.certainty(), [Certainty::Sure, Certainty::Outside]);
}

/// What is closed by polynomials away from the line is closed in full for the same cash and cost.
#[test]
fn what_a_closing_leaves_is_that_of_full_revaluation_to_the_last_bit() {
    let desk = Desk::new(closing(), &options(125_000.0), 100.0);
    let logs = spread(-0.199, 0.199, 301);
    let states = [&desk.full, &desk.proxied].map(|stage| {
        let mut state = desk.checked(stage, 0, &logs);
        let block = block_of(desk.factor_count, desk.spot, &logs);
        let mut values = vec![1.0; desk.by_account.rows().len() * logs.len()];
        stage.settle(&block, &mut state, &mut values);
        (state, values)
    });
    let [(full, exact), (by_proxy, found)] = states;
    let mut closed = 0;
    for path in 0..logs.len() {
        if by_proxy.certainty()[path] != Certainty::Sure {
            continue;
        }
        let cost = |state: &MarginState| state.closed(0, path).map(|one| one.cost.to_bits());
        assert_eq!(cost(&full), cost(&by_proxy));
        closed += usize::from(full.closed(0, path).is_some());
        for row in 0..desk.by_account.rows().len() {
            let at = row * logs.len() + path;
            assert_eq!(exact[at].to_bits(), found[at].to_bits());
        }
    }
    assert!(closed > 10 && closed < 290, "{closed} of 301");
}
