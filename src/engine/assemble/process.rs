//! The process and its parameters in one line, for readers.

use crate::scenario::JumpSettings;
use crate::simulation::Process;
use crate::units::grouped;

/// What moved the factors.
pub(super) fn describe(process: &Process) -> String {
    match process {
        Process::Gbm => "geometric Brownian motion".to_owned(),
        Process::StudentT { degrees_of_freedom, truncation } => format!(
            "multivariate Student-t with {degrees_of_freedom:.2} degrees of freedom, log-returns \
             held within ±{truncation:.4}"
        ),
        Process::TCopula { degrees_of_freedom, truncation, .. } => format!(
            "Student-t copula with {degrees_of_freedom:.2} degrees of freedom and Student-t \
             marginals of their own, log-returns held within ±{truncation:.4}"
        ),
        Process::Merton { common, own } => format!(
            "Merton jump-diffusion; {}; {}",
            jumps("common jumps", common),
            jumps("own jumps of each spot", own)
        ),
        Process::Bootstrap { restart, history } => format!(
            "stationary bootstrap of {} dates in blocks of {:.1} on average",
            grouped(history.dates as f64, 0),
            1.0 / restart
        ),
        Process::Historical { paths } => {
            format!("moves of history at {} times", grouped(paths.node_count() as f64, 0))
        }
        Process::FilteredHistorical { history, .. } => format!(
            "filtered historical simulation: standardised residuals of {} whole dates",
            grouped(history.dates as f64, 0)
        ),
    }
}

fn jumps(which: &str, jumps: &JumpSettings) -> String {
    format!(
        "{which}: {:.2} a year, mean {:+.2} %, deviation {:.2} %",
        jumps.intensity,
        jumps.mean * 100.0,
        jumps.deviation * 100.0
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_told() {
        let process = Process::StudentT { degrees_of_freedom: 4.25, truncation: 1.6094 };
        let told = describe(&process);
        assert!(told.contains("4.25") && told.contains("±1.6094"), "{told}");
        let common = JumpSettings { intensity: 12.0, mean: -0.05, deviation: 0.04 };
        let told = describe(&Process::Merton { common, own: common });
        assert!(told.contains("12.00 a year, mean -5.00 %, deviation 4.00 %"), "{told}");
    }
}
