//! The report on paper: the tables that the workbook has and the charts that the page has, as PDF.
//!
//! The typesetter gets one template and one file of data. Whatever a name holds arrives there as a
//! value and is set as text; only the template is markup. Fonts are inside the binary and are embedded;
//! the document's one date is that of the market, so that the same outcome gives the same bytes.

mod caution;
mod content;
mod house;
mod pages;
mod parts;
mod pictures;
mod stated;
mod world;

use std::collections::BTreeMap;

use typst::foundations::{Datetime, Smart};
use typst_pdf::{PdfOptions, Timestamp};

use super::ReportError;
use super::beside::Beside;
use super::look::Look;
use super::readable::{readable, show_texts};
use crate::outcome::{GridOutcome, HistoricalOutcome, Outcome};
use pages::Pages;
use pictures::Files;
use world::PageWorld;

/// What is set.
const TEMPLATE: &str = include_str!("report.typ");

/// The report as PDF, with what is told beside the outcome; the same bytes for the same outcomes and
/// look.
///
/// # Errors
/// [`ReportError::NotFinite`] where a figure is NaN or infinite; [`ReportError::NotComparable`] where
/// an earlier run is in another currency; [`ReportError::Pdf`] where the pages cannot be set.
pub fn pdf(outcome: &Outcome, beside: &Beside, look: &Look) -> Result<Vec<u8>, ReportError> {
    let outcome = readable(outcome)?;
    let beside = beside.readable(&outcome)?;
    let mut files = BTreeMap::new();
    let pages = content::pages(&outcome, &beside, look, &mut files);
    let made = Made {
        ident: format!("{} {} {}", outcome.scenario, outcome.as_of, outcome.seed),
        version: &outcome.plimsoll_version,
        as_of: &outcome.as_of,
    };
    set(&pages, files, &made)
}

/// The report of a stated path as PDF; the same bytes for the same outcome and look.
///
/// # Errors
/// [`ReportError::NotFinite`] where a figure is NaN or infinite; [`ReportError::Pdf`] where the pages
/// cannot be set.
pub fn historical_pdf(outcome: &HistoricalOutcome, look: &Look) -> Result<Vec<u8>, ReportError> {
    let outcome = readable(outcome)?;
    let mut files = BTreeMap::new();
    let pages = stated::pages_of_stated(&outcome, look, &mut files);
    let made = Made {
        ident: format!("{} {} {}", outcome.scenario, outcome.as_of, outcome.window.from),
        version: &outcome.plimsoll_version,
        as_of: &outcome.as_of,
    };
    set(&pages, files, &made)
}

/// The report of a grid as PDF; the same bytes for the same outcome and look.
///
/// # Errors
/// As [`historical_pdf`].
pub fn grid_pdf(outcome: &GridOutcome, look: &Look) -> Result<Vec<u8>, ReportError> {
    let outcome = readable(outcome)?;
    let mut files = BTreeMap::new();
    let pages = stated::pages_of_grid(&outcome, look, &mut files);
    let made = Made {
        ident: format!("{} {} {}", outcome.scenario, outcome.as_of, outcome.cells.len()),
        version: &outcome.plimsoll_version,
        as_of: &outcome.as_of,
    };
    set(&pages, files, &made)
}

/// What a document says of itself.
struct Made<'a> {
    ident: String,
    version: &'a str,
    as_of: &'a str,
}

fn set(pages: &Pages, mut files: Files, made: &Made<'_>) -> Result<Vec<u8>, ReportError> {
    let mut data = serde_json::to_value(pages)?;
    show_texts(&mut data, &world::settable);
    files.insert("data.json".to_owned(), serde_json::to_vec(&data)?);
    let options = PdfOptions {
        ident: Smart::Custom(made.ident.clone()),
        creator: Smart::Custom(Some(format!("plimsoll {}", made.version))),
        timestamp: date(made.as_of),
        ..PdfOptions::default()
    };
    let set = PageWorld::new(TEMPLATE, files).and_then(|world| world.pdf(&options));
    set.map_err(|reason| ReportError::Pdf { reason })
}

/// An instant as documents date themselves.
fn date(instant: &str) -> Option<Timestamp> {
    let instant: jiff::Timestamp = instant.parse().ok()?;
    let at = instant.to_zoned(jiff::tz::TimeZone::UTC).datetime();
    let part = |value: i8| u8::try_from(value).ok();
    let date = Datetime::from_ymd_hms(
        at.year().into(),
        part(at.month())?,
        part(at.day())?,
        part(at.hour())?,
        part(at.minute())?,
        part(at.second())?,
    )?;
    Some(Timestamp::new_utc(date))
}
