use super::*;
use crate::numeric::InstructionSet;

fn option(right: Right, forward: f64, strike: f64, volatility: f64, years: f64) -> Black76 {
    Black76 { right, forward, strike, volatility, years, discount: 1.0 }
}

/// The textbook formula through the complementary error function of `libm` (below 1 ulp).
fn textbook(right: Right, forward: f64, strike: f64, deviation: f64) -> f64 {
    let cdf = |x: f64| 0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2);
    let d_1 = libm::log(forward / strike) / deviation + 0.5 * deviation;
    let d_2 = d_1 - deviation;
    let sign = right.sign();
    sign * (forward * cdf(sign * d_1) - strike * cdf(sign * d_2))
}

/// Forwards in units of F₀ with their logs and roots, and a deviation each.
struct Block {
    logs: Vec<f64>,
    levels: Vec<f64>,
    roots: Vec<f64>,
    deviations: Vec<f64>,
}

impl Block {
    fn new(paths: impl Iterator<Item = (f64, f64)>) -> Self {
        let (levels, deviations): (Vec<f64>, Vec<f64>) = paths.unzip();
        let mut roots = vec![f64::NAN; levels.len()];
        square_roots(InstructionSet::detect(), &levels, &mut roots);
        let logs = levels.iter().map(|&level| libm::log(level)).collect();
        Self { logs, levels, roots, deviations }
    }

    /// Forwards from a tenth to ten strikes of 1, deviations from 1e-4 to 80, and the edges.
    fn wide() -> Self {
        let inner = (0..61).flat_map(|row| {
            let level = libm::exp(-2.3 + 4.6 * f64::from(row) / 60.0);
            (0..61)
                .map(move |column| (level, libm::pow(10.0, -4.0 + 5.9 * f64::from(column) / 60.0)))
        });
        let levels = [1e-300, 1e-30, 0.5, 1.0, 2.0, 1e30, 1e300];
        let edges = levels.into_iter().flat_map(|level| {
            [0.0, 1e-300, 1e-17, 1e-9, 0.3, 79.0, 1e300].map(|deviation| (level, deviation))
        });
        Self::new(inner.chain(edges))
    }

    fn forwards(&self) -> Forwards<'_> {
        Forwards { logs: &self.logs, levels: &self.levels, roots: &self.roots }
    }

    /// Values of one option struck at `strike`, each with its own deviation.
    fn values(&self, isa: InstructionSet, right: Right, strike: f64) -> Vec<f64> {
        let mut sums = vec![0.0; self.levels.len()];
        let deviation = Deviation::Each(&self.deviations);
        add_option(isa, held(right, strike), self.forwards(), deviation, Weight::One, &mut sums);
        sums
    }

    /// As `values`, path by path through the kernel for one deviation.
    fn values_one_by_one(&self, isa: InstructionSet, right: Right, strike: f64) -> Vec<f64> {
        let value = |path: usize| {
            let forwards = Forwards {
                logs: &self.logs[path..=path],
                levels: &self.levels[path..=path],
                roots: &self.roots[path..=path],
            };
            let deviation = Deviation::Same(self.deviations[path]);
            let mut sum = [0.0];
            add_option(isa, held(right, strike), forwards, deviation, Weight::One, &mut sum);
            sum[0]
        };
        (0..self.levels.len()).map(value).collect()
    }
}

fn held(right: Right, strike: f64) -> HeldOption {
    HeldOption { right, strike, log_strike: libm::log(strike), amount: 1.0 }
}

/// Forward, strike, deviation, call, put: the textbook formula in 60-digit arithmetic, computed
/// with mpmath 1.4.
#[rustfmt::skip]
#[allow(clippy::excessive_precision)]
const EXACT: [[f64; 5]; 24] = [
    [1.0, 1.0, 0.02, 0.0079787126292632075697, 0.0079787126292632075697],
    [1.0, 1.0, 0.5, 0.19741265136584744848, 0.19741265136584744848],
    [1.25, 1.0, 0.15, 0.25504499184807964046, 0.0050449918480796404624],
    [0.8, 1.0, 0.15, 0.004035993478463715873, 0.20403599347846367146],
    [0.7, 1.3, 0.6, 0.04359988078787343666, 0.64359988078787352548],
    [1.3, 0.7, 0.6, 0.64359988078787352548, 0.04359988078787343666],
    [1.02, 0.98, 0.01, 0.040000071268751938033, 7.1268751902505990935e-8],
    [0.98, 1.02, 0.01, 7.1268751902505990935e-8, 0.040000071268751938033],
    [0.5, 2.0, 0.25, 6.2000722475899701656e-10, 1.5000000006200072248],
    [2.0, 0.5, 0.25, 1.5000000006200072248, 6.2000722475899701656e-10],
    [1.1, 0.9, 2.0, 0.78511324708672490018, 0.58511324708672483356],
    [0.3, 1.0, 3.0, 0.23058379413148746315, 0.93058379413148747425],
    [4.0, 1.0, 5.0, 3.9759194698706060643, 0.97591946987060606434],
    [1.0, 1.5, 9.0, 0.9999916851964393273, 1.4999916851964393273],
    [0.001, 1.0, 1.0, 9.611317085359255234e-15, 0.9990000000000096113],
    [900.0, 1.0, 1.0, 899.00000000001933009, 1.9330086296807533818e-11],
    [1.000001, 1.0, 1e-06, 1.0833155915038339434e-6, 8.3315591586100581319e-8],
    [0.999999, 1.0, 1e-06, 8.3315349597761790626e-8, 1.0833153496265174551e-6],
    [1.0, 1.0, 1e-09, 3.9894228040143270277e-10, 3.9894228040143270277e-10],
    [1.07, 1.0, 0.07, 0.076424442357121843979, 0.0064244423571217818066],
    [0.93, 1.0, 0.04, 0.00053112653777043320072, 0.070531126537770384351],
    [1.0, 0.6, 0.09, 0.40000000008008700551, 8.0086983309613756832e-11],
    [0.6, 1.0, 0.09, 8.0086983309613756832e-11, 0.40000000008008700551],
    [1.0, 1.0, 60.0, 1.0, 1.0],
];

#[test]
fn the_kernels_agree_with_60_digit_values() {
    for [forward, strike, deviation, call, put] in EXACT {
        let block = Block::new(std::iter::once((forward, deviation)));
        for (right, expected) in [(Right::Call, call), (Right::Put, put)] {
            for isa in InstructionSet::available() {
                let moving = block.values(isa, right, strike)[0];
                let flat = block.values_one_by_one(isa, right, strike)[0];
                for found in [moving, flat] {
                    let error = (found - expected).abs();
                    let case = format!("{right:?} {forward} {strike} {deviation}: {found}");
                    assert!(error < 1e-15 * forward.max(strike), "{case}, off by {error:e}");
                }
            }
            let scalar = option(right, forward, strike, deviation, 1.0).value();
            assert!((scalar - expected).abs() < 1e-15 * forward.max(strike), "{scalar}");
        }
    }
}

/// The textbook form itself rounds d, Φ and two products.
#[test]
fn the_kernels_agree_with_the_textbook_formula() {
    let (block, isa) = (Block::wide(), InstructionSet::detect());
    for (right, strike) in [(Right::Call, 1.0), (Right::Put, 1.0), (Right::Put, 1.7)] {
        let moving = block.values(isa, right, strike);
        let flat = block.values_one_by_one(isa, right, strike);
        for (path, (&forward, &deviation)) in block.levels.iter().zip(&block.deviations).enumerate()
        {
            if !(1e-9..=80.0).contains(&deviation) {
                continue;
            }
            let expected = textbook(right, forward, strike, deviation);
            for found in [moving[path], flat[path]] {
                let error = (found - expected).abs();
                assert!(error < 1e-15 * forward.max(strike), "{right:?} {forward} {deviation}");
            }
        }
    }
}

/// Never below intrinsic value, never above the forward (call) or the strike (put); finite, and
/// vanishing in the wings.
#[test]
fn values_keep_their_bounds_everywhere() {
    let (block, isa) = (Block::wide(), InstructionSet::detect());
    for right in [Right::Call, Right::Put] {
        for values in [block.values(isa, right, 1.0), block.values_one_by_one(isa, right, 1.0)] {
            for (value, &forward) in values.iter().zip(&block.levels) {
                let intrinsic = (right.sign() * (forward - 1.0)).max(0.0);
                let most = if right == Right::Call { forward } else { 1.0 };
                assert!(*value >= intrinsic, "{right:?} {forward} {value}");
                assert!(*value <= most * (1.0 + 1e-15), "{right:?} {forward} {value}");
            }
        }
    }
    // 12 standard deviations out the exact values are known to 17 digits (mpmath).
    let far = Block::new([(libm::exp(-1.2), 0.1), (libm::exp(1.2), 0.1)].into_iter());
    let [call, put] =
        [(Right::Call, 0), (Right::Put, 1)].map(|(right, path)| far.values(isa, right, 1.0)[path]);
    assert!((call / 8.005623885511807e-36 - 1.0).abs() < 1e-5, "{call:e}");
    assert!((put / 2.6579607339351476e-35 - 1.0).abs() < 1e-5, "{put:e}");
}

#[test]
fn every_instruction_set_gives_the_same_bits() {
    let block = Block::wide();
    for right in [Right::Call, Right::Put] {
        let moving = block.values(InstructionSet::Baseline, right, 0.9);
        let flat = block.values_one_by_one(InstructionSet::Baseline, right, 0.9);
        for isa in InstructionSet::available() {
            assert_eq!(block.values(isa, right, 0.9), moving, "{isa}");
            assert_eq!(block.values_one_by_one(isa, right, 0.9), flat, "{isa}");
        }
    }
}

/// A path's bits do not depend on its neighbours or on its place in the block.
#[test]
fn blocks_may_be_cut_anywhere() {
    let block = Block::wide();
    let isa = InstructionSet::detect();
    let whole = |deviation| {
        let mut sums = vec![0.25; block.levels.len()];
        let weight = Weight::Each(&block.levels);
        add_option(isa, held(Right::Put, 1.1), block.forwards(), deviation, weight, &mut sums);
        sums
    };
    for cut in [1, 5, 64, 1000] {
        for same in [Some(0.4), None] {
            let deviation = same.map_or(Deviation::Each(&block.deviations), Deviation::Same);
            let expected = whole(deviation);
            let part = |from: usize, to: usize| {
                let forwards = Forwards {
                    logs: &block.logs[from..to],
                    levels: &block.levels[from..to],
                    roots: &block.roots[from..to],
                };
                let each = Deviation::Each(&block.deviations[from..to]);
                let deviation = same.map_or(each, Deviation::Same);
                let weight = Weight::Each(&block.levels[from..to]);
                let mut sums = vec![0.25; to - from];
                add_option(isa, held(Right::Put, 1.1), forwards, deviation, weight, &mut sums);
                sums
            };
            let parts = [part(0, cut), part(cut, expected.len())].concat();
            assert_eq!(parts, expected, "{cut} {same:?}");
        }
    }
}

#[test]
fn no_deviation_and_no_forward_are_intrinsic() {
    let cases = [
        (50.0, 0.0),
        (100.0, 0.0),
        (150.0, 0.0),
        (0.0, 0.4),
        (-20.0, 0.4),
        (150.0, f64::NAN),
        (150.0, -1.0),
    ];
    let block = Block::new(cases.into_iter());
    let expected = [
        (Right::Call, [0.0, 0.0, 50.0, 0.0, 0.0, 50.0, 50.0]),
        (Right::Put, [50.0, 0.0, 0.0, 100.0, 120.0, 0.0, 0.0]),
    ];
    for isa in InstructionSet::available() {
        for (right, values) in expected {
            assert_eq!(block.values(isa, right, 100.0), values);
            assert_eq!(block.values_one_by_one(isa, right, 100.0), values);
        }
    }
}

#[test]
fn amounts_and_weights_multiply_what_is_added() {
    let block = Block::new([(1.0, 0.2), (1.2, 0.3)].into_iter());
    let isa = InstructionSet::detect();
    let plain = block.values(isa, Right::Call, 1.0);
    let mut sums = [10.0, 20.0];
    let option = HeldOption { amount: -3.0, ..held(Right::Call, 1.0) };
    let deviation = Deviation::Each(&block.deviations);
    let weight = Weight::Each(&[2.0, 0.5]);
    add_option(isa, option, block.forwards(), deviation, weight, &mut sums);
    assert_eq!(sums, [(-6.0f64).mul_add(plain[0], 10.0), (-1.5f64).mul_add(plain[1], 20.0)]);
}

/// Central differences, accurate to about h² of the next derivatives.
#[test]
fn greeks_are_the_slopes_of_the_value() {
    for right in [Right::Call, Right::Put] {
        let base = option(right, 110.0, 100.0, 0.7, 0.4);
        let value =
            |forward, volatility, years| option(right, forward, 100.0, volatility, years).value();
        let greeks = base.greeks();
        let h = 1e-3;
        let (up, down) = (value(110.0 + h, 0.7, 0.4), value(110.0 - h, 0.7, 0.4));
        assert!((greeks.delta - (up - down) / (2.0 * h)).abs() < 1e-9);
        assert!((greeks.gamma - (up - 2.0 * greeks.value + down) / (h * h)).abs() < 1e-6);
        let vega = (value(110.0, 0.7 + 1e-5, 0.4) - value(110.0, 0.7 - 1e-5, 0.4)) / 2e-5;
        assert!((greeks.vega - vega).abs() < 1e-6);
        let theta = (value(110.0, 0.7, 0.4 - 1e-5) - value(110.0, 0.7, 0.4 + 1e-5)) / 2e-5;
        assert!((greeks.theta - theta).abs() < 1e-6);
    }
}

#[test]
fn expired_options_have_the_greeks_of_their_payoff() {
    let expired = |forward| option(Right::Put, forward, 100.0, 0.7, 0.0).greeks();
    assert_eq!((expired(90.0).value, expired(90.0).delta), (10.0, -1.0));
    assert_eq!((expired(110.0).value, expired(110.0).delta), (0.0, 0.0));
    assert_eq!(expired(100.0).delta, -0.5);
    assert_eq!(expired(90.0).gamma + expired(90.0).vega + expired(90.0).theta, 0.0);
}
