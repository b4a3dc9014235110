//! Liquidation inside paths: against first-passage probabilities of a geometric Brownian motion, a
//! simulation one path and one number at a time, and figures by hand.

use plimsoll::engine::{self, Control, Plan, Run};
use plimsoll::numeric::isa::InstructionSet;
use plimsoll::outcome::{AccountLiquidation, Outcome};
use plimsoll::report;
use plimsoll::simulation::{FactorBlock, FactorKey, SimulationScratch, Simulator};
use plimsoll::units::PathId;
use statrs::function::erf::erf;

use crate::world::{NORMAL_95, SPOT, VOLATILITY, World, assert_close, policy, run, threshold};

pub(crate) const DAY: f64 = 1.0 / 365.0;
pub(crate) const MAINTENANCE: f64 = 0.025;
pub(crate) const FEE: f64 = 0.01;

/// Flat rules that act inside paths: maintenance 2.5 %, fee 1 %.
pub(crate) fn rules() -> String {
    "name = \"closing\"\neffective = \"2026-01-01T00:00:00Z\"\nsource = \"made up\"\n\
     liquidation_fee = \"1%\"\n[futures]\nkind = \"flat\"\ninitial = \"5%\"\n\
     maintenance = \"2.5%\"\n[liquidation]\nclose = \"full\"\n"
        .to_owned()
}

pub(crate) const VENUE: &str = "[[venue]]\nname = \"v\"\nrules = \"rules.toml\"\n";

pub(crate) fn account(
    name: &str,
    recourse: bool,
    asset: &str,
    quantity: f64,
    haircut: f64,
) -> String {
    format!(
        "[[account]]\nname = \"{name}\"\nvenue = \"v\"\nrecourse = {recourse}\n\
         balance = [{{ asset = \"{asset}\", quantity = {quantity}, haircut = {haircut} }}]\n"
    )
}

pub(crate) fn linear(account: &str, quantity: f64) -> String {
    format!(
        "[[position]]\ntype = \"perpetual\"\nid = \"{account} linear\"\naccount = \"{account}\"\n\
         underlying = \"BTC\"\nquote = \"USD\"\nquantity = {quantity}\nentry_price = {SPOT}\n"
    )
}

pub(crate) fn inverse(account: &str, dollars: f64) -> String {
    format!(
        "[[position]]\ntype = \"perpetual\"\nid = \"{account} inverse\"\naccount = \"{account}\"\n\
         underlying = \"BTC\"\nsettlement = \"inverse\"\nquantity = {dollars}\n\
         entry_price = {SPOT}\n"
    )
}

pub(crate) fn world(book: String, steps: u32, paths: u64) -> World {
    let rules = rules();
    World { book: format!("{VENUE}{book}"), rules, steps, paths, ..World::default() }
}

pub(crate) fn liquidation<'a>(outcome: &'a Outcome, account: &str) -> &'a AccountLiquidation {
    let found = outcome.liquidations.iter().find(|row| row.account == account);
    found.unwrap_or_else(|| panic!("{account} can be liquidated"))
}

pub(crate) fn normal(x: f64) -> f64 {
    0.5 * (1.0 + erf(x / std::f64::consts::SQRT_2))
}

/// Probability that `σW_t − σ²t/2` touches `barrier` on the side it lies on within a day, watched
/// `steps` times: the closed form of the running extreme of a Brownian motion with drift, the
/// barrier moved away by 0.5826 σ√dt (Broadie, Glasserman & Kou 1997); watched once, the normal
/// distribution itself.
pub(crate) fn touched(barrier: f64, steps: u32) -> f64 {
    let (deviation, drift) = (VOLATILITY * DAY.sqrt(), -0.5 * VOLATILITY * VOLATILITY * DAY);
    let side = barrier.signum();
    if steps == 1 {
        return normal((side * drift - barrier.abs()) / deviation);
    }
    let shift = 0.582_597_157_939_010_7 * deviation / f64::from(steps).sqrt();
    let (drift, barrier) = (side * drift, barrier.abs() + shift);
    let reflected = libm::exp(2.0 * drift * barrier / (deviation * deviation));
    normal((drift - barrier) / deviation) + reflected * normal((-drift - barrier) / deviation)
}

/// A long and a short, linear and inverse, each an account of its own with a barrier some way off.
#[test]
fn first_passage_of_one_leveraged_perpetual() {
    let quantity = 10.0;
    let notional = quantity * SPOT;
    // linear long, equity C + n(x − 1) = n·m·x; short, C − n(x − 1) = n·m·x
    let long = 0.96_f64;
    let short = 1.045_f64;
    let long_collateral = notional * (1.0 - long * (1.0 - MAINTENANCE));
    let short_collateral = notional * (short * (1.0 + MAINTENANCE) - 1.0);
    // inverse long on coins, c·x + N(x − 1) = N·m
    let inverse_long = 0.97_f64;
    let dollars = 500_000.0;
    let coins = (dollars * (1.0 + MAINTENANCE) / inverse_long - dollars) / SPOT;
    let book = [
        account("long", true, "USD", long_collateral, 0.0),
        account("short", true, "USD", short_collateral, 0.0),
        account("coins", true, "BTC", coins, 0.0),
        linear("long", quantity),
        linear("short", -quantity),
        inverse("coins", dollars),
    ];
    for steps in [1, 24, 288] {
        let paths = 1 << 16;
        let outcome = world(book.concat(), steps, paths).outcome();
        for (name, level) in [("long", long), ("short", short), ("coins", inverse_long)] {
            let exact = touched(libm::log(level), steps);
            let found = liquidation(&outcome, name);
            let error = (exact * (1.0 - exact) / paths as f64).sqrt();
            let errors = (found.probability - exact) / error;
            assert!(exact > 0.05, "{name} is watched for nothing: {exact}");
            assert!(errors.abs() < 4.0, "{name}, {steps} steps: {} not {exact}", found.probability);
            let [low, high] = found.interval_95;
            assert!(low < found.probability && found.probability < high);
            assert_close("interval", high - low, 2.0 * NORMAL_95 * error, 0.1);
        }
    }
}

/// One path of [`two_accounts`], in plain arithmetic.
#[derive(Default)]
struct Scalar {
    /// Money and coins paid by funding so far.
    funding: [f64; 2],
    closed: [bool; 2],
    /// What a closed account's positions left: dollars, coins.
    left: [f64; 2],
    cost: [f64; 2],
}

const FUNDING: f64 = 0.0005;
const PREMIUM: f64 = 1.001;
const LINEAR: f64 = 10.0;
const DOLLARS: f64 = 300_000.0;
const MONEY: f64 = 40_000.0;
const COINS: f64 = 0.35;
const HAIRCUT: f64 = 0.1;

/// A linear perpetual on dollars, with recourse, and an inverse one on coins with a haircut,
/// without; funding of 0.05 %, marks 0.1 % over spot.
pub(crate) fn two_accounts(paths: u64) -> World {
    let book = [
        account("a", true, "USD", MONEY, 0.0),
        account("b", false, "BTC", COINS, HAIRCUT),
        linear("a", LINEAR),
        inverse("b", DOLLARS),
    ];
    let underlying = "funding_rate_8h = \"0.05%\"\nperpetual_basis = \"0.1%\"\n";
    World { underlying, ..world(book.concat(), 48, paths) }
}

impl Scalar {
    fn step(&mut self, before: f64, now: f64, intervals: f64) {
        let paid = 0.5 * FUNDING * intervals;
        self.funding[0] -= LINEAR * (before + now) * PREMIUM * paid;
        self.funding[1] -= DOLLARS * (1.0 / before + 1.0 / now) / PREMIUM * paid;
        let profit = LINEAR * (now * PREMIUM - SPOT) + self.funding[0];
        let coins = DOLLARS * (1.0 / SPOT - 1.0 / (now * PREMIUM)) + self.funding[1];
        let notional = [LINEAR * now * PREMIUM, DOLLARS];
        let equity = [MONEY + profit, ((1.0 - HAIRCUT) * COINS + coins) * now];
        for (account, left) in [profit, coins].into_iter().enumerate() {
            if self.closed[account] {
                continue;
            }
            self.left[account] = left;
            if equity[account] < MAINTENANCE * notional[account] {
                self.closed[account] = true;
                self.cost[account] = FEE * notional[account];
            }
        }
    }

    fn loss(&self, last: f64) -> f64 {
        let today = MONEY + LINEAR * (SPOT * PREMIUM - SPOT);
        let first = today - (MONEY + self.left[0] - self.cost[0]);
        let today = (COINS + DOLLARS * (1.0 / SPOT - 1.0 / (SPOT * PREMIUM))) * SPOT;
        let second = today - ((COINS + self.left[1]) * last - self.cost[1]).max(0.0);
        first + second
    }
}

#[test]
fn every_path_is_what_a_simulation_of_single_numbers_makes_of_it() {
    let plan = two_accounts(2_100).plan();
    let found = run(&plan);
    let isa = InstructionSet::detect();
    let simulator = Simulator::new(&plan.model, plan.scenario.simulation.seed, isa).unwrap();
    let spot = plan.model.index(&FactorKey::Spot("BTC".into())).unwrap();
    let mut block = FactorBlock::new(simulator.factor_count(), 1);
    let mut scratch = SimulationScratch::new(&simulator, 1);
    let mut closed = [0, 0];
    for (path, &loss) in found.losses.iter().enumerate() {
        let mut scalar = Scalar::default();
        simulator.start(&[path as u64], &mut block, &mut scratch);
        let mut before = SPOT;
        for node in 0..plan.model.grid.nodes.len() {
            simulator.advance(node, &mut block, &mut scratch);
            let now = SPOT * block.level(spot)[0];
            scalar.step(before, now, 3.0 / 48.0);
            before = now;
        }
        let expected = scalar.loss(before);
        assert!((loss - expected).abs() < 1e-6, "path {path}: {loss}, not {expected}");
        (0..2).for_each(|account| closed[account] += u32::from(scalar.closed[account]));
    }
    for (name, closed) in ["a", "b"].into_iter().zip(closed) {
        assert!(closed > 100, "account {name} is hardly ever liquidated: {closed}");
        let probability = liquidation(&found.outcome, name).probability;
        assert_eq!(probability, f64::from(closed) / found.losses.len() as f64);
    }
}

/// Rows of tail paths sum to the losses of the first pass, the cost a row of its own; a replay
/// tells what happened.
#[test]
fn tail_rows_sum_to_the_loss_and_a_replay_tells_the_liquidation() {
    let plan = two_accounts(4_096).plan();
    let Run { outcome, losses, .. } = run(&plan);
    let contributions = &outcome.contributions;
    let groups = [&contributions.by_position, &contributions.by_account, &contributions.by_tag];
    for rows in groups {
        let sum: f64 = rows.iter().map(|row| row.expected_shortfall).sum();
        assert_close("sum of ES rows", sum, contributions.expected_shortfall, 1e-9);
    }
    let cost = contributions.by_position.iter().find(|row| row.name == "a: cost of liquidation");
    assert!(cost.expect("it is a row").expected_shortfall > 1_000.0);
    for worst in &outcome.worst_paths {
        let path = worst.path as usize;
        let sum: f64 = worst.rows.iter().map(|row| row.loss).sum();
        assert_close("rows of a worst path", sum, losses[path], 1e-9);
        let isa = InstructionSet::detect();
        let replayed = engine::replay(&plan, PathId(worst.path), isa).expect("it replays");
        assert_close("replayed loss", replayed.loss, losses[path], 1e-12);
        assert_eq!(replayed.events, worst.events);
        let told = |event: &&String| event.contains("a is liquidated at a cost of ");
        let event = replayed.events.iter().find(told).expect("the worst paths close the long");
        assert!(event.starts_with("after ") && event.contains("maintenance margin"), "{event}");
    }
}

pub(crate) fn json(run: &Run) -> String {
    report::json(&run.outcome).expect("every figure is finite")
}

pub(crate) fn sharded(plan: &Plan, isa: InstructionSet, paths: u64) -> Run {
    let control = Control::none();
    let cuts = [0, 1, 700, 1_025, paths];
    let parts = cuts.windows(2).map(|cut| {
        let part = engine::losses(plan, cut[0]..cut[1], isa, &control).expect("a shard runs");
        let text = serde_json::to_string(&part).expect("plain data");
        serde_json::from_str(&text).expect("reads back")
    });
    engine::finish(plan, parts.rev().collect(), isa, &control).expect("the parts join")
}

#[test]
fn threads_shards_and_instruction_sets_do_not_show() {
    let paths = 2_500;
    let plan = World { policy: policy(0.5, 1e5), ..two_accounts(paths) }.plan();
    let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let whole = pool(1).install(|| run(&plan));
    assert!(whole.outcome.liquidations.iter().all(|row| row.probability > 0.0));
    assert!(json(&whole) == json(&pool(3).install(|| run(&plan))), "threads show");
    assert!(json(&whole) == json(&sharded(&plan, InstructionSet::detect(), paths)), "shards show");
    for isa in InstructionSet::available() {
        let other = engine::run(&plan, isa, &Control::none()).expect("it runs");
        assert!(json(&whole) == json(&other), "{isa} shows");
    }
}

/// Never near its line, an account has the losses it has without rules.
#[test]
fn an_account_far_from_its_line_is_untouched() {
    let book = [account("a", true, "USD", 1e7, 0.0), linear("a", 1.0)].concat();
    let closing = world(book.clone(), 12, 3_000);
    let idle = World {
        rules: rules().replace("[liquidation]\nclose = \"full\"\n", ""),
        ..closing.clone()
    };
    let (closing, idle) = (closing.run(), idle.run());
    assert_eq!(closing.losses, idle.losses);
    let found = liquidation(&closing.outcome, "a");
    assert_eq!((found.probability, found.mean_cost, found.interval_95[0]), (0.0, 0.0, 0.0));
    assert!(found.interval_95[1] > 0.0 && found.interval_95[1] < 0.002);
    assert!(idle.outcome.liquidations.is_empty());
}

/// Ten coins on their maintenance margin and a hundred dollars: at the only step about half the
/// paths are closed there, for a cost of 1 % that eats more than what is left.
#[test]
fn a_cost_beyond_equity_is_the_desk_s_only_with_recourse() {
    let notional = 10.0 * SPOT;
    let money = MAINTENANCE * notional + 100.0;
    let of = |recourse| {
        let book = [account("a", recourse, "USD", money, 0.0), linear("a", 10.0)].concat();
        world(book, 1, 4_000).run()
    };
    let (recourse, limited) = (of(true), of(false));
    let closed = |loss: f64| loss > 100.0;
    let at_horizon = |loss: f64| {
        // loss = n(1 − x) + f·n·x where closed
        let level = (1.0 - loss / notional) / (1.0 - FEE);
        (level, notional * (1.0 - level))
    };
    let mut seen = 0;
    for (&full, &kept) in recourse.losses.iter().zip(&limited.losses) {
        assert_close("limited", kept, full.min(money), 1e-9);
        if closed(full) {
            let (level, price_loss) = at_horizon(full);
            assert!(money - price_loss < MAINTENANCE * notional * level, "closed above its line");
            seen += u32::from(full > money);
        }
    }
    assert!(seen > 100, "hardly a cost beyond equity: {seen}");
    let probability = liquidation(&recourse.outcome, "a").probability;
    let above = recourse.losses.iter().filter(|loss| closed(**loss)).count();
    assert_eq!(probability, above as f64 / 4_000.0);
}

/// Without collateral an account is below its line today: closed at once, for the same fee, and
/// never again inside the paths.
#[test]
fn an_account_without_collateral_is_closed_today() {
    let book = [account("a", true, "USD", 0.0, 0.0), linear("a", 10.0)].concat();
    let outcome = world(book, 6, 1_000).outcome();
    assert!(outcome.liquidations.is_empty());
    assert!(outcome.margin[0].liquidated_at_once);
    assert_close("cost", outcome.measures.maximum_loss, FEE * 10.0 * SPOT, 1e-12);
    assert_close("cost", outcome.measures.minimum_loss, FEE * 10.0 * SPOT, 1e-12);
}

/// A fall of 10 % closes the account there: its loss is that of the fall and the fee on what is
/// left of the notional. A fall of 2 % does not.
#[test]
fn a_stress_closes_what_it_takes_below_its_margin() {
    let book = [account("a", true, "USD", 50_000.0, 0.0), linear("a", 10.0)].concat();
    let stressed = |fall: &str| {
        let policy = format!(
            "name = \"policy\"\nappetite = 0.5\n[capital]\nbase = \"regulatory\"\n\
             regulatory = 1_000_000\n[[term]]\nkind = \"stressed_loss\"\nname = \"s\"\n\
             [[term.stress]]\nname = \"fall\"\nall_spots = \"{fall}\"\n"
        );
        let outcome = World { policy, ..world(book.clone(), 2, 500) }.outcome();
        threshold(&outcome).terms[0].amount
    };
    assert_close("10 %", stressed("-10%"), 60_000.0 + FEE * 540_000.0, 1e-12);
    assert_close("2 %", stressed("-2%"), 12_000.0, 1e-12);
}

/// k* of a book that is liquidated: the paths are walked again at every scale, so that a run of
/// the scaled book has the potential loss that was solved for.
#[test]
fn the_scale_to_threshold_holds_where_accounts_are_liquidated() {
    let book = [account("a", true, "USD", 60_000.0, 0.0), linear("a", 10.0)].concat();
    let outcome = World { policy: policy(0.05, 1e6), ..world(book, 24, 6_000) }.outcome();
    let found = threshold(&outcome);
    let scale = &found.scale_to_threshold;
    assert_eq!(scale.binding, "risk");
    assert_eq!(scale.paths, 6_000);
    let at_value = scale.utilisation_at_value.expect("it was verified");
    assert!((at_value - 1.0).abs() < 0.01, "{at_value} at {:?}", scale.value);
    // Closed positions stop losing: at the same scale the book is worse off without its venue.
    assert!(liquidation(&outcome, "a").probability > 0.01);
}
