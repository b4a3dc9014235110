//! The correlation matrix: stated or estimated, checked, projected where the user opted in.

use nalgebra::DMatrix;

use super::fitted::Told;
use super::returns::FactorReturns;
use super::{CalibrationError, Fallback};
use crate::estimation::{
    CorrelationEstimate, EstimationError, Overlap, ewma_correlation, ledoit_wolf_correlation,
    sample_correlation,
};
use crate::numeric::matrix::{MatrixError, nearest_correlation, semidefinite_cholesky};
use crate::scenario::{CorrelationSettings, NotPositiveSemidefinite};
use crate::simulation::FactorKey;

/// A usable correlation matrix with its evidence.
pub(super) struct Correlation {
    pub matrix: DMatrix<f64>,
    /// Its lower triangular factor, row-major.
    pub factor: Vec<f64>,
    pub source: String,
    pub projection_distance: Option<f64>,
    /// Standard error of each entry, by row, where the estimator gives one; else empty.
    pub errors: Vec<Vec<f64>>,
}

/// Correlation of `keys`; factors that do not move (`moves`) are uncorrelated with the others.
pub(super) fn correlation(
    settings: &CorrelationSettings,
    invalid: NotPositiveSemidefinite,
    keys: &[FactorKey],
    moves: &[bool],
    returns: &FactorReturns,
    told: &mut Told,
) -> Result<Correlation, CalibrationError> {
    let mut estimated = |estimate: &Estimator| from_history(estimate, keys, moves, returns, told);
    let without_errors = |found: FromHistory| FromHistory { errors: Vec::new(), ..found };
    let FromHistory { matrix, source, errors } = match settings {
        CorrelationSettings::Stated { factors, matrix } => FromHistory {
            matrix: stated(factors, matrix, keys, moves, invalid)?,
            source: "stated".to_owned(),
            errors: Vec::new(),
        },
        CorrelationSettings::Sample { window } => {
            estimated(&|panel| sample_correlation(panel, *window, Overlap::Pairwise))?
        }
        CorrelationSettings::Ewma { half_life } => without_errors(estimated(&|panel| {
            ewma_correlation(panel, *half_life, Overlap::Pairwise)
        })?),
        CorrelationSettings::LedoitWolf { window } => without_errors(estimated(&|panel| {
            Ok(ledoit_wolf_correlation(panel, *window)?.correlation)
        })?),
    };
    Ok(Correlation { errors, ..valid(matrix, source, invalid, told)? })
}

/// A matrix as it was stated or estimated.
struct FromHistory {
    matrix: DMatrix<f64>,
    source: String,
    /// Standard errors by row, of an estimator that gives them for normal returns; else empty.
    errors: Vec<Vec<f64>>,
}

/// Correlation of a panel `[series][date]`.
type Estimator<'a> = dyn Fn(&[&[Option<f64>]]) -> Result<CorrelationEstimate, EstimationError> + 'a;

/// Replaces an invalid matrix as the user opted in, or refuses it.
fn valid(
    matrix: DMatrix<f64>,
    source: String,
    invalid: NotPositiveSemidefinite,
    told: &mut Told,
) -> Result<Correlation, CalibrationError> {
    if matrix.is_empty() {
        let factor = Vec::new();
        return Ok(Correlation {
            matrix,
            factor,
            source,
            projection_distance: None,
            errors: Vec::new(),
        });
    }
    let error = match semidefinite_cholesky(&matrix) {
        Ok(factor) => {
            let factor = factor.into_entries();
            return Ok(Correlation {
                matrix,
                factor,
                source,
                projection_distance: None,
                errors: Vec::new(),
            });
        }
        Err(error) => error,
    };
    let distance_max = accepted_distance(error, &source, invalid)?;
    let nearest = nearest_correlation(&matrix)?;
    let distance = nearest.distance;
    if distance > distance_max {
        return Err(CalibrationError::ProjectionTooFar { distance, distance_max });
    }
    told.fallbacks.push(Fallback::CorrelationProjected { distance });
    told.notes.push(format!(
        "correlation matrix ({source}) was not positive semidefinite; replaced by the nearest \
         correlation matrix (Higham 2002), Frobenius distance {distance:.6}"
    ));
    let factor = semidefinite_cholesky(&nearest.matrix)?.into_entries();
    let matrix = nearest.matrix;
    Ok(Correlation {
        matrix,
        factor,
        source,
        projection_distance: Some(distance),
        errors: Vec::new(),
    })
}

/// The distance a projection may bridge, where `error` can be mended by one.
fn accepted_distance(
    error: MatrixError,
    source: &str,
    invalid: NotPositiveSemidefinite,
) -> Result<f64, CalibrationError> {
    match (error, invalid) {
        (
            MatrixError::NotPositiveSemidefinite { .. },
            NotPositiveSemidefinite::ProjectToNearest { distance_max },
        ) => Ok(distance_max),
        (MatrixError::NotPositiveSemidefinite { smallest_eigenvalue }, _) => {
            let source_of_matrix = source.to_owned();
            Err(CalibrationError::NotPositiveSemidefinite { source_of_matrix, smallest_eigenvalue })
        }
        (other, _) => Err(other.into()),
    }
}

/// A stated matrix, spread over `keys`. It is checked whole, so that the factors a book happens to
/// need do not decide whether it is accepted.
fn stated(
    names: &[String],
    rows: &[Vec<f64>],
    keys: &[FactorKey],
    moves: &[bool],
    invalid: NotPositiveSemidefinite,
) -> Result<DMatrix<f64>, CalibrationError> {
    let named = names.iter().map(|name| name.parse()).collect::<Result<Vec<FactorKey>, _>>()?;
    if let Some(twice) = (1..named.len()).find(|&index| named[..index].contains(&named[index])) {
        let (factor, list) = (names[twice].clone(), "the stated correlation matrix");
        return Err(CalibrationError::StatedTwice { factor, list });
    }
    if names.is_empty() && rows.is_empty() {
        return Ok(DMatrix::identity(keys.len(), keys.len()));
    }
    check_shape(names, rows)?;
    check_entries(names, rows)?;
    let whole = DMatrix::from_fn(names.len(), names.len(), |row, column| rows[row][column]);
    if let Err(error) = semidefinite_cholesky(&whole) {
        accepted_distance(error, "stated", invalid)?;
    }
    let place = |key: &FactorKey| named.iter().position(|name| name == key);
    Ok(DMatrix::from_fn(keys.len(), keys.len(), |row, column| {
        match (row == column, moves[row] && moves[column], place(&keys[row]), place(&keys[column]))
        {
            (true, ..) => 1.0,
            (false, true, Some(left), Some(right)) => whole[(left, right)],
            _ => 0.0,
        }
    }))
}

fn check_shape(names: &[String], rows: &[Vec<f64>]) -> Result<(), CalibrationError> {
    let expected = names.len();
    let shape = |what: String, found: usize| {
        if found == expected {
            Ok(())
        } else {
            Err(CalibrationError::MatrixShape { what, found, expected })
        }
    };
    shape("rows".to_owned(), rows.len())?;
    for (row, name) in rows.iter().zip(names) {
        shape(format!("entries in the row of {name}"), row.len())?;
    }
    Ok(())
}

/// Asymmetry accepted as rounding of printed figures.
const ASYMMETRY_MAX: f64 = 1e-12;

fn check_entries(names: &[String], rows: &[Vec<f64>]) -> Result<(), CalibrationError> {
    for (i, row) in rows.iter().enumerate() {
        for (j, &found) in row.iter().enumerate() {
            let expected = if i == j && found != 1.0 {
                "1 on the diagonal"
            } else if !(-1.0..=1.0).contains(&found) {
                "a correlation in [-1, 1]"
            } else if (found - rows[j][i]).abs() > ASYMMETRY_MAX {
                "the same as the entry across the diagonal"
            } else {
                continue;
            };
            let (row, column) = (names[i].clone(), names[j].clone());
            return Err(CalibrationError::MatrixEntry { row, column, found, expected });
        }
    }
    Ok(())
}

fn from_history(
    estimate: &Estimator,
    keys: &[FactorKey],
    moves: &[bool],
    returns: &FactorReturns,
    told: &mut Told,
) -> Result<FromHistory, CalibrationError> {
    let used: Vec<usize> =
        (0..keys.len()).filter(|&index| moves[index] && returns.get(index).is_some()).collect();
    note_uncorrelated(keys, moves, returns, told);
    let mut matrix = DMatrix::identity(keys.len(), keys.len());
    if used.len() < 2 {
        let source = "no two factors with a history".to_owned();
        return Ok(FromHistory { matrix, source, errors: Vec::new() });
    }
    let panel: Vec<&[Option<f64>]> = used.iter().filter_map(|&index| returns.get(index)).collect();
    let estimate = estimate(&panel).map_err(CalibrationError::estimating("correlation"))?;
    let mut errors = vec![vec![0.0; keys.len()]; keys.len()];
    for (row, &i) in used.iter().enumerate() {
        for (column, &j) in used.iter().enumerate() {
            matrix[(i, j)] = estimate.matrix[(row, column)];
            if i != j {
                errors[i][j] = estimate.standard_error(row, column);
            }
        }
    }
    told.notes.extend(estimate.notes.iter().map(|note| format!("correlation: {note}")));
    Ok(FromHistory { matrix, source: estimate.estimator, errors })
}

fn note_uncorrelated(keys: &[FactorKey], moves: &[bool], returns: &FactorReturns, told: &mut Told) {
    let alone = |&index: &usize| moves[index] && returns.get(index).is_none();
    let names: Vec<String> =
        (0..keys.len()).filter(alone).map(|index| keys[index].to_string()).collect();
    if !names.is_empty() {
        told.notes
            .push(format!("no history to correlate {}: taken as uncorrelated", names.join(", ")));
        let alone = names.into_iter().map(|factor| Fallback::Uncorrelated { factor });
        told.fallbacks.extend(alone);
    }
}
