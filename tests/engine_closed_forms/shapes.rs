//! Books whose potential loss is not monotone in their size: coin collateral against a short, and
//! a delta-neutral straddle. U, k*, crossings, headroom and distance to breach in closed form.

use crate::exact::{Black, Grows, martingale, monotone_tail, root, tail};
use crate::world::{
    SPOT, VOLATILITY, World, assert_close, assert_within, error_of, policy, threshold,
};

const DAY: f64 = 1.0 / 365.0;
const LEVEL: f64 = 0.975;

/// ES of one dollar of coin, long and short.
fn shortfalls(volatility: f64) -> [f64; 2] {
    let change = |z: f64| martingale(z, volatility, DAY) - 1.0;
    let [_, long] = monotone_tail(|z| -change(z), Grows::AgainstSpot, LEVEL);
    let [_, short] = monotone_tail(change, Grows::WithSpot, LEVEL);
    [long, short]
}

fn scaled_within(what: &str, found: Option<f64>, interval: Option<[f64; 2]>, exact: f64) {
    let error = error_of(interval.expect("an interval"));
    assert_within(what, found.expect("found"), exact, error, 0.02);
}

/// 10 coins of collateral against an inverse short of 9: `PL(k) ∝ |10 − 9k|`, so less is riskier.
/// With T the potential loss of 4 coins long, PL ≤ T from k = 2/3 to where the short is too large.
#[test]
fn coin_collateral_against_an_inverse_short() {
    let [long, short] = shortfalls(VOLATILITY);
    let limit = 4.0 * SPOT * long;
    let book = format!(
        "[[account]]\nname = \"desk\"\nbalance = [{{ asset = \"BTC\", quantity = 10 }}]\n\
         [[position]]\ntype = \"perpetual\"\nid = \"hedge\"\naccount = \"desk\"\n\
         underlying = \"BTC\"\nsettlement = \"inverse\"\nquantity = {}\n",
        -9.0 * SPOT
    );
    let world = World { book, policy: policy(0.1, limit / 0.1), ..World::default() };
    let outcome = world.outcome();
    let found = threshold(&outcome);
    assert_close("T", found.threshold, limit, 1e-12);
    let utilisation = found.utilisation.expect("finite");
    let interval = found.utilisation_interval_95.expect("finite");
    assert_within("U", utilisation, 0.25, error_of(interval), 0.01);

    // PL(0) = 10/4 of T, ten times PL(1).
    let scale = &found.scale_to_threshold;
    let end = (10.0 + 4.0 * long / short) / 9.0;
    scaled_within("k*", scale.value, scale.interval_95, end);
    assert_eq!(scale.binding, "risk");
    assert_eq!(scale.crossings.len(), 2, "{:?}", scale.crossings);
    // PL is the same paths' at every k: where it is proportional to one exposure, its crossing with
    // a T that is 4 coins' exact PL misses by the error of PL alone.
    let miss = 4.0 * error_of(interval) / 0.25 * 4.0 / 9.0;
    assert!((scale.crossings[0] - 2.0 / 3.0).abs() < miss, "{:?}", scale.crossings);
    assert_eq!(scale.crossings[1], scale.value.expect("found"));
    let verified = scale.utilisation_at_value.expect("verified");
    assert!((verified - 1.0).abs() < 0.02, "{verified}");

    // One coin net long today; h more long up to 4 coins, or short to where the loss is upward.
    let row = &found.headroom[0];
    scaled_within("long", row.long, row.long_bound.interval_95, 3.0 * SPOT);
    let exact = SPOT + 4.0 * SPOT * long / short;
    scaled_within("short", row.short, row.short_bound.interval_95, exact);

    let equivalents = &found.equivalents;
    assert_close("gross", equivalents.gross_exposure, SPOT, 1e-9);
    // The only coin is long on balance: the net says as much as the gross.
    assert_close("net", equivalents.net_exposure, SPOT, 1e-9);
    let scaled = equivalents.gross_at_threshold.expect("there is a k*");
    assert_close("k*·gross", scaled, scale.value.expect("found") * SPOT, 1e-9);
}

/// Over the threshold the largest k below 1 counts, and it can be above a region that breaches.
#[test]
fn over_the_threshold_the_nearest_smaller_scale_counts() {
    let [long, short] = shortfalls(VOLATILITY);
    // Short 15 against 10 coins: PL(1) is of 5 short; T of 3 short.
    let limit = 3.0 * SPOT * short;
    let book = format!(
        "[[account]]\nname = \"desk\"\nbalance = [{{ asset = \"BTC\", quantity = 10 }}]\n\
         [[position]]\ntype = \"perpetual\"\nid = \"hedge\"\naccount = \"desk\"\n\
         underlying = \"BTC\"\nsettlement = \"inverse\"\nquantity = {}\n",
        -15.0 * SPOT
    );
    let world = World { book, policy: policy(0.1, limit / 0.1), ..World::default() };
    let outcome = world.outcome();
    let found = threshold(&outcome);
    let interval = found.utilisation_interval_95.expect("finite");
    assert_within("U", found.utilisation.expect("finite"), 5.0 / 3.0, error_of(interval), 0.01);
    assert_eq!(found.status, plimsoll::outcome::Status::Red);
    let scale = &found.scale_to_threshold;
    scaled_within("k*", scale.value, scale.interval_95, 13.0 / 15.0);
    let low = (10.0 - 3.0 * short / long) / 15.0;
    assert!((scale.crossings[0] - low).abs() < 0.01, "{:?} {low}", scale.crossings);
    // Over the threshold there is no room on the side that adds, and none is claimed on the other.
    assert_eq!(found.headroom[0].short, None);
}

/// A short straddle at the strike where its delta is zero, `K = F·exp(σ²T/2)`.
#[test]
fn a_delta_neutral_straddle() {
    let years = 30.0 * DAY;
    let strike = SPOT * libm::exp(0.5 * VOLATILITY * VOLATILITY * years);
    let leg = |right: &str| {
        format!(
            "[[position]]\ntype = \"option\"\nid = \"{right}\"\naccount = \"desk\"\n\
             underlying = \"BTC\"\nsettlement = \"linear\"\nquote = \"USD\"\n\
             expiry = 2026-01-31T00:00:00Z\nstrike = {strike:?}\nright = \"{right}\"\n\
             quantity = -10\n"
        )
    };
    let straddle = |spot: f64, years: f64| {
        let black = Black { strike, volatility: VOLATILITY, years };
        black.call(spot) + black.put(spot)
    };
    let today = straddle(SPOT, years);
    let spot = |z: f64| SPOT * martingale(z, VOLATILITY, DAY);
    let loss = |z: f64| 10.0 * (straddle(spot(z), years - DAY) - today);
    let with = |h: f64| tail(|z| loss(z) - h * (spot(z) / SPOT - 1.0), LEVEL)[1];
    let potential_loss = with(0.0);
    let limit = 2.0 * potential_loss;
    let world = World {
        policy: policy(0.2, limit / 0.2),
        ..World::of(&format!("{}{}", leg("call"), leg("put")))
    };
    let outcome = world.outcome();
    let total = &outcome.book.greeks.total;
    // Delta in money against the straddle's notional; gamma is −10·S²·2φ(0)/(Sσ√T) per unit.
    assert!(total.dollar_delta.abs() < 1e-6 * 10.0 * SPOT, "{}", total.dollar_delta);
    let gamma = -10.0 * SPOT * 2.0 * crate::exact::density(0.0) / (VOLATILITY * years.sqrt());
    assert_close("gamma", total.gamma_1pct, 0.01 * gamma, 1e-6);

    let found = threshold(&outcome);
    let interval = found.utilisation_interval_95.expect("finite");
    assert_within("U", found.utilisation.expect("finite"), 0.5, error_of(interval), 0.01);
    // All of the book scales, so PL(k) = k·PL(1).
    let scale = &found.scale_to_threshold;
    scaled_within("k*", scale.value, scale.interval_95, 2.0);
    // A hedged book has no net exposure to speak of.
    assert_eq!(found.equivalents.net_at_threshold, None);
    let row = &found.headroom[0];
    let exact = |sign: f64| root(0.0, 1e7, |h| with(sign * h) - limit);
    let (long, short) = (exact(1.0), exact(-1.0));
    scaled_within("long", row.long, row.long_bound.interval_95, long);
    scaled_within("short", row.short, row.short_bound.interval_95, short);
    assert!((long / short - 1.0).abs() < 0.2, "{long} {short}");
}

/// Today's market moved: a long book of `w` has `PL = w(1 + x)·e` and loses `w·x` of its capital.
#[test]
fn distance_to_breach_of_a_long_book() {
    // Without an entry price the perpetual is entered today, and keeps that price when spot moves.
    let coins = "type = \"spot\"\nasset = \"BTC\"\n";
    let perpetual = "type = \"perpetual\"\nunderlying = \"BTC\"\nquote = \"USD\"\n";
    for kind in [coins, perpetual] {
        let head = "[[position]]\nid = \"long\"\naccount = \"desk\"\nquantity = 25\n";
        distances_of(&format!("{head}{kind}"));
    }
}

fn distances_of(position: &str) {
    let (held, capital, appetite) = (25.0 * SPOT, 1e6, 0.15);
    let world = World { policy: policy(appetite, capital), ..World::of(position) };
    let [shortfall, _] = shortfalls(VOLATILITY);
    let outcome = world.outcome();
    let found = threshold(&outcome);
    let room = appetite * capital - held * shortfall;
    let down = room / (held * (shortfall - appetite));
    let error = found.potential_loss_interval_95;
    let error = 4.0 * error_of(error) / (held * (appetite - shortfall));
    let at = found.distance_to_breach.spot_down.expect("a fall breaches");
    // Part of PL's change is that of 10,000 paths, whose ES is off by up to 4 × 1.4 %.
    let few = 4.0 * 0.014 * shortfall * down.abs() / (appetite - shortfall);
    assert!((at - down).abs() < error + few, "{at} {down}");
    // A rise adds more to capital than to PL.
    assert_eq!(found.distance_to_breach.spot_up, None);
    // Volatility σ(1 + v) at which ES alone reaches T.
    let excess = |v: f64| held * shortfalls(VOLATILITY * (1.0 + v))[0] - appetite * capital;
    let up = root(0.0, 3.0, excess);
    let at = found.distance_to_breach.volatility_up.expect("more volatility breaches");
    assert!((at - up).abs() < 0.08 * up, "{at} {up}");
}
