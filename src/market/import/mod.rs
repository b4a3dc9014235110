//! Price history from CSV: read as stated, checked, repaired only where the user opted in.
//!
//! Flows in: a CSV table, the columns that hold what, the units of stamps. Flows out: one value a
//! time, oldest first, with every [`Defect`] found. The layout is stated (columns or a named
//! preset), never guessed. A defect is settled by a [`Repair`] that the user lists; without it the
//! defect is a violation at its row.

mod align;
mod check_stamps;
mod check_values;
mod defect;
mod layout;
mod series;
mod stamp;

pub use align::{Interval, align};
pub(in crate::market) use check_stamps::no_time;
pub use defect::{Defect, DefectKind, Repair};
pub use layout::{BarColumns, HistoryLayout, HistoryPreset, StampMeaning};
pub use series::{ImportSettings, Imported, SeriesColumn, ValueUnit, import};
pub use stamp::{StampFormat, parse_instant};

#[cfg(test)]
mod tests;
