//! `grid.csv`: every cell with all its digits.

use crate::outcome::GridOutcome;
use crate::report::ReportError;
use crate::report::readable::readable;

/// One row a cell, in the order of the outcome; moves and shares are decimals.
///
/// # Errors
/// [`ReportError::NotFinite`] where a figure is NaN or infinite.
pub fn grid_csv(outcome: &GridOutcome) -> Result<Vec<u8>, ReportError> {
    let outcome = &readable(outcome)?;
    let mut writer = csv::Writer::from_writer(Vec::new());
    let money = |what: &str| format!("{what}, {}", outcome.currency);
    writer.write_record([
        "spot move".to_owned(),
        "volatility move".to_owned(),
        "share that counts".to_owned(),
        money("profit and loss"),
        money("loss, positive is money lost"),
        money("loss with everything held"),
        money("loss that counts"),
    ])?;
    for cell in &outcome.cells {
        let figures = [
            cell.spot,
            cell.volatility,
            cell.cover,
            0.0 - cell.loss,
            cell.loss,
            cell.loss_held,
            cell.counted,
        ];
        writer.write_record(figures.map(|figure| figure.to_string()))?;
    }
    writer.into_inner().map_err(|error| ReportError::Csv(error.into_error().into()))
}
