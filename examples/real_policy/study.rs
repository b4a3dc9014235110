//! The study: documents beside this file, a record of real closes, the search.

use std::error::Error;
use std::path::Path;

use plimsoll::document::{Confinement, Loader, SourceFile};
use plimsoll::numeric::isa::InstructionSet;
use plimsoll::outcome::PolicyCalibration;
use plimsoll::study::policy_calibration::PolicySearch;
use plimsoll::threshold::document::read_policy;

use super::record::record;

const POLICY: &str = include_str!("policy.toml");
/// First date trained on, with Basel's 250 days of closes before it, and the end of the last one
/// tested on.
const DATES: [&str; 2] = ["2018-07-18T00:00:00Z", "2026-01-01T00:00:00Z"];

/// Calibrates the policy on a long book of `coins` by the document `calibration`.
///
/// # Errors
/// Data that cannot be read; documents at fault.
pub fn calibrated(
    data: &Path,
    coins: &[&str],
    calibration: &str,
) -> Result<PolicyCalibration, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("policy.toml"), POLICY)?;
    let document = folder.path().join("calibration.toml");
    std::fs::write(&document, calibration)?;
    let file = SourceFile::new("policy.toml", POLICY);
    let policy = read_policy(&file, &Loader::shipped()).map_err(|found| found.to_string())?.policy;
    let record = record(data, coins, DATES[0], DATES[1], &policy)?;
    let search = PolicySearch::read(&document, Confinement::Inside);
    let search = search.map_err(|found| found.to_string())?;
    Ok(search.run(&record, InstructionSet::detect())?)
}
