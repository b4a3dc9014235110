//! Walk-forward backtests through the whole program: nothing later is known, realised losses against
//! hand computation, right models pass and wrong ones are rejected, faults of documents.

use std::fs;
use std::path::Path;
use std::process::Command;

use plimsoll::document::{Confinement, Violations};
use plimsoll::engine::Control;
use plimsoll::numeric::isa::InstructionSet;
use plimsoll::numeric::random::{Purpose, Streams};
use plimsoll::outcome::{Backtest, BacktestDate, FallbackKind, LevelTests, PartPurpose};
use plimsoll::report;
use plimsoll::study::walk_forward::{DateRecord, LoadedBacktest, Walk};
use statrs::distribution::{ContinuousCDF, Normal};

const MARKET: &str = "name = \"two coins\"\nas_of = 2030-01-01T00:00:00Z\n\
    asset = [{ symbol = \"A\", price = 100 }, { symbol = \"B\", price = 50 }]\n\
    underlying = [\n\
    { symbol = \"A\", volatility = { type = \"flat\", volatility = 0.5 } },\n\
    { symbol = \"B\", funding_rate_8h = 0.0001 },\n]\n\
    [history]\ninterval = \"1d\"\n[[history.file]]\npath = \"history.csv\"\n\
    columns = { time = \"date\" }\nrepairs = [\"leave_gaps\"]\nseries = [\n\
    { symbol = \"A\", column = \"A\" },\n{ symbol = \"B\", column = \"B\" },\n\
    { symbol = \"A\", column = \"V\", quantity = \"implied_volatility\" },\n]\n";
const SCENARIO: &str = "name = \"walked\"\nportfolio = \"portfolio.toml\"\n\
    market = \"market.toml\"\npolicy = \"policy.toml\"\n\
    [simulation]\nhorizon = \"1d\"\nseed = 5\nrevaluation = \"full\"\n";
const POLICY: &str = "name = \"policy\"\nappetite = \"5%\"\n[capital]\nbase = \"collateral\"\n\
    [[term]]\nkind = \"simulated_shortfall\"\nname = \"ES\"\nlevel = 0.975\n\
    [[term]]\nkind = \"stressed_loss\"\nname = \"crash\"\nweight = 0.2\n\
    [[term.stress]]\nname = \"a third\"\nall_spots = \"-30%\"\n\
    [condition]\nfloor = 0.3\ncap = 1.0\nrelax_per_day = 0.05\n\
    [[condition.driver]]\ndriver = \"volatility_regime\"\nseries = \"A\"\nexponent = 1\n\
    reference = { trailing_days = 40 }\n";
/// A coin held, a short perpetual, and options of both settlements.
const PORTFOLIO: &str = "name = \"book\"\n[[account]]\nname = \"desk\"\nrecourse = true\nbalance = [\n\
    { asset = \"USD\", quantity = 100_000 },\n{ asset = \"A\", quantity = 1.5 },\n\
    { asset = \"B\", quantity = -1, borrow_rate = 0.08 },\n]\n\
    [[position]]\nid = \"spot\"\naccount = \"desk\"\ntype = \"spot\"\nasset = \"A\"\nquantity = 2\n\
    [[position]]\nid = \"perpetual\"\naccount = \"desk\"\ntype = \"perpetual\"\n\
    underlying = \"B\"\nquote = \"USD\"\nquantity = -10\nentry_price = 7\n\
    [[position]]\nid = \"put\"\naccount = \"desk\"\ntype = \"option\"\nunderlying = \"A\"\n\
    quote = \"USD\"\nexpiry = 2030-02-01T00:00:00Z\nstrike = 90\nright = \"put\"\nquantity = -3\n\
    [[position]]\nid = \"call\"\naccount = \"desk\"\ntype = \"option\"\nunderlying = \"A\"\n\
    settlement = \"inverse\"\nexpiry = 2030-02-01T00:00:00Z\nstrike = 110\nright = \"call\"\n\
    quantity = 5\n";
const ROLLS: &str = "[[book.roll]]\nposition = \"put\"\ntenor = \"30d\"\nmoneyness = 1\n\
    [[book.roll]]\nposition = \"call\"\ntenor = \"1d\"\nmoneyness = 0.98\n";
const COIN: &str = "name = \"coin\"\n[[account]]\nname = \"desk\"\n\
    balance = [{ asset = \"USD\", quantity = 10_000 }]\n\
    [[position]]\nid = \"spot\"\naccount = \"desk\"\ntype = \"spot\"\nasset = \"A\"\nquantity = 10\n";
/// Every process and estimator that a walk compares.
const MODELS: [(&str, &str); 7] = [
    ("normal", "process = { type = \"gbm\" }"),
    ("Student-t", "process = { type = \"student_t\" }"),
    ("EWMA", "volatility = { estimator = \"ewma\", half_life = 20 }"),
    ("GARCH", "volatility = { estimator = \"garch\", allow_integrated = true }"),
    ("historical", "process = { type = \"bootstrap\", block_length = 1 }"),
    (
        "filtered",
        "process = { type = \"filtered_historical\", \
         filter = { estimator = \"ewma\", half_life = 20 } }",
    ),
    (
        "filtered by GARCH",
        "process = { type = \"filtered_historical\", \
         filter = { estimator = \"garch\", allow_integrated = true } }",
    ),
];

/// Closes of two coins and an implied volatility, one row a day from 2024-01-01 on.
#[derive(Clone)]
struct History(Vec<[Option<f64>; 3]>);

impl History {
    /// Geometric random walks whose daily volatility `volatility` tells of each day.
    fn random(days: usize, seed: u64, volatility: impl Fn(usize) -> f64) -> Self {
        let paths: Vec<u64> = (0..days as u64).collect();
        let streams = Streams::new(seed, InstructionSet::Baseline);
        let mut draws = vec![vec![0.0; days]; 3];
        for (factor, draws) in draws.iter_mut().enumerate() {
            streams.fill_normals(Purpose::Synthetic, 0, factor as u32, &paths, draws);
        }
        let mut levels = [100.0, 50.0, 0.6];
        let row = |day: usize| {
            let deviation = volatility(day);
            levels[0] *= libm::exp(deviation * draws[0][day] - 0.5 * deviation * deviation);
            let mixed = 0.6 * draws[0][day] + 0.8 * draws[1][day];
            levels[1] *= libm::exp(deviation * mixed - 0.5 * deviation * deviation);
            levels[2] = 0.6 * libm::exp(0.05 * draws[2][day]);
            levels.map(Some)
        };
        Self((0..days).map(row).collect())
    }

    fn text(&self) -> String {
        self.text_every(jiff::Span::new().days(1))
    }

    fn text_every(&self, interval: jiff::Span) -> String {
        let first = jiff::civil::date(2024, 1, 1).at(0, 0, 0, 0);
        let mut text = "date,A,B,V\n".to_owned();
        for (row_number, row) in self.0.iter().enumerate() {
            let begins = interval.checked_mul(row_number as i64).unwrap();
            let date = first.checked_add(begins).unwrap().strftime("%Y-%m-%d %H:%M:%S");
            let cells = row.map(|cell| cell.map_or_else(String::new, |value| value.to_string()));
            text += &format!("{date},{}\n", cells.join(","));
        }
        text
    }

    /// Every number after the close of day `last` changed.
    fn changed_after(&self, last: usize) -> Self {
        let mut changed = self.clone();
        for (day, row) in changed.0.iter_mut().enumerate().skip(last + 1) {
            let factor = 1.2 + 0.3 * libm::sin(day as f64);
            row.iter_mut().flatten().for_each(|value| *value *= factor);
        }
        changed
    }
}

/// When the close of day `day` is known.
fn close(day: usize) -> jiff::Timestamp {
    let start: jiff::Timestamp = "2024-01-02T00:00:00Z".parse().unwrap();
    start + jiff::SignedDuration::from_hours(24 * day as i64)
}

fn read(backtest: &str, portfolio: &str, history: &History) -> Result<LoadedBacktest, Violations> {
    read_with(backtest, portfolio, history, POLICY)
}

fn read_with(
    backtest: &str,
    portfolio: &str,
    history: &History,
    policy: &str,
) -> Result<LoadedBacktest, Violations> {
    read_files([
        ("market.toml", MARKET),
        ("scenario.toml", SCENARIO),
        ("policy.toml", policy),
        ("portfolio.toml", portfolio),
        ("history.csv", &history.text()),
        ("backtest.toml", backtest),
    ])
}

fn read_files(files: [(&str, &str); 6]) -> Result<LoadedBacktest, Violations> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("writable");
    }
    LoadedBacktest::read(&folder.path().join("backtest.toml"), Confinement::Inside)
}

/// A document of the `dates` closes from day `first` on.
fn document(
    window: usize,
    [first, dates]: [usize; 2],
    models: &[(&str, &str)],
    rest: &str,
) -> String {
    let mut text = format!(
        "name = \"test\"\nscenario = \"scenario.toml\"\nfrom = {}\nto = {}\n\
         window = \"{window}d\"\nlevels = [0.95, 0.99]\npaths = 1_000\nscales = [0.5, 1, 2]\n",
        close(first),
        close(first + dates - 1)
    );
    for (name, settings) in models {
        text += &format!("[[model]]\nname = \"{name}\"\n[model.settings]\n{settings}\n");
    }
    text + rest
}

fn walk(backtest: &str, portfolio: &str, history: &History) -> Walk {
    let loaded = read(backtest, portfolio, history).unwrap_or_else(|error| panic!("{error}"));
    let walked = loaded.walk(InstructionSet::detect(), &Control::none());
    walked.unwrap_or_else(|error| panic!("{error}"))
}

fn run(backtest: &str, portfolio: &str, history: &History) -> Backtest {
    let loaded = read(backtest, portfolio, history).unwrap_or_else(|error| panic!("{error}"));
    let ran = loaded.run(InstructionSet::detect(), &Control::none());
    ran.unwrap_or_else(|error| panic!("{error}")).1
}

/// Hourly closes with periods of an hour: returns of hours are those of days, so losses are the same
/// and VaR is that of days but for Monte Carlo error; each period ends an hour after its date.
#[test]
fn hours_walk_as_days_do() {
    let history = History::random(150, 8, |_| 0.02);
    let policy = POLICY.split("[condition]").next().unwrap();
    let models = [MODELS[0], MODELS[4]];
    let daily = document(100, [105, 40], &models, "").replace("1_000", "20_000");
    let hour = |row: usize| close(0) + jiff::SignedDuration::from_hours(row as i64 - 23);
    let hourly = daily
        .replace(&close(105).to_string(), &hour(105).to_string())
        .replace(&close(144).to_string(), &hour(144).to_string())
        .replace("window = \"100d\"", "window = \"100h\"\nevery = \"1h\"");
    let walked = |market: &str, scenario: &str, closes: &str, backtest: &str| {
        let loaded = read_files([
            ("market.toml", market),
            ("scenario.toml", scenario),
            ("policy.toml", policy),
            ("portfolio.toml", COIN),
            ("history.csv", closes),
            ("backtest.toml", backtest),
        ]);
        let loaded = loaded.unwrap_or_else(|error| panic!("{error}"));
        let walked = loaded.walk(InstructionSet::detect(), &Control::none());
        walked.unwrap_or_else(|error| panic!("{error}")).record
    };
    let days = walked(MARKET, SCENARIO, &history.text(), &daily);
    let hours = walked(
        &MARKET.replace("interval = \"1d\"", "interval = \"1h\""),
        &SCENARIO.replace("horizon = \"1d\"", "horizon = \"1h\""),
        &history.text_every(jiff::Span::new().hours(1)),
        &hourly,
    );
    for (day, hour) in days.models.iter().zip(&hours.models) {
        assert_eq!((day.dates.len(), hour.dates.len()), (40, 40), "{:?}", hours.left_out.first());
        for (day, hour) in day.dates.iter().zip(&hour.dates) {
            assert_eq!(hour.ends.as_second() - hour.instant.as_second(), 3_600);
            assert_eq!(day.realised, hour.realised);
            // 20,000 paths: the standard error of a 95 % quantile of normals is 1 % of it.
            let [day, hour] = [day, hour].map(|one| one.measures[0].value_at_risk);
            approx::assert_relative_eq!(day, hour, max_relative = 0.06);
        }
    }
}

/// The first windows begin with the history and grow: figures from the date on which the window is
/// whole are those of a walk that begins there, to the last bit.
#[test]
fn a_window_that_grows_ends_as_one_that_was_whole() {
    let history = History::random(150, 21, |_| 0.03);
    let grows = document(110, [55, 90], &MODELS[..3], "");
    let grows = grows.replacen("[[model]]", "window_min = \"55d\"\n[[model]]", 1);
    let whole = walk(&document(110, [110, 35], &MODELS[..3], ""), COIN, &history);
    let grown = walk(&grows, COIN, &history);
    for (whole, grown) in whole.record.models.iter().zip(&grown.record.models) {
        assert_eq!((whole.dates.len(), grown.dates.len()), (35, 90), "{}", whole.name);
        assert_eq!(whole.dates[..], grown.dates[55..], "{}", whole.name);
    }
    let told = run(&grows, COIN, &history).estimated_on;
    assert_eq!(
        told,
        "the 111 closes of the 110 days up to the date (at the first 55 dates the history is \
         shorter: all of it, 56 closes at the least), at every date"
    );
}

/// A date's record without the two figures that know its period.
fn known(record: &DateRecord) -> String {
    let mut known = record.clone();
    known.realised = Default::default();
    known.transform = 0.0;
    serde_json::to_string(&known).expect("JSON")
}

/// Prices, implied volatility and everything made of them after a date change nothing that is
/// reported at it or before, to the last bit; realised losses of periods that have ended neither.
#[test]
fn nothing_later_is_known() {
    let history = History::random(190, 3, |day| if day % 40 < 20 { 0.02 } else { 0.05 });
    let text = document(110, [120, 60], &MODELS, ROLLS);
    let whole = walk(&text, PORTFOLIO, &history);
    assert_eq!(whole.record.models.len(), 7);
    for model in &whole.record.models {
        assert!(model.dates.len() > 50, "{}: {:?}", model.name, whole.record.left_out.first());
    }
    for last in [135, 150, 168] {
        let changed = walk(&text, PORTFOLIO, &history.changed_after(last));
        let instant = close(last);
        for (index, (first, second)) in
            whole.record.models.iter().zip(&changed.record.models).enumerate()
        {
            let before = |dates: &[DateRecord]| -> Vec<String> {
                dates.iter().filter(|date| date.instant <= instant).map(known).collect()
            };
            let kept = before(&first.dates);
            assert!(kept.len() > 10);
            assert_eq!(kept, before(&second.dates), "{} at {instant}", first.name);
            let mut differ = 0;
            for (place, (first, second)) in first.dates.iter().zip(&second.dates).enumerate() {
                if first.ends <= instant {
                    assert_eq!(
                        (first.realised, first.transform),
                        (second.realised, second.transform)
                    );
                    for level in 0..2 {
                        let tails = [&whole, &changed].map(|walk| &walk.tails[index][level][place]);
                        assert_eq!(tails[0], tails[1]);
                    }
                } else if first.instant > instant {
                    differ += usize::from(first != second);
                }
            }
            // what comes later does change, so that the comparison could fail
            assert!(differ > 10, "{} {differ}", first.name);
        }
        let left = |walk: &Walk| -> Vec<String> {
            let out = walk.record.left_out.iter().filter(|one| one.instant < instant);
            out.map(|one| format!("{one:?}")).collect()
        };
        assert_eq!(left(&whole), left(&changed));
    }
}

/// The policy with a quarter of a stressed period between two days, and the long run as a floor.
fn guarded([from, to]: [usize; 2]) -> String {
    format!(
        "{POLICY}[anti_procyclicality]\nvolatility_floor = {{}}\n\
         stressed_period = {{ weight = 0.25, from = {}, to = {} }}\n",
        close(from),
        close(to)
    )
}

fn walk_under(policy: &str, backtest: &str, history: &History) -> Walk {
    let loaded =
        read_with(backtest, COIN, history, policy).unwrap_or_else(|error| panic!("{error}"));
    let walked = loaded.walk(InstructionSet::detect(), &Control::none());
    walked.unwrap_or_else(|error| panic!("{error}"))
}

/// Options against procyclicality know nothing later either, though the stressed period has days
/// that come after some of the dates.
#[test]
fn a_floor_and_a_stressed_period_know_nothing_later() {
    let history = History::random(190, 3, |day| if day % 40 < 20 { 0.02 } else { 0.05 });
    let text = document(110, [120, 30], &MODELS[..3], "");
    let policy = guarded([30, 142]);
    let whole = walk_under(&policy, &text, &history);
    let changed = walk_under(&policy, &text, &history.changed_after(135));
    let plain = walk(&text, COIN, &history);
    for (index, model) in whole.record.models.iter().enumerate() {
        let others = &changed.record.models[index].dates;
        assert_eq!(model.dates.len(), 30, "{:?}", whole.record.left_out.first());
        let until = model.dates.iter().zip(others).filter(|pair| pair.0.instant <= close(135));
        assert_eq!(until.clone().count(), 16);
        until.for_each(|(one, other)| assert_eq!(known(one), known(other)));
        let mut later = model.dates.iter().zip(others).skip(16);
        assert!(later.any(|(one, other)| known(one) != known(other)));
        let terms = |date: &DateRecord| date.threshold.as_ref().unwrap().terms[0];
        let plain = plain.record.models[index].dates.iter().map(terms);
        assert!(model.dates.iter().map(terms).zip(plain).all(|(one, other)| one != other));
    }
}

/// The shortfall under both options from three walks without them: of the model as it is, with the
/// long-run volatility stated, and fitted to the stressed period.
#[test]
fn a_floor_and_a_stressed_period_by_hand() {
    let history = History::random(160, 5, |day| if day < 110 { 0.05 } else { 0.01 });
    let ewma = "volatility = { estimator = \"ewma\", half_life = 10 }";
    let shortfall = |policy: &str, settings: &str| {
        let text = document(150, [150, 1], &[("EWMA", settings)], "");
        let walked = walk_under(policy, &text, &history);
        let date = walked.record.models[0].dates[0].clone();
        let threshold = date.threshold.clone().unwrap();
        (threshold.terms[0], threshold.terms_at_scales.clone(), date)
    };
    let closes: Vec<f64> = history.0[..=150].iter().map(|row| row[0].unwrap()).collect();
    let squares = closes.windows(2).map(|pair| {
        let log_return = libm::log(pair[1] / pair[0]);
        log_return * log_return
    });
    let long_run = (squares.sum::<f64>() / 150.0 * 365.0).sqrt();
    let (plain, plain_scales, _) = shortfall(POLICY, ewma);
    let stated = format!("{ewma}\nstated_volatility = {{ \"A.spot\" = {long_run:?} }}");
    let (floored, ..) = shortfall(POLICY, &stated);
    let window = format!("window = {{ from = {}, to = {} }}", close(20), close(90));
    let (stressed, ..) = shortfall(POLICY, &format!("{ewma}\nstressed = {{ {window} }}"));
    assert!(floored > 2.0 * plain && stressed > floored, "{plain} {floored} {stressed}");
    let (used, scales, _) = shortfall(&guarded([20, 90]), ewma);
    approx::assert_relative_eq!(used, 0.75 * floored + 0.25 * stressed, max_relative = 1e-12);
    // One factor for all scales; the stated stress has none.
    for (with, without) in scales.iter().zip(&plain_scales) {
        approx::assert_relative_eq!(with[0], used / plain * without[0], max_relative = 1e-12);
        assert_eq!(with[1], without[1]);
    }
    // A period that is still to come does not act, and the date says so.
    let (early, _, date) = shortfall(&guarded([155, 158]), ewma);
    approx::assert_relative_eq!(early, floored, max_relative = 1e-12);
    let told = date.fallbacks.iter().map(plimsoll::simulation::Fallback::words);
    assert!(told.into_iter().any(|words| words.starts_with("stressed period of the policy not")));
}

#[test]
fn threads_and_instruction_sets_change_no_bit() {
    let history = History::random(150, 9, |_| 0.03);
    let text = document(110, [115, 25], &MODELS, &format!("{ROLLS}[path_events]\ndates = 3\n"));
    let loaded = read(&text, PORTFOLIO, &history).unwrap_or_else(|error| panic!("{error}"));
    let found =
        [(1, InstructionSet::detect()), (2, InstructionSet::Baseline)].map(|(threads, isa)| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let (walk, backtest) = pool.install(|| loaded.run(isa, &Control::none())).unwrap();
            (
                serde_json::to_string(&walk.record).unwrap(),
                report::backtest_json(&backtest).unwrap(),
            )
        });
    assert!(found[0] == found[1]);
}

/// Black (1976) with the distribution function of `statrs`, undiscounted, at the spot as forward.
fn black(spot: f64, strike: f64, volatility: f64, days: f64, call: bool) -> f64 {
    let deviation = volatility * (days / 365.0_f64).sqrt();
    let d1 = libm::log(spot / strike) / deviation + 0.5 * deviation;
    let normal = Normal::standard();
    let value = spot * normal.cdf(d1) - strike * normal.cdf(d1 - deviation);
    if call { value } else { value - spot + strike }
}

/// Every kind of contract over one day, by hand: spot, a perpetual with funding, a put that is a day
/// older and marked at the next implied volatility, a call that expires with the day, collateral,
/// interest owed.
#[test]
fn realised_losses_are_those_of_a_hand_computation() {
    let history = History::random(150, 21, |_| 0.04);
    let text = document(70, [80, 30], &MODELS[..1], ROLLS);
    let found = walk(&text, PORTFOLIO, &history);
    let dates = &found.record.models[0].dates;
    assert_eq!(dates.len(), 30);
    for (place, date) in dates.iter().enumerate() {
        assert_eq!(date.instant, close(80 + place));
        assert_eq!(date.ends, close(81 + place));
        let [[a0, b0, v0], [a1, b1, v1]] =
            [80, 81].map(|day| history.0[day + place].map(|value| value.unwrap()));
        let spot = 2.0 * (a1 - a0);
        let perpetual = -10.0 * (b1 - b0) + 10.0 * 0.0003 * 0.5 * (b0 + b1);
        let put = -3.0 * (black(a1, a0, v1, 29.0, false) - black(a0, a0, v0, 30.0, false));
        let strike = 0.98 * a0;
        let call = 5.0 * ((a1 - strike).max(0.0) - black(a0, strike, v0, 1.0, true));
        let positions = -(spot + perpetual + put + call);
        let balances = -(1.5 * (a1 - a0) - (b1 * libm::exp(0.08 / 365.0) - b0));
        approx::assert_relative_eq!(date.realised.positions, positions, epsilon = 1e-7);
        approx::assert_relative_eq!(date.realised.balances, balances, epsilon = 1e-7);
        approx::assert_relative_eq!(date.realised.total, positions + balances, epsilon = 1e-7);
        let collateral = 100_000.0 + 1.5 * a0 - b0;
        approx::assert_relative_eq!(date.collateral_after_haircuts, collateral, epsilon = 1e-6);
        let threshold = date.threshold.as_ref().expect("a policy");
        let capital = threshold.appetite * threshold.capital * threshold.multiplier;
        approx::assert_relative_eq!(threshold.threshold, capital, max_relative = 1e-14);
        let at_one: Vec<f64> = threshold.terms_at_scales[1].clone();
        assert_eq!(at_one, threshold.terms);
        let sum = threshold.terms[0] + 0.2 * threshold.terms[1];
        approx::assert_relative_eq!(threshold.potential_loss, sum, max_relative = 1e-12);
    }
}

/// Positions are rescaled to a notional, and to a share of the capital of the date.
#[test]
fn books_are_rescaled_at_each_date() {
    let history = History::random(150, 5, |_| 0.04);
    let notional = "[book]\nsize = { type = \"gross_notional\", amount = 4_000 }\n";
    let share = "[book]\nsize = { type = \"share_of_capital\", share = \"50%\" }\n";
    for (rest, wanted) in [(notional, 4_000.0), (share, 5_000.0)] {
        let text = document(70, [80, 25], &MODELS[..1], rest);
        let found = walk(&text, COIN, &history);
        for (place, date) in found.record.models[0].dates.iter().enumerate() {
            let price = history.0[80 + place][0].unwrap();
            let held = 10.0 * price * date.position_scale;
            approx::assert_relative_eq!(held, wanted, max_relative = 1e-12);
            approx::assert_relative_eq!(date.gross_exposure, wanted, max_relative = 1e-12);
            let fall = 1.0 - history.0[81 + place][0].unwrap() / price;
            approx::assert_relative_eq!(date.realised.total, wanted * fall, epsilon = 1e-8);
        }
    }
}

/// A day without a price: neither it nor the day whose period ends there has figures, and both say
/// which price is missing.
#[test]
fn dates_without_a_price_are_left_out_by_name() {
    let mut history = History::random(150, 7, |_| 0.04);
    history.0[90][0] = None;
    let text = document(70, [80, 40], &MODELS[..1], "");
    let found = walk(&text, COIN, &history);
    assert_eq!(found.record.models[0].dates.len(), 38);
    let told: Vec<String> =
        found.record.left_out.iter().map(|one| format!("{} {}", one.instant, one.reason)).collect();
    assert_eq!(
        told,
        [
            "2024-03-31T00:00:00Z no price of A at the end of its period, 2024-04-01T00:00:00Z",
            "2024-04-01T00:00:00Z no price of A at the date, 2024-04-01T00:00:00Z",
        ]
    );
}

fn p_value(tests: &LevelTests, name: &str) -> f64 {
    let found = tests.tests.iter().find(|test| test.name.contains(name));
    found.unwrap_or_else(|| panic!("{name}: {tests:?}")).p_value
}

/// On returns that are normal the normal model stands; at half the volatility every test that sees
/// number or depth of exceptions rejects it. Where volatility comes in bursts, those that see when
/// exceptions happen reject the model that knows of none.
#[test]
fn right_models_stand_and_wrong_ones_are_rejected() {
    let history = History::random(1_260, 11, |_| 0.03);
    let half = format!("stated_volatility = {{ \"A.spot\" = {} }}", 0.5 * 0.03 * 365.0_f64.sqrt());
    let models = [MODELS[0], ("half", half.as_str())];
    let found = run(&document(250, [255, 1_000], &models, ""), COIN, &history);
    let part = &found.parts[0];
    assert_eq!((part.purpose, part.dates), (PartPurpose::All, 1_000));
    for level in 0..2 {
        let [right, wrong] = [0, 1].map(|model| &part.models[model].levels[level]);
        assert!(!right.rejected, "{right:?}");
        assert!(wrong.rejected);
        assert_eq!((right.rank, wrong.rank), (Some(1), Some(2)));
        assert!(wrong.to_best.unwrap().p_value < 0.01);
        for name in ["Kupiec", "conditional coverage", "dynamic quantile", "Z1", "Z2"] {
            assert!(p_value(wrong, name) < 0.01, "{name} {wrong:?}");
        }
        // half the deviations: P(Z > z/2), here within 4 standard errors
        let z = Normal::standard().inverse_cdf(wrong.level);
        let share = 1.0 - Normal::standard().cdf(0.5 * z);
        let error = (share * (1.0 - share) / 1_000.0).sqrt();
        assert!((wrong.exceptions as f64 / 1_000.0 - share).abs() < 4.0 * error, "{wrong:?}");
    }
    assert!(part.models[0].calibration.p_value > 0.01);
    assert!(part.models[1].calibration.p_value < 1e-6);

    let bursts = History::random(1_260, 12, |day| if day % 200 < 20 { 0.1 } else { 0.01 });
    let found = run(&document(250, [255, 1_000], &MODELS[..1], ""), COIN, &bursts);
    let tests = &found.parts[0].models[0].levels[0];
    for name in ["independence", "conditional coverage", "dynamic quantile"] {
        assert!(p_value(tests, name) < 0.01, "{name} {tests:?}");
    }
}

/// The model is chosen on the first part among those not rejected there, and judged on the second.
#[test]
fn a_model_is_chosen_on_one_part_and_judged_on_another() {
    let history = History::random(850, 31, |_| 0.03);
    let models = [("half", "stated_volatility = { \"A.spot\" = 0.28 }"), MODELS[0]];
    let rest = format!(
        "[chosen_on]\nfrom = {}\nto = {}\n[judged_on]\nfrom = {}\nto = {}\n",
        close(270),
        close(549),
        close(550),
        close(800)
    );
    let text = document(250, [270, 531], &models, &rest).replace("1_000", "4_000");
    let found = run(&text, COIN, &history);
    let purposes: Vec<(PartPurpose, usize)> =
        found.parts.iter().map(|part| (part.purpose, part.dates)).collect();
    assert_eq!(
        purposes,
        [(PartPurpose::All, 531), (PartPurpose::Choice, 280), (PartPurpose::Judgement, 251)]
    );
    for choice in &found.choices {
        assert_eq!((choice.model.as_str(), choice.all_rejected), ("normal", false));
        assert_eq!(choice.rank_later, Some(1));
    }
    assert!(found.notes.iter().any(|note| note.starts_with("half is rejected at 95 %")));
    // the page and the table tell the same as the result
    let page = report::backtest_html(&found).expect("a page");
    let marks = page.matches("data-series=\"exception\"").count();
    let exceptions = found.parts[0].models.iter().flat_map(|model| &model.levels);
    assert_eq!(marks, exceptions.map(|level| level.exceptions).sum::<usize>());
    let table = String::from_utf8(report::backtest_csv(&found).expect("a table")).unwrap();
    assert_eq!(table.lines().count(), 1 + 2 * 531);
    let text = report::backtest_terminal(&found, report::TerminalStyle::default()).unwrap();
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

/// Three days of fifteen deviations are in the window of sixty from the third of them to the
/// sixtieth day after the first: degrees of freedom are raised there, not while none of them is in
/// it, and never by a model that is not asked to. Every format tells it, result and table by date.
#[test]
fn what_fits_give_way_to_is_told_by_date() {
    let large = |day: usize| if (140..143).contains(&day) { 15.0 } else { 1.0 };
    let history = History::random(240, 17, |day| 0.02 * large(day));
    let raised = "process = { type = \"student_t\", degrees_of_freedom_min = 3 }";
    let models = [MODELS[0], ("raised", raised)];
    let found = run(&document(60, [100, 130], &models, ""), COIN, &history);
    let is_raised = |date: &BacktestDate| {
        let told = date.fallbacks.iter();
        let mut told = told.filter(|one| one.kind == FallbackKind::DegreesOfFreedomRaised);
        told.next().is_some_and(|one| one.figure.is_some_and(|fitted| fitted < 3.0))
    };
    let [normal, student] = found.series.as_slice() else { panic!("two models") };
    assert!(normal.fallbacks.is_empty() && !normal.dates.iter().any(is_raised));
    let mut days = 0;
    for (place, date) in student.dates.iter().enumerate() {
        match 100 + place {
            ..140 | 203.. => assert!(!is_raised(date), "{}", date.date),
            142..200 => assert!(is_raised(date), "{}", date.date),
            // one or two of the three
            _ => {}
        }
        days += usize::from(is_raised(date));
    }
    let [count] = student.fallbacks.as_slice() else { panic!("{:?}", student.fallbacks) };
    assert_eq!((count.what.as_str(), count.dates), ("degrees of freedom raised to 3", days));
    let line = format!("raised: degrees of freedom raised to 3 on {days} of 130 dates");
    let text = report::backtest_terminal(&found, report::TerminalStyle::default()).unwrap();
    assert!(text.contains(&format!("fit: {line}")), "{text}");
    assert!(report::backtest_html(&found).unwrap().contains(&line));
    let table = String::from_utf8(report::backtest_csv(&found).unwrap()).unwrap();
    assert_eq!(table.matches("degrees of freedom raised to 3").count(), days);
    let json = report::backtest_json(&found).unwrap();
    assert_eq!(json.matches("degrees_of_freedom_raised").count(), days + 1);
}

/// Where every fit finds what it looks for nothing is told.
#[test]
fn fits_that_hold_tell_nothing() {
    let history = History::random(240, 17, |_| 0.02);
    let raised = "process = { type = \"student_t\", degrees_of_freedom_min = 3 }";
    let found = run(&document(60, [100, 130], &[("raised", raised)], ""), COIN, &history);
    assert!(found.series[0].fallbacks.is_empty(), "{:?}", found.series[0].fallbacks);
    assert!(!report::backtest_html(&found).unwrap().contains("Fits that gave way"));
    let text = report::backtest_terminal(&found, report::TerminalStyle::default()).unwrap();
    assert!(!text.contains("fit: "), "{text}");
}

/// Limits beside the threshold are not read by date: the walk names each with its line, and says
/// nothing where there are none.
#[test]
fn limits_that_a_walk_does_not_read_are_named() {
    let history = History::random(150, 7, |_| 0.04);
    let text = document(70, [80, 40], &MODELS[..1], "");
    let limits = "[[limit]]\nname = \"one coin\"\nlevel = \"underlying\"\n\
                  measure = \"gross_exposure\"\nhard = 1\n\
                  [[limit]]\nname = \"book\"\nlevel = \"book\"\n\
                  measure = \"net_exposure\"\nhard = 1\n";
    let notes = |policy: &str| {
        let loaded = read_with(&text, COIN, &history, policy);
        let loaded = loaded.unwrap_or_else(|error| panic!("{error}"));
        loaded.run(InstructionSet::detect(), &Control::none()).unwrap().1.notes
    };
    let first = POLICY.lines().count() + 2;
    let expected = format!(
        "limits of the policy are not read in a walk-forward, a simulated run reads them: [[limit]] \
         one coin (line {first}), book (line {})",
        first + 5
    );
    let told = notes(&format!("{POLICY}{limits}"));
    assert!(told.contains(&expected), "{told:?}");
    assert!(notes(POLICY).iter().all(|note| !note.contains("limits of the policy")));
}

fn faults(text: &str, portfolio: &str) -> Vec<String> {
    let history = History::random(150, 5, |_| 0.04);
    let violations = read(text, portfolio, &history).expect_err("it has faults");
    let items = violations.items().iter();
    items.map(|one| format!("{}:{}: {}", one.place.line(), one.place.column(), one.title)).collect()
}

/// Every fault at once, each at its place.
#[test]
fn faults_of_a_document_show_together() {
    let text = "name = \"test\"\nscenario = \"scenario.toml\"\n\
        from = 2024-04-01T00:00:00Z\nto = 2024-05-01T00:00:00Z\nevery = \"12h\"\n\
        window = \"20d\"\nlevels = [0.99, 0.95]\nscales = [0.5, 2]\n\
        [[model]]\nname = \"one\"\n[[model]]\nname = \"one\"\n\
        [model.settings.stressed]\nvolatility_multiplier = 1\n\
        [[book.roll]]\nposition = \"spto\"\ntenor = \"7d\"\n\
        [[book.roll]]\nposition = \"perpetual\"\ntenor = \"7d\"\nmoneyness = 1\n\
        [chosen_on]\nfrom = 2024-04-01T00:00:00Z\nto = 2024-04-10T00:00:00Z\n";
    assert_eq!(
        faults(text, PORTFOLIO),
        [
            "5:9: `every` is no whole number of closes",
            "6:10: the window is too short to estimate a model on",
            "7:17: `levels` must increase",
            "8:10: the scales lack the book as it is",
            "12:8: model `one` appears twice",
            "13:1: `stressed` states nothing that is worse than the history",
            "16:12: no book holds a position `spto`",
            "19:12: `perpetual` does not expire",
            "21:13: `perpetual` is no option: it has no strike",
            "22:1: a model is chosen and nowhere judged",
        ]
    );
    let dates = |from: &str, to: &str| {
        format!(
            "name = \"test\"\nscenario = \"scenario.toml\"\nfrom = {from}\nto = {to}\n\
             window = \"70d\"\n[[model]]\nname = \"one\"\n"
        )
    };
    for (from, to, expected) in [
        ("2024-05-01T00:00:00Z", "2024-04-01T00:00:00Z", "4:6: the last date is before the first"),
        (
            "2024-02-01T00:00:00Z",
            "2024-05-01T00:00:00Z",
            "3:8: the window begins before the history",
        ),
        (
            "2027-02-01T00:00:00Z",
            "2028-05-01T00:00:00Z",
            "3:8: the history holds no period that begins in this range",
        ),
    ] {
        assert_eq!(faults(&dates(from, to), COIN), [expected]);
    }
    for (least, expected) in [
        ("40d", "6:14: the window is too short to estimate a model on"),
        ("80d", "6:14: the shortest window is longer than the window"),
    ] {
        let least = dates("2024-04-01T00:00:00Z", "2024-05-01T00:00:00Z").replacen(
            "[[model]]",
            &format!("window_min = \"{least}\"\n[[model]]"),
            1,
        );
        assert_eq!(faults(&least, COIN), [expected]);
    }
    let typed = format!("{}refit = 0\nwindwo = \"1d\"\n", dates("2024-04-01", "2024-05-01"));
    let found = faults(&typed, COIN);
    assert_eq!(found.len(), 4, "{found:?}");
}

/// Periods that overlap are refused: the scenario's horizon is longer than the step.
#[test]
fn overlapping_periods_are_refused() {
    let history = History::random(150, 5, |_| 0.04);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let text = document(70, [80, 40], &MODELS[..1], "").replace("window", "every = \"1d\"\nwindow");
    for (name, text) in [
        ("market.toml", MARKET),
        ("scenario.toml", &SCENARIO.replace("1d", "2d")),
        ("policy.toml", POLICY),
        ("portfolio.toml", COIN),
        ("history.csv", &history.text()),
        ("backtest.toml", &text),
    ] {
        fs::write(folder.path().join(name), text).expect("writable");
    }
    let path = folder.path().join("backtest.toml");
    let violations = LoadedBacktest::read(&path, Confinement::Inside).expect_err("refused");
    let [one] = violations.items() else { panic!("{violations}") };
    assert_eq!((one.place.line(), one.place.text()), (5, "\"1d\""));
    assert_eq!(one.title, "periods overlap: the horizon is longer than the step");
}

/// The shipped example by the binary: files, what is left out, the choice.
#[test]
fn the_shipped_example_runs() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("out");
    let output = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .args(["backtest", "scenarios/backtest", "--quiet", "--out"])
        .arg(&out)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .output()
        .expect("plimsoll starts");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let mut files: Vec<String> = fs::read_dir(&out)
        .expect("the folder is there")
        .map(|entry| entry.expect("entry").file_name().to_string_lossy().into_owned())
        .collect();
    files.sort();
    assert_eq!(files, ["backtest.html", "dates.csv", "manifest.json", "result.json"]);
    let text = fs::read_to_string(out.join("result.json")).expect("a result");
    let found: Backtest = serde_json::from_str(&text).expect("a backtest");
    assert_eq!((found.series.len(), found.choices.len()), (4, 2));
    let left: Vec<&str> = found.left_out.iter().map(|one| one.reason.as_str()).collect();
    assert_eq!(
        left,
        [
            "no implied volatility of BTC at the end of its period, 2026-04-11T00:00:00Z",
            "no implied volatility of BTC at the date, 2026-04-11T00:00:00Z",
        ]
    );
    let check = found.path_events.expect("it asks for them");
    assert_eq!((check.dates.len(), check.rows.len(), check.steps), (4, 8, 4));
}
