//! Mean and spread of the losses, summed in path order.

use super::RiskError;
use super::ordered::refuse_unmeasurable;

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
/// # Errors
/// [`RiskError::Empty`] without losses; [`RiskError::NotFinite`] for NaN or infinity.
pub fn moments(losses: &[f64]) -> Result<Moments, RiskError> {
    refuse_unmeasurable(losses)?;
    let count = losses.len() as f64;
    let mean = losses.iter().sum::<f64>() / count;
    let squares: f64 = losses.iter().map(|loss| (loss - mean) * (loss - mean)).sum();
    let deviation = (squares / (count - 1.0).max(1.0)).sqrt();
    Ok(Moments { mean, deviation })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_sample_by_hand() {
        // Mean 5, squares 9+1+1+1+0+0+4+16 = 32, over 7.
        let found = moments(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]).unwrap();
        assert_eq!(found.mean, 5.0);
        assert_eq!(found.deviation, (32.0f64 / 7.0).sqrt());
    }

    #[test]
    fn one_path_has_no_spread() {
        assert_eq!(moments(&[3.0]).unwrap().deviation, 0.0);
    }
}
