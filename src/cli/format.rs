//! Formats of reports as they are typed. PDF pages are of a build with the feature `pdf`; without it
//! they are refused with how to get them.

use std::ffi::OsStr;

use clap::builder::{EnumValueParser, PossibleValue, TypedValueParser};
use clap::{Arg, Command, Error};

use super::arguments::ReportFormat;

/// Reads one format.
#[derive(Debug, Clone, Copy)]
pub struct FormatParser;

impl TypedValueParser for FormatParser {
    type Value = ReportFormat;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<ReportFormat, Error> {
        #[cfg(not(feature = "pdf"))]
        if value == "pdf" {
            return Err(without_pdf(command));
        }
        EnumValueParser::<ReportFormat>::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        // The parser that knows them is gone before they are read.
        let values: Vec<PossibleValue> =
            EnumValueParser::<ReportFormat>::new().possible_values()?.collect();
        Some(Box::new(values.into_iter()))
    }
}

#[cfg(not(feature = "pdf"))]
fn without_pdf(command: &Command) -> Error {
    let told = "this plimsoll was built without pdf pages: `cargo install --path . --features pdf` \
                builds one that makes them; report.html prints well too\n";
    Error::raw(clap::error::ErrorKind::InvalidValue, told).with_cmd(command)
}
