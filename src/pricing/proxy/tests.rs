//! Proxies against the book they stand for, on points all over their domain.

use super::*;
use crate::portfolio::{OptionRight, Portfolio, Position, Settlement};
use crate::pricing::tests::fixture::{
    BTC, balance, book_of, compile, linear, market, model, option, perpetual, position, set, walk,
};
use crate::pricing::{PathState, PricingSettings};
use crate::simulation::{FactorBlock, FactorModel};

mod sharp;

const HORIZON: f64 = 1.0 / 365.0;
const POINTS: usize = 3000;

/// Steele, Lea & Flood's SplitMix64 (2014), uniform on [0, 1).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.next()
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[(self.next() * from.len() as f64) as usize]
    }
}

/// Options on bitcoin with volatilities of their own, of all settlements, in two accounts.
fn random_book(numbers: &mut Numbers) -> Portfolio {
    let count = 1 + (numbers.next() * 14.0) as usize;
    let mut positions: Vec<Position> = (0..count)
        .map(|index| {
            let settlement = match index % 3 {
                0 => Settlement::Inverse,
                1 => linear("USD"),
                _ => linear("USDT"),
            };
            let right = numbers.pick(&[OptionRight::Call, OptionRight::Put]);
            let expiry = HORIZON * numbers.pick(&[1.5, 2.0, 8.0, 30.0, 180.0]);
            let strike = BTC * libm::exp(numbers.between(-0.5, 0.5));
            let mut held = position(
                option("BTC", settlement, expiry, strike, right),
                numbers.between(-20.0, 20.0),
            );
            held.volatility = Some(numbers.between(0.2, 1.5));
            held.id = format!("{index}");
            held.account = index % 2;
            held
        })
        .collect();
    positions.push(position(perpetual("BTC", linear("USDT")), 1.0));
    let mut book = book_of(positions, vec![balance("USD", 1.0)]);
    book.accounts.push(book.accounts[0].clone());
    book
}

/// Ranges of the factors that move: name, centre, half-width.
type Moves = Vec<(&'static str, f64, f64)>;

fn random_moves(numbers: &mut Numbers) -> Moves {
    let mut moves = vec![("BTC.spot", numbers.between(-0.02, 0.02), numbers.between(0.05, 0.4))];
    if numbers.next() < 0.6 {
        moves.push(("BTC.vol", numbers.between(-0.05, 0.05), numbers.between(0.02, 0.5)));
    }
    if numbers.next() < 0.4 {
        moves.push(("BTC.basis", 0.01, numbers.between(0.001, 0.1)));
    }
    if numbers.next() < 0.4 {
        moves.push(("USDT.peg", 0.0, numbers.between(0.001, 0.05)));
    }
    moves
}

fn domain(model: &FactorModel, moves: &Moves) -> FactorDomain {
    let mut ranges = vec![FactorRange::Still(0.0); model.factors.len()];
    for &(name, centre, half_width) in moves {
        let named = |factor: &crate::simulation::Factor| factor.key.to_string() == name;
        let index = model.factors.iter().position(named).unwrap();
        ranges[index] = FactorRange::Moving { centre, half_width };
    }
    let mut domain = FactorDomain::default();
    domain.nodes.push(ranges);
    domain
}

/// Points all over the domain, its corners among them.
fn points(model: &FactorModel, moves: &Moves, numbers: &mut Numbers) -> FactorBlock {
    let mut block = FactorBlock::new(model.factors.len(), POINTS);
    for &(name, centre, half_width) in moves {
        let place = |path: usize| match path {
            0 => -1.0,
            1 => 1.0,
            _ => numbers.between(-1.0, 1.0),
        };
        let logs: Vec<f64> =
            (0..POINTS).map(place).map(|t| centre + half_width * t * (1.0 - 1e-12)).collect();
        set(&mut block, model, name, &logs);
    }
    block
}

/// Largest error of each row, on points all over the domain.
fn errors(book: &CompiledBook, proxied: &CompiledBook, block: &FactorBlock) -> Vec<f64> {
    let blocks = std::slice::from_ref(block);
    let (exact, found) = (walk(book, blocks), walk(proxied, blocks));
    let rows = exact.chunks_exact(POINTS).zip(found.chunks_exact(POINTS));
    let error = |(exact, found): (&[f64], &[f64])| {
        exact.iter().zip(found).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    };
    rows.map(error).collect()
}

#[test]
fn the_proven_bound_holds_on_books_of_all_kinds() {
    let market = market();
    let (mut interpolated, mut share) = (0, 0.0f64);
    for seed in 0..60 {
        let mut numbers = Numbers(seed);
        let book = random_book(&mut numbers);
        let model = model(&market, &book, &[HORIZON]);
        let moves = random_moves(&mut numbers);
        let compiled = compile(&market, &book, &model, PricingSettings::full());
        let tolerance = libm::pow(10.0, numbers.between(-4.0, 2.0));
        let proxies = compiled.option_proxies(
            InstructionSet::detect(),
            0,
            &domain(&model, &moves),
            (tolerance, Interpolation::WherePossible),
        );
        assert_eq!(proxies.proof(), Proof::Proven, "seed {seed}");
        assert!(proxies.row_errors().iter().sum::<f64>() <= 1.01 * tolerance, "seed {seed}");
        interpolated += proxies.polynomial_count();
        let bounds = proxies.row_errors().to_vec();
        let block = points(&model, &moves, &mut numbers);
        let found = errors(&compiled, &compiled.with_proxies(proxies), &block);
        for (row, (error, bound)) in found.iter().zip(&bounds).enumerate() {
            assert!(error <= bound, "seed {seed}, row {row}: {error:e} above {bound:e}");
            share = if *bound > 0.0 { share.max(error / bound) } else { share };
        }
    }
    assert!(interpolated > 60, "{interpolated} polynomials");
    assert!(share > 0.02, "the bounds are idle: at most {share:e} of them is used");
}

/// Every expiry of a coin, linear and inverse, is one polynomial where neither volatility nor basis
/// moves; each expiry is one where the basis does.
#[test]
fn expiries_merge_where_they_share_their_forward() {
    let market = market();
    let positions = (0..40u32).map(|index| {
        let settlement = if index % 2 == 0 { Settlement::Inverse } else { linear("USD") };
        let expiry = HORIZON * f64::from([8, 30, 90, 180][(index / 2 % 4) as usize]);
        let strike = 40_000.0 + 1_000.0 * f64::from(index);
        position(option("BTC", settlement, expiry, strike, OptionRight::Call), 1.0)
    });
    let book = book_of(positions.collect(), Vec::new());
    let model = model(&market, &book, &[HORIZON]);
    let account = crate::pricing::Granularity::Account;
    let settings = PricingSettings::full();
    let compiled = CompiledBook::compile(&market, &book, &model, settings, account).unwrap();
    let count = |moves: &Moves| {
        let wanted = (1.0, Interpolation::WhereCheaper);
        let isa = InstructionSet::detect();
        compiled.option_proxies(isa, 0, &domain(&model, moves), wanted).polynomial_count()
    };
    assert_eq!(count(&vec![("BTC.spot", 0.0, 0.15)]), 1);
    assert_eq!(count(&vec![("BTC.spot", 0.0, 0.15), ("BTC.vol", 0.0, 0.1)]), 1);
}

/// Beyond the domain a value is finite and the path is told apart.
#[test]
fn paths_outside_the_domain_are_told() {
    let market = market();
    let put = option("BTC", linear("USDT"), 0.1, 55_000.0, OptionRight::Put);
    let mut held = position(put, -3.0);
    held.volatility = Some(0.6);
    let book = book_of(vec![held], Vec::new());
    let model = model(&market, &book, &[HORIZON]);
    let compiled = compile(&market, &book, &model, PricingSettings::full());
    let moves = vec![("BTC.spot", 0.0, 0.2), ("USDT.peg", 0.0, 0.01)];
    let isa = InstructionSet::detect();
    let wanted = (1.0, Interpolation::WherePossible);
    let proxies = compiled.option_proxies(isa, 0, &domain(&model, &moves), wanted);
    let proxied = compiled.with_proxies(proxies);
    let mut block = FactorBlock::new(model.factors.len(), 4);
    set(&mut block, &model, "BTC.spot", &[0.1, -0.3, 0.0, 5.0]);
    set(&mut block, &model, "USDT.peg", &[0.0, 0.0, -0.02, 0.0]);
    let mut state = PathState::new(&proxied, 4);
    let mut out = vec![f64::NAN; proxied.rows().len() * 4];
    proxied.start_block(&mut state, 4);
    proxied.values(isa, 0, &block, &mut state, &mut out);
    let outside: Vec<bool> = state.reach().iter().map(|reach| *reach > 1.0).collect();
    assert_eq!(outside, [false, true, true, true]);
    assert!(out.iter().all(|value| value.is_finite()));
}
