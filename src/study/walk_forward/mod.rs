//! Walk-forward: models re-estimated date by date on what was known, against what happened next.

mod record;

pub use record::{
    DateRecord, LeftOut, LevelMeasure, ModelRecord, RealisedLoss, ThresholdRecord, WalkRecord,
};
