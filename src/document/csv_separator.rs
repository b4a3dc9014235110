//! Files whose cells stand apart by another character than the one that the layout states.

use super::csv_table::{CsvHeader, CsvLayout};
use super::source::Place;
use super::violation::Violation;

/// Characters that spreadsheets put between cells, and their names.
const SEPARATORS: [(u8, &str); 4] = [(b',', "`,`"), (b';', "`;`"), (b'\t', "a tab"), (b'|', "`|`")];

/// The fault of a file whose first row falls into its columns only by another character: one, and not
/// one a column and row.
pub(super) fn separator_fault(first_row: Place, layout: &CsvLayout) -> Option<Violation> {
    let width = |separator: u8| width(first_row.text(), separator);
    let stated = width(layout.delimiter);
    let others = SEPARATORS.iter().filter(|(separator, _)| *separator != layout.delimiter);
    let (found, name) = others.max_by_key(|(separator, _)| width(*separator))?;
    let fits = match &layout.header {
        CsvHeader::FirstRow => width(*found) > stated,
        CsvHeader::Names(names) => stated != names.len() && width(*found) == names.len(),
    };
    fits.then(|| {
        Violation::new(first_row, format!("the cells are separated by {name}"))
            .expected(format!("{} between cells", name_of(layout.delimiter)))
            .help(
                "save the file again with `,` between cells, decimal points in numbers (-25.5) and \
                 dates such as 2024-12-31; spreadsheets do so where the computer's region is \
                 English (United States)",
            )
    })
}

fn name_of(separator: u8) -> String {
    let known = SEPARATORS.iter().find(|(known, _)| *known == separator);
    known.map_or_else(|| format!("`{}`", char::from(separator)), |(_, name)| (*name).to_owned())
}

/// How many cells a row has, quoted ones whole.
fn width(row: &str, separator: u8) -> usize {
    let mut is_quoted = false;
    let parts = row.bytes().filter(|byte| {
        is_quoted ^= *byte == b'"';
        !is_quoted && *byte == separator
    });
    1 + parts.count()
}

#[cfg(test)]
mod tests {
    use super::super::source::SourceFile;
    use super::*;

    fn fault(row: &str, header: CsvHeader) -> Option<String> {
        let file = SourceFile::new("t.csv", row);
        let layout = CsvLayout { header, ..CsvLayout::default() };
        separator_fault(Place::new(&file, 0..row.len()), &layout).map(|fault| fault.title)
    }

    #[test]
    fn the_character_between_the_cells_is_named() {
        let cases = [
            ("id;type;quantity", Some("`;`")),
            ("\"id\";\"a,b\";\"c\"", Some("`;`")),
            ("Date;BTC, USD;ETH", Some("`;`")),
            ("id\ttype", Some("a tab")),
            ("id|type", Some("`|`")),
            ("id,type", None),
            ("id,type;x", None),
            ("id,\"a;b;c\"", None),
            ("id", None),
        ];
        for (row, name) in cases {
            let expected = name.map(|name| format!("the cells are separated by {name}"));
            assert_eq!(fault(row, CsvHeader::FirstRow), expected, "{row}");
        }
    }

    #[test]
    fn a_file_without_header_is_told_by_its_count_of_columns() {
        let names = || CsvHeader::Names(vec!["time".to_owned(), "close".to_owned()]);
        assert!(fault("1584007200;75", names()).is_some());
        assert_eq!(fault("1584007200,7;5", names()), None);
        assert_eq!(fault("1;2;3", names()), None);
    }
}
