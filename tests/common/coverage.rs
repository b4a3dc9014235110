//! How often intervals of VaR and ES cover the truth: shared by the test and the example.
#![allow(dead_code, missing_docs, clippy::disallowed_methods)]

use plimsoll::numeric::special::{
    normal_pdf, normal_quantile, student_t_cdf, student_t_pdf, student_t_quantile,
};
use plimsoll::numeric::{InstructionSet, Purpose, Streams};
use plimsoll::risk::{
    LossSample, NORMAL_95, expected_shortfall, normal_tail, student_t_tail, tail_index,
    value_at_risk,
};
use plimsoll::units::ConfidenceLevel;

/// A loss distribution whose VaR, ES and their asymptotic errors are closed forms.
#[derive(Debug, Clone, Copy)]
pub enum Losses {
    Normal,
    Exponential,
    StudentT(u32),
    /// `U^(−ξ)`; from ξ = ½ on its variance is infinite.
    Pareto(f64),
}

impl Losses {
    /// True tail index.
    pub fn xi(self) -> f64 {
        match self {
            Self::Normal | Self::Exponential => 0.0,
            Self::StudentT(degrees) => 1.0 / f64::from(degrees),
            Self::Pareto(xi) => xi,
        }
    }

    /// VaR, ES.
    fn truth(self, level: ConfidenceLevel) -> [f64; 2] {
        let tail = match self {
            Self::Normal => normal_tail(0.0, 1.0, level),
            Self::StudentT(degrees) => student_t_tail(0.0, 1.0, f64::from(degrees), level),
            Self::Exponential => {
                let value_at_risk = -level.tail().ln();
                return [value_at_risk, value_at_risk + 1.0];
            }
            Self::Pareto(xi) => {
                let value_at_risk = level.tail().powf(-xi);
                return [value_at_risk, value_at_risk / (1.0 - xi)];
            }
        };
        [tail.value_at_risk, tail.expected_shortfall]
    }

    /// Density at VaR, and variance of the loss beyond it.
    fn tail_shape(self, level: ConfidenceLevel) -> [f64; 2] {
        let [var, es] = self.truth(level);
        match self {
            Self::Normal => {
                let z = normal_quantile(level.get());
                [normal_pdf(z), 1.0 + z * es - es * es]
            }
            Self::Exponential => [level.tail(), 1.0],
            Self::Pareto(xi) => {
                let second = if xi < 0.5 { var * var / (1.0 - 2.0 * xi) } else { f64::INFINITY };
                [level.tail() / (xi * var), second - es * es]
            }
            Self::StudentT(degrees) => {
                // E[X²; X>q] = ν((ν−1)/(ν−2)·P(T_{ν−2} > q√((ν−2)/ν)) − P(X>q)).
                let nu = f64::from(degrees);
                let t = student_t_quantile(level.get(), nu);
                let lower = student_t_cdf(-t * ((nu - 2.0) / nu).sqrt(), nu - 2.0);
                let second = nu * ((nu - 1.0) / (nu - 2.0) * lower / level.tail() - 1.0);
                [student_t_pdf(var, nu), second - es * es]
            }
        }
    }

    /// Asymptotic half-widths of the 95 % intervals of VaR and ES.
    fn half_widths(self, level: ConfidenceLevel, paths: usize) -> [f64; 2] {
        let [var, es] = self.truth(level);
        let [density, variance] = self.tail_shape(level);
        let (alpha, count) = (level.get(), paths as f64);
        let quantile_error = (alpha * level.tail() / count).sqrt() / density;
        let shortfall_error =
            ((variance + alpha * (es - var) * (es - var)) / (count * level.tail())).sqrt();
        [NORMAL_95 * quantile_error, NORMAL_95 * shortfall_error]
    }

    fn draw(self, seed: u64, losses: &mut [f64], scratch: &mut [f64]) {
        let streams = Streams::new(seed, InstructionSet::detect());
        let purpose = Purpose::Synthetic;
        let paths: Vec<u64> = (0..losses.len() as u64).collect();
        match self {
            Self::Normal => streams.fill_normals(purpose, 0, 0, &paths, losses),
            Self::Exponential => {
                streams.fill_uniforms(purpose, 0, 0, &paths, losses);
                losses.iter_mut().for_each(|loss| *loss = -loss.ln());
            }
            Self::Pareto(xi) => {
                streams.fill_uniforms(purpose, 0, 0, &paths, losses);
                losses.iter_mut().for_each(|loss| *loss = loss.powf(-xi));
            }
            Self::StudentT(degrees) => {
                losses.fill(0.0);
                for factor in 1..=degrees {
                    streams.fill_normals(purpose, 0, factor, &paths, scratch);
                    losses.iter_mut().zip(&*scratch).for_each(|(sum, z)| *sum += z * z);
                }
                streams.fill_normals(purpose, 0, 0, &paths, scratch);
                let nu = f64::from(degrees);
                losses.iter_mut().zip(&*scratch).for_each(|(sum, z)| *sum = z * (nu / *sum).sqrt());
            }
        }
    }
}

/// What many runs measured.
#[derive(Debug, Clone, Copy, Default)]
pub struct Measured {
    pub runs: u64,
    /// Runs whose interval covered the truth: VaR, ES.
    pub covered: [u64; 2],
    /// Mean half-width over the asymptotic one: VaR, ES.
    pub width_ratio: [f64; 2],
    /// Runs flagged as heavy-tailed.
    pub flagged: u64,
}

impl Measured {
    pub fn coverage(&self) -> [f64; 2] {
        self.covered.map(|covered| covered as f64 / self.runs as f64)
    }
}

/// Measures `runs` seeds of `paths` losses, each multiplied by `distortion` (1 is the right
/// model) before it is measured against the undistorted truth.
pub fn measure(losses: Losses, level: f64, paths: usize, runs: u64, distortion: f64) -> Measured {
    let level = ConfidenceLevel::new(level).unwrap();
    let (truth, widths) = (losses.truth(level), losses.half_widths(level, paths));
    let (mut sample, mut scratch) = (vec![0.0; paths], vec![0.0; paths]);
    let mut measured = Measured { runs, ..Measured::default() };
    for seed in 0..runs {
        losses.draw(seed, &mut sample, &mut scratch);
        sample.iter_mut().for_each(|loss| *loss *= distortion);
        let ordered = LossSample::plain(&sample, &[level]).unwrap();
        let intervals = [
            value_at_risk(&ordered, level).interval_95,
            expected_shortfall(&ordered, level).interval_95,
        ];
        for (index, interval) in intervals.into_iter().enumerate() {
            let [low, high] = interval.map(|end| end.amount());
            measured.covered[index] += u64::from(low <= truth[index] && truth[index] <= high);
            measured.width_ratio[index] += 0.5 * (high - low) / widths[index] / runs as f64;
        }
        let heavy = tail_index(&ordered).is_some_and(|found| found.heavy_tail);
        measured.flagged += u64::from(heavy);
    }
    measured
}
