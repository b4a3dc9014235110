//! The process's own parameters: stated, else fitted.

use super::CalibrationError;
use super::returns::FactorReturns;
use crate::scenario::ProcessSettings;
use crate::simulation::{FactorKey, Process};

/// The process for `keys`.
pub(super) fn process(
    settings: &ProcessSettings,
    _keys: &[FactorKey],
    _moves: &[bool],
    _returns: &FactorReturns,
    _notes: &mut Vec<String>,
) -> Result<Process, CalibrationError> {
    match settings {
        ProcessSettings::Gbm => Ok(Process::Gbm),
        ProcessSettings::StudentT { degrees_of_freedom: Some(stated), truncation } => {
            Ok(Process::StudentT { degrees_of_freedom: *stated, truncation: *truncation })
        }
        _ => Err(CalibrationError::NothingToFit { what: "process" }),
    }
}
