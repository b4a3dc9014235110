//! Failures of venues by hand: what is left of an account, by asset, and of the book's other legs.

use approx::assert_relative_eq;

use super::tests::{flat, model};
use super::*;
use crate::margin::desk_ladder::DeskLadder;
use crate::margin::failure::Hazard;
use crate::margin::tests::{book, market, perpetual, usdt};
use crate::margin::{CloseAmount, MarginSetting, VenueRules};
use crate::numeric::Streams;
use crate::numeric::isa::InstructionSet;
use crate::portfolio::{
    Account, Balance, ClaimMark, MarginCallRule, MarginMode, Portfolio, Venue, VenueFailure,
};
use crate::pricing::{CompiledBook, Granularity, PathState, PricingSettings, Row};
use crate::simulation::{FactorBlock, FactorKey, FactorModel};
use crate::units::Years;

const ISA: InstructionSet = InstructionSet::Baseline;
/// Paths walked side by side.
pub(super) const PATHS: usize = 4;
/// A hazard that strikes at the first node, and one that strikes where the coin has fallen by more
/// than a tenth.
const SURELY: Hazard = Hazard::new(700.0, 0.0);
pub(super) const AFTER_A_FALL: Hazard = Hazard::new(-1_000.0, 1e4);

/// A book walked by hand, node by node.
pub(super) struct Scene {
    pub stage: EventStage,
    pub state: EventState,
    portfolio: Portfolio,
    model: FactorModel,
    valued: CompiledBook,
    cash: PathState,
    block: FactorBlock,
    spot: usize,
}

/// Three nodes, a third of a day apart.
fn three_nodes(portfolio: &Portfolio) -> FactorModel {
    let mut model = model(portfolio);
    model.grid.nodes = (1..=3).map(|node| Years::from_days(f64::from(node) / 3.0)).collect();
    model.factors.iter_mut().for_each(|factor| factor.log_mean = vec![0.0; 3]);
    model
}

impl Scene {
    pub fn new(
        portfolio: &Portfolio,
        rules: &[Option<VenueRules>],
        hazards: &[Option<Hazard>],
        granularity: Granularity,
    ) -> Self {
        Self::of(portfolio, rules, granularity, |setting, valued| {
            assert!(!is_plain(setting));
            let stage = EventStage::compile(setting, valued, Streams::new(1, ISA));
            stage.unwrap().unwrap().with_hazards(hazards)
        })
    }

    /// A desk that acts on its own ladder.
    pub fn of_desk(
        portfolio: &Portfolio,
        rules: &[Option<VenueRules>],
        granularity: Granularity,
        ladder: &DeskLadder,
    ) -> Self {
        Self::of(portfolio, rules, granularity, |setting, valued| {
            let streams = Streams::new(1, ISA);
            EventStage::compile_desk(setting, valued, streams, ladder).unwrap().unwrap()
        })
    }

    fn of(
        portfolio: &Portfolio,
        rules: &[Option<VenueRules>],
        granularity: Granularity,
        compile: impl Fn(&MarginSetting, &CompiledBook) -> EventStage,
    ) -> Self {
        let (market, model) = (market(), three_nodes(portfolio));
        let pricing = PricingSettings::full();
        let valued =
            CompiledBook::compile(&market, portfolio, &model, pricing, granularity).unwrap();
        let setting = MarginSetting { rules, market: &market, portfolio, model: &model, pricing };
        let stage = compile(&setting, &valued);
        let (mut state, mut cash) = (stage.state(PATHS), PathState::new(&valued, PATHS));
        stage.start_block(&mut state, PATHS);
        valued.start_block(&mut cash, PATHS);
        let spot = model.index(&FactorKey::Spot("BTC".into())).unwrap();
        let block = FactorBlock::new(model.factors.len(), PATHS);
        let portfolio = portfolio.clone();
        Self { stage, state, portfolio, model, valued, cash, block, spot }
    }

    /// Walks the nodes with these levels of the coin.
    pub fn walk(&mut self, levels: &[[f64; PATHS]]) {
        for (index, levels) in levels.iter().enumerate() {
            self.visit(index, *levels);
        }
    }

    pub fn visit(&mut self, index: usize, levels: [f64; PATHS]) {
        let previous = self.block.clone();
        let (logs, now) = self.block.factor_mut(self.spot);
        now.copy_from_slice(&levels);
        logs.iter_mut().zip(levels).for_each(|(log, level)| *log = libm::log(level));
        let node =
            Node { isa: ISA, index, previous: &previous, current: &self.block, deviation: None };
        self.stage.visit(&node, &mut self.state);
    }

    /// Worth of each account on each path at the horizon, in USD.
    pub fn accounts(&mut self) -> Vec<[f64; PATHS]> {
        let mut values = vec![0.0; self.valued.rows().len() * PATHS];
        let last = self.model.grid.nodes.len() - 1;
        self.valued.values(ISA, last, &self.block, &mut self.cash, &mut values);
        self.stage.settle(&self.state, &mut values);
        let mut accounts = vec![[0.0; PATHS]; self.portfolio.accounts.len()];
        for (row, values) in self.valued.rows().iter().zip(values.chunks(PATHS)) {
            let account = match *row {
                Row::AccountPositions(account) | Row::AccountBalances(account) => account,
                Row::Balance { account, .. } => account,
                Row::Position(position) => self.portfolio.positions[position].account,
            };
            accounts[account].iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
        }
        if !self.valued.is_by_account() {
            self.subtract_costs(&mut accounts);
        }
        accounts
    }

    /// Rows by position leave what closing cost and what failures took to rows of the tail pass.
    fn subtract_costs(&self, accounts: &mut [[f64; PATHS]]) {
        for (watched, account) in self.stage.accounts().enumerate() {
            let costs = (0..PATHS).map(|place| self.state.record(watched, place).cost);
            accounts[account].iter_mut().zip(costs).for_each(|(worth, cost)| *worth -= cost);
        }
        let lost = |place: usize| self.stage.failure_losses(&self.state, place);
        for (claimant, account) in self.stage.claimants().enumerate() {
            let losses = (0..PATHS).map(|place| lost(place).nth(claimant).unwrap());
            accounts[account].iter_mut().zip(losses).for_each(|(worth, loss)| *worth -= loss);
        }
    }

    /// What happened on a path, in order.
    pub fn happened(&self, place: usize) -> Vec<(usize, Happening)> {
        let events = self.state.events().iter().filter(|event| event.place == place);
        events.map(|event| (event.node, event.what)).collect()
    }
}

pub(super) fn balance(asset: &str, quantity: f64) -> Balance {
    Balance { asset: asset.into(), quantity, haircut: 0.0, borrow_rate: 0.0 }
}

/// A venue whose claims in these assets are worth these shares.
pub(super) fn failing(name: &str, marks: &[(&str, f64)]) -> Venue {
    let mark = |(asset, mean): &(&str, f64)| ClaimMark {
        asset: (*asset).into(),
        mean: *mean,
        deviation: 0.0,
    };
    Venue {
        name: name.to_owned(),
        rules: None,
        default_probability_1y: 0.02,
        loss_given_default: 1.0,
        failure: Some(VenueFailure {
            wrong_way_slope: 5.0,
            main_coins: vec![("BTC".into(), 1.0)],
            claim_marks: marks.iter().map(mark).collect(),
        }),
    }
}

/// Another account, at venue `venue` or the desk's own.
pub(super) fn add_account(
    portfolio: &mut Portfolio,
    name: &str,
    venue: Option<usize>,
    balances: &[(&str, f64)],
) {
    let margin_mode = if venue.is_some() { MarginMode::Cross } else { MarginMode::None };
    portfolio.accounts.push(Account {
        venue,
        margin_mode,
        balances: balances.iter().map(|(asset, units)| balance(asset, *units)).collect(),
        ..Account::new(name)
    });
}

/// One bitcoin long at a venue that may fail, one short at another, 20,000 USDT at each; the claim is
/// worth 30 %.
fn hedged() -> Portfolio {
    let legs = [(perpetual("BTC", usdt()), 1.0), (perpetual("BTC", usdt()), -1.0)];
    let mut portfolio = book(&legs, ("USDT", 20_000.0));
    portfolio.venues =
        vec![failing("a", &[("USDT", 0.3)]), Venue { failure: None, ..failing("b", &[]) }];
    add_account(&mut portfolio, "other", Some(1), &[("USDT", 20_000.0)]);
    portfolio.positions[1].account = 1;
    portfolio
}

/// The long leg fails at 0.9: 30 % of 10,000 are left of it, whatever comes; the short leg stays, and
/// loses 30,000 when the price comes back to 1.3.
#[test]
fn a_failed_venue_takes_its_leg_of_a_hedge_and_leaves_the_other() {
    for granularity in [Granularity::Account, Granularity::Position] {
        for rules in [None, Some(flat(CloseAmount::Full, 0.0))] {
            for mode in [MarginMode::Cross, MarginMode::Isolated] {
                let mut portfolio = hedged();
                portfolio.accounts[0].margin_mode = mode;
                assert_long_leg_fails(&portfolio, &[rules.clone(), None], granularity);
            }
        }
    }
}

fn assert_long_leg_fails(
    portfolio: &Portfolio,
    rules: &[Option<VenueRules>],
    granularity: Granularity,
) {
    let mut scene = Scene::new(portfolio, rules, &[Some(SURELY), None], granularity);
    scene.walk(&[[0.9, 1.0, 0.7, 0.9], [0.5; PATHS], [1.3, 1.3, 1.3, 0.6]]);
    let accounts = scene.accounts();
    let levels = [(0.9, 1.3), (1.0, 1.3), (0.7, 1.3), (0.9, 0.6)];
    for (place, (at_failure, end)) in levels.into_iter().enumerate() {
        let equity = 20_000.0 + 100_000.0 * (at_failure - 1.0);
        // Owed rather than claimed: it stays what it is.
        let worth = if equity > 0.0 { 0.3 * equity } else { equity };
        assert_relative_eq!(accounts[0][place], worth, max_relative = 1e-9);
        let short = 20_000.0 - 100_000.0 * (end - 1.0);
        assert_relative_eq!(accounts[1][place], short, max_relative = 1e-9);
        let told = scene.happened(place);
        assert_eq!(told.len(), 1, "nothing happens to it afterwards: {told:?}");
        let (0, Happening::VenueFailure { venue: 0, equity: found, worth: left }) = told[0] else {
            panic!("{told:?}");
        };
        assert_relative_eq!(found, equity, max_relative = 1e-9);
        assert_relative_eq!(left, worth, max_relative = 1e-9);
    }
}

/// USDT at 30 %, bitcoin at 20 %, others at nothing: 60,000, half a coin and 1,000 of DOGE coins.
#[test]
fn claims_are_worth_their_assets_marks_at_the_prices_of_the_failure() {
    let mut portfolio = book(&[], ("USDT", 60_000.0));
    portfolio.venues = vec![failing("a", &[("USDT", 0.3), ("BTC", 0.2)])];
    portfolio.accounts[0].balances.extend([balance("BTC", 0.5), balance("DOGE", 1_000.0)]);
    for granularity in [Granularity::Account, Granularity::Position] {
        let mut scene = Scene::new(&portfolio, &[None], &[Some(AFTER_A_FALL)], granularity);
        // Nothing falls by a tenth of its highest on the last path.
        scene.walk(&[[0.8, 1.5, 1.0, 1.0], [1.0, 1.3, 0.5, 1.0], [2.0, 2.0, 2.0, 1.2]]);
        let found = scene.accounts()[0];
        let doge = {
            let asset = market().assets.iter().find(|one| one.symbol.as_str() == "DOGE").cloned();
            1_000.0 * asset.unwrap().price_usd
        };
        for (place, level) in [(0, 0.8), (1, 1.3), (2, 0.5)] {
            let worth = 0.3 * 60_000.0 + 0.2 * 50_000.0 * level;
            assert_relative_eq!(found[place], worth, max_relative = 1e-9);
        }
        let whole = 60_000.0 + 50_000.0 * 1.2 + doge;
        assert_relative_eq!(found[3], whole, max_relative = 1e-9);
        let failed = [0, 1, 2, 3]
            .map(|place| scene.stage.venue_records(&scene.state, place).next().unwrap().failed);
        assert_eq!(failed, [Some(0), Some(1), Some(1), None]);
    }
}

/// Two thirds of what an account has is owed back in another coin: claims are worth a third of their
/// mark.
#[test]
fn what_an_account_owes_lowers_its_claim() {
    let mut portfolio = book(&[], ("USDT", 60_000.0));
    portfolio.venues = vec![failing("a", &[("USDT", 0.3), ("BTC", 1.0)])];
    portfolio.accounts[0].balances.push(balance("BTC", -0.4));
    let mut scene = Scene::new(&portfolio, &[None], &[Some(SURELY)], Granularity::Account);
    scene.walk(&[[1.0, 0.5, 2.0, 1.0], [1.0; PATHS], [3.0; PATHS]]);
    let expected = [0.3 * 20_000.0, 0.3 * 40_000.0, -20_000.0, 0.3 * 20_000.0];
    for (found, expected) in scene.accounts()[0].iter().zip(expected) {
        assert_relative_eq!(*found, expected, max_relative = 1e-9);
    }
}

/// Where nothing fails, each step adds its probability of failing times what would be lost: 70 % of a
/// constant 60,000 at a hazard of 2 a year, in thirds of a day.
#[test]
fn expected_losses_add_up_step_by_step() {
    let mut portfolio = book(&[], ("USDT", 60_000.0));
    portfolio.accounts[0].balances.push(balance("BTC", 0.0));
    portfolio.venues = vec![failing("a", &[("USDT", 0.3)])];
    let hazard = Hazard::new(libm::log(2.0), 0.0);
    let mut scene = Scene::new(&portfolio, &[None], &[Some(hazard)], Granularity::Account);
    let each = 1.0 - libm::exp(-2.0 / 3.0 / 365.0);
    for node in 0..3 {
        scene.visit(node, [1.0; PATHS]);
        let record = scene.stage.venue_records(&scene.state, 0).next().unwrap();
        assert_eq!(record.failed, None, "another path of the stream");
        let expected = (node + 1) as f64 * each * 0.7 * 60_000.0;
        assert_relative_eq!(record.expected, expected, max_relative = 1e-9);
    }
    assert_relative_eq!(scene.accounts()[0][0], 60_000.0, max_relative = 1e-12);
}

/// A source at a failed venue sends nothing.
#[test]
fn nothing_is_sent_from_a_failed_venue() {
    let mut portfolio = book(&[(perpetual("BTC", usdt()), 1.0)], ("USDT", 16_000.0));
    portfolio.venues =
        vec![Venue { failure: None, ..failing("a", &[]) }, failing("custodian", &[("USDT", 0.5)])];
    add_account(&mut portfolio, "custody", Some(1), &[("USDT", 50_000.0)]);
    portfolio.margin_calls = Some(MarginCallRule {
        delay: Years::from_days(1.0 / 3.0),
        sources: vec![1],
        assets: vec!["USDT".into()],
        target_ratio: 1.0,
        keep_ratio: 1.0,
        minimum: 0.0,
    });
    let rules = [Some(flat(CloseAmount::Full, 0.0)), None];
    let hazards = [None, Some(AFTER_A_FALL)];
    let mut scene = Scene::new(&portfolio, &rules, &hazards, Granularity::Account);
    // Called at 0.88 (4,000 of 4,400) and at 0.882 (4,200 of 4,410): at the node at which the
    // custodian fails, which comes first.
    scene.walk(&[[0.88, 0.93, 1.0, 1.0], [0.88, 0.882, 1.0, 1.0], [0.88, 0.882, 1.0, 1.0]]);
    let accounts = scene.accounts();
    assert_relative_eq!(accounts[1][0], 25_000.0, max_relative = 1e-12);
    let sent = |place: usize| {
        let happened = scene.happened(place).into_iter();
        happened.filter(|(_, what)| matches!(what, Happening::TransferSent { .. })).count()
    };
    assert_eq!((sent(0), sent(1)), (0, 0), "the custodian has failed");
    let record = scene.stage.call_record(&scene.state, 0, 0);
    assert!(record.is_called && record.is_short && record.sent == 0.0);
}
