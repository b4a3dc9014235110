//! Mean and spread of the losses, summed in path order.

use super::{LossSample, PathWeights};

/// Mean and standard deviation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moments {
    /// Mean loss.
    pub mean: f64,
    /// Standard deviation with n − 1; zero for one path.
    pub deviation: f64,
}

/// Mean and standard deviation in two passes.
///
/// With likelihood ratios or controls the masses are divided by their sum: figures of the whole
/// distribution then belong to one whose probabilities sum to one.
pub fn moments(sample: &LossSample) -> Moments {
    let losses = sample.losses();
    if sample.weights().are_equal() {
        let count = losses.len() as f64;
        let mean = losses.iter().sum::<f64>() / count;
        let squares: f64 = losses.iter().map(|loss| (loss - mean) * (loss - mean)).sum();
        return Moments { mean, deviation: (squares / (count - 1.0).max(1.0)).sqrt() };
    }
    weighted(losses, sample.weights())
}

fn weighted(losses: &[f64], weights: &PathWeights) -> Moments {
    let pairs = || losses.iter().enumerate().map(|(path, loss)| (weights.mass(path), loss));
    let total: f64 = pairs().map(|(mass, _)| mass).sum();
    if total <= 0.0 {
        return Moments { mean: 0.0, deviation: 0.0 };
    }
    let mean = pairs().map(|(mass, loss)| mass * loss).sum::<f64>() / total;
    let squares: f64 = pairs().map(|(mass, loss)| mass * (loss - mean) * (loss - mean)).sum();
    Moments { mean, deviation: (squares / total).max(0.0).sqrt() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_sample_by_hand() {
        // Mean 5, squares 9+1+1+1+0+0+4+16 = 32, over 7.
        let losses = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0];
        let found = moments(&LossSample::plain(&losses, &[]).unwrap());
        assert_eq!(found.mean, 5.0);
        assert_eq!(found.deviation, (32.0f64 / 7.0).sqrt());
    }

    #[test]
    fn one_path_has_no_spread() {
        assert_eq!(moments(&LossSample::plain(&[3.0], &[]).unwrap()).deviation, 0.0);
    }

    #[test]
    fn masses_move_the_mean() {
        use super::super::{Needs, SampleDesign};
        // Masses 1, 1, 2 on losses 0, 4, 2: mean 2, variance (4 + 4 + 0)/4.
        let weights = PathWeights::new(3, &[0.5, 0.5, 1.0], &[], &SampleDesign::plain()).unwrap();
        let needs = Needs { levels: &[], worst_paths: 1 };
        let losses = [0.0, 4.0, 2.0];
        let found = moments(&LossSample::new(&losses, &weights, &needs).unwrap());
        assert_eq!((found.mean, found.deviation), (2.0, 2f64.sqrt()));
    }
}
