use super::*;

/// Σ a_k cos(k arccos t): the definition of the polynomials.
fn definition(coefficients: &[f64], t: f64) -> f64 {
    let terms = coefficients.iter().enumerate();
    terms.map(|(k, a)| a * libm::cos(k as f64 * libm::acos(t))).sum()
}

fn on(p: &Tensor, t: &[f64], u: &[f64]) -> Vec<f64> {
    let mut sum = vec![0.0; t.len()];
    accumulate(InstructionSet::detect(), p, t, u, &mut sum);
    sum
}

fn grid(count: usize) -> Vec<f64> {
    (0..count).map(|i| 2.0 * i as f64 / (count - 1) as f64 - 1.0).collect()
}

#[test]
fn clenshaw_sums_the_polynomials() {
    let t = grid(77);
    for degree in [0, 1, 2, 7, 60] {
        let series: Vec<f64> = (0..=degree).map(|k| 1.0 / (1.0 + k as f64 * 0.7)).collect();
        for (found, t) in on(&Tensor::new(std::slice::from_ref(&series)), &t, &[]).iter().zip(&t) {
            assert!((found - definition(&series, *t)).abs() < 1e-12, "degree {degree}, t = {t}");
        }
    }
}

#[test]
fn a_tensor_sums_the_products() {
    let rows = [vec![1.0, -0.5, 0.25], vec![0.125], vec![0.3, 0.2]];
    let t = grid(41);
    let u: Vec<f64> = t.iter().map(|t| libm::sin(3.0 * t)).collect();
    for ((found, t), u) in on(&Tensor::new(&rows), &t, &u).iter().zip(&t).zip(&u) {
        let inner: Vec<f64> = rows.iter().map(|row| definition(row, *t)).collect();
        assert!((found - definition(&inner, *u)).abs() < 1e-13);
    }
}

#[test]
fn interpolants_pass_through_their_values() {
    for degree in [0, 1, 5, 32] {
        let points = points(degree);
        let values: Vec<f64> = points.iter().map(|t| libm::exp(2.0 * t)).collect();
        let found = on(&Tensor::new(&[coefficients(&values)]), &points, &[]);
        for (found, value) in found.iter().zip(&values) {
            assert!((found - value).abs() < 1e-13, "degree {degree}");
        }
    }
    assert_eq!(points(2), [1.0, 0.0, -1.0]);
}

/// 1/(1 + 25t²), Runge's function: analytic for ρ below (1 + √26)/5; on the ellipse of ρ its size
/// is at most 1/(1 − 25·b²), b = (ρ − 1/ρ)/2 the half-axis on the imaginary side.
#[test]
fn the_bound_holds_and_is_not_idle() {
    let runge = |t: &f64| 1.0 / (1.0 + 25.0 * t * t);
    let rho = 1.19;
    let half_axis = 0.5 * (rho - 1.0 / rho);
    let bound = 1.0 / (1.0 - 25.0 * half_axis * half_axis);
    let t = grid(2001);
    for degree in [10, 40, 80] {
        let values: Vec<f64> = points(degree).iter().map(runge).collect();
        let found = on(&Tensor::new(&[coefficients(&values)]), &t, &[]);
        let errors = found.iter().zip(&t).map(|(found, t)| (found - runge(t)).abs());
        let largest = errors.fold(0.0, f64::max);
        let proven = interpolation_error(bound, rho, degree);
        assert!(largest <= proven, "degree {degree}: {largest} above {proven}");
        assert!(largest >= 1e-3 * proven, "degree {degree}: {largest} far below {proven}");
    }
}

#[test]
fn every_instruction_set_gives_the_same_bits() {
    let p = Tensor::new(&[vec![0.7, 0.1, -0.3, 0.01], vec![0.2, 0.4], vec![-0.1]]);
    let univariate = Tensor::new(&[vec![0.7, 0.1, -0.3, 0.01]]);
    let values: Vec<f64> = (0..101).map(|i| libm::sin(f64::from(i)) * 1.3).collect();
    let run = |isa| {
        let (mut t, mut reach, mut sum) = (vec![0.0; 101], vec![0.0; 101], vec![1.0; 101]);
        map_to_interval(isa, 0.1, 0.9, &values, &mut t, &mut reach);
        accumulate(isa, &p, &t, &t, &mut sum);
        accumulate(isa, &univariate, &t, &[], &mut sum);
        (t, reach, sum)
    };
    let expected = run(InstructionSet::Baseline);
    for isa in InstructionSet::available() {
        assert_eq!(run(isa), expected, "{isa}");
    }
}

#[test]
fn arguments_outside_are_held_and_told() {
    let values = [-1e300, -1.5, 0.5, 1.0, f64::INFINITY, f64::NAN];
    let (mut t, mut reach) = ([0.0; 6], [0.0; 6]);
    map_to_interval(InstructionSet::detect(), 0.0, 1.0, &values, &mut t, &mut reach);
    assert_eq!(t[..5], [-1.0, -1.0, 0.5, 1.0, 1.0]);
    assert!(t[5].abs() <= 1.0);
    let outside: Vec<bool> = reach.iter().map(|reach| *reach > 1.0).collect();
    assert_eq!(outside, [true, true, false, false, true, true]);
}
