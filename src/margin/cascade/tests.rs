//! Cascades against closed forms, against plain iteration, and on random cases.

use approx::assert_relative_eq;
use proptest::prelude::*;

use super::*;
use crate::market::{
    DepthStress, ImpactLaw, ImpactTerms, Liquidity, OpenInterest, OpenInterestBin,
};

/// λ: logarithmic move of 1 USD.
const SLOPE: f64 = 5e-10;
const ROUNDS: u32 = 200;

/// A coin whose linear cascade has the given `λh`, both sides, up to a move of `width`.
fn even(strength: f64, width: f64) -> CascadeCoin {
    let profile = Profile::uniform(strength / SLOPE * width, width);
    CascadeCoin {
        impact: PriceImpact::linear(SLOPE),
        long: profile.clone(),
        short: profile,
        bankruptcy_gap: 0.005,
    }
}

/// Settles a path at a node without stress.
fn settle(
    market: &Cascade,
    model: &[f64],
    state: &mut [CoinState],
    moves: &mut [f64],
) -> CascadeOutcome {
    let stress = vec![0.0; model.len()];
    let input = CascadeInput { moves: model, stress: &stress };
    market.settle(input, state, moves, &mut market.scratch())
}

fn alone_market(coin: CascadeCoin) -> Cascade {
    Cascade::new(vec![coin], Propagation::none(1), ROUNDS)
}

/// Settles one coin from the start; the outcome, the move and the state.
fn settle_one(coin: CascadeCoin, model_move: f64) -> (CascadeOutcome, f64, CoinState) {
    let (mut state, mut moves) = ([CoinState::default()], [0.0]);
    let outcome = settle(&alone_market(coin), &[model_move], &mut state, &mut moves);
    (outcome, moves[0], state[0])
}

fn liquidity() -> Liquidity {
    let law = ImpactLaw::SquareRoot { coefficient: 0.8 };
    Liquidity {
        adv_usd: 1e10,
        half_spread: 0.0,
        half_spread_deviation: 0.0,
        depth_1pct_usd: 1e7,
        impact: Some(ImpactTerms { law, daily_volatility: None, stress: None, half_life: None }),
        open_interest: OpenInterest::default(),
    }
}

fn square_root() -> PriceImpact {
    PriceImpact::new(&liquidity(), 0.04)
}

#[test]
fn a_market_says_what_a_coin_is() {
    let bin = |distance, notional_usd| OpenInterestBin { distance, notional_usd };
    let open_interest = OpenInterest {
        long: vec![bin(0.1, 3e8), bin(0.2, 1e8)],
        short: vec![bin(0.1, 2e8)],
        bankruptcy_gap: 0.01,
    };
    let coin = CascadeCoin::new(&Liquidity { open_interest, ..liquidity() }, 0.04);
    assert_eq!(coin.impact, square_root());
    assert_eq!((coin.long.total(), coin.short.total(), coin.bankruptcy_gap), (4e8, 2e8, 0.01));
    // A fall of 10 % liquidates the first bin, a rise of 10 % all shorts; half-way in logarithms.
    assert_relative_eq!(coin.long.liquidated(-libm::log(0.9)), 3e8, max_relative = 1e-12);
    assert_relative_eq!(coin.long.liquidated(-0.5 * libm::log(0.9)), 1.5e8, max_relative = 1e-12);
    assert_relative_eq!(coin.short.liquidated(libm::log(1.1)), 2e8, max_relative = 1e-12);
}

#[test]
fn a_price_that_forgets_comes_back() {
    let market = alone_market(even(0.5, 2.0));
    let (mut state, mut moves) = ([CoinState::default()], [0.0]);
    settle(&market, &[-0.01], &mut state, &mut moves);
    assert_relative_eq!(moves[0], -0.02, max_relative = 1e-12);
    Cascade::relax(&[0.5], &mut state);
    // Half the displacement of 1 % is left, and nothing new is triggered on the way back.
    let outcome = settle(&market, &[-0.01], &mut state, &mut moves);
    assert_eq!(outcome.end, CascadeEnd::Quiet);
    assert_relative_eq!(moves[0], -0.015, max_relative = 1e-12);
}

#[test]
fn the_linear_cascade_multiplies_a_move_by_one_over_one_less_its_strength() {
    for strength in [0.5, 0.9, 0.99] {
        for model_move in [-0.01, 0.01] {
            let (outcome, with, _) = settle_one(even(strength, 5.0), model_move);
            assert_eq!(outcome, CascadeOutcome { end: CascadeEnd::Settled, rounds: 1 });
            let expected = 1.0 / (1.0 - strength);
            let found = amplification(model_move, with).unwrap();
            assert_relative_eq!(found, expected, max_relative = 1e-12);
        }
    }
}

#[test]
fn a_cascade_that_does_not_lose_strength_is_told_and_sells_everything_once() {
    for strength in [1.0, 1.01, 3.0] {
        let coin = even(strength, 0.5);
        let total = coin.long.total();
        let (outcome, with, state) = settle_one(coin, -0.01);
        assert_eq!(outcome.end, CascadeEnd::RanAway);
        assert_relative_eq!(state.executed.sold, total, max_relative = 1e-14);
        assert_relative_eq!(with, -0.01 - SLOPE * total, max_relative = 1e-13);
        assert_eq!(state.executed.bought, 0.0);
    }
}

#[test]
fn a_price_that_nothing_is_left_of_stays_a_number_and_is_told() {
    let (outcome, with, _) = settle_one(even(1e3, 0.5), -0.01);
    assert_eq!((outcome.end, with), (CascadeEnd::RanAway, -MOVE_LARGEST));
    // Distances too close for their logarithms to differ.
    let bins = [0.5, 0.5 + f64::EPSILON / 4.0, 0.6]
        .map(|distance| OpenInterestBin { distance, notional_usd: 1e6 });
    let profile = Profile::long(&bins);
    assert_eq!(profile.liquidated(1.0), 3e6);
    assert!(profile.liquidated(0.5).is_finite());
}

#[test]
fn a_cascade_that_loses_strength_but_meets_the_end_of_the_profile_is_exhausted() {
    // 1 %/(1 − 0.9) = 10 % lies beyond the last position at 5 %: 1 % + 0.9 · 5 %.
    let (outcome, with, _) = settle_one(even(0.9, 0.05), -0.01);
    assert_eq!(outcome.end, CascadeEnd::Exhausted);
    assert_relative_eq!(with, -0.055, max_relative = 1e-13);
    // A move that passes every position by itself leaves nothing to feed on.
    let (outcome, with, _) = settle_one(even(3.0, 0.05), -0.06);
    assert_eq!(outcome.end, CascadeEnd::Settled);
    assert_relative_eq!(with, -0.21, max_relative = 1e-13);
}

#[test]
fn a_move_short_of_every_position_triggers_nothing() {
    let bins = [(0.05, 0.0), (0.1, 1e8)];
    let bins = bins.map(|(distance, notional_usd)| OpenInterestBin { distance, notional_usd });
    let coin = CascadeCoin { long: Profile::long(&bins), ..even(0.0, 1.0) };
    let edge = libm::log1p(-0.05);
    for model_move in [0.0, -0.03, 0.4, edge] {
        let (outcome, with, state) = settle_one(coin.clone(), model_move);
        assert!(outcome.end <= CascadeEnd::Settled, "{model_move}");
        assert_eq!(with, model_move);
        assert_eq!(state.executed, Executed::default());
    }
    let (_, _, state) = settle_one(coin, libm::log(0.9) - 1e-9);
    assert_relative_eq!(state.executed.sold, 1e8, max_relative = 1e-12);
}

/// The definition: apply the move, sell what it triggers, move by the impact, repeat.
fn iterate(coin: &CascadeCoin, model_move: f64) -> f64 {
    let mut with = model_move;
    for _ in 0..100_000 {
        with = model_move - coin.impact.displacement(coin.long.liquidated(-with));
    }
    with
}

#[test]
fn the_fixed_point_is_that_of_plain_iteration() {
    let bins = [(0.02, 4e7), (0.05, 1e8), (0.1, 6e8), (0.3, 9e8)];
    let bins = bins.map(|(distance, notional_usd)| OpenInterestBin { distance, notional_usd });
    for impact in [PriceImpact::linear(1e-10), square_root()] {
        let coin = CascadeCoin { impact, long: Profile::long(&bins), ..even(0.0, 1.0) };
        for model_move in [-0.001, -0.015, -0.04, -0.08, -0.2, -0.5] {
            let (_, with, _) = settle_one(coin.clone(), model_move);
            assert_relative_eq!(with, iterate(&coin, model_move), max_relative = 1e-10);
            assert!(with < model_move);
        }
    }
}

#[test]
fn no_position_is_liquidated_twice_on_a_path() {
    for coin in [even(0.7, 0.3), CascadeCoin { impact: square_root(), ..even(0.7, 0.3) }] {
        let long = coin.long.clone();
        let market = alone_market(coin.clone());
        let (mut state, mut moves) = ([CoinState::default()], [0.0]);
        let mut sold = 0.0;
        // Down, up, down less far, down further, and again.
        for model_move in [-0.01, 0.005, -0.008, -0.02, -0.02, 0.0, -0.025] {
            let before = state[0].executed.sold;
            settle(&market, &[model_move], &mut state, &mut moves);
            sold += state[0].executed.sold - before;
            assert!(state[0].executed.sold >= before);
        }
        assert_relative_eq!(sold, long.liquidated(state[0].lowest), max_relative = 1e-12);
        // Only shorts within the rise were bought back, and only once.
        let rise = coin.short.liquidated(state[0].highest);
        assert_relative_eq!(state[0].executed.bought, rise, max_relative = 1e-12);
    }
}

#[test]
fn a_fall_in_many_steps_ends_where_one_step_ends() {
    for impact in [PriceImpact::linear(SLOPE), square_root()] {
        let market = alone_market(CascadeCoin { impact, ..even(0.8, 2.0) });
        let fall = |steps: u32| {
            let (mut state, mut moves) = ([CoinState::default()], [0.0]);
            for step in 1..=steps {
                let model_move = -0.03 * f64::from(step) / f64::from(steps);
                settle(&market, &[model_move], &mut state, &mut moves);
            }
            moves[0]
        };
        assert_relative_eq!(fall(24), fall(1), max_relative = 1e-11);
        assert_relative_eq!(fall(288), fall(1), max_relative = 1e-11);
    }
}

#[test]
fn two_coins_feed_each_other_as_their_linear_system_says() {
    let (strengths, betas) = ([0.4, 0.3], [0.8, 0.5]);
    let propagation = Propagation::by_beta(&[1.0, 1.0], &[1.0, betas[0], betas[1], 1.0], 1.0);
    let coins = strengths.map(|strength| even(strength, 5.0)).to_vec();
    let market = Cascade::new(coins, propagation, ROUNDS);
    let (mut state, mut moves) = ([CoinState::default(); 2], [0.0; 2]);
    let model = [-0.02, -0.01];
    let outcome = settle(&market, &model, &mut state, &mut moves);
    assert_eq!(outcome.end, CascadeEnd::Settled);
    // y_j = x_j + Σ_i β_ji·(λh)_i·y_i, by Cramer's rule.
    let (a, b) = (1.0 - strengths[0], -betas[0] * strengths[1]);
    let (c, d) = (-betas[1] * strengths[0], 1.0 - strengths[1]);
    let determinant = a * d - b * c;
    let expected =
        [(d * model[0] - b * model[1]) / determinant, (a * model[1] - c * model[0]) / determinant];
    for (found, expected) in moves.iter().zip(expected) {
        assert_relative_eq!(*found, expected, max_relative = 1e-10);
    }
}

fn pair(strength: f64, rounds_max: u32) -> CascadeOutcome {
    let propagation = Propagation::by_beta(&[0.5, 0.5], &[1.0; 4], 1.0);
    let market = Cascade::new(vec![even(strength, 1.0); 2], propagation, rounds_max);
    let (mut state, mut moves) = ([CoinState::default(); 2], [0.0; 2]);
    let outcome = settle(&market, &[-0.001, 0.0], &mut state, &mut moves);
    assert!(moves.iter().all(|one| one.is_finite()));
    outcome
}

#[test]
fn coins_that_settle_alone_can_run_away_together() {
    assert_eq!(pair(0.3, ROUNDS).end, CascadeEnd::Settled);
    assert_eq!(pair(0.6, ROUNDS).end, CascadeEnd::RanAway);
    // Together exactly one, and just below.
    assert_eq!(pair(0.5, ROUNDS).end, CascadeEnd::RanAway);
    assert_eq!(pair(0.45, 3), CascadeOutcome { end: CascadeEnd::Unsettled, rounds: 3 });
}

#[test]
fn a_coin_swept_away_by_another_that_settles_has_not_run_away() {
    let propagation = Propagation::by_beta(&[0.5, 0.5], &[1.0; 4], 1.0);
    // The second's positions lie within 1 %; the first's cascade alone goes to 8 %.
    let market = Cascade::new(vec![even(0.8, 1.0), even(0.1, 0.01)], propagation, ROUNDS);
    let (mut state, mut moves) = ([CoinState::default(); 2], [0.0; 2]);
    let outcome = settle(&market, &[-0.016, 0.0], &mut state, &mut moves);
    assert!(moves[0] < -0.08 && moves[1] < -0.05, "{moves:?}");
    assert!(outcome.end < CascadeEnd::Unsettled, "{outcome:?}");
}

#[test]
fn betas_are_those_of_regressions() {
    let propagation = Propagation::by_beta(&[0.6, 0.9], &[1.0, 0.8, 0.8, 1.0], 0.5);
    assert_eq!(propagation.row(0)[0], 1.0);
    assert_relative_eq!(propagation.row(0)[1], 0.5 * 0.8 * 0.6 / 0.9, max_relative = 1e-15);
    assert_relative_eq!(propagation.row(1)[0], 0.5 * 0.8 * 0.9 / 0.6, max_relative = 1e-15);
    assert!(Propagation::by_beta(&[0.6, 0.9], &[1.0, 0.0, 0.0, 1.0], 1.0).is_none());
    assert!(Propagation::by_beta(&[0.0, 0.9], &[1.0, 0.8, 0.8, 1.0], 0.0).is_none());
}

#[test]
fn depth_that_vanishes_amplifies_more() {
    let bins: Vec<_> = (1..=60)
        .map(|bin| OpenInterestBin { distance: f64::from(bin) * 0.005, notional_usd: 1e7 / 3.0 })
        .collect();
    let coin = CascadeCoin { long: Profile::long(&bins), ..even(0.0, 1.0) };
    let stress = DepthStress { driver: StressDriver::Move, begins: 0.02, full: 0.1, largest: 0.8 };
    let stressed = CascadeCoin { impact: coin.impact.with_stress(stress), ..coin.clone() };
    let (_, whole, _) = settle_one(coin.clone(), -0.03);
    let (_, less, state) = settle_one(stressed.clone(), -0.03);
    assert!(less < whole && whole < -0.03, "{less} {whole}");
    // Below the stress nothing changes.
    let moves = [coin, stressed.clone()].map(|coin| settle_one(coin, -0.01).1);
    assert_eq!(moves[0], moves[1]);
    // Piece by piece: what was sold counts for 1/(1 − s) of its bin's near end.
    let profile = &stressed.long;
    let pieces = profile.pieces(0.0, 0.03).chain(profile.pieces(0.03, state.lowest));
    let sold =
        pieces.map(|(low, high, density)| stressed.impact.weight(low) * density * (high - low));
    assert_relative_eq!(state.executed.sold, sold.sum::<f64>(), max_relative = 1e-12);
}

#[test]
fn the_books_own_orders_start_a_cascade() {
    let market = alone_market(even(0.5, 2.0));
    let (mut state, mut moves) = ([CoinState::default()], [0.0]);
    let paid = market.execute(0, Side::Sell, 2e7, 0.0, &mut state);
    assert_relative_eq!(paid, -0.005, max_relative = 1e-14);
    settle(&market, &[0.0], &mut state, &mut moves);
    // 2e7 USD move 1 %, and the cascade doubles it.
    assert_relative_eq!(moves[0], -0.02, max_relative = 1e-12);
}

/// Deficit of a stretch by the midpoint rule.
fn deficit(low: f64, high: f64, density: f64, unpaid: impl Fn(f64) -> f64) -> f64 {
    let cells = 100_000;
    let width = (high - low) / f64::from(cells);
    let middle = |cell: u32| unpaid(low + (f64::from(cell) + 0.5) * width).max(0.0);
    (0..cells).map(middle).sum::<f64>() * width * density
}

#[test]
fn others_deficits_are_what_lies_beyond_bankruptcy() {
    let coin = CascadeCoin { bankruptcy_gap: 0.02, ..even(0.5, 0.4) };
    let density = 0.5 / SLOPE;
    let (before, after) = (
        CoinState { lowest: 0.03, highest: 0.01, ..CoinState::default() },
        CoinState { lowest: 0.11, highest: 0.09, ..CoinState::default() },
    );
    let (down, up) = (-0.12, 0.1);
    let longs = coin.liquidated(Side::Sell, &before, &after, down);
    assert_relative_eq!(longs.notional_usd, density * 0.08, max_relative = 1e-12);
    let expected = deficit(0.03, 0.11, density, |d| 0.98 - libm::exp(down + d));
    assert_relative_eq!(longs.deficit_usd, expected, max_relative = 1e-6);
    let bankrupt = density * (0.12 + libm::log(0.98) - 0.03);
    assert_relative_eq!(longs.bankrupt_usd, bankrupt, max_relative = 1e-12);

    let shorts = coin.liquidated(Side::Buy, &before, &after, up);
    let expected = deficit(0.01, 0.09, density, |d| libm::exp(up - d) - 1.02);
    assert_relative_eq!(shorts.deficit_usd, expected, max_relative = 1e-6);
    // Filled at the trigger there is no deficit.
    let none = coin.liquidated(Side::Sell, &before, &after, -0.03);
    assert_eq!((none.deficit_usd, none.bankrupt_usd), (0.0, 0.0));
    assert_eq!(coin.liquidated(Side::Sell, &after, &after, -3.0), OthersLiquidated::default());
}

fn any_profile() -> impl Strategy<Value = Profile> {
    let bins = prop::collection::vec((0.002..0.1_f64, 0.0..5e8_f64), 0..8);
    bins.prop_map(|bins| {
        let mut distance = 0.0;
        let bin = |(width, notional_usd): (f64, f64)| {
            distance += width;
            OpenInterestBin { distance, notional_usd }
        };
        Profile::long(&bins.into_iter().map(bin).collect::<Vec<_>>())
    })
}

fn any_impact() -> impl Strategy<Value = PriceImpact> {
    prop_oneof![
        Just(PriceImpact::NONE),
        (1e-12..1e-8_f64).prop_map(PriceImpact::linear),
        Just(square_root()),
    ]
}

proptest! {
    #[test]
    fn every_path_ends_at_a_fixed_point_that_sold_each_position_once(
        impact in any_impact(),
        long in any_profile(),
        short in any_profile(),
        path in prop::collection::vec(-0.3..0.3_f64, 1..12),
    ) {
        let coin = CascadeCoin { impact, long, short, bankruptcy_gap: 0.01 };
        let market = alone_market(coin.clone());
        let (mut state, mut moves) = ([CoinState::default()], [0.0]);
        for model_move in path {
            let outcome = settle(&market, &[model_move], &mut state, &mut moves);
            let state = state[0];
            prop_assert!(outcome.rounds == 1 && moves[0].is_finite());
            // The move is the model's and that of the orders; the orders are the positions passed.
            let own = impact.net_displacement(&state.executed);
            prop_assert_eq!(moves[0], (model_move + own).clamp(-MOVE_LARGEST, MOVE_LARGEST));
            let sold = coin.long.liquidated(state.lowest);
            prop_assert!((state.executed.sold - sold).abs() <= 1e-9 * (1.0 + sold));
            // Nothing that the move passes is left.
            let left = sold < coin.long.total() * (1.0 - 1e-12) && -moves[0] > state.lowest + 1e-12;
            prop_assert!(!left, "{} {:?}", moves[0], state);
        }
    }
}
