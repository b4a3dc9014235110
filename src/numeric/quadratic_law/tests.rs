//! Against closed forms: normal, χ², noncentral χ², differences of exponentials, Student-t.

use super::*;
use crate::numeric::special::{
    normal_cdf, normal_pdf, normal_quantile, student_t_cdf, student_t_pdf, student_t_quantile,
};

fn law(constant: f64, linear: &[f64], curvature: &[f64]) -> QuadraticLaw {
    QuadraticLaw { constant, linear: linear.to_vec(), curvature: curvature.to_vec() }
}

#[track_caller]
fn assert_close(found: f64, expected: f64, tolerance: f64) {
    let error = (found - expected).abs();
    assert!(error <= tolerance * expected.abs(), "{found} is not {expected}");
}

#[test]
fn a_straight_quadratic_is_a_normal() {
    let normal = law(1.0, &[3.0, 4.0], &[0.0, 0.0]);
    for z in [-7.0, -2.0, 0.0, 0.3, 1.5, 4.0, 9.0] {
        let x = 1.0 + 5.0 * z;
        assert_close(normal.tail_probability(x), normal_cdf(-z), 1e-12);
        assert_close(normal.probability_below(x), normal_cdf(z), 1e-12);
        let excess = 5.0 * (normal_pdf(z) - z * normal_cdf(-z));
        assert_close(normal.expected_excess(x), excess, if z > 3.0 { 1e-9 } else { 1e-12 });
    }
    for tail in [1e-9, 0.01, 0.3, 0.975] {
        assert_close(normal.upper_quantile(tail), 1.0 - 5.0 * normal_quantile(tail), 1e-11);
    }
}

/// P(χ²₁ > x) = 2Φ(−√x), P(χ²₂ > x) = e^{−x/2}, P(χ²₄ > x) = (1 + x/2)e^{−x/2};
/// E[(χ²₂ − x)₊] = 2e^{−x/2}.
#[test]
fn equal_curvatures_are_chi_square() {
    for x in [1e-4, 0.1, 0.9, 1.5, 3.0, 9.0, 40.0, 300.0] {
        let tail =
            |count: usize| law(0.0, &vec![0.0; count], &vec![1.0; count]).tail_probability(x);
        assert_close(tail(1), 2.0 * normal_cdf(-x.sqrt()), 1e-11);
        assert_close(tail(2), libm::exp(-0.5 * x), 1e-11);
        assert_close(tail(4), (1.0 + 0.5 * x) * libm::exp(-0.5 * x), 1e-11);
        let excess = law(0.0, &[0.0; 2], &[1.0; 2]).expected_excess(x);
        assert_close(excess, 2.0 * libm::exp(-0.5 * x), 1e-11);
    }
}

/// One direction: λ(y + m)² > x is |y + m| > √(x/λ).
#[test]
fn one_direction_is_noncentral_chi_square() {
    for (lambda, shift) in [(0.7, 0.4), (2.0, -3.0), (1e-3, 5.0)] {
        let one = law(lambda * shift * shift, &[2.0 * lambda * shift], &[lambda]);
        for root in [0.05, 0.6, 2.0, 5.5, 9.0] {
            let expected = normal_cdf(-root - shift) + normal_cdf(shift - root);
            assert_close(one.tail_probability(lambda * root * root), expected, 1e-10);
        }
    }
    assert_eq!(law(0.0, &[0.0], &[-1.0]).tail_probability(0.5), 0.0, "beyond the support");
}

/// Half the difference of two χ²₂ is Laplace: P(> x) = ½e^{−|x|} for x > 0, density ½e^{−|x|}.
#[test]
fn opposite_curvatures_are_laplace() {
    let laplace = law(0.0, &[0.0; 4], &[0.5, 0.5, -0.5, -0.5]);
    for x in [0.0, 0.01, 0.7, 3.0, 25.0] {
        assert_close(laplace.tail_probability(x), 0.5 * libm::exp(-x), 1e-11);
        assert_close(laplace.probability_below(-x), 0.5 * libm::exp(-x), 1e-11);
        assert_close(laplace.expected_excess(x), 0.5 * libm::exp(-x), 1e-11);
    }
}

/// A direction that hardly bends is straight for every purpose, whichever way the contour leans.
#[test]
fn a_tiny_curvature_changes_nothing() {
    for lambda in [1e-10, -1e-10] {
        let nearly = law(0.0, &[1.0, 0.5], &[lambda, 0.0]);
        for z in [0.5, 3.0, 6.0] {
            let x = z * 1.25_f64.sqrt();
            assert_close(nearly.tail_probability(x), normal_cdf(-z), 1e-7);
        }
    }
}

/// The twisted law is the original times e^{θQ−ψ(θ)}: P_θ(Q > x) from above agrees with a
/// quadrature of the original's tail, E[e^{θQ}; Q>x] = e^{θx}P(Q>x) + θ∫e^{θu}P(Q>u)du.
#[test]
fn the_twist_reweights_and_centres() {
    let original = law(-1.0, &[0.4, 0.0, 0.8], &[0.2, 0.5, -0.3]);
    let x = original.upper_quantile(0.01);
    let theta = original.twist_to(x);
    let twisted = original.twisted(theta);
    assert_close(twisted.mean(), x, 1e-12);
    let (panels, top) = (8000, x + 200.0);
    let step = (top - x) / f64::from(panels);
    let integrand = |u: f64| libm::exp(theta * u) * original.tail_probability(u);
    let simpson: f64 = (0..=panels)
        .map(|k| {
            let weight = if k == 0 || k == panels { 1.0 } else { 2.0 + 2.0 * f64::from(k % 2) };
            weight * integrand(x + step * f64::from(k))
        })
        .sum();
    let partial = integrand(x) + theta * simpson * step / 3.0;
    let expected = partial / libm::exp(original.cumulant(theta));
    assert_close(twisted.tail_probability(x), expected, 1e-9);
}

/// Straight: L = b·t with t of unit variance. ES of a t is closed: E[T; T>t] = f(t)(ν+t²)/(ν−1).
#[test]
fn a_straight_student_quadratic_is_a_student_t() {
    for nu in [2.5_f64, 3.0, 5.0, 30.0] {
        let unit = ((nu - 2.0) / nu).sqrt();
        let student = StudentQuadraticLaw {
            quadratic: law(0.5, &[2.0, -1.0], &[0.0, 0.0]),
            degrees_of_freedom: nu,
        };
        let scale = 5.0_f64.sqrt() * unit;
        for t in [-4.0, -0.3, 0.2, 1.7, 6.0] {
            let x = 0.5 + scale * t;
            assert_close(student.tail_probability(x), student_t_cdf(-t, nu), 1e-9);
            let partial = student_t_pdf(t, nu) * (nu + t * t) / (nu - 1.0);
            let excess = scale * (partial - t * student_t_cdf(-t, nu));
            assert_close(student.expected_excess(x), excess, 1e-8);
        }
        let expected = 0.5 - scale * student_t_quantile(0.01, nu);
        assert_close(student.upper_quantile(0.01), expected, 1e-9);
    }
}

/// Curved: w·(y₁² + y₂²) = (ν−2)χ²₂/χ²_ν, whose tail is (1 + x/(ν−2))^{−ν/2}.
#[test]
fn a_curved_student_quadratic_is_an_f_ratio() {
    for nu in [2.5, 5.0, 12.0] {
        let student = StudentQuadraticLaw {
            quadratic: law(0.0, &[0.0; 2], &[1.0; 2]),
            degrees_of_freedom: nu,
        };
        for x in [0.01, 0.8, 2.0, 11.0, 400.0] {
            let expected = libm::pow(1.0 + x / (nu - 2.0), -0.5 * nu);
            assert_close(student.tail_probability(x), expected, 1e-9);
            // ∫ₓ^∞ of the tail.
            let excess = 2.0 * libm::pow(1.0 + x / (nu - 2.0), 1.0 - 0.5 * nu);
            assert_close(student.expected_excess(x), excess, 1e-8);
        }
    }
}

/// Twisting reweights: the mean of Q is zero, and P(Q > 0) untwisted comes back as
/// e^{ψ(θ)}·E_θ[e^{−θQ}; Q > 0] by quadrature of the twisted tail.
#[test]
fn the_student_twist_centres_the_scaled_excess() {
    let student = StudentQuadraticLaw {
        quadratic: law(-1.0, &[0.4, 0.0, 0.8], &[0.2, 0.5, -0.3]),
        degrees_of_freedom: 5.0,
    };
    let x = student.upper_quantile(0.01);
    let theta = student.twist_to(x);
    let twisted = student.scaled_excess(x, theta);
    // A smaller χ² makes every return larger.
    assert!(twisted.mixing_divisor() > 1.0);
    let (panels, top) = (400, 20.0);
    let step = top / f64::from(panels);
    // E[e^{−θQ}; Q>0] = P(Q>0) − θ∫e^{−θu}P(Q>u)du under the twist.
    let simpson: f64 = (0..=panels)
        .map(|k| {
            let u = step * f64::from(k);
            let weight = if k == 0 || k == panels { 1.0 } else { 2.0 + 2.0 * f64::from(k % 2) };
            weight * libm::exp(-theta * u) * twisted.tail_probability(u)
        })
        .sum();
    let mean = twisted.tail_probability(0.0) - theta * simpson * step / 3.0;
    let found = libm::exp(twisted.cumulant_at_twist()) * mean;
    assert_close(found, 0.01, 1e-6);
    for tail in [0.025, 0.25, 0.6, 0.975] {
        let quantile = twisted.upper_quantile(tail);
        assert_close(twisted.tail_probability(quantile), tail, 1e-10);
        assert!((twisted.rough_tail_probability(quantile) - tail).abs() < 2e-3, "{tail}");
    }
}
