//! Conservation on random cases, and cases by hand.

use approx::assert_relative_eq;
use proptest::prelude::*;

use super::*;

const DEBTS: Debts = Debts { own: 100.0, others: 300.0, bankrupt_notional: 8_000.0 };
const WINNERS: Winners =
    Winners { own_notional: 1_000.0, others_notional: 9_000.0, own_gain: 50.0, others_gain: 450.0 };
const ALL: [LossSharing; 3] =
    [LossSharing::AutoDeleveraging, LossSharing::Socialised, LossSharing::Venue];

#[test]
fn a_fund_that_suffices_pays_all() {
    for sharing in ALL {
        let mut fund = 1_000.0;
        let settled = settle(sharing, &DEBTS, &WINNERS, &mut fund);
        assert_eq!(fund, 600.0);
        assert_eq!(settled, Settlement { fund: 400.0, ..Settlement::default() });
        let legs = settled.legs(&DEBTS);
        assert_eq!((legs.book, legs.market, legs.insurance_fund), (100.0, 300.0, -400.0));
    }
}

#[test]
fn what_the_fund_lacks_is_deleveraged_by_notional() {
    let mut fund = 200.0;
    let settled = settle(LossSharing::AutoDeleveraging, &DEBTS, &WINNERS, &mut fund);
    assert_eq!(fund, 0.0);
    // Half of 8 000 is closed against 10 000: 40 % of each side's, at 5 % (400/8 000) each.
    assert_eq!(settled.own_deleveraged_notional, 400.0);
    assert_relative_eq!(settled.own_deleveraged_loss, 20.0, max_relative = 1e-14);
    assert_relative_eq!(settled.others_deleveraged_loss, 180.0, max_relative = 1e-14);
    assert_eq!(settled.venue, 0.0);
}

#[test]
fn what_the_fund_lacks_is_socialised_by_gains_up_to_them() {
    let settled = settle(LossSharing::Socialised, &DEBTS, &WINNERS, &mut 200.0);
    assert_relative_eq!(settled.own_socialised, 20.0, max_relative = 1e-14);
    assert_relative_eq!(settled.others_socialised, 180.0, max_relative = 1e-14);
    let poor = Winners { own_gain: 5.0, others_gain: 45.0, ..WINNERS };
    let settled = settle(LossSharing::Socialised, &DEBTS, &poor, &mut 200.0);
    assert_eq!((settled.own_socialised, settled.others_socialised), (5.0, 45.0));
    assert_eq!(settled.venue, 150.0);
}

#[test]
fn a_venue_without_winners_or_rule_bears_the_rest() {
    for sharing in ALL {
        let settled = settle(sharing, &DEBTS, &Winners::default(), &mut 0.0);
        assert_eq!(settled, Settlement { venue: 400.0, ..Settlement::default() });
    }
    let settled = settle(LossSharing::Venue, &DEBTS, &WINNERS, &mut 100.0);
    assert_eq!((settled.fund, settled.venue), (100.0, 300.0));
    let nothing = settle(LossSharing::Venue, &Debts::default(), &WINNERS, &mut 100.0);
    assert_eq!(nothing, Settlement::default());
}

#[test]
fn ranks_are_profit_over_collateral_times_margin_ratio() {
    assert_eq!(rank(50.0, 100.0, 0.4), Some(0.2));
    for (unrealised, collateral, ratio) in [(-1.0, 100.0, 0.4), (0.0, 100.0, 0.4), (5.0, 0.0, 0.4)]
    {
        assert_eq!(rank(unrealised, collateral, ratio), None);
    }
}

#[test]
fn the_highest_rank_is_closed_first() {
    let held = |position, rank, notional| RankedPosition { position, rank, notional };
    let mut all = [held(0, 0.2, 100.0), held(1, 0.9, 50.0), held(2, 0.2, 100.0), held(3, 0.1, 9.0)];
    let mut closed = Vec::new();
    assert_eq!(deleverage(190.0, &mut all, |one| closed.push((one.position, one.share))), 190.0);
    assert_eq!(closed, [(1, 1.0), (0, 1.0), (2, 0.4)]);
    closed.clear();
    assert_eq!(deleverage(1e6, &mut all, |one| closed.push((one.position, one.share))), 259.0);
    assert_eq!(closed.len(), 4);
    assert_eq!(deleverage(0.0, &mut all, |_| panic!("nothing to close")), 0.0);
}

/// A book long or short against one counterparty, both marked to market in cash.
#[test]
fn a_fill_moves_what_two_cash_accounts_would_show() {
    for (contract, quantity) in [(Contract::Linear, 3.0), (Contract::Inverse, -60_000.0)] {
        let (mark, price) = (20_000.0, 19_500.0);
        let fill = Fill { contract, quantity, mark, price, fee: 4.0, fee_to_fund: 0.25 };
        let legs = fill_legs(&fill);
        // Linear: 3 · −500; inverse: −60 000 · (1/20 000 − 1/19 500) coins.
        let by_hand = match contract {
            Contract::Linear => -1_500.0,
            Contract::Inverse => 60_000.0 / 19_500.0 - 3.0,
        };
        assert_relative_eq!(legs.book, by_hand - 4.0, max_relative = 1e-12);
        assert_relative_eq!(legs.market, -by_hand, max_relative = 1e-12);
        assert_eq!((legs.venue, legs.insurance_fund), (3.0, 1.0));
    }
}

/// An amount that is zero in some cases.
fn amount(largest: f64) -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.0), 0.0..largest, (0.0..1.0_f64).prop_map(move |x| x * x * x * largest)]
}

proptest! {
    #[test]
    fn debts_are_paid_once_and_by_no_more_than_there_is(
        sharing in prop::sample::select(ALL.to_vec()),
        (own, others) in (amount(1e7), amount(1e7)),
        notional in amount(1e9),
        (own_notional, others_notional) in (amount(1e8), amount(1e9)),
        (own_gain, others_gain) in (amount(1e6), amount(1e7)),
        start in amount(1e7),
    ) {
        let debts = Debts { own, others, bankrupt_notional: notional };
        let winners = Winners { own_notional, others_notional, own_gain, others_gain };
        let mut fund = start;
        let settled = settle(sharing, &debts, &winners, &mut fund);
        let legs = settled.legs(&debts);
        prop_assert!(legs.sum().abs() <= 1e-12 * (own + others), "{legs:?}");
        prop_assert!((start - fund - settled.fund).abs() <= 1e-12 * start && fund >= 0.0);
        prop_assert!(settled.own_deleveraged_notional <= own_notional);
        prop_assert!(settled.own_socialised <= own_gain && settled.others_socialised <= others_gain);
        let paid = [settled.fund, settled.own_loss(), settled.others_deleveraged_loss,
            settled.others_socialised, settled.venue];
        prop_assert!(paid.iter().all(|one| *one >= 0.0), "{settled:?}");
        // Nobody else pays while the fund has money.
        prop_assert!(fund == 0.0 || settled.fund == own + others);
    }

    /// Random days of one venue: fills of both kinds of contracts in two assets, fees, debts. In
    /// each asset nothing is made or lost.
    #[test]
    fn days_of_fills_and_debts_conserve_every_asset(
        fills in prop::collection::vec(
            (-50.0..50.0_f64, 0.2..5.0_f64, 0.5..1.5_f64, 0.0..0.02_f64, 0.0..1.0_f64), 1..40),
        debts in prop::collection::vec((amount(1e5), amount(1e6), amount(1e7)), 0..6),
        sharing in prop::sample::select(ALL.to_vec()),
    ) {
        let (mut quote, mut coin) = (Legs::default(), Legs::default());
        let (mut gross_quote, mut gross_coin) = (1.0, 1.0);
        for (size, level, ratio, fee, fee_to_fund) in fills {
            let (mark, price) = (level * 2e4, level * ratio * 2e4);
            let fee_of = |notional: f64| fee * notional.abs();
            let linear = Fill { contract: Contract::Linear, quantity: size, mark, price,
                fee: fee_of(size * price), fee_to_fund };
            let inverse = Fill { contract: Contract::Inverse, quantity: size * 1e4,
                fee: fee_of(size * 1e4 / price), ..linear };
            quote.add(&fill_legs(&linear));
            coin.add(&fill_legs(&inverse));
            gross_quote += size.abs() * mark.max(price);
            gross_coin += size.abs() * 1e4 / mark.min(price);
        }
        let mut fund = 5e5;
        for (own, others, bankrupt_notional) in debts {
            let debts = Debts { own, others, bankrupt_notional };
            quote.add(&settle(sharing, &debts, &WINNERS, &mut fund).legs(&debts));
            gross_quote += own + others;
        }
        prop_assert!(quote.sum().abs() <= 1e-12 * gross_quote, "{quote:?}");
        prop_assert!(coin.sum().abs() <= 1e-12 * gross_coin, "{coin:?}");
    }
}
