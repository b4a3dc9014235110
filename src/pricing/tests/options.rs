//! Options through the block path: Black-76 cases, parity, smiles, the volatility level.

use approx::assert_relative_eq;

use super::fixture::*;
use crate::portfolio::{OptionRight, Settlement};
use crate::pricing::{PricingSettings, SmileDynamics};

const EXPIRY: f64 = 0.02;
const NODE: f64 = 1e-3;

#[test]
fn put_call_parity_holds_on_every_path() {
    let market = market();
    let strike = 57_000.0;
    for settlement in [linear("USDT"), Settlement::Inverse] {
        let at = |right| option("BTC", settlement.clone(), EXPIRY, strike, right);
        let (rate, quantity) = match &settlement {
            Settlement::Linear { .. } => (USDT_RATE, -1.0),
            Settlement::Inverse => (BTC_RATE, -strike),
        };
        let discount = libm::exp(-rate * (EXPIRY - NODE));
        let mut forward = position(future("BTC", settlement.clone(), EXPIRY), quantity * discount);
        forward.entry_price = Some(strike);
        let positions = vec![
            position(at(OptionRight::Call), 1.0),
            position(at(OptionRight::Put), -1.0),
            forward,
        ];
        let book = book_of(positions, vec![]);
        let model = model(&market, &book, &[NODE]);
        let compiled = compile(&market, &book, &model, PricingSettings::full());
        let spots = [-2.0, -0.4, -0.05, 0.0, 0.1, 0.5, 2.0];
        let mut block = today(&model, spots.len());
        set(&mut block, &model, "BTC.spot", &spots);
        let wild = [0.5, 0.3, -0.2, 0.0, 0.1, -0.5, 1.0];
        set(&mut block, &model, "BTC.vol", &wild);
        set(&mut block, &model, "BTC.basis", &wild);
        if settlement != Settlement::Inverse {
            set(&mut block, &model, "USDT.peg", &wild.map(|x| -0.1 * x));
        }
        let values = walk(&compiled, std::slice::from_ref(&block));
        for path in 0..spots.len() {
            let [call, put, short] = [0, 1, 2].map(|row| values[row * spots.len() + path]);
            // Linear: C − P = D(F − K·P_Q). Inverse: C − P = D·S(1 − K/F), a long future of K dollars
            // struck at K; D the discount factor of the quote, of the coin.
            assert!((call + put + short).abs() < 1e-9 * BTC, "{call} {put} {short}");
        }
    }
}

#[test]
fn the_volatility_level_is_damped_by_time_left() {
    let market = market();
    let instrument = option("BTC", Settlement::Inverse, 0.25, 65_000.0, OptionRight::Call);
    let book = book_of(vec![position(instrument.clone(), 1.0)], vec![]);
    let model = model(&market, &book, &[1e-3]);
    let settings = PricingSettings { damping_power: 0.5, ..PricingSettings::full() };
    let compiled = compile(&market, &book, &model, settings);
    let mut block = today(&model, 1);
    set(&mut block, &model, "BTC.vol", &[0.4]);
    let moved = values_today(&compiled, &block)[0];
    let mut own = position(instrument, 1.0);
    own.volatility = Some(0.55 * libm::exp(0.4 * (30.0 / (0.25 * 365.0_f64)).sqrt()));
    let stated = compile(&market, &book_of(vec![own], vec![]), &model, PricingSettings::full());
    assert_relative_eq!(moved, stated.base_values()[0], max_relative = 1e-12);
}

#[test]
fn damping_stops_at_one_day() {
    let settings = PricingSettings { damping_power: 0.3, ..PricingSettings::full() };
    let day = settings.damping(crate::units::Years::from_days(1.0));
    let hour = settings.damping(crate::units::Years::from_days(1.0 / 24.0));
    assert_eq!(day, hour);
    assert_relative_eq!(day, libm::pow(30.0, 0.3));
}

#[test]
fn flat_volatility_is_the_same_under_both_smile_dynamics() {
    let market = market();
    let instrument = option("BTC", Settlement::Inverse, 0.25, 65_000.0, OptionRight::Put);
    let book = book_of(vec![position(instrument, 1.0)], vec![]);
    let model = model(&market, &book, &[1e-3]);
    let strike = PricingSettings { smile: SmileDynamics::StickyStrike, ..PricingSettings::full() };
    let mut block = today(&model, 3);
    set(&mut block, &model, "BTC.spot", &[-0.3, 0.0, 0.3]);
    let [a, b] = [PricingSettings::full(), strike]
        .map(|settings| values_today(&compile(&market, &book, &model, settings), &block));
    assert_eq!(a, b);
}
