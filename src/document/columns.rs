//! The columns of a table against those that are known: faults of the header, told once.

use super::csv_table::CsvTable;
use super::suggest::{closest, did_you_mean, one_of};
use super::violation::{Violation, ViolationCollector, Violations};
use super::visible::quoted;

/// Checks that every column is known and none is missing.
///
/// # Errors
/// Each unknown column, and each missing one unless an unknown column is it under another name.
pub(super) fn check_columns(
    table: &CsvTable,
    known: &[&str],
    required: &[&str],
) -> Result<(), Violations> {
    let columns = table.columns();
    let absent = |name: &&&str| !columns.iter().any(|column| column == **name);
    let mut free: Vec<&str> = known.iter().filter(absent).copied().collect();
    let missing: Vec<&str> = required.iter().filter(absent).copied().collect();
    let mut collector = ViolationCollector::default();
    let mut unexplained = Vec::new();
    for (index, column) in columns.iter().enumerate() {
        if known.contains(&column.as_str()) {
            continue;
        }
        let meant = meant(column, &free);
        match meant {
            Some(name) => free.retain(|other| *other != name),
            None => unexplained.push(quoted(column)),
        }
        let title = format!("unknown column {}", quoted(column));
        let violation = Violation::new(table.column_place(index).clone(), title);
        collector.add(match meant {
            Some(name) => violation
                .expected(format!("a column named {}", quoted(name)))
                .help(format!("write {}", quoted(name))),
            None => violation
                .expected(one_of(known.iter().copied()))
                .help_if(did_you_mean(column, known.iter().copied())),
        });
    }
    for name in missing.iter().filter(|name| free.contains(name)) {
        let title = format!("missing column {}", quoted(name));
        let violation = Violation::new(table.header_place().clone(), title);
        let expected = format!("a column named {}", quoted(name));
        collector.add(violation.expected(expected).help_if(rename(&unexplained)));
    }
    collector.finish(())
}

/// The known column that is not there and that `column` stands for: the same but for case, spaces and
/// marks, or close to it.
fn meant<'a>(column: &str, free: &[&'a str]) -> Option<&'a str> {
    let letters = |name: &str| -> String {
        name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let same = free.iter().copied().find(|name| letters(name) == letters(column));
    same.or_else(|| closest(column, free.iter().copied()))
}

/// What to do about a missing column where there are columns that mean nothing.
fn rename(unknown: &[String]) -> Option<String> {
    let help = format!("if {} holds it, rename that column", unknown.join(" or "));
    (!unknown.is_empty()).then_some(help)
}

#[cfg(test)]
mod tests {
    use super::super::csv_table::{CsvLayout, csv_table};
    use super::super::source::SourceFile;
    use super::*;

    const KNOWN: [&str; 5] = ["id", "type", "entry_price", "quantity", "right"];

    fn faults(header: &str) -> Vec<(String, Option<String>)> {
        let row = ",".repeat(header.matches(',').count());
        let file = SourceFile::new("t.csv", &format!("{header}\n1{row}\n"));
        let table = csv_table(&file, &CsvLayout::default()).unwrap();
        let faults = check_columns(&table, &KNOWN, &KNOWN[..2]);
        let shown = |fault: &Violation| (fault.title.clone(), fault.help.clone());
        faults.map_or_else(|faults| faults.items().iter().map(shown).collect(), |()| vec![])
    }

    fn written(found: &str, expected: &str) -> (String, Option<String>) {
        (format!("unknown column `{found}`"), Some(format!("write `{expected}`")))
    }

    #[test]
    fn another_case_is_one_fault_a_column() {
        assert_eq!(faults("id,type,quantity"), []);
        assert_eq!(
            faults("ID,Type,Entry Price,quantity"),
            [written("ID", "id"), written("Type", "type"), written("Entry Price", "entry_price")]
        );
        assert_eq!(faults("id,tpye"), [written("tpye", "type")]);
    }

    #[test]
    fn a_column_that_means_nothing_may_be_the_missing_one() {
        let help = Some("if `Zzz` holds it, rename that column".to_owned());
        let expected = [("missing column `type`".to_owned(), help)];
        let found = faults("id,Zzz");
        assert_eq!(found[..1], expected);
        assert_eq!(found[1], ("unknown column `Zzz`".to_owned(), None));
    }
}
