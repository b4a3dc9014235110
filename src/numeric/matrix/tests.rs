use super::*;
use crate::numeric::InstructionSet;

fn equicorrelated(size: usize, correlation: f64) -> DMatrix<f64> {
    DMatrix::from_fn(size, size, |i, j| if i == j { 1.0 } else { correlation })
}

#[test]
fn a_factor_squares_to_its_matrix() {
    for correlation in [-0.2, 0.0, 0.5, 0.999] {
        let matrix = equicorrelated(6, correlation);
        let factor = semidefinite_cholesky(&matrix).unwrap();
        assert!((factor.product() - matrix).amax() < 1e-15);
    }
}

/// All ones: rank one, L is a first column of ones. −1/(n−1): rank n − 1.
#[test]
fn singular_matrices_have_factors() {
    let ones = semidefinite_cholesky(&equicorrelated(4, 1.0)).unwrap();
    for row in ones.rows() {
        assert_eq!(row, [1.0, 0.0, 0.0, 0.0]);
    }
    let matrix = equicorrelated(5, -0.25);
    let factor = semidefinite_cholesky(&matrix).unwrap();
    assert!((factor.product() - matrix).amax() < 1e-14);
    let zero = semidefinite_cholesky(&DMatrix::zeros(3, 3)).unwrap();
    assert_eq!(zero.entries(), [0.0; 9]);
}

/// Rank two in twenty dimensions, duplicated factors among them.
#[test]
fn low_rank_matrices_have_factors() {
    let matrix =
        DMatrix::from_fn(20, 20, |i, j| libm::cos(0.37 * (i % 7) as f64 - 0.37 * (j % 7) as f64));
    let factor = semidefinite_cholesky(&matrix).unwrap();
    assert!((factor.product() - matrix).amax() < 1e-13);
}

/// Equicorrelation ρ in n dimensions has the eigenvalue 1 + (n − 1)ρ.
#[test]
fn an_indefinite_matrix_is_refused_with_its_smallest_eigenvalue() {
    for correlation in [-0.5, -0.334, -1.0 / 3.0 - 1e-9] {
        let error = semidefinite_cholesky(&equicorrelated(4, correlation)).unwrap_err();
        let MatrixError::NotPositiveSemidefinite { smallest_eigenvalue } = error else {
            panic!("{error}");
        };
        assert!((smallest_eigenvalue - (1.0 + 3.0 * correlation)).abs() < 1e-14);
    }
    let hidden = DMatrix::from_row_slice(2, 2, &[0.0, 1e-8, 1e-8, 0.0]);
    assert!(semidefinite_cholesky(&hidden).is_err());
}

#[test]
fn what_is_no_symmetric_matrix_is_refused() {
    let mut matrix = equicorrelated(3, 0.5);
    matrix[(2, 0)] = 0.4;
    let error = semidefinite_cholesky(&matrix).unwrap_err();
    assert!(matches!(error, MatrixError::NotSymmetric { row: 2, column: 0, .. }));
    matrix[(1, 2)] = f64::NAN;
    let error = smallest_eigenvalue(&matrix).unwrap_err();
    assert!(matches!(error, MatrixError::NotFinite { .. } | MatrixError::NotSymmetric { .. }));
    let error = nearest_correlation(&DMatrix::zeros(2, 3)).unwrap_err();
    assert_eq!(error, MatrixError::NotSquare { rows: 2, columns: 3 });
    assert!(semidefinite_cholesky(&DMatrix::zeros(0, 0)).is_err());
}

#[test]
fn a_correlation_matrix_is_nearest_to_itself() {
    let matrix = equicorrelated(8, 0.3);
    let nearest = nearest_correlation(&matrix).unwrap();
    assert!(nearest.distance < 1e-13, "{}", nearest.distance);
}

/// The 3 × 3 example of Higham (2002), section 4: the answer has 0.7607 and 0.1573.
#[test]
fn the_example_of_higham() {
    let matrix = DMatrix::from_row_slice(3, 3, &[1.0, 1.0, 0.0, 1.0, 1.0, 1.0, 0.0, 1.0, 1.0]);
    let nearest = nearest_correlation(&matrix).unwrap();
    assert!((nearest.matrix[(0, 1)] - 0.7607).abs() < 5e-5);
    assert!((nearest.matrix[(0, 2)] - 0.1573).abs() < 5e-5);
    assert!(semidefinite_cholesky(&nearest.matrix).is_ok());
}

/// Optimality (Higham 2002, theorem 2.2): X − G is Z + diag, with Z ⪰ 0 and Z·X = 0.
#[test]
fn the_nearest_matrix_meets_the_conditions_of_optimality() {
    let size = 30;
    let noise = |i: usize, j: usize| libm::sin((7 * i * j + i + j) as f64 * 12.9898);
    let matrix = DMatrix::from_fn(size, size, |i, j| if i == j { 1.0 } else { 0.8 * noise(i, j) });
    let nearest = nearest_correlation(&matrix).unwrap();
    let factor = semidefinite_cholesky(&nearest.matrix).unwrap();
    assert!((factor.product() - &nearest.matrix).amax() < 1e-7);
    let mut dual = &nearest.matrix - &matrix;
    for i in 0..size {
        dual[(i, i)] = 0.0;
        let against: f64 = (0..size).map(|j| dual[(i, j)] * nearest.matrix[(j, i)]).sum();
        dual[(i, i)] = -against;
    }
    assert!(smallest_eigenvalue(&dual).unwrap() > -1e-10);
    assert!((&dual * &nearest.matrix).amax() < 1e-10);
}

fn draws(count: usize) -> Vec<f64> {
    (0..count).map(|i| libm::sin(i as f64 * 78.233)).collect()
}

fn lower(size: usize) -> Vec<f64> {
    let entry = |i: usize| if i % size <= i / size { libm::cos(i as f64) } else { 0.0 };
    (0..size * size).map(entry).collect()
}

/// The definition, term by term with correctly rounded fused multiply-adds.
fn definition(factor: &[f64], size: usize, draws: &[f64], path_count: usize) -> Vec<f64> {
    let mut out = vec![0.0; size * path_count];
    for row in 0..size {
        for path in 0..path_count {
            let terms = (0..=row).map(|k| (factor[row * size + k], draws[k * path_count + path]));
            out[row * path_count + path] = terms.fold(0.0, |sum, (l, z)| libm::fma(l, z, sum));
        }
    }
    out
}

#[test]
fn the_product_is_its_definition_for_every_size_and_instruction_set() {
    for (size, paths) in [(1, 1), (2, 7), (6, 8), (13, 33), (20, 100), (63, 130), (259, 19)] {
        let (factor, draws) = (lower(size), draws(size * paths));
        let expected = definition(&factor, size, &draws, paths);
        let packed = PackedFactor::new(size, &factor);
        for isa in InstructionSet::available() {
            let mut out = vec![f64::NAN; expected.len()];
            packed.multiply(isa, &draws, paths, &mut out);
            assert_eq!(out, expected, "{isa} {size} × {paths}");
        }
    }
}

#[test]
fn draws_past_the_paths_in_use_leave_no_trace() {
    let packed = PackedFactor::new(5, &lower(5));
    let mut tile = draws(5 * TILE_PATHS);
    let place = TilePlace { first: 2, count: 11, stride: 20 };
    let product = |tile: &[f64]| {
        let mut out = vec![0.5; 5 * 20];
        packed.multiply_tile(InstructionSet::detect(), tile, &mut out, place);
        out
    };
    let expected = product(&tile);
    tile.chunks_exact_mut(TILE_PATHS).for_each(|row| row[11..].fill(f64::NAN));
    assert_eq!(product(&tile), expected);
    for row in expected.chunks_exact(20) {
        assert!(row[..2].iter().chain(&row[13..]).all(|&untouched| untouched == 0.5));
    }
}

#[test]
fn what_stands_above_the_diagonal_is_not_read() {
    let (clean, mut dirty) = (lower(7), lower(7));
    (0..7).for_each(|row| dirty[row * 7 + row + 1..(row + 1) * 7].fill(f64::NAN));
    assert_eq!(PackedFactor::new(7, &dirty), PackedFactor::new(7, &clean));
}
