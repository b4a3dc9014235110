//! The breach ladder acting inside paths, through the whole engine: against a simulation one path and
//! one number at a time, beside venues that liquidate, and the same bits whatever the cut.

use plimsoll::engine::{self, Control, Plan, Run};
use plimsoll::numeric::isa::InstructionSet;
use plimsoll::outcome::{BreachLadder, Compared, Outcome};

use crate::liquidation::{DAY, account, json, linear, sharded, world};
use crate::world::{SPOT, VOLATILITY, World, policy, run};

/// The ladder of a policy, whose paths are all walked.
const ACTS: &str = "[events.breach_ladder]\npaths = 1_000_000\n";
const STEPS: u32 = 4;
const LEVEL: f64 = 0.975;

/// A rung; with `delay = "…"` as it is written, or at once.
fn rung(utilisation: f64, action: &str, delay: &str, cost_rate: f64) -> String {
    format!(
        "[[ladder]]\nutilisation = {utilisation}\naction = \"{action}\"\n\
         cost_rate = {cost_rate}\n{delay}\n"
    )
}

fn with_rungs(policy: String, rungs: &[String]) -> String {
    let target = policy.replacen("appetite", "target_utilisation = 0.5\nappetite", 1);
    format!("{target}{}", rungs.concat())
}

fn ladder(outcome: &Outcome) -> &BreachLadder {
    outcome.breach_ladder.as_ref().expect("the scenario asks for it")
}

/// A coin sold short, warned at 1.06 and sold down to half the threshold above 1.1, at once.
fn short_coin(paths: u64) -> World {
    let rungs = [rung(1.06, "warn", "", 0.0), rung(1.1, "forced_reduction", "", 0.002)];
    World {
        steps: STEPS,
        paths,
        policy: with_rungs(policy(0.5, 9_000.0), &rungs),
        scenario: ACTS,
        ..World::of(&linear("desk", -1.0))
    }
}

/// Independent uniform numbers (Steele, Lea & Flood 2014), nothing of the engine's.
struct SplitMix(u64);

impl SplitMix {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) as f64 + 0.5) / 18_446_744_073_709_551_616.0
    }

    fn normal(&mut self) -> f64 {
        let (radius, angle) = (self.uniform(), std::f64::consts::TAU * self.uniform());
        (-2.0 * libm::log(radius)).sqrt() * libm::cos(angle)
    }
}

/// Loss, notional sold and whether the ladder's first rung was reached, on one path of the short coin:
/// PL in proportion to notional against half of 9,000 less the loss so far.
fn walked(numbers: &mut SplitMix, potential_loss: f64) -> (f64, f64, bool) {
    let deviation = VOLATILITY * (DAY / f64::from(STEPS)).sqrt();
    let (mut price, mut coins, mut cash, mut sold) = (SPOT, 1.0, 0.0, 0.0);
    let mut warned = false;
    for _ in 0..STEPS {
        price *= libm::exp(deviation * numbers.normal() - 0.5 * deviation * deviation);
        let loss = coins * (price - SPOT) - cash;
        let own = potential_loss * coins * price / SPOT;
        let capital = 9_000.0 - loss;
        let is_above = |boundary: f64| capital <= 0.0 || own >= boundary * 0.5 * capital;
        warned |= coins > 0.0 && is_above(1.06);
        if coins > 0.0 && is_above(1.1) {
            // after the sale: own·(1 − f) = ½·½·(capital − 0.002·f·coins·price)
            let share = (own - 0.25 * capital) / (own - 0.25 * 0.002 * coins * price);
            let share = if share > 0.0 && share < 1.0 { share } else { 1.0 };
            let notional = share * coins * price;
            cash -= share * coins * (price - SPOT) + 0.002 * notional;
            coins -= share * coins;
            sold += notional;
        }
    }
    (coins * (price - SPOT) - cash, sold, warned)
}

/// Mean of the largest losses, and the deviation of a path's influence on it.
fn shortfall(losses: &mut [f64]) -> (f64, f64) {
    losses.sort_unstable_by(f64::total_cmp);
    let at = losses[(LEVEL * losses.len() as f64) as usize];
    let influence: Vec<f64> =
        losses.iter().map(|loss| at + (loss - at).max(0.0) / (1.0 - LEVEL)).collect();
    let (mean, deviation) = moments(&influence);
    (mean, deviation)
}

fn moments(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    (mean, (squares / (count - 1.0)).sqrt())
}

#[test]
fn a_short_coin_sold_down_loses_what_an_independent_simulation_says() {
    let paths: u64 = 1 << 16;
    let outcome = short_coin(paths).outcome();
    let found = ladder(&outcome);
    assert_eq!(found.paths, paths);
    let mut numbers = SplitMix(7);
    let count = 4 * paths as usize;
    let walked: Vec<(f64, f64, bool)> =
        (0..count).map(|_| walked(&mut numbers, found.potential_loss)).collect();
    let both = (1.0 / paths as f64 + 1.0 / count as f64).sqrt();
    let within = |what: &str, found: f64, (exact, deviation): (f64, f64)| {
        let errors = (found - exact) / (deviation * both);
        assert!(errors.abs() < 4.0, "{what}: {found}, not {exact}: {errors:.2} standard errors");
    };
    let mut losses: Vec<f64> = walked.iter().map(|path| path.0).collect();
    within("mean loss", found.mean_loss.with, moments(&losses));
    let measure = found.measures.iter().find(|one| one.level == LEVEL).unwrap();
    within("ES", measure.expected_shortfall.with, shortfall(&mut losses));
    let sold: Vec<f64> = walked.iter().map(|path| path.1).collect();
    within("notional sold", found.rungs[1].mean_notional, moments(&sold));
    let cost: Vec<f64> = sold.iter().map(|notional| 0.002 * notional).collect();
    within("cost", found.rungs[1].mean_cost, moments(&cost));
    let warned: Vec<f64> = walked.iter().map(|path| f64::from(u8::from(path.2))).collect();
    within("warned", found.rungs[0].reached.probability, moments(&warned));
    let acted: Vec<f64> =
        sold.iter().map(|notional| f64::from(u8::from(*notional > 0.0))).collect();
    within("acted", found.acted.probability, moments(&acted));
    // Selling down takes tail away, and costs on average.
    assert!(is_below(&measure.expected_shortfall, -4.0), "{measure:?}");
    assert!(measure.value_at_risk.standard_error > 0.0);
    let (less, more) = (found.lost_less.probability, found.lost_more.probability);
    assert!(less.probability + more.probability <= found.acted.probability + 1e-12);
    assert!(found.lost_less.mean.unwrap() > 0.0 && found.lost_more.mean.unwrap() > 0.0);
    let shares: f64 = found.states.iter().map(|one| one.share).sum();
    assert!((shares - 1.0).abs() < 1e-12);
}

/// Whether a difference is that many of its errors below zero.
fn is_below(compared: &Compared, errors: f64) -> bool {
    compared.difference < errors * compared.standard_error && compared.standard_error > 0.0
}

/// Without the table, and with it but for what it tells, a run is the same to the bit; without rungs it
/// is told that nothing acts.
#[test]
fn a_ladder_that_does_not_act_costs_nothing() {
    let acting = short_coin(3_000);
    let (with, without) = (acting.run(), World { scenario: "", ..acting.clone() }.run());
    assert!(without.outcome.breach_ladder.is_none());
    let mut bare = with.clone();
    assert!(bare.outcome.breach_ladder.take().is_some());
    assert_eq!(bare.losses, without.losses);
    assert!(json(&bare) == json(&without), "the ladder shows in the headline figures");
    let idle = World { policy: policy(0.5, 9_000.0), ..acting }.outcome();
    assert!(idle.breach_ladder.is_none());
    assert!(idle.warnings.iter().any(|one| one.message.contains("breach_ladder")));
}

/// Ten coins on 8 % of their worth at a venue: a desk that sells down at 1.2 of its threshold is seldom
/// closed; one that waits a day for it is closed as often as one that does nothing.
fn leveraged(delay: &str, paths: u64) -> World {
    let rungs = [rung(0.9, "reduce_only", "", 0.0), rung(1.2, "forced_reduction", delay, 0.001)];
    let collateral = 0.08 * 10.0 * SPOT;
    let book = [account("a", true, "USD", collateral, 0.0), linear("a", 10.0)].concat();
    World {
        policy: with_rungs(policy(0.9, collateral), &rungs),
        scenario: ACTS,
        ..world(book, 24, paths)
    }
}

#[test]
fn a_desk_that_acts_in_time_is_not_closed_by_its_venue() {
    let in_time = leveraged("", 1 << 13).outcome();
    let found = ladder(&in_time);
    assert!(found.liquidation_probability.without > 0.01, "{:?}", found.liquidation_probability);
    assert!(is_below(&found.liquidation_probability, -4.0), "{:?}", found.liquidation_probability);
    let half = 0.5 * found.liquidation_probability.without;
    assert!(found.liquidation_probability.with < half, "{:?}", found.liquidation_probability);
    assert!(found.bad_debt.with <= found.bad_debt.without);
    let late = leveraged("delay = \"1d\"", 1 << 12).outcome();
    let found = ladder(&late);
    assert!(found.rungs[1].reached.probability > 0.01);
    assert_eq!(found.rungs[1].acted.probability, 0.0, "no path stands for a whole day");
    let compared = [found.liquidation_probability, found.bad_debt, found.mean_loss];
    assert!(compared.iter().all(|one| one.difference == 0.0 && one.standard_error == 0.0));
}

#[test]
fn threads_shards_and_instruction_sets_do_not_show_in_the_ladder() {
    let paths = 1_500;
    let plan: Plan = leveraged("delay = \"2h\"", paths).plan();
    let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let whole: Run = pool(1).install(|| run(&plan));
    assert!(ladder(&whole.outcome).acted.probability > 0.0);
    assert!(json(&whole) == json(&pool(3).install(|| run(&plan))), "threads show");
    assert!(json(&whole) == json(&sharded(&plan, InstructionSet::detect(), paths)), "shards show");
    for isa in InstructionSet::available() {
        let other = engine::run(&plan, isa, &Control::none()).expect("it runs");
        assert!(json(&whole) == json(&other), "{isa} shows");
    }
}
