//! Orders that move prices that trigger orders: by hand, and against a plain loop.

use std::sync::Arc;

use approx::assert_relative_eq;

use super::rebalancing_tests::RULE;
use super::*;
use crate::margin::cascade::{CascadeEnd, Profile};
use crate::margin::displacement::{
    CascadeTerms, DisplacedPaths, Displacement, DisplacementSetting, MarketHappening,
};
use crate::margin::tests::{market, perpetual, usdt};
use crate::margin::waterfall::{LossSharing, WaterfallRules};
use crate::margin::{CloseAmount, FutureRules, Liquidation, MarginSetting, VenueRules};
use crate::market::{ImpactLaw, ImpactTerms, Liquidity, Market, OpenInterest, OpenInterestBin};
use crate::numeric::Streams;
use crate::numeric::isa::InstructionSet;
use crate::portfolio::{Account, Balance, MarginMode, Portfolio, Position, Rebalancing, Venue};
use crate::pricing::{CompiledBook, Granularity, PricingSettings, Row, required_factors};
use crate::simulation::{Factor, FactorBlock, FactorKey, FactorModel, Process, TimeGrid};
use crate::units::Years;

const ISA: InstructionSet = InstructionSet::Baseline;
const SPOT: f64 = 100_000.0;
const MAINTENANCE: f64 = 0.05;
const FEE: f64 = 0.01;

/// A market in which 1 USD of orders moves bitcoin by `slope`, and others hold `long` positions
/// spread evenly over `width` of its logarithm.
fn moved_market(slope: f64, long: f64, width: f64) -> Market {
    let mut market = market();
    let bin = OpenInterestBin { distance: -libm::expm1(-width), notional_usd: long };
    let open_interest = OpenInterest {
        long: if long > 0.0 { vec![bin] } else { vec![] },
        ..OpenInterest::default()
    };
    let law = ImpactLaw::Linear;
    market.underlyings[0].liquidity = Some(Liquidity {
        adv_usd: 1e10,
        half_spread: 0.0,
        half_spread_deviation: 0.0,
        depth_1pct_usd: 0.01 / slope,
        impact: Some(ImpactTerms { law, daily_volatility: None, stress: None, half_life: None }),
        open_interest,
    });
    market
}

fn flat_rules() -> VenueRules {
    let futures = FutureRules::Flat { initial: 2.0 * MAINTENANCE, maintenance: MAINTENANCE };
    VenueRules {
        liquidation_fee: FEE,
        liquidation: Some(Liquidation { close: CloseAmount::Full, ..Liquidation::PLAIN }),
        ..VenueRules::of_futures("flat", futures)
    }
}

/// One account a pair (bitcoins of perpetual, USD).
fn accounts(held: &[(f64, f64)]) -> Portfolio {
    let account = |(index, (_, cash)): (usize, &(f64, f64))| Account {
        venue: Some(0),
        margin_mode: MarginMode::Cross,
        balances: vec![Balance {
            asset: "USD".into(),
            quantity: *cash,
            haircut: 0.0,
            borrow_rate: 0.0,
        }],
        ..Account::new(format!("a{index}"))
    };
    let position = |(index, (quantity, _)): (usize, &(f64, f64))| Position {
        id: format!("p{index}"),
        account: index,
        instrument: perpetual("BTC", usdt()),
        quantity: *quantity,
        entry_price: None,
        volatility: None,
        tags: Vec::new(),
    };
    Portfolio {
        name: "book".to_owned(),
        venues: vec![Venue {
            name: "venue".to_owned(),
            rules: None,
            default_probability_1y: 0.0,
            loss_given_default: 1.0,
            failure: None,
        }],
        accounts: held.iter().enumerate().map(account).collect(),
        positions: held.iter().enumerate().map(position).collect(),
        orders: Vec::new(),
        margin_calls: None,
        hedges: Vec::new(),
    }
}

fn model(portfolio: &Portfolio) -> FactorModel {
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

/// A book walked with displacement, prices set by hand.
pub(super) struct Moved {
    pub book: CompiledBook,
    pub stage: EventStage,
    pub state: EventState,
    pub displacement: Arc<Displacement>,
    pub paths: Option<Box<DisplacedPaths>>,
    pub previous: FactorBlock,
    pub current: FactorBlock,
    pub spot: usize,
}

impl Moved {
    pub fn new(rules: VenueRules, market: &Market, portfolio: &Portfolio, count: usize) -> Self {
        let model = model(portfolio);
        let pricing = PricingSettings::full();
        let granularity = Granularity::Position;
        let book = CompiledBook::compile(market, portfolio, &model, pricing, granularity).unwrap();
        let terms = CascadeTerms { propagation: 0.0, rounds_max: 100 };
        let streams = Streams::new(1, ISA);
        let displacement = Displacement::compile(&DisplacementSetting {
            market,
            model: &model,
            cascade: Some(terms),
            pegs: &[],
            streams,
        });
        let displacement = Arc::new(displacement.expect("orders move bitcoin"));
        let rules = [Some(rules)];
        let setting = MarginSetting { rules: &rules, market, portfolio, model: &model, pricing };
        let stage = EventStage::compile(&setting, &book, streams).unwrap().unwrap();
        let stage = stage.moving(Arc::clone(&displacement));
        let mut state = stage.state(count);
        stage.start_block(&mut state, count);
        let factors = model.factors.len();
        let mut paths = Box::new(displacement.paths(factors, count));
        displacement.start_block(count, &mut paths);
        let spot = model.index(&FactorKey::Spot("BTC".into())).unwrap();
        let block = FactorBlock::new(factors, count);
        let (previous, current) = (block.clone(), block);
        Self { book, stage, state, displacement, paths: Some(paths), previous, current, spot }
    }

    /// Moves the model to `levels` and visits a node.
    pub fn visit(&mut self, index: usize, levels: &[f64]) {
        std::mem::swap(&mut self.previous, &mut self.current);
        let paths = self.paths.as_mut().unwrap();
        let (logs, now) = paths.model_mut().factor_mut(self.spot);
        now.copy_from_slice(levels);
        logs.iter_mut().zip(levels).for_each(|(log, level)| *log = libm::log(*level));
        self.displacement.visit(ISA, index, &mut self.current, paths);
        self.state.exchange(&mut self.paths);
        let node = Node {
            isa: ISA,
            index,
            previous: &self.previous,
            current: &self.current,
            deviation: None,
        };
        self.stage.visit(&node, &mut self.state);
        self.stage.answer(ISA, index, &mut self.current, &mut self.state);
        self.state.exchange(&mut self.paths);
    }

    /// Values of all rows at the horizon, `[row][path]`.
    pub fn values(&self) -> Vec<f64> {
        let count = self.current.path_count();
        let mut values = vec![0.0; self.book.rows().len() * count];
        let mut cash = crate::pricing::PathState::new(&self.book, count);
        self.book.start_block(&mut cash, count);
        self.book.values(ISA, 1, &self.current, &mut cash, &mut values);
        self.stage.settle(&self.state, &mut values);
        values
    }

    pub fn level(&self, place: usize) -> f64 {
        self.current.level(self.spot)[place]
    }

    pub fn end(&self, place: usize) -> CascadeEnd {
        self.paths.as_ref().unwrap().record(place).end
    }
}

/// Ten bitcoin long on 80,000 fall below at 0.97 (50,000 against 48,500) not, at 0.965 (45,000
/// against 48,250) they do; ten on 90,000 are below from 0.9579 on. Selling the first 965,000 at
/// λ = 1e-8 takes the price by e^−0.00965 to 0.95573: the second follows.
#[test]
fn the_sale_of_one_account_liquidates_the_next() {
    let slope = 1e-8;
    let portfolio = accounts(&[(10.0, 80_000.0), (10.0, 90_000.0), (10.0, 200_000.0)]);
    let market = moved_market(slope, 0.0, 1.0);
    let mut walk = Moved::new(flat_rules(), &market, &portfolio, 2);
    walk.visit(0, &[0.97, 0.965]);
    let liquidated = |walk: &Moved, place| {
        [0, 1, 2].map(|account| walk.state.record(account, place).liquidated())
    };
    assert_eq!(liquidated(&walk, 0), [None; 3]);
    assert_eq!(walk.level(0), 0.97);
    assert_eq!(liquidated(&walk, 1), [Some(0), Some(0), None]);
    let first = 965_000.0;
    let second = 10.0 * SPOT * 0.965 * libm::exp(-slope * first);
    let cost = |notional: f64| notional * (FEE - libm::expm1(-0.5 * slope * notional));
    let record = walk.state.record(0, 1);
    assert_relative_eq!(record.notional, first, max_relative = 1e-12);
    assert_relative_eq!(record.cost, cost(first), max_relative = 1e-12);
    let record = walk.state.record(1, 1);
    assert_relative_eq!(record.notional, second, max_relative = 1e-12);
    assert_relative_eq!(record.cost, cost(second), max_relative = 1e-12);
    let expected = 0.965 * libm::exp(-slope * (first + second));
    assert_relative_eq!(walk.level(1), expected, max_relative = 1e-12);
    // The price remembers: what the model leaves at 1 stands as far below.
    walk.visit(1, &[1.0, 1.0]);
    assert_eq!(walk.level(0), 1.0);
    assert_relative_eq!(walk.level(1), expected / 0.965, max_relative = 1e-12);
    // The third account is worth what it holds at the displaced price.
    let row = walk.book.rows().iter().position(|row| *row == Row::Position(2)).unwrap();
    let held = 10.0 * SPOT * (expected / 0.965 - 1.0);
    assert_relative_eq!(walk.values()[row * 2 + 1], held, max_relative = 1e-10);
}

/// Ten bitcoin long on 250,000, kept at 4, stand at 5.17 at 0.93: 210,000 are sold, worse than the
/// mark by half of what they move, and the price they leave, 0.92805, liquidates ten on 117,500, whose
/// line is at 0.92895. The price that these leave, 0.9195, has the first at 4.15, outside of its band
/// again: it is traded at the next node, not twice at this one.
#[test]
fn a_rebalancing_moves_the_price_and_others_with_it() {
    let slope = 1e-8;
    let mut portfolio = accounts(&[(10.0, 250_000.0), (10.0, 117_500.0)]);
    let rule = Rebalancing { upper_leverage: 4.1, lower_leverage: None, trading_cost: 0.0, ..RULE };
    portfolio.accounts[0].rebalancing = Some(rule);
    let market = moved_market(slope, 0.0, 1.0);
    let mut walk = Moved::new(flat_rules(), &market, &portfolio, 2);
    walk.visit(0, &[0.93, 0.999]);
    let sold = 210_000.0;
    let record = *walk.state.record(0, 0);
    assert_eq!((record.rebalancings, walk.state.record(0, 1).rebalancings), (1, 0));
    assert_relative_eq!(record.rebalanced, sold, max_relative = 1e-12);
    let cost = -sold * libm::expm1(-0.5 * slope * sold);
    assert_relative_eq!(record.rebalancing_cost, cost, max_relative = 1e-12);
    let left = 0.93 * libm::exp(-slope * sold);
    let next = walk.state.record(1, 0);
    assert_eq!(next.liquidated(), Some(0));
    assert_relative_eq!(next.notional, 10.0 * SPOT * left, max_relative = 1e-12);
    let moved = left * libm::exp(-slope * next.notional);
    assert_relative_eq!(walk.level(0), moved, max_relative = 1e-12);
    walk.visit(1, &[0.92, 0.999]);
    assert_eq!(walk.state.record(0, 0).rebalancings, 2);
    // Every dollar that its quantities lost at their marks and by its fills is gone from its cash.
    let held = walk.state.holdings.held[0];
    let sold = [sold / 930_000.0, 1.0 - sold / 930_000.0 - held];
    let marks = [930_000.0 - 1e6, 1e6 * (0.92 * moved / 0.93 - 1.0)];
    let costs = walk.state.record(0, 0).rebalancing_cost;
    let expected = sold[0] * marks[0] + sold[1] * marks[1] - costs;
    assert_relative_eq!(walk.state.holdings.cash[0], expected, max_relative = 1e-9);
}

/// Shorts bought back push the price up: the mirror image, the fill above the mark.
#[test]
fn a_short_is_bought_back_above_the_mark() {
    let slope = 1e-8;
    let market = moved_market(slope, 0.0, 1.0);
    let mut walk = Moved::new(flat_rules(), &market, &accounts(&[(-10.0, 80_000.0)]), 1);
    walk.visit(0, &[1.04]);
    let notional = 10.0 * SPOT * 1.04;
    let record = walk.state.record(0, 0);
    let paid = notional * (FEE + libm::expm1(0.5 * slope * notional));
    assert_relative_eq!(record.cost, paid, max_relative = 1e-12);
    let expected = 1.04 * libm::exp(slope * notional);
    assert_relative_eq!(walk.level(0), expected, max_relative = 1e-12);
}

/// The definition, by plain numbers: rounds over the accounts, then others sold wherever the price
/// has been, again and again until neither sells.
struct Plain {
    model: f64,
    sold: f64,
    lowest: f64,
}

impl Plain {
    fn price(&self, slope: f64) -> f64 {
        self.model * libm::exp(-slope * self.sold)
    }

    fn sell_others(&mut self, slope: f64, others: &Profile) {
        for _ in 0..10_000 {
            let fall = -libm::log(self.price(slope));
            if fall > self.lowest {
                self.sold += others.liquidated(fall) - others.liquidated(self.lowest);
                self.lowest = fall;
            }
        }
    }

    /// Closes the accounts that fall below; their notionals and costs.
    fn walk(&mut self, slope: f64, others: &Profile, held: &mut [(f64, f64)]) -> Vec<[f64; 2]> {
        let mut told = vec![[0.0; 2]; held.len()];
        self.sell_others(slope, others);
        loop {
            let seen = self.price(slope);
            let mut any = false;
            for (account, told) in held.iter_mut().zip(&mut told) {
                let notional = account.0 * SPOT * seen;
                let equity = account.1 + account.0 * SPOT * (seen - 1.0);
                if notional > 0.0 && equity < MAINTENANCE * notional {
                    let before = self.price(slope);
                    // At the mean of the logarithm on the way, from what others of the round left.
                    let fill = before * libm::exp(-0.5 * slope * notional);
                    self.sold += notional;
                    *told = [notional, FEE * notional + notional * (1.0 - fill / seen)];
                    account.0 = 0.0;
                    any = true;
                }
            }
            if !any {
                return told;
            }
            self.sell_others(slope, others);
        }
    }
}

/// Random books against the plain loop, others' positions in between.
#[test]
fn rounds_are_those_of_a_plain_loop() {
    let mut seed = 11_u64;
    let mut roll = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 11) as f64 / (1_u64 << 53) as f64
    };
    let (mut closings, mut chains) = (0, 0);
    for _ in 0..40 {
        let held: Vec<(f64, f64)> = (0..6)
            .map(|_| {
                let coins = 2.0 + 10.0 * roll();
                (coins, coins * SPOT * (MAINTENANCE + 0.02 + 0.12 * roll()))
            })
            .collect();
        let (slope, width) = (4e-9 * roll(), 0.6);
        // λh of the others' below 0.8.
        let long = 0.8 * roll() * width / slope;
        let market = moved_market(slope, long, width);
        let others = Profile::uniform(long, width);
        let mut walk = Moved::new(flat_rules(), &market, &accounts(&held), 1);
        let mut plain = Plain { model: 1.0, sold: 0.0, lowest: 0.0 };
        let mut left = held.clone();
        for (node, level) in [1.0 - 0.06 * roll(), 0.95 - 0.08 * roll()].into_iter().enumerate() {
            plain.model = level;
            let before = plain.price(slope);
            let told = plain.walk(slope, &others, &mut left);
            let alone = told.iter().zip(&held).filter(|(told, (coins, cash))| {
                let equity = cash + coins * SPOT * (before - 1.0);
                told[0] > 0.0 && equity >= MAINTENANCE * coins * SPOT * before
            });
            chains += alone.count();
            walk.visit(node, &[level]);
            assert_relative_eq!(walk.level(0), plain.price(slope), max_relative = 1e-9);
            for (account, [notional, cost]) in told.iter().enumerate() {
                let record = walk.state.record(account, 0);
                assert_eq!(record.liquidated() == Some(node), *notional > 0.0, "{account}");
                if *notional > 0.0 {
                    closings += 1;
                    assert_relative_eq!(record.notional, *notional, max_relative = 1e-9);
                    assert_relative_eq!(record.cost, *cost, max_relative = 1e-7);
                }
            }
        }
    }
    assert!(closings > 60 && chains > 15, "{closings} closings, {chains} by others' sales alone");
}

/// `λh = 1.2` of others' positions: one own sale sets off all of them, and it is told.
#[test]
fn an_own_sale_can_set_off_a_cascade_that_runs_away() {
    let (slope, width) = (1e-9, 0.5);
    let long = 1.2 * width / slope;
    // Others are liquidated from a fall of 10 % on.
    let mut market = moved_market(slope, 0.0, 1.0);
    let near = OpenInterestBin { distance: 0.1, notional_usd: 0.0 };
    let far =
        OpenInterestBin { distance: -libm::expm1(libm::log(0.9) - width), notional_usd: long };
    let liquidity = market.underlyings[0].liquidity.as_mut().unwrap();
    liquidity.open_interest.long = vec![near, far];
    let held = [(100.0, 1_300_000.0)];
    let mut walk = Moved::new(flat_rules(), &market, &accounts(&held), 3);
    walk.visit(0, &[0.92, 0.901, 0.99]);
    assert_eq!([0, 1, 2].map(|place| walk.end(place)), {
        use CascadeEnd::{Quiet, RanAway};
        // At 0.92 the account holds: 500,000 against 460,000; its equity at 0.901 is 310,000
        // against 450,500, and its sale of 9 million takes the price by 0.9 % below 0.9.
        [Quiet, RanAway, Quiet]
    });
    assert_eq!(walk.level(0), 0.92);
    let own = 100.0 * SPOT * 0.901;
    let expected = 0.901 * libm::exp(-slope * (own + long));
    assert_relative_eq!(walk.level(1), expected, max_relative = 1e-12);
}

fn sharing(then: LossSharing, fund: f64, fee_to_fund: f64) -> VenueRules {
    let waterfall = WaterfallRules {
        insurance_fund: [("USDT".into(), fund)].into(),
        fee_to_fund,
        then,
        open_interest_share: 0.5,
        open_interest_asset: None,
    };
    VenueRules { waterfall: Some(waterfall), ..flat_rules() }
}

/// Orders that move nothing to speak of.
const NO_IMPACT: f64 = 1e-30;

/// At 0.8 the long of ten coins on 60,000 owes 140,000 and its fee of 8,000; a fund of 48,000 leaves
/// 100,000. Of 800,000 bankrupt, 100/148 are to be closed against winners: 540,540, where the book's
/// own short of six coins is all there is, 480,000. It is closed at its mark, 120,000 of profit, and
/// loses 148/800 of its notional, 88,800; the venue bears the rest, 11,200.
#[test]
fn auto_deleveraging_closes_the_hedge_at_the_bankruptcy_price() {
    let portfolio = accounts(&[(10.0, 60_000.0), (-6.0, 500_000.0)]);
    let market = moved_market(NO_IMPACT, 0.0, 1.0);
    let rules = sharing(LossSharing::AutoDeleveraging, 48_000.0, 0.0);
    let mut walk = Moved::new(rules.clone(), &market, &portfolio, 1);
    walk.visit(0, &[0.8]);
    let held = |walk: &Moved, position| walk.state.holdings.held[position];
    assert_eq!((held(&walk, 0), held(&walk, 1)), (0.0, 0.0));
    assert_relative_eq!(walk.state.record(0, 0).bad_debt, 148_000.0, max_relative = 1e-12);
    let shared = *walk.state.shared(0);
    assert_relative_eq!(shared.funds, 48_000.0, max_relative = 1e-12);
    assert_relative_eq!(shared.deleveraged_notional, 480_000.0, max_relative = 1e-12);
    assert_relative_eq!(shared.deleveraged_loss, 88_800.0, max_relative = 1e-12);
    assert!(shared.is_exhausted && shared.socialised == 0.0);
    let legs = walk.state.holdings.funds.legs[0];
    assert_relative_eq!(legs.venue, -11_200.0, max_relative = 1e-9);
    assert!(legs.sum().abs() < 1e-9 * legs.largest());
    // The hedge is gone: what follows is not its gain or loss.
    walk.visit(1, &[1.3]);
    let row = walk.book.rows().iter().position(|row| *row == Row::Position(1)).unwrap();
    assert_relative_eq!(walk.values()[row], 120_000.0 - 88_800.0, max_relative = 1e-12);
    let told: Vec<_> = walk.state.shared_events().iter().map(|event| event.what).collect();
    assert_eq!(told.len(), 2);
    assert!(matches!(told[0], MarketHappening::FundExhausted { venue: 0, .. }));
    assert!(matches!(told[1], MarketHappening::Deleveraged { account: 1, position: 1, .. }));

    // Socialised, the 100,000 are taken from the only gain there is, 120,000; the hedge stays.
    let rules = sharing(LossSharing::Socialised, 48_000.0, 0.0);
    let mut walk = Moved::new(rules, &market, &portfolio, 1);
    walk.visit(0, &[0.8]);
    assert_eq!(held(&walk, 1), 1.0);
    assert_relative_eq!(walk.state.shared(0).socialised, 100_000.0, max_relative = 1e-12);
    walk.visit(1, &[0.9]);
    assert_relative_eq!(walk.values()[row], 60_000.0 - 100_000.0, max_relative = 1e-12);

    // A fund that suffices leaves everybody alone.
    let rules = sharing(LossSharing::AutoDeleveraging, 1e6, 0.0);
    let mut walk = Moved::new(rules, &market, &portfolio, 1);
    walk.visit(0, &[0.8]);
    assert_eq!(held(&walk, 1), 1.0);
    assert_relative_eq!(walk.state.holdings.funds.levels[0], 852_000.0, max_relative = 1e-12);
}

/// Others' longs of 3e8 evenly up to 20 % of the logarithm, shorts of 1e8, half of them here; a jump
/// to e^−0.3 passes all longs, a price at which each of them owes `1 − e^(d − 0.3)` of its notional.
#[test]
fn debts_of_others_close_a_short_of_the_book() {
    let (long, width, fall) = (3e8, 0.2, 0.3);
    let mut market = moved_market(NO_IMPACT, long, width);
    let liquidity = market.underlyings[0].liquidity.as_mut().unwrap();
    liquidity.open_interest.short = vec![OpenInterestBin { distance: 0.5, notional_usd: 1e8 }];
    let portfolio = accounts(&[(-5.0, 1e6)]);
    let fund = 1e6;
    let rules = sharing(LossSharing::AutoDeleveraging, fund, 0.0);
    let mut walk = Moved::new(rules, &market, &portfolio, 2);
    walk.visit(0, &[libm::exp(-fall), 0.99]);
    let owed = 1.0 - (libm::exp(width - fall) - libm::exp(-fall)) / width;
    let debt = 0.5 * long * owed;
    let own = 5.0 * SPOT * libm::exp(-fall);
    let to_close = 0.5 * long * (debt - fund) / debt;
    let rate = to_close / (own + 0.5 * 1e8);
    assert!(rate > 1.0, "everything of both is closed");
    let shared = *walk.state.shared(0);
    assert_relative_eq!(shared.deleveraged_notional, own, max_relative = 1e-9);
    assert_relative_eq!(shared.deleveraged_loss, own * owed, max_relative = 1e-9);
    assert_eq!(walk.state.holdings.held[0], 0.0);
    // At 0.99 those passed owe next to nothing: the fund pays, and the short stays.
    assert_eq!(walk.state.holdings.held[1], 1.0);
    assert!(walk.state.shared(1).funds < fund && !walk.state.shared(1).is_exhausted);

    // Twice the shorts and a fund near the debt: a share of the book's is closed.
    let liquidity = market.underlyings[0].liquidity.as_mut().unwrap();
    liquidity.open_interest.short[0].notional_usd = 2e8;
    let fund = 0.6 * debt;
    let rules = sharing(LossSharing::AutoDeleveraging, fund, 0.0);
    let mut walk = Moved::new(rules, &market, &portfolio, 1);
    walk.visit(0, &[libm::exp(-fall)]);
    let rate = 0.5 * long * 0.4 / (own + 1e8);
    assert_relative_eq!(walk.state.holdings.held[0], 1.0 - rate, max_relative = 1e-9);
    let shared = walk.state.shared(0);
    assert_relative_eq!(shared.deleveraged_loss, rate * own * owed, max_relative = 1e-9);
}

/// Random books of six accounts walked through the stage: what funds hold is what was paid in less
/// what was paid out; what the book received is found from its own cash and quantities; and over
/// book, market, venue, fund and winners it all sums to nothing.
#[test]
fn every_unit_shared_comes_from_somebody() {
    let mut seed = 23_u64;
    let mut roll = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 11) as f64 / (1_u64 << 53) as f64
    };
    let kinds = [LossSharing::AutoDeleveraging, LossSharing::Socialised, LossSharing::Venue];
    let (mut deleveraged, mut taxed, mut rebalanced) = (0, 0, 0);
    for round in 0..60 {
        let held: Vec<(f64, f64)> = (0..6)
            .map(|_| {
                let coins = 20.0 * (roll() - 0.5);
                (coins, coins.abs() * SPOT * (0.06 + 0.15 * roll()))
            })
            .collect();
        let mut market = moved_market(NO_IMPACT, 2e6 * roll(), 0.3);
        let liquidity = market.underlyings[0].liquidity.as_mut().unwrap();
        let short = OpenInterestBin { distance: 0.4, notional_usd: 2e6 * roll() };
        liquidity.open_interest.short = vec![short];
        let fee_to_fund = roll();
        let start = 1e5 * roll();
        let rules = sharing(kinds[round % 3], start, fee_to_fund);
        let count = 4;
        let mut portfolio = accounts(&held);
        // every other book has an account that is kept at its leverage, and trades for nothing
        let target_leverage = held[0].0.abs() * SPOT / held[0].1;
        portfolio.accounts[0].rebalancing = (round % 2 == 0).then_some(Rebalancing {
            target_leverage,
            upper_leverage: 1.1 * target_leverage,
            lower_leverage: Some(0.9 * target_leverage),
            trading_cost: 0.0,
            ..RULE
        });
        let mut walk = Moved::new(rules, &market, &portfolio, count);
        let mut closings = vec![0.0; count];
        for node in 0..2 {
            let levels: Vec<f64> = (0..count).map(|_| 0.65 + 0.7 * roll()).collect();
            let before = walk.state.holdings.held.clone();
            walk.visit(node, &levels);
            for (slot, (after, before)) in walk.state.holdings.held.iter().zip(&before).enumerate()
            {
                let (position, place) = (slot / count, slot % count);
                let profit = held[position].0 * SPOT * (levels[place] - 1.0);
                closings[place] += (before - after) * profit;
            }
        }
        for (place, closed) in closings.iter().enumerate() {
            let cash: f64 =
                (0..6).map(|position| walk.state.holdings.cash[position * count + place]).sum();
            let records: Vec<_> = (0..6).map(|one| *walk.state.record(one, place)).collect();
            let debts: f64 = records.iter().map(|record| record.bad_debt).sum();
            let fees: f64 = records.iter().map(|record| FEE * record.notional).sum();
            let lost = closed - cash;
            let legs = walk.state.holdings.funds.legs[place];
            let scale = legs.largest().max(1.0);
            let book = debts - lost - fee_to_fund * fees;
            assert!((legs.book - book).abs() < 1e-8 * scale.max(closed.abs()), "{legs:?}, {book}");
            let level = walk.state.holdings.funds.levels[place];
            assert!((legs.insurance_fund - (level - start)).abs() < 1e-9 * scale, "{legs:?}");
            assert!(legs.sum().abs() < 1e-9 * scale, "{legs:?}");
            assert!(level >= 0.0 && legs.venue <= 1e-9 && legs.winners <= 1e-9);
            let shared = walk.state.shared(place);
            assert!((shared.deleveraged_loss + shared.socialised - lost).abs() < 1e-8 * scale);
            deleveraged += usize::from(shared.deleveraged_loss > 0.0);
            taxed += usize::from(shared.socialised > 0.0);
            rebalanced += usize::from(records[0].rebalancings > 0);
        }
    }
    assert!(deleveraged > 10 && taxed > 10, "{deleveraged} deleveraged, {taxed} taxed");
    assert!(rebalanced > 10, "{rebalanced} rebalanced");
}
