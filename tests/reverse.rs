//! Reverse stress: against the closed form of a linear book, brute force over an option book, and
//! the liquidation price of an account.

use std::path::{Path, PathBuf};

use plimsoll::document::Confinement;
use plimsoll::engine::{self, Control, LoadOptions, Overrides, Plan};
use plimsoll::numeric::isa::InstructionSet;
use plimsoll::outcome::{Outcome, ReverseStress};

/// The documents of `folder`, the scenario changed.
fn scenario(folder: &str, change: impl Fn(String) -> String) -> (tempfile::TempDir, PathBuf) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(folder);
    let to = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let text = std::fs::read_to_string(entry.path()).unwrap();
        let name = entry.file_name();
        let text = if name == "scenario.toml" { change(text) } else { text };
        std::fs::write(to.path().join(name), text).unwrap();
    }
    let path = to.path().join("scenario.toml");
    (to, path)
}

fn plan(folder: &str, change: impl Fn(String) -> String) -> Plan {
    let (_folder, path) = scenario(folder, change);
    let overrides = Overrides { paths: Some(5_000), ..Overrides::default() };
    let options = LoadOptions { confinement: Confinement::Inside, overrides, trades: None };
    let inputs = engine::load(&path, &options).unwrap_or_else(|error| panic!("{error}"));
    Plan::build(&inputs).unwrap_or_else(|error| panic!("{error}"))
}

fn run(plan: &Plan) -> Outcome {
    engine::run(plan, InstructionSet::detect(), &Control::none()).unwrap().outcome
}

fn reverse(folder: &str, change: impl Fn(String) -> String) -> ReverseStress {
    run(&plan(folder, change)).reverse.expect("a reverse stress")
}

/// The three linear positions of `closed_form/delta_normal`, with a target.
fn linear(target: &str) -> ReverseStress {
    reverse("closed_form/delta_normal", |text| {
        let text = text.replace("description", "kind = \"reverse\"\ndescription");
        format!("{text}\n[reverse]\ntarget = {target}\n")
    })
}

/// The example's option book, with a target in place of the liquidation.
fn options(target: &str) -> ReverseStress {
    let lines = "target = \"first_liquidation\"\naccount = \"long\"";
    reverse("reverse", |text| {
        assert!(text.contains(lines));
        text.replace(&format!("{lines} # of this account; of any where it is left out"), target)
    })
}

/// Formulas §9: x* = −ℓ·Σw/(w'Σw), d = ℓ/√(w'Σw), and P(loss ≥ ℓ) = Φ(−d), from the numbers of the
/// documents.
#[test]
fn a_linear_book_is_reached_where_the_closed_form_says() {
    let weights = [2e6, -1e6, 0.5e6];
    let daily = [0.6, 0.75, 0.95].map(|annual: f64| annual / 365.0_f64.sqrt());
    let correlation = [[1.0, 0.8, 0.65], [0.8, 1.0, 0.7], [0.65, 0.7, 1.0]];
    let covariance = |i: usize, j: usize| correlation[i][j] * daily[i] * daily[j];
    let with_book = |i: usize| (0..3).map(|j| covariance(i, j) * weights[j]).sum::<f64>();
    let variance: f64 = (0..3).map(|i| weights[i] * with_book(i)).sum();
    let loss = 150_000.0; // 15 % of a million: the policy's threshold
    let found = linear("\"threshold\"");
    assert_eq!((found.status.as_str(), found.dimensions), ("found", 3));
    assert_eq!(found.answers.len(), 1, "a plane has one nearest point, from all starts");
    let answer = &found.answers[0];
    let distance = loss / variance.sqrt();
    assert!((answer.distance / distance - 1.0).abs() < 1e-6, "{} {distance}", answer.distance);
    assert!((found.linear_distance.unwrap() / distance - 1.0).abs() < 1e-6);
    assert!((answer.loss / loss - 1.0).abs() < 1e-6 && answer.loss >= loss * (1.0 - 1e-9));
    for (index, name) in ["BTC.spot", "ETH.spot", "SOL.spot"].into_iter().enumerate() {
        let expected = -loss * with_book(index) / variance;
        let moved = answer.factors.iter().find(|one| one.factor == name).unwrap();
        assert!((moved.change / expected - 1.0).abs() < 1e-6, "{name}: {}", moved.change);
        assert!((moved.deviations * daily[index] / expected - 1.0).abs() < 1e-6);
    }
    // Φ(−d) and the survival of chi-square with three degrees, by their elementary forms.
    let tail = 0.5 * libm::erfc(distance / 2.0_f64.sqrt());
    assert!((answer.first_order_probability.unwrap() / tail - 1.0).abs() < 1e-6);
    let square = distance * distance;
    let beyond = libm::erfc((square / 2.0).sqrt())
        + (2.0 * square / std::f64::consts::PI).sqrt() * libm::exp(-square / 2.0);
    assert!((answer.plausibility.unwrap() / beyond - 1.0).abs() < 1e-6);
    // The simulated share agrees, and no simulated path is nearer than the nearest point.
    let simulated = found.simulated.unwrap();
    assert!(simulated.interval_95[0] < tail && tail < simulated.interval_95[1]);
    let path = found.path.unwrap();
    assert!(path.distance >= distance && path.loss >= loss);
}

#[test]
fn what_no_move_reaches_is_unreachable_with_the_largest_loss() {
    let found = linear("{ loss = 9e8 }");
    assert_eq!((found.status.as_str(), found.answers.len()), ("unreachable", 0));
    // Ten deviations of the linear book.
    let largest = 10.0 * 9e8 / found.linear_distance.unwrap();
    assert!((found.largest_loss.unwrap() / largest - 1.0).abs() < 1e-3);
    assert!(found.path.is_none());
}

/// Over a fine grid of the two factors in whitened coordinates, revalued by the same engine one
/// target at a time: a grid of directions, each followed to the first crossing.
#[test]
fn an_option_book_is_reached_at_the_nearest_points_of_a_grid() {
    let loss = 60_000.0;
    let found = options("target = { loss = 60_000 }");
    assert_eq!(found.status, "found");
    assert!(found.answers.len() >= 2, "a straddle loses both ways: {:?}", found.answers.len());
    // Brute force: every cell of a grid in (spot, volatility), with Black-76 and the example's book.
    let (spot_daily, vol_daily) = (0.6 / 365.0_f64.sqrt(), 0.9 / 365.0_f64.sqrt());
    let years: f64 = (29.0 + 8.0 / 24.0) / 365.0;
    let black = |spot: f64, strike: f64, volatility: f64, sign: f64| {
        let deviation = volatility * years.sqrt();
        let d1 = libm::log(spot / strike) / deviation + deviation / 2.0;
        let normal = |x: f64| 0.5 * libm::erfc(-x / 2.0_f64.sqrt());
        sign * (spot * normal(sign * d1) - strike * normal(sign * (d1 - deviation)))
    };
    let straddles = |spot: f64, volatility: f64| {
        20.0 * (black(spot, 105_000.0, volatility, 1.0) + black(spot, 95_000.0, volatility, -1.0))
    };
    let today = straddles(100_000.0, 0.6);
    // Damping (30 days / T)^0.5 of the move of the volatility factor.
    let damping = (30.0 / 365.0 / years).sqrt();
    let (mut down, mut up) = (f64::INFINITY, f64::INFINITY);
    let steps = 1_200;
    for i in -steps..=steps {
        for j in -steps..=steps {
            let scale = 4.0 / f64::from(steps);
            let (first, second) = (f64::from(i) * scale, f64::from(j) * scale);
            let distance = (first * first + second * second).sqrt();
            if distance >= if first < 0.0 { down } else { up } {
                continue;
            }
            let volatility_deviations = -0.4 * first + (1.0_f64 - 0.16).sqrt() * second;
            let spot = 100_000.0 * libm::exp(spot_daily * first);
            let volatility = 0.6 * libm::exp(vol_daily * volatility_deviations * damping);
            // The perpetuals of the two accounts cancel until one of them is liquidated.
            if straddles(spot, volatility) - today >= loss {
                *(if first < 0.0 { &mut down } else { &mut up }) = distance;
            }
        }
    }
    let nearest = down.min(up);
    let answer = found.answers[0].distance;
    assert!((answer - nearest).abs() < 0.01, "{answer}, brute force {nearest}");
    let side = |negative: bool| {
        let of = |one: &&plimsoll::outcome::ReverseAnswer| {
            let spot = one.factors.iter().find(|one| one.factor == "BTC.spot").unwrap();
            (spot.change < 0.0) == negative
        };
        found.answers.iter().find(of).map(|one| one.distance).unwrap()
    };
    assert!((side(true) - down).abs() < 0.01, "{} {down}", side(true));
    assert!((side(false) - up).abs() < 0.01, "{} {up}", side(false));
}

/// Equity 200,000 + 10·(S − 100,000) is below 5 % of 10·S where S < 80,000/0.95: the liquidation
/// price, in deviations of the coin alone. Volatility takes its conditional mean.
#[test]
fn an_account_is_liquidated_at_its_liquidation_price() {
    let found = reverse("reverse", |text| text);
    let price = 80_000.0 / 0.95;
    let distance = libm::log(100_000.0 / price) / (0.6 / 365.0_f64.sqrt());
    let answer = &found.answers[0];
    assert!((answer.distance / distance - 1.0).abs() < 1e-6, "{} {distance}", answer.distance);
    let spot = answer.factors.iter().find(|one| one.factor == "BTC.spot").unwrap();
    assert!((spot.change - (price / 100_000.0 - 1.0)).abs() < 1e-6);
    let vol = answer.factors.iter().find(|one| one.factor == "BTC.vol").unwrap();
    assert!((vol.deviations - 0.4 * distance).abs() < 1e-3, "{}", vol.deviations);
    let closed: Vec<&str> = answer
        .accounts
        .iter()
        .filter(|one| one.liquidated_notional > 0.0)
        .map(|one| one.account.as_str())
        .collect();
    assert_eq!(closed, ["long"]);
    assert_eq!(found.target, "the liquidation of long");
}

#[test]
fn any_number_of_threads_finds_the_same_bits() {
    let plan = plan("reverse", |text| text.replace("account = \"long\"", ""));
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| run(&plan)).reverse.unwrap()
    };
    let one = with(1);
    assert!(one.answers.len() >= 2, "either account can be the first");
    assert_eq!(one, with(3));
}
