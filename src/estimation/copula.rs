//! Degrees of freedom of a t-copula, and the tail dependence they imply.
//!
//! Source: Demarta & McNeil, "The t copula and related copulas", International Statistical Review 73
//! (2005): margins are replaced by their ranks, the correlation matrix is given, and ν maximises the
//! copula's likelihood. Limits: the error of ν ignores that ranks and correlations are estimated.

use nalgebra::DMatrix;

use super::panel::complete_rows;
use super::search::peak;
use super::student_t::{
    DEGREES_OF_FREEDOM_RANGE, QuadraticForm, STUDENT_T_OBSERVATIONS_MIN, degrees_of_freedom,
    log_constant,
};
use super::{Estimate, EstimationError};
use crate::numeric::special::{student_t_cdf, student_t_quantile};

const WHAT: &str = "t-copula degrees of freedom";

/// ν of a t-copula with the given correlation matrix, from the ranks of a panel `[series][date]` on
/// the dates all series have.
///
/// # Errors
/// Too few common dates, values that are not finite, an uneven panel, or a matrix that is not
/// positive definite or not of the panel's size.
pub fn fit_t_copula(
    panel: &[&[Option<f64>]],
    correlation: &DMatrix<f64>,
) -> Result<Estimate, EstimationError> {
    let singular = || EstimationError::NotPositiveDefinite { what: WHAT };
    let form = QuadraticForm::new(correlation).ok_or_else(singular)?;
    if correlation.nrows() != panel.len() {
        return Err(singular());
    }
    let needed = STUDENT_T_OBSERVATIONS_MIN.max(5 * panel.len());
    let rows = complete_rows(WHAT, panel, needed)?;
    let ranks = doubled_ranks(&rows);
    let [fewest, most] = DEGREES_OF_FREEDOM_RANGE;
    let profile = |inverse: f64| log_likelihood(&ranks, &form, 1.0 / inverse);
    let top = peak(profile, 1.0 / most, 1.0 / fewest);
    Ok(degrees_of_freedom(&top, rows.len()))
}

/// Coefficient of lower and upper tail dependence of a bivariate t-copula,
/// `2 t_{ν+1}(−√((ν+1)(1−ρ)/(1+ρ)))` (Embrechts, McNeil & Straumann 2002).
pub fn tail_dependence(degrees_of_freedom: f64, correlation: f64) -> f64 {
    if correlation <= -1.0 {
        return 0.0;
    }
    let ratio = (1.0 - correlation) / (1.0 + correlation);
    let degrees = degrees_of_freedom + 1.0;
    2.0 * student_t_cdf(-(degrees * ratio).sqrt(), degrees)
}

/// Twice the midrank of each value within its series, `[date][series]`; ties share theirs.
fn doubled_ranks(rows: &[Vec<f64>]) -> Vec<Vec<usize>> {
    let mut ranks = vec![vec![0; rows[0].len()]; rows.len()];
    for series in 0..rows[0].len() {
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_by(|&a, &b| rows[a][series].total_cmp(&rows[b][series]));
        for tied in order.chunk_by(|&a, &b| rows[a][series] == rows[b][series]) {
            let below = order.partition_point(|&date| rows[date][series] < rows[tied[0]][series]);
            tied.iter().for_each(|&date| ranks[date][series] = 2 * below + tied.len() + 1);
        }
    }
    ranks
}

/// Copula log-likelihood at ν of pseudo-observations `rank / (n + 1)`.
fn log_likelihood(ranks: &[Vec<usize>], form: &QuadraticForm, nu: f64) -> f64 {
    let count = ranks.len();
    let size = ranks[0].len() as f64;
    let scores = scores(count, nu);
    let joint = log_constant(nu, size) - 0.5 * form.log_determinant;
    let marginal = size * log_constant(nu, 1.0);
    let mut total = count as f64 * (joint - marginal);
    let mut point = vec![0.0; ranks[0].len()];
    for row in ranks {
        let mut margins = 0.0;
        for (slot, &rank) in point.iter_mut().zip(row) {
            *slot = scores[rank];
            margins += libm::log1p(*slot * *slot / nu);
        }
        let square = form.solve_square(&mut point);
        total += 0.5 * (nu + 1.0) * margins - 0.5 * (nu + size) * libm::log1p(square / nu);
    }
    total
}

/// t quantile of each doubled rank; the upper half mirrors the lower.
fn scores(count: usize, nu: f64) -> Vec<f64> {
    let end = 2 * (count + 1);
    let mut scores = vec![0.0; end];
    for rank in 1..=count {
        scores[rank] = student_t_quantile(rank as f64 / end as f64, nu);
        scores[end - rank] = -scores[rank];
    }
    scores
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;
    use rand_distr::{ChiSquared, Distribution, StandardNormal};

    use super::*;

    fn panel(count: usize, degrees: Option<f64>) -> Vec<Vec<Option<f64>>> {
        let mut random = StdRng::seed_from_u64(5);
        let mut panel = vec![Vec::new(); 3];
        for _ in 0..count {
            let mixing: f64 = degrees
                .map_or(1.0, |nu| (nu / ChiSquared::new(nu).unwrap().sample(&mut random)).sqrt());
            let common: f64 = StandardNormal.sample(&mut random);
            for (index, series) in panel.iter_mut().enumerate() {
                let own: f64 = StandardNormal.sample(&mut random);
                let value = mixing * (0.8 * common + 0.6 * own);
                // Strictly increasing margins leave the copula alone.
                series.push(Some(if index == 0 { libm::exp(0.3 * value) } else { value }));
            }
        }
        panel
    }

    fn correlation() -> DMatrix<f64> {
        DMatrix::from_fn(3, 3, |i, j| if i == j { 1.0 } else { 0.64 })
    }

    fn fit(panel: &[Vec<Option<f64>>]) -> Estimate {
        let borrowed: Vec<&[Option<f64>]> = panel.iter().map(Vec::as_slice).collect();
        fit_t_copula(&borrowed, &correlation()).unwrap()
    }

    #[test]
    fn recovers_the_degrees_of_freedom_whatever_the_margins() {
        let nu = fit(&panel(5000, Some(6.0)));
        assert!((nu.value - 6.0).abs() < 4.0 * nu.standard_error.unwrap(), "{nu:?}");
        assert!(nu.standard_error.unwrap() < 0.6, "{nu:?}");
    }

    #[test]
    fn a_gaussian_copula_is_far_out() {
        assert!(fit(&panel(3000, None)).value > 40.0);
    }

    #[test]
    fn ties_share_their_midrank() {
        let rows = [[3.0], [1.0], [3.0], [2.0]].map(Vec::from);
        assert_eq!(doubled_ranks(&rows), [[7], [2], [7], [4]]);
    }

    #[test]
    fn a_singular_matrix_is_refused() {
        let panel = panel(100, None);
        let borrowed: Vec<&[Option<f64>]> = panel.iter().map(Vec::as_slice).collect();
        let ones = DMatrix::from_element(3, 3, 1.0);
        assert!(matches!(
            fit_t_copula(&borrowed, &ones),
            Err(EstimationError::NotPositiveDefinite { .. })
        ));
        assert!(fit_t_copula(&borrowed, &DMatrix::identity(2, 2)).is_err());
    }
}
