//! Options that expire inside the horizon or right after it, by pieces.

use super::*;
use crate::pricing::Granularity;

const MINUTE: f64 = 1.0 / (365.0 * 24.0 * 60.0);

/// Strikes one per cent apart around today's price, all settlements and rights, two accounts.
fn strikes(count: usize, expiry: f64, numbers: &mut Numbers) -> Portfolio {
    let contract = |index: usize| {
        let settlement = match index % 3 {
            0 => Settlement::Inverse,
            1 => linear("USD"),
            _ => linear("USDT"),
        };
        let right = numbers.pick(&[OptionRight::Call, OptionRight::Put]);
        let strike = BTC * libm::exp(0.01 * (index as f64 - 0.5 * count as f64));
        let held = option("BTC", settlement, expiry, strike, right);
        let mut held = position(held, numbers.between(-20.0, 20.0));
        held.volatility = Some(numbers.between(0.4, 0.8));
        held.id = format!("{index}");
        held.account = index % 2;
        held
    };
    let mut held: Vec<Position> = (0..count).map(contract).collect();
    held.push(position(perpetual("BTC", linear("USDT")), 1.0));
    let mut book = book_of(held, vec![balance("USD", 1.0)]);
    book.accounts.push(book.accounts[0].clone());
    book
}

fn by_account(book: &Portfolio, model: &FactorModel) -> CompiledBook {
    let (settings, granularity) = (PricingSettings::full(), Granularity::Account);
    CompiledBook::compile(&market(), book, model, settings, granularity).unwrap()
}

fn proxies(
    compiled: &CompiledBook,
    domain: &FactorDomain,
    wanted: (f64, Interpolation),
) -> OptionProxies {
    compiled.option_proxies(InstructionSet::detect(), 0, domain, wanted)
}

const EVERYTHING: [(&str, f64, f64); 4] = [
    ("BTC.spot", 0.01, 0.17),
    ("BTC.vol", 0.02, 0.2),
    ("BTC.basis", 0.01, 0.05),
    ("USDT.peg", 0.0, 0.003),
];

/// Forty options with 2 to 200 minutes left keep their proven bound in pieces, whether spot moves
/// alone or everything does.
#[test]
fn minutes_before_expiry_pieces_hold_their_bound() {
    for (seed, minutes, moves) in [
        (1, 2.0, &EVERYTHING[..1]),
        (2, 30.0, &EVERYTHING[..1]),
        (3, 200.0, &EVERYTHING[..1]),
        (4, 15.0, &EVERYTHING[..]),
        (5, 90.0, &EVERYTHING[..]),
    ] {
        let mut numbers = Numbers(seed);
        let book = strikes(40, HORIZON + minutes * MINUTE, &mut numbers);
        let model = model(&market(), &book, &[HORIZON]);
        let compiled = by_account(&book, &model);
        let moves = moves.to_vec();
        let tolerance = 1.0;
        let wanted = (tolerance, Interpolation::WherePossible);
        let proxies = proxies(&compiled, &domain(&model, &moves), wanted);
        assert_eq!(proxies.contracts_in_full(&compiled), 0, "{minutes} minutes");
        assert_eq!(proxies.proof(), Proof::Proven);
        let bounds = proxies.row_errors().to_vec();
        assert!(bounds.iter().sum::<f64>() <= 1.01 * tolerance, "{bounds:?}");
        let block = points(&model, &moves, &mut numbers);
        let found = errors(&compiled, &compiled.with_proxies(proxies), &block);
        for (error, bound) in found.iter().zip(&bounds) {
            assert!(error <= bound, "{minutes} minutes: {error:e} above {bound:e}");
        }
        assert!(found.iter().any(|error| *error > 0.0), "nothing was interpolated");
    }
}

/// A tighter tolerance takes more coefficients, not more error than it allows.
#[test]
fn degrees_grow_with_the_tolerance() {
    let mut numbers = Numbers(7);
    let book = strikes(40, HORIZON + 20.0 * MINUTE, &mut numbers);
    let model = model(&market(), &book, &[HORIZON]);
    let compiled = by_account(&book, &model);
    let moves = EVERYTHING[..1].to_vec();
    let terms = [100.0, 3.0, 0.1].map(|tolerance| {
        let wanted = (tolerance, Interpolation::WherePossible);
        let proxies = proxies(&compiled, &domain(&model, &moves), wanted);
        assert_eq!(proxies.contracts_in_full(&compiled), 0);
        assert!(proxies.row_errors().iter().sum::<f64>() <= 1.01 * tolerance);
        proxies.term_count()
    });
    assert!(terms.windows(2).all(|terms| terms[1] > terms[0]), "{terms:?}");
}

/// Where more pieces than the most allowed would be needed, options stay in full, and so they do
/// where the nodes of the fit would cost more than the paths.
#[test]
fn what_no_number_of_pieces_can_do_stays_in_full() {
    let mut numbers = Numbers(8);
    let moves = EVERYTHING[..1].to_vec();
    let built = |book: &Portfolio, interpolation| {
        let model = model(&market(), book, &[HORIZON]);
        let compiled = by_account(book, &model);
        let proxies = proxies(&compiled, &domain(&model, &moves), (1.0, interpolation));
        (proxies.contracts_in_full(&compiled), proxies.polynomial_count(), proxies.set_up_cost())
    };
    // 300 windows that do not touch: a second is 0.01 % of a deviation of the price.
    let mut book = strikes(300, HORIZON + MINUTE / 600.0, &mut numbers);
    for (index, held) in book.positions.iter_mut().take(300).enumerate() {
        let strike = BTC * libm::exp(0.001 * (index as f64 - 150.0));
        let settlement = linear("USD");
        let expiry = HORIZON + MINUTE / 600.0;
        held.instrument = option("BTC", settlement, expiry, strike, OptionRight::Call);
    }
    let (in_full, polynomials, _) = built(&book, Interpolation::WherePossible);
    assert_eq!((in_full, polynomials), (300, 0));
    let book = strikes(40, HORIZON + 20.0 * MINUTE, &mut numbers);
    let (in_full, _, set_up) = built(&book, Interpolation::WhereCheaperOver(1_000_000));
    assert_eq!(in_full, 0);
    assert!(set_up > 0.0);
    let (in_full, _, set_up) = built(&book, Interpolation::WhereCheaperOver(100));
    assert_eq!(in_full, 40);
    assert!(set_up < 100.0 * 40.0 * 60.0);
}

/// Cash of options that expire inside the horizon is theirs to rounding, whatever moves after
/// their node.
#[test]
fn settlements_are_exact_but_for_rounding() {
    for (seed, moves) in [(11, &EVERYTHING[..1]), (12, &EVERYTHING[..])] {
        let mut numbers = Numbers(seed);
        let book = strikes(40, HORIZON, &mut numbers);
        let model = model(&market(), &book, &[HORIZON, 3.0 * HORIZON]);
        let compiled = by_account(&book, &model);
        let moves = moves.to_vec();
        let mut both = domain(&model, &moves);
        both.nodes.push(both.nodes[0].clone());
        let settlements = compiled.settlement_proxies(&both, Interpolation::WherePossible);
        // A coin, two quotes, two accounts.
        assert_eq!((settlements.function_count(), settlements.contract_count()), (6, 40));
        let bounds = settlements.row_errors(1).to_vec();
        assert_eq!(bounds, settlements.row_errors_at_horizon());
        let proxied = compiled.with_settlement_proxies(settlements);
        assert!(proxied.settlement_cost() > 0.0);
        let blocks = [0, 1].map(|_| points(&model, &moves, &mut numbers));
        let (exact, found) = (walk(&compiled, &blocks), walk(&proxied, &blocks));
        let rows = exact.chunks_exact(POINTS).zip(found.chunks_exact(POINTS));
        let mut largest = 0.0f64;
        for ((exact, found), bound) in rows.zip(&bounds) {
            let errors = exact.iter().zip(found).map(|(a, b)| (a - b).abs());
            let error = errors.fold(0.0, f64::max);
            assert!(error <= *bound, "{error:e} above {bound:e}");
            largest = largest.max(error);
        }
        assert!(largest > 0.0, "nothing was replaced");
        assert!(bounds.iter().sum::<f64>() < 1e-6, "{bounds:?}");
    }
}

/// The same bits from every instruction set and however the paths are cut.
#[test]
fn pieces_leave_no_trace_of_their_company() {
    let mut numbers = Numbers(13);
    let book = strikes(40, HORIZON + 15.0 * MINUTE, &mut numbers);
    let model = model(&market(), &book, &[HORIZON]);
    let compiled = by_account(&book, &model);
    let moves = EVERYTHING.to_vec();
    let wanted = (1.0, Interpolation::WherePossible);
    let proxied = compiled.with_proxies(proxies(&compiled, &domain(&model, &moves), wanted));
    let block = points(&model, &moves, &mut numbers);
    let values = |isa: InstructionSet, block: &FactorBlock| {
        crate::pricing::tests::fixture::walk_with(isa, &proxied, std::slice::from_ref(block))
    };
    let whole = values(InstructionSet::Baseline, &block);
    for isa in InstructionSet::available() {
        assert_eq!(values(isa, &block), whole, "{isa}");
    }
    let places: Vec<usize> = (0..POINTS).filter(|place| place % 7 == 3).collect();
    let mut some = FactorBlock::new(model.factors.len(), places.len());
    some.gather(&block, &places);
    let found = values(InstructionSet::detect(), &some);
    for (row, found) in found.chunks_exact(places.len()).enumerate() {
        for (place, value) in places.iter().zip(found) {
            assert_eq!(*value, whole[row * POINTS + place]);
        }
    }
}
