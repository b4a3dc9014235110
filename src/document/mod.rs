//! Reading and writing: spans, violations, TOML and CSV, schema, confinement, atomic writes.
//!
//! Flows in: paths and text. Flows out: documents whose every value has a [`Place`], or
//! [`Violations`]: all faults at once, each with file, line, column, what was found, what was
//! expected and the mend. The only module that touches the file system.
//!
//! A document is a struct that derives `serde::Deserialize` and `schemars::JsonSchema` with
//! `deny_unknown_fields`; from that one declaration come the editor's schema ([`schema_of`]), the
//! rules the reader walks, and the value ([`read_toml`]). Use the number and text types of this
//! module for fields: they refuse NaN, infinities, values out of range and hostile characters.

mod batch_folder;
mod change;
mod column_faults;
mod columns;
mod csv_scanner;
mod csv_separator;
mod csv_table;
mod date_help;
mod decode;
pub mod embedded;
mod kept;
mod loader;
mod manifest;
mod merge;
mod new_folder;
mod node;
mod number;
mod number_help;
mod output;
mod read;
mod record;
mod render;
mod schema;
mod source;
mod suggest;
mod text;
mod text_format;
mod time;
mod toml_tree;
mod violation;
mod visible;
mod walk;

pub use batch_folder::BatchFolder;
pub use change::Change;
pub use column_faults::once_a_column;
pub use csv_table::{CsvHeader, CsvLayout, CsvTable, csv_table};
pub use date_help::date_help;
pub use kept::{KeptError, KeptInput, Recipe, kept_results, trades_copy};
pub use loader::{Confinement, InputFile, Loader, SHIPPED, documents_in, names_in};
pub use manifest::{Machine, Manifest, ResultFile, StageTiming};
pub use merge::merged_over;
pub use new_folder::{write_beside, write_new_folder};
pub use node::{Entry, Node, NodeValue, Parsed, Places};
pub use number::{
    Correlation, Figure, Level, NonNegative, NonNegativeRate, Number, Positive, PositiveRate, Rate,
    UnitFraction,
};
pub use output::{OutputError, OutputFolder, read_result, whole_results, write_document};
pub use read::{Rules, deserialize, read_toml, read_tree, whole_file_violation};
pub use record::read_records;
pub use render::ColorChoice;
pub use schema::{schema_of, schema_text};
pub use source::{Place, SourceFile};
pub use suggest::{did_you_mean, one_of};
pub use text::{
    AssetSelector, ColourText, FactorName, FactorSelector, FilePath, FolderName, Name, Prose,
    SymbolName,
};
pub use time::{DurationText, Instant};
pub use toml_tree::parse_toml;
pub use violation::{Violation, ViolationCollector, Violations};
pub use visible::{quoted, visible};
