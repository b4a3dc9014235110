use super::*;
use crate::numeric::InstructionSet;

type Kernel = fn(InstructionSet, &[f64], &mut [f64]);

fn applied(kernel: Kernel, isa: InstructionSet, input: &[f64]) -> Vec<f64> {
    let mut out = vec![f64::NAN; input.len()];
    kernel(isa, input, &mut out);
    out
}

/// Doubles between two finite numbers of one sign.
fn ulps(a: f64, b: f64) -> u64 {
    a.to_bits().abs_diff(b.to_bits())
}

fn assert_table(kernel: Kernel, table: &[(f64, f64)], ulps_max: u64) {
    let (input, expected): (Vec<f64>, Vec<f64>) = table.iter().copied().unzip();
    let found = applied(kernel, InstructionSet::detect(), &input);
    for ((x, value), expected) in input.iter().zip(&found).zip(&expected) {
        let distance = ulps(*value, *expected);
        assert!(distance <= ulps_max, "at {x:e}: {value:e}, {expected:e}, {distance} ulp");
    }
}

/// Largest distance from `reference` over `count` points, evenly spaced.
fn largest_ulps(kernel: Kernel, reference: fn(f64) -> f64, range: [f64; 2], count: u32) -> u64 {
    let width = (range[1] - range[0]) / f64::from(count);
    let input: Vec<f64> = (0..count).map(|i| range[0] + (f64::from(i) + 0.37) * width).collect();
    let found = applied(kernel, InstructionSet::detect(), &input);
    let pairs = found.iter().zip(&input);
    pairs.map(|(value, &x)| ulps(*value, reference(x))).max().unwrap_or(0)
}

#[test]
fn values_agree_with_sixty_digit_arithmetic() {
    assert_table(exp, &EXP, 1);
    assert_table(ln, &LN, 1);
    assert_table(normal_cdf, &NORMAL_CDF, 10);
    assert_table(normal_quantile, &NORMAL_QUANTILE, 5);
}

/// `libm`'s own error is below 1 ulp.
#[test]
fn exp_and_ln_agree_with_libm_everywhere() {
    for range in [[-707.9, 709.7], [-1.0, 1.0], [-30.0, 5.0]] {
        assert!(largest_ulps(exp, libm::exp, range, 200_000) <= 1);
    }
    for range in [[1e-300, 1.0], [0.5, 2.0], [0.99, 1.01], [1.0, 1e9]] {
        assert!(largest_ulps(ln, libm::log, range, 200_000) <= 1);
    }
}

/// `erfc` of `libm`, corrected for the rounding of its argument x/√2 to first order.
fn normal_cdf_by_erfc(x: f64) -> f64 {
    const HALF_ROOT: f64 = std::f64::consts::FRAC_1_SQRT_2;
    const HALF_ROOT_REMAINDER: f64 = -4.833_646_656_726_457e-17;
    let argument = -x * HALF_ROOT;
    let lost = libm::fma(-x, HALF_ROOT, -argument) - x * HALF_ROOT_REMAINDER;
    let slope = std::f64::consts::FRAC_2_SQRT_PI * libm::exp(-argument * argument);
    0.5 * (libm::erfc(argument) - slope * lost)
}

#[test]
fn the_normal_cdf_agrees_with_erfc_everywhere() {
    for (range, ulps_max) in [([-37.0, -2.0], 12), ([-2.0, 0.0], 8), ([0.0, 9.0], 3)] {
        let largest = largest_ulps(normal_cdf, normal_cdf_by_erfc, range, 300_000);
        assert!(largest <= ulps_max, "{range:?}: {largest} ulp");
    }
}

#[test]
fn the_quantile_inverts_the_distribution_function() {
    let isa = InstructionSet::detect();
    let input: Vec<f64> = (1..2_000).map(|i| f64::from(i) / 2_000.0).collect();
    let back = applied(normal_cdf, isa, &applied(normal_quantile, isa, &input));
    for (p, found) in input.iter().zip(&back) {
        assert!((found / p - 1.0).abs() < 5e-15, "{p}: {found}");
    }
}

#[test]
fn the_normal_cdf_rises_and_mirrors() {
    let input: Vec<f64> = (-4_000..=4_000).map(|i| f64::from(i) / 100.0).collect();
    let found = applied(normal_cdf, InstructionSet::detect(), &input);
    assert!(found.windows(2).all(|pair| pair[0] <= pair[1]));
    for (low, high) in found.iter().zip(found.iter().rev()) {
        assert!((low + high - 1.0).abs() < 3e-16);
    }
}

const EDGES: [f64; 11] =
    [f64::NEG_INFINITY, -1e300, -1.0, -0.0, 0.0, 5e-324, 0.5, 1.0, 1e300, f64::INFINITY, f64::NAN];

#[test]
fn edges_are_limits_and_nan_stays_nan() {
    let at_edges = |kernel: Kernel| applied(kernel, InstructionSet::detect(), &EDGES);
    let (exp, ln) = (at_edges(exp), at_edges(ln));
    assert_eq!(exp[..2], [0.0, 0.0]);
    assert_eq!(exp[3..6], [1.0, 1.0, 1.0]);
    assert_eq!(exp[8..10], [f64::INFINITY; 2]);
    assert!(ln[..3].iter().all(|value| value.is_nan()));
    assert_eq!(ln[3..5], [f64::NEG_INFINITY; 2]);
    assert_eq!((ln[7], ln[9]), (0.0, f64::INFINITY));
    let (cdf, quantile) = (at_edges(normal_cdf), at_edges(normal_quantile));
    assert_eq!((cdf[0], cdf[1], cdf[4], cdf[9]), (0.0, 0.0, 0.5, 1.0));
    assert_eq!((quantile[4], quantile[6]), (f64::NEG_INFINITY, 0.0));
    assert_eq!(quantile[7], f64::INFINITY);
    assert!(quantile[2].is_nan() && quantile[8].is_nan());
    for values in [exp, ln, cdf, quantile] {
        assert!(values[10].is_nan());
    }
}

/// Where results end: the last argument inside, then the first beyond.
#[test]
fn results_end_where_the_documents_say() {
    let at = |kernel: Kernel, x: f64| applied(kernel, InstructionSet::detect(), &[x])[0];
    assert_eq!(at(exp, (-708.0f64).next_down()), 0.0);
    assert!(at(exp, 709.782_712_893_384).is_finite());
    assert_eq!(at(exp, 709.782_712_893_384f64.next_up()), f64::INFINITY);
    // Φ(−38) is 2.9e-316, below the smallest normal number.
    assert_eq!(at(normal_cdf, -38.0), 0.0);
    assert!(at(normal_quantile, 5e-324).is_finite());
    assert!(at(normal_quantile, (1.0f64).next_down()).is_finite());
    assert!(at(normal_quantile, (1.0f64).next_up()).is_nan());
    assert!(at(normal_quantile, -5e-324).is_nan());
}

/// Kernels that compute with bits must not take a NaN's for a number's.
#[test]
fn every_kind_of_nan_stays_nan() {
    let payloads = [1, 0x7ff, 0xfff, 1 << 11, (1 << 51) - 1, 0xdead_beef];
    let quiet = payloads.map(|payload| f64::from_bits(0x7ff8_0000_0000_0000 | payload));
    let signalling = payloads.map(|payload| f64::from_bits(0x7ff0_0000_0000_0000 | payload));
    let input = [quiet, quiet.map(|nan| -nan), signalling].concat();
    for isa in InstructionSet::available() {
        for kernel in [exp, ln, normal_cdf, normal_quantile] {
            assert!(applied(kernel, isa, &input).iter().all(|value| value.is_nan()), "{isa}");
        }
    }
}

/// Bits, with one NaN for all: the sign of a NaN is not specified.
fn canonical(x: f64) -> u64 {
    if x.is_nan() { f64::NAN.to_bits() } else { x.to_bits() }
}

#[test]
fn every_instruction_set_gives_the_same_bits_in_and_out_of_place() {
    type InPlace = fn(InstructionSet, &mut [f64]);
    let kernels: [(Kernel, InPlace); 4] = [
        (exp, exp_in_place),
        (ln, ln_in_place),
        (normal_cdf, normal_cdf_in_place),
        (normal_quantile, normal_quantile_in_place),
    ];
    let mut input: Vec<f64> =
        (0..5_003).map(|i| 60.0 * libm::sin(f64::from(i) * 12.9898)).collect();
    input.extend((0..5_003).map(|i| 0.5 + 0.5 * libm::sin(f64::from(i) * 78.233)));
    input.extend(EDGES);
    let bits = |values: &[f64]| values.iter().map(|x| canonical(*x)).collect::<Vec<_>>();
    for (kernel, in_place) in kernels {
        let expected = bits(&applied(kernel, InstructionSet::Baseline, &input));
        for isa in InstructionSet::available() {
            let mut values = input.clone();
            in_place(isa, &mut values);
            assert_eq!(bits(&applied(kernel, isa, &input)), expected, "{isa}");
            assert_eq!(bits(&values), expected, "{isa} in place");
        }
    }
}

#[test]
#[should_panic(expected = "left == right")]
fn slices_of_different_lengths_are_a_fault_of_the_caller() {
    exp(InstructionSet::detect(), &[0.0; 3], &mut [0.0; 2]);
}

// Expected values: mpmath 1.3.0 with 60 digits at the exact doubles, rounded to double.

const EXP: [(f64, f64); 29] = [
    (-708.0, 3.307553003638408e-308),
    (-707.9999999999999, 3.307553003638784e-308),
    (-1e-300, 1.0),
    (1e-17, 1.0),
    (5e-324, 1.0),
    (709.782712893384, 1.7976931348622732e+308),
    (709.4361393031039, 1.2711610061535065e+308),
    (709.0895657128241, 8.98846567431186e+307),
    (37.42994775023705, 1.8014398509482004e+16),
    (-707.9, 3.655411389615008e-308),
    (-700.123, 8.718553692249618e-305),
    (-345.678, 7.480869601401225e-151),
    (-88.8, 2.720507997802789e-39),
    (-20.1, 1.865008921902767e-09),
    (-3.7, 0.024723526470339388),
    (-1.0, 0.36787944117144233),
    (-0.34657, 0.7071093199024199),
    (-1e-09, 0.999999999),
    (1e-300, 1.0),
    (0.1, 1.1051709180756477),
    (0.34658, 1.41422262711514),
    (0.5, 1.6487212707001282),
    (1.2, 3.3201169227365472),
    (2.5, 12.182493960703473),
    (10.75, 46630.028453524326),
    (99.9, 2.4323089739791293e+43),
    (333.3, 5.6279576190981464e+144),
    (708.0, 3.023383144276055e+307),
    (709.78, 1.7928227943945155e+308),
];
const LN: [(f64, f64); 26] = [
    (2.2250738585072014e-308, -708.3964185322641),
    (2.225073858507201e-308, -708.3964185322641),
    (1.5e-323, -743.3414596327132),
    (1.7976931348623157e+308, 709.782712893384),
    (0.9999999999999999, -1.1102230246251565e-16),
    (1.0000000000000002, 2.2204460492503128e-16),
    (4.9e-300, -689.1862926930971),
    (1e-05, -11.512925464970229),
    (5e-324, -744.4400719213812),
    (1e-310, -713.8013788281542),
    (2.3e-308, -708.363299519231),
    (1e-200, -460.51701859880916),
    (3.3e-16, -35.6474390194323),
    (0.001, -6.907755278982137),
    (0.6, -0.5108256237659907),
    (0.7071067811865475, -0.34657359027997275),
    (0.7071067811865477, -0.3465735902799724),
    (0.9, -0.10536051565782628),
    (0.999999, -1.000000500029089e-06),
    (1.0000001, 9.999999505838704e-08),
    (1.2, 0.1823215567939546),
    (1.4142135623730954, 0.34657359027997287),
    (3.0, 1.0986122886681098),
    (100000.0, 11.512925464970229),
    (7.7e+99, 229.99714453527017),
    (1.7e+308, 709.7268368932282),
];
const NORMAL_CDF: [(f64, f64); 45] = [
    (-37.5, 4.605353009581955e-308),
    (-1e-300, 0.5),
    (-5e-324, 0.5),
    (8.2, 0.9999999999999999),
    (8.3, 1.0),
    (40.0, 1.0),
    (0.0, 0.5),
    (-0.674, 0.2501556568403226),
    (5.0, 0.9999997133484281),
    (-13.7, 5.076214811597879e-43),
    (-18.25, 1.03454636775701e-74),
    (-22.6, 2.1668590876034485e-113),
    (-28.1, 4.89804236687883e-174),
    (-33.9, 3.33083028853621e-252),
    (-37.4, 1.9536815616489922e-306),
    (-36.5, 5.544725713074845e-292),
    (-30.3, 5.731723503315496e-202),
    (-25.01, 2.379489988702051e-138),
    (-20.2, 4.8948636547652504e-91),
    (-15.5, 1.7344607917938702e-54),
    (-12.3, 4.5287069561587846e-35),
    (-10.1, 2.762109471764517e-24),
    (-8.9, 2.7923343749396464e-19),
    (-8.0, 6.220960574271784e-16),
    (-7.1, 6.237844463331591e-13),
    (-6.3, 1.4882282217623127e-10),
    (-5.5, 1.8989562465887718e-08),
    (-4.75, 1.0170832425687032e-06),
    (-4.1, 2.065750691254677e-05),
    (-3.3, 0.0004834241423837775),
    (-2.9, 0.0018658133003840384),
    (-2.2, 0.013903447513498604),
    (-1.7, 0.04456546275854304),
    (-1.1, 0.13566606094638264),
    (-0.9, 0.18406012534675947),
    (-0.55, 0.29115968678834636),
    (-0.25, 0.4012936743170763),
    (-0.1, 0.460172162722971),
    (-1e-10, 0.49999999996010575),
    (0.3, 0.6179114221889527),
    (0.8, 0.7881446014166034),
    (1.3, 0.9031995154143897),
    (2.4, 0.9918024640754038),
    (3.9, 0.9999519036559824),
    (6.2, 0.9999999997176842),
];
const NORMAL_QUANTILE: [(f64, f64); 37] = [
    (5e-324, -38.467405617144344),
    (1e-320, -38.26912534303265),
    (2.2250738585072014e-308, -37.5193793471445),
    (1e-200, -30.20559417957964),
    (1e-100, -21.273453560965326),
    (1e-40, -13.31092137142517),
    (0.9999999999999999, 8.209536151601387),
    (0.9999999999999998, 8.125890664701906),
    (0.999999999999, 7.0344869100478356),
    (0.075, -1.439531470938456),
    (0.925, 1.4395314709384561),
    (0.9249999999999999, 1.4395314709384555),
    (1.388794386496402e-11, -6.657904643501103),
    (0.25, -0.6744897501960817),
    (0.75, 0.6744897501960817),
    (1e-300, -37.0470962993612),
    (1e-150, -26.122961190593983),
    (3e-60, -16.330389568182436),
    (1e-20, -9.262340089798407),
    (1.3e-11, -6.667611456510741),
    (1.5e-11, -6.646570887477113),
    (1e-06, -4.753424308822899),
    (0.0012, -3.0356723666270735),
    (0.02, -2.053748910631823),
    (0.0749, -1.4402382675279637),
    (0.0751, -1.43882539275254),
    (0.2, -0.8416212335729142),
    (0.4, -0.2533471031357997),
    (0.499, -0.002506630899571766),
    (0.5000001, 2.506628273311648e-07),
    (0.61, 0.27931903444745415),
    (0.77, 0.7388468491852137),
    (0.924, 1.4325027208258119),
    (0.926, 1.4466320671589787),
    (0.99, 2.3263478740408408),
    (0.999999, 4.753424308817087),
    (0.999999999999, 7.0344869100478356),
];
