//! `plimsoll schema`: the JSON Schema of a document kind.

use super::arguments::{DocumentKind, SchemaArguments};
use super::exit::Exit;
use super::terminal::Terminal;
use crate::document::{schema_of, schema_text};
use crate::margin::document::VenueRulesDocument;
use crate::market::document::MarketDocument;
use crate::portfolio::document::PortfolioDocument;
use crate::report::look::ThemeDocument;
use crate::scenario::document::ScenarioDocument;
use crate::study::batch::BatchDocument;
use crate::study::calibration::CalibrationDocument;
use crate::study::policy_calibration::PolicyCalibrationDocument;
use crate::study::walk_forward::BacktestDocument;
use crate::threshold::document::PolicyDocument;

/// Prints the schema.
pub fn schema(arguments: &SchemaArguments, terminal: &Terminal) -> Exit {
    terminal.print(&text(arguments.document))
}

/// The schema as committed under `scenarios/schema/`.
fn text(document: DocumentKind) -> String {
    let schema = match document {
        DocumentKind::Scenario => schema_of::<ScenarioDocument>("scenario"),
        DocumentKind::Portfolio => schema_of::<PortfolioDocument>("portfolio"),
        DocumentKind::Market => schema_of::<MarketDocument>("market"),
        DocumentKind::Policy => schema_of::<PolicyDocument>("policy"),
        DocumentKind::Venue => schema_of::<VenueRulesDocument>("venue"),
        DocumentKind::Calibration => schema_of::<CalibrationDocument>("calibration"),
        DocumentKind::PolicyCalibration => {
            schema_of::<PolicyCalibrationDocument>("policy_calibration")
        }
        DocumentKind::Backtest => schema_of::<BacktestDocument>("backtest"),
        DocumentKind::Theme => schema_of::<ThemeDocument>("theme"),
        DocumentKind::Batch => schema_of::<BatchDocument>("batch"),
    };
    schema_text(&schema)
}
