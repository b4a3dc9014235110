//! What to do about a breach: the cheapest trades against brute force and a closed form, verified by
//! full runs; what stands in the way; margin calls by account.

#[path = "common/round_book.rs"]
mod round_book;

use plimsoll::document::Violations;
use plimsoll::engine::{self, Control, Plan};
use plimsoll::numeric::isa::InstructionSet;
use plimsoll::outcome::{HedgingProgramme, HedgingStatus, Outcome, Threshold};
use plimsoll::report;
use round_book::options;
use statrs::distribution::{Continuous, ContinuousCDF, Normal};

const MARKET: &str = r#"name = "two"
as_of = 2026-01-01T00:00:00Z
asset = [{ symbol = "BTC", price = 80_000 }, { symbol = "ETH", price = 2_500 }]
underlying = [
    { symbol = "BTC", volatility = { type = "flat", volatility = "60%" }, liquidity = { average_daily_volume_usd = 5e8, half_spread = "2bp", half_spread_deviation = "2bp", depth_1pct_usd = 2e7 } },
    { symbol = "ETH", volatility = { type = "flat", volatility = "75%" }, liquidity = { average_daily_volume_usd = 3e8, half_spread = "3bp", half_spread_deviation = "2bp", depth_1pct_usd = 1e7 } },
]
"#;

/// Two million dollars of bitcoin and a million of ether, held outright.
const BOOK: &str = r#"name = "book"
venue = [{ name = "Exchange", rules = "rules.toml" }]
account = [
    { name = "treasury", balance = [{ asset = "USD", quantity = 1_000_000 }] },
    { name = "margin", venue = "Exchange", balance = [{ asset = "USD", quantity = 400_000 }] },
]
position = [
    { id = "btc", account = "treasury", type = "spot", asset = "BTC", quantity = 25 },
    { id = "eth", account = "treasury", type = "spot", asset = "ETH", quantity = 400 },
]
"#;

const BTC: &str = r#"
[[hedge]]
id = "btc-perp"
account = "treasury"
type = "perpetual"
underlying = "BTC"
quote = "USD"
cost_rate = "5bp"
largest_long = 40
largest_short = 40
"#;

const ETH: &str = r#"
[[hedge]]
id = "eth-perp"
account = "treasury"
type = "perpetual"
underlying = "ETH"
quote = "USD"
cost_rate = "4bp"
largest_long = 800
largest_short = 800
"#;

const RULES: &str = r#"name = "plain"
effective = "2026-01-01T00:00:00Z"
source = "made up"
liquidation_fee = "1%"
futures = { kind = "flat", initial = "10%", maintenance = "5%" }
"#;

const POLICY: &str = r#"name = "limit"
appetite = "10%"
target_utilisation = "75%"
capital = { base = "regulatory", regulatory = 1_000_000 }
term = [{ kind = "simulated_shortfall", name = "ES", level = 0.975 }]
"#;

const NORMAL: &str = "returns = \"simple\"\nrevaluation = \"delta\"";
const FULL: &str = "returns = \"log\"\nrevaluation = \"full\"";

fn scenario(paths: u64, settings: &str) -> String {
    format!(
        r#"name = "hedging"
portfolio = "portfolio.toml"
market = "market.toml"
policy = "policy.toml"
[simulation]
horizon = "1d"
paths = {paths}
seed = 11
{settings}
[model]
process = {{ type = "gbm" }}
drift = "zero"
stated_volatility = {{ "BTC.spot" = "60%", "ETH.spot" = "75%", "BTC.vol" = "80%", "ETH.vol" = "80%" }}
[model.correlation]
estimator = "stated"
factors = ["BTC.spot", "ETH.spot"]
matrix = [[1.0, 0.8], [0.8, 1.0]]
[measures]
levels = [0.95, 0.975]
"#
    )
}

struct Case<'a> {
    scenario: String,
    book: String,
    policy: &'a str,
    rules: &'a str,
}

impl Default for Case<'_> {
    fn default() -> Self {
        Self {
            scenario: scenario(20_000, NORMAL),
            book: String::new(),
            policy: POLICY,
            rules: RULES,
        }
    }
}

impl Case<'_> {
    fn plan(&self) -> Result<Plan, Violations> {
        let files = [
            ("scenario.toml", self.scenario.as_str()),
            ("market.toml", MARKET),
            ("portfolio.toml", &self.book),
            ("policy.toml", self.policy),
            ("rules.toml", self.rules),
        ];
        let folder = round_book::folder(&files);
        Plan::build(&engine::load(&folder.path().join("scenario.toml"), &options())?)
    }

    fn run(&self) -> Outcome {
        run_of(&self.plan().unwrap_or_else(|faults| panic!("{faults}")))
    }
}

fn run_of(plan: &Plan) -> Outcome {
    engine::run(plan, InstructionSet::detect(), &Control::none()).unwrap().outcome
}

fn book(hedges: &[&str]) -> String {
    format!("{BOOK}{}", hedges.concat())
}

fn threshold(outcome: &Outcome) -> &Threshold {
    outcome.threshold.as_ref().unwrap()
}

fn hedging(outcome: &Outcome) -> &HedgingProgramme {
    threshold(outcome).hedging.as_ref().unwrap()
}

fn quantity(outcome: &Outcome, id: &str) -> f64 {
    hedging(outcome).trades.iter().find(|trade| trade.id == id).unwrap().quantity
}

/// What a verified solution must be, whatever the case: within the target, and at it.
fn assert_verified(outcome: &Outcome) {
    let found = hedging(outcome);
    assert_eq!(found.status, HedgingStatus::Verified, "{}", found.summary);
    let after = found.after.as_ref().unwrap();
    let used = after.utilisation.unwrap();
    assert!(used <= 0.75 && used > 0.745, "{used}");
    let costs: f64 = found.trades.iter().map(|trade| trade.cost).sum();
    approx::assert_relative_eq!(costs, found.cost.unwrap(), max_relative = 1e-9);
}

/// Mean of the worst `1 − level` of equally likely losses.
fn shortfall(losses: &[f64], level: f64) -> f64 {
    let mut sorted = losses.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let tail = sorted.len() as f64 * (1.0 - level);
    let whole = (tail + 1e-9).floor() as usize;
    let sum: f64 = sorted[..whole].iter().sum();
    (sum + (tail - whole as f64).max(0.0) * sorted[whole]) / tail
}

/// Of a linear book in one coin under normal simple returns ES is `|w|·σ·√h·φ(z)/(1 − α)`: the least
/// sale leaves `|w|` at which that is three quarters of a tenth of capital less its cost.
#[test]
fn the_least_sale_of_one_coin_is_that_of_the_closed_form() {
    let one = book(&[BTC]).replace("quantity = 400 }", "quantity = 0.0001 }");
    let case = Case { scenario: scenario(100_000, NORMAL), book: one, ..Case::default() };
    let outcome = case.run();
    assert_verified(&outcome);
    let normal = Normal::standard();
    let per_dollar = 0.6 * (1.0_f64 / 365.0).sqrt() * normal.pdf(normal.inverse_cdf(0.975)) / 0.025;
    // per_dollar·(W − x) = 0.075·(C − cost·x) for x dollars sold
    let (held, cost) = (2_000_000.0, 5e-4);
    let sold = (per_dollar * held - 75_000.0) / (per_dollar - 0.075 * cost);
    let found = hedging(&outcome);
    let left = held - sold;
    // 4 standard errors of ES of 100,000 paths: 0.0114·4/√… stated by the run itself
    let error = threshold(&outcome).potential_loss_interval_95;
    let error = (error[1] - error[0]) / (2.0 * 1.96) / threshold(&outcome).potential_loss;
    let gap = (held + found.trades[0].notional) / left - 1.0;
    assert!(gap.abs() < 4.0 * error, "{gap} {error}");
    approx::assert_relative_eq!(found.cost.unwrap(), cost * -found.trades[0].notional);
    // and on its own sample to the digits of the programme: ES is proportional to what is held
    let sampled = threshold(&outcome).potential_loss / held;
    let sold = (sampled * held - 75_000.0) / (sampled - 0.075 * cost);
    approx::assert_relative_eq!(-found.trades[0].notional, sold, max_relative = 1e-5);
}

/// The remedy that costs least is told first, and what positions are worth beside the capital base.
#[test]
fn the_answer_names_the_cheapest_trades_before_outside_capital() {
    let collateral = "capital = { base = \"collateral\" }";
    let policy =
        POLICY.replace("capital = { base = \"regulatory\", regulatory = 1_000_000 }", collateral);
    let case = Case { book: book(&[BTC, ETH]), policy: &policy, ..Case::default() };
    let outcome = case.run();
    assert_verified(&outcome);
    let actions = report::verdict(&outcome).actions;
    assert!(actions[0].starts_with("Cheapest, at a cost of USD"), "{actions:?}");
    let sold = -quantity(&outcome, "btc-perp");
    assert!(sold > 0.0 && actions[0].contains("of 'btc-perp' in 'treasury'"), "{actions:?}");
    assert!(actions[1].starts_with("Without such trades: add USD"), "{actions:?}");
    let outside = |outcome: &Outcome| {
        let of =
            |warning: &&plimsoll::outcome::Warning| warning.code == "positions_outside_capital";
        outcome.warnings.iter().find(of).map(|warning| warning.message.clone())
    };
    // 25 bitcoins at 80,000 and 400 ethers at 2,500.
    let told = outside(&outcome).expect("spot is held as positions");
    assert!(told.contains("positions are worth 3,000,000 USD"), "{told}");
    let regulatory = Case { book: book(&[BTC, ETH]), ..Case::default() }.run();
    assert_eq!(outside(&regulatory), None);
}

/// Every pair of sizes on a grid, each simulated as a book of its own: none that is allowed costs
/// less, and the cheapest costs at most a step of each more.
#[test]
fn brute_force_over_two_hedges_finds_nothing_cheaper() {
    let case = Case { scenario: scenario(4_000, FULL), book: book(&[BTC, ETH]), ..Case::default() };
    let plan = case.plan().unwrap_or_else(|faults| panic!("{faults}"));
    let outcome = run_of(&plan);
    assert_verified(&outcome);
    let (steps, cost) = ([1.0, 32.0], [80_000.0 * 5e-4, 2_500.0 * 4e-4]);
    let mut cheapest = f64::INFINITY;
    for coins in (0..=24).map(|step| -f64::from(step) * steps[0]) {
        for ether in (0..=24).map(|step| -f64::from(step) * steps[1]) {
            let mut traded = plan.clone();
            let hedges = traded.portfolio.hedges.clone();
            let trades = hedges.iter().zip([coins, ether]);
            traded.portfolio.positions.extend(trades.map(|(one, size)| one.position(size)));
            let isa = InstructionSet::detect();
            let losses = engine::settled_losses(&traded, isa, &Control::none()).unwrap();
            let spent = -coins * cost[0] - ether * cost[1];
            if shortfall(&losses.part.losses, 0.975) <= 0.075 * (1_000_000.0 - spent) {
                cheapest = cheapest.min(spent);
            }
        }
    }
    let found = hedging(&outcome).cost.unwrap();
    let step = steps[0] * cost[0] + steps[1] * cost[1];
    assert!(found <= cheapest * (1.0 + 1e-6), "{found} {cheapest}");
    assert!(cheapest <= found + step, "{found} {cheapest}");
}

#[test]
fn within_the_target_no_trade_is_needed_and_without_hedges_nothing_is_said() {
    let rich = POLICY.replace("1_000_000", "100_000_000");
    let outcome = Case { book: book(&[BTC]), policy: &rich, ..Case::default() }.run();
    assert_eq!(hedging(&outcome).status, HedgingStatus::NotNeeded);
    assert!(hedging(&outcome).trades.is_empty());
    let outcome = Case { book: book(&[]), ..Case::default() }.run();
    assert!(threshold(&outcome).hedging.is_none());
}

#[test]
fn a_limit_in_the_way_is_named_with_the_size_that_would_do() {
    let free = Case { book: book(&[BTC]), ..Case::default() }.run();
    assert_verified(&free);
    let needed = -quantity(&free, "btc-perp");
    let small = BTC.replace("largest_short = 40", "largest_short = 10");
    let outcome = Case { book: book(&[&small]), ..Case::default() }.run();
    let found = hedging(&outcome);
    assert_eq!(found.status, HedgingStatus::Infeasible, "{}", found.summary);
    approx::assert_relative_eq!(found.trades[0].quantity, -10.0, max_relative = 1e-6);
    let [only] = found.binding.as_slice() else { panic!("{:?}", found.binding) };
    assert_eq!((only.kind.as_str(), only.name.as_str()), ("largest_short", "btc-perp"));
    approx::assert_relative_eq!(only.enough.unwrap(), needed, max_relative = 1e-4);
    // what ten coins leave: the excess is that of a run of the book with them
    let mut traded = Case { book: book(&[&small]), ..Case::default() }.plan().unwrap();
    let sale = traded.portfolio.hedges[0].position(-10.0);
    traded.portfolio.positions.push(sale);
    let after = run_of(&traded);
    let excess = threshold(&after).potential_loss - 0.075 * (1_000_000.0 - 10.0 * 40.0);
    approx::assert_relative_eq!(found.excess.unwrap(), excess, max_relative = 1e-4);
    assert!(found.summary.contains("may not be sold beyond 10.00"), "{}", found.summary);
}

/// Half the potential loss is a stress of ether, which bitcoin cannot hedge: no limit is in the way.
#[test]
fn a_stress_that_no_hedge_moves_is_no_limit() {
    let stress = POLICY.replace(
        "term = [",
        "term = [\n{ kind = \"stressed_loss\", name = \"Ether\", stress = [{ name = \"halved\", shocks = { \"ETH.spot\" = \"-50%\" } }] },",
    );
    let outcome = Case { book: book(&[BTC]), policy: &stress, ..Case::default() }.run();
    let found = hedging(&outcome);
    assert_eq!(found.status, HedgingStatus::Infeasible);
    assert!(found.binding.is_empty(), "{:?}", found.binding);
    // 400 coins of 2,500 dollars halved, and ES of what is left is at least zero
    assert!(found.excess.unwrap() > 500_000.0 - 75_000.0);
    assert!(found.summary.contains("stress 'halved' of 'Ether'"), "{}", found.summary);
    // with ether to trade it is met
    let wide = ETH.replace("largest_short = 800", "largest_short = 400");
    let outcome = Case { book: book(&[BTC, &wide]), policy: &stress, ..Case::default() }.run();
    assert_verified(&outcome);
}

/// A sale of x coins needs 10 % of 80,000 dollars each; 20,000 dollars allow 2.5 less their cost.
#[test]
fn initial_margin_of_the_account_traded_in_is_kept() {
    let hedge = BTC.replace("\"treasury\"", "\"margin\"");
    let outcome = Case { book: book(&[&hedge]), ..Case::default() }.run();
    assert_verified(&outcome);
    assert!(hedging(&outcome).after.as_ref().unwrap().unmet_margins.is_empty());
    let poor = book(&[&hedge]).replace("400_000", "20_000");
    let outcome = Case { book: poor, ..Case::default() }.run();
    let found = hedging(&outcome);
    assert_eq!(found.status, HedgingStatus::Infeasible, "{}", found.summary);
    let coins = 20_000.0 / (8_000.0 + 40.0);
    approx::assert_relative_eq!(found.trades[0].quantity, -coins, max_relative = 1e-6);
    let [only] = found.binding.as_slice() else { panic!("{:?}", found.binding) };
    assert_eq!((only.kind.as_str(), only.name.as_str()), ("initial_margin", "margin"));
}

#[test]
fn of_hedges_of_equal_cost_the_first_stated_is_traded() {
    let twin = BTC.replace("btc-perp", "btc-twin");
    for hedges in [[BTC, &twin], [&twin, BTC]] {
        let outcome = Case { book: book(&hedges), ..Case::default() }.run();
        assert_verified(&outcome);
        let trades = &hedging(&outcome).trades;
        assert!(trades[0].quantity < 0.0);
        assert_eq!(trades[1].quantity, 0.0);
    }
}

/// Weights of importance sampling are those of the programme: the sale is that of plain paths within
/// the errors of both.
#[test]
fn importance_sampling_and_strata_agree_with_plain_paths() {
    let case = |settings: &str, paths| Case {
        scenario: scenario(paths, &format!("{FULL}\n{settings}")),
        book: book(&[BTC]),
        ..Case::default()
    };
    let plain = case("", 40_000).run();
    assert_verified(&plain);
    let error = |outcome: &Outcome| {
        let [low, high] = threshold(outcome).potential_loss_interval_95;
        (high - low) / (2.0 * 1.96) / threshold(outcome).potential_loss
    };
    let left = |outcome: &Outcome| 25.0 + quantity(outcome, "btc-perp");
    for method in ["importance", "stratified"] {
        let other = case(&format!("sampling = \"{method}\""), 10_000).run();
        assert_verified(&other);
        // ES of what is left moves by as much in per cent, its slope at the bound is a half at least
        let gap = left(&other) / left(&plain) - 1.0;
        let allowed = 4.0 * libm::hypot(error(&plain), error(&other)) / 0.5;
        assert!(gap.abs() < allowed, "{method}: {gap} {allowed}");
    }
}

/// A put bought pays its premium out of the collateral that is the capital base.
#[test]
fn options_hedge_and_are_paid_for() {
    let put = r#"
[[hedge]]
id = "btc-put"
account = "treasury"
type = "option"
underlying = "BTC"
quote = "USD"
expiry = 2026-02-27T08:00:00Z
strike = 76_000
right = "put"
cost_rate = "3bp"
largest_long = 60
"#;
    let collateral =
        POLICY.replace("base = \"regulatory\", regulatory = 1_000_000", "base = \"collateral\"");
    let case = Case {
        scenario: scenario(10_000, FULL),
        book: book(&[put]).replace("quantity = 400 }", "quantity = 0.0001 }"),
        policy: &collateral,
        ..Case::default()
    };
    let outcome = case.run();
    assert_verified(&outcome);
    let found = hedging(&outcome);
    let (trade, after) = (&found.trades[0], found.after.as_ref().unwrap());
    assert!(trade.quantity > 0.0 && trade.premium > 0.0);
    let spent = trade.premium + trade.cost;
    approx::assert_relative_eq!(after.capital, 1_400_000.0 - spent, max_relative = 1e-9);
    assert!(after.measures[1].expected_shortfall < after.measures[1].expected_shortfall_before);
}

/// Where accounts are liquidated inside paths the programme's losses are not those of the hedged book:
/// the verification decides, on the same paths as a run of it with the trades held.
#[test]
fn with_liquidations_inside_paths_what_is_verified_is_a_full_run() {
    let rules = format!("{RULES}liquidation = {{ close = \"full\", slippage = \"1%\" }}\n");
    let hedge = BTC
        .replace("\"treasury\"", "\"margin\"")
        .replace("largest_short = 40", "largest_short = 100");
    let leveraged = book(&[&hedge, ETH]).replace(
        "position = [",
        "position = [\n{ id = \"long\", account = \"margin\", type = \"perpetual\", underlying = \"BTC\", quote = \"USD\", quantity = 45 },",
    );
    let case = Case {
        scenario: scenario(4_000, &format!("{FULL}\nsteps = 4")),
        book: leveraged,
        rules: &rules,
        ..Case::default()
    };
    let plan = case.plan().unwrap_or_else(|faults| panic!("{faults}"));
    let outcome = run_of(&plan);
    assert!(outcome.liquidations[0].probability > 0.0);
    let found = hedging(&outcome);
    assert_eq!(found.status, HedgingStatus::Verified, "{}", found.summary);
    let after = found.after.as_ref().unwrap();
    assert!(after.utilisation.unwrap() <= 0.75);
    let mut traded = plan;
    let hedges = traded.portfolio.hedges.clone();
    let trades = hedges.iter().zip(&found.trades).filter(|(_, trade)| trade.quantity != 0.0);
    let trades = trades.map(|(hedge, trade)| hedge.position(trade.quantity));
    traded.portfolio.positions.extend(trades);
    let again = run_of(&traded);
    assert_eq!(threshold(&again).potential_loss, after.potential_loss);
    assert_eq!(again.measures.value_at_risk[1].loss, after.measures[1].value_at_risk);
    assert_eq!(again.measures.expected_shortfall[1].loss, after.measures[1].expected_shortfall);
}

#[test]
fn every_kind_of_term_and_a_maximum_are_bounded() {
    let sum = r#"name = "limit"
appetite = "10%"
target_utilisation = "75%"
capital = { base = "lesser", regulatory = 1_600_000 }
term = [
    { kind = "simulated_shortfall", name = "ES", level = 0.975 },
    { kind = "stressed_loss", name = "Fall", weight = 0.05, stress = [{ name = "fall", all_spots = "-30%" }, { name = "rise", all_spots = "40%" }] },
    { kind = "liquidity", name = "Spread", deviations = 3 },
    { kind = "concentration", name = "Size", volume_share = "0.3%", charge = "1%" },
]
"#;
    let maximum = sum.replace("capital =", "combination = \"maximum\"\ncapital =");
    for policy in [sum, maximum.as_str()] {
        let outcome = Case { book: book(&[BTC, ETH]), policy, ..Case::default() }.run();
        assert_verified(&outcome);
        assert_eq!(hedging(&outcome).attempts.len(), 1, "{}", hedging(&outcome).summary);
    }
}

#[test]
fn the_same_bits_for_any_number_of_threads_and_after_a_trip_through_json() {
    let case = Case { scenario: scenario(9_000, FULL), book: book(&[BTC, ETH]), ..Case::default() };
    let plan = case.plan().unwrap_or_else(|faults| panic!("{faults}"));
    let read_back: Plan = serde_json::from_str(&serde_json::to_string(&plan).unwrap()).unwrap();
    let result = |threads: usize, plan: &Plan, isa: InstructionSet| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let run = pool.install(|| engine::run(plan, isa, &Control::none()).unwrap());
        report::json(&run.outcome).unwrap()
    };
    let first = result(1, &plan, InstructionSet::detect());
    assert!(result(2, &plan, InstructionSet::detect()) == first, "threads");
    assert!(result(3, &read_back, InstructionSet::Baseline) == first, "read back, no FMA");
    let outcome: Outcome = serde_json::from_str(&first).unwrap();
    let text = report::terminal(&outcome, Default::default()).unwrap();
    assert!(text.contains("btc-perp") && text.contains("After them, in full"), "{text}");
    let page = report::html(&outcome).unwrap();
    assert!(page.contains("id=\"todo\"") && page.contains("Before and after, hedged book"));
}

/// The call is PL/(u·a) − C; accounts that lack margin have their part first, the treasury the rest.
#[test]
fn external_money_by_account_sums_to_the_margin_call() {
    let short = BOOK.replace("quantity = 400_000", "quantity = 30_000").replace(
        "position = [",
        "position = [\n{ id = \"long\", account = \"margin\", type = \"perpetual\", underlying = \"BTC\", quote = \"USD\", quantity = 5 },",
    );
    let outcome = Case { book: short, ..Case::default() }.run();
    let remedy = &threshold(&outcome).remedy;
    let call = remedy.margin_call.unwrap();
    let expected = threshold(&outcome).potential_loss / (0.75 * 0.10) - 1_000_000.0;
    approx::assert_relative_eq!(call, expected, max_relative = 1e-9);
    // 5 coins at 10 % of 80,000 dollars, of which 30,000 are there
    let [treasury, margin] = remedy.accounts.as_slice() else { panic!("two accounts") };
    assert_eq!((margin.to_initial_margin, treasury.to_initial_margin), (10_000.0, 0.0));
    assert_eq!(margin.to_target, Some(10_000.0));
    approx::assert_relative_eq!(treasury.to_target.unwrap(), call - 10_000.0, max_relative = 1e-9);
    let [transfer] = remedy.transfers.as_slice() else { panic!("{:?}", remedy.transfers) };
    assert_eq!((transfer.from.as_str(), transfer.to.as_str()), ("treasury", "margin"));
    assert_eq!(transfer.amount, 10_000.0);
}

#[test]
fn hedges_that_make_no_sense_are_refused_at_their_place() {
    let cases: [(&str, &str, &[&str]); 8] = [
        ("largest_long = 40\nlargest_short = 40\n", "", &["neither bought nor sold"]),
        ("account = \"treasury\"", "account = \"vault\"", &["no account `vault`"]),
        ("underlying = \"BTC\"", "underlying = \"DOGE\"", &["no underlying DOGE"]),
        ("quote = \"USD\"\n", "", &["a linear contract needs `quote`"]),
        ("\"btc-perp\"", "\"btc\"", &["appears twice"]),
        ("cost_rate = \"5bp\"\n", "size = 3\n", &["missing key `cost_rate`", "unknown key `size`"]),
        ("largest_long = 40", "largest_long = -40", &["largest_long"]),
        ("cost_rate = \"5bp\"", "cost_rate = \"-5bp\"", &["cost_rate"]),
    ];
    for (from, to, expected) in cases {
        let hedge = BTC.replace(from, to);
        assert_ne!(hedge, BTC);
        let refused = Case { book: book(&[&hedge]), ..Case::default() }.plan().unwrap_err();
        let shown = refused.to_string();
        assert_eq!(refused.items().len(), expected.len(), "{shown}");
        for (violation, title) in refused.items().iter().zip(expected) {
            assert!(shown.contains(title), "{title}: {shown}");
            assert!(violation.place.line() > 10, "{shown}");
            assert!(violation.place.file.name().contains("portfolio.toml"), "{shown}");
        }
    }
}
