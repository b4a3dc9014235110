//! What follows the dates in order: utilisation and its status with hysteresis.

use super::evaluate::ModelDate;
use crate::outcome::Status;
use crate::threshold::{self, StatusPolicy, UtilisationEstimate};

/// Gives each date its utilisation and its status, which a better one follows only past the
/// policy's hysteresis.
pub(super) fn follow<'a>(policy: &StatusPolicy, dates: impl Iterator<Item = &'a mut ModelDate>) {
    let mut previous = None;
    for date in dates {
        let potential_loss = date.potential_loss;
        let Some((record, potential_loss)) = date.record.threshold.as_mut().zip(potential_loss)
        else {
            continue;
        };
        let utilisation = UtilisationEstimate::new(potential_loss, record.threshold);
        let (status, indistinct) = threshold::status(policy, &utilisation, previous);
        record.utilisation = utilisation.point.finite();
        record.status = told(status);
        record.indistinct = indistinct;
        previous = Some(status);
    }
}

fn told(status: threshold::Status) -> Status {
    match status {
        threshold::Status::Green => Status::Green,
        threshold::Status::Amber => Status::Amber,
        threshold::Status::Red => Status::Red,
    }
}
