//! Rows of a CSV table as documents: the same types, rules and messages as in TOML.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::column_faults::once_a_column;
use super::columns::check_columns;
use super::csv_table::CsvTable;
use super::node::{Entry, Node, NodeValue, Parsed, Places};
use super::read::{Rules, deserialize};
use super::violation::{ViolationCollector, Violations};

/// Reads every row as a `T`: a column is a key, an empty cell is a key left out, and a list is
/// written with `;` between its items.
///
/// # Errors
/// Unknown columns, columns that every row needs, and every violation of a cell.
pub fn read_records<T: DeserializeOwned + JsonSchema>(
    table: &CsvTable,
) -> Result<Vec<Parsed<T>>, Violations> {
    let rules = Rules::of::<T>();
    check_columns(table, &rules.known_keys(), &rules.required_keys())?;
    let mut collector = ViolationCollector::default();
    let mut records = Vec::with_capacity(table.row_count());
    for row in 0..table.row_count() {
        let record = read_record(table, row, &rules);
        records.extend(collector.absorb(record));
    }
    collector.finish(records).map_err(once_a_column)
}

fn read_record<T: DeserializeOwned>(
    table: &CsvTable,
    row: usize,
    rules: &Rules,
) -> Result<Parsed<T>, Violations> {
    let tree = row_tree(table, row);
    let value = rules.check(&tree)?;
    let places = Places::new(tree);
    let value = deserialize(value, &places)?;
    Ok(Parsed { value, places, file: std::sync::Arc::clone(table.file()) })
}

fn row_tree(table: &CsvTable, row: usize) -> Node {
    let entry = |(column, name): (usize, &String)| {
        let text = table.text(row, column);
        (!text.is_empty()).then(|| Entry {
            key: name.clone(),
            key_place: table.place(row, column),
            node: Node {
                value: NodeValue::Cell(text.into_owned()),
                place: table.place(row, column),
            },
        })
    };
    let entries = table.columns().iter().enumerate().filter_map(entry);
    Node { value: NodeValue::Table(entries.collect()), place: table.row_place(row) }
}

impl Rules {
    /// The keys of the table or of any of its alternatives.
    fn known_keys(&self) -> Vec<&str> {
        let mut keys: Vec<&str> = Vec::new();
        for rules in self.tables() {
            let properties = rules.get("properties").and_then(Value::as_object);
            for key in properties.into_iter().flat_map(|p| p.keys()) {
                if !keys.contains(&key.as_str()) {
                    keys.push(key);
                }
            }
        }
        keys
    }

    /// The keys that every alternative requires.
    fn required_keys(&self) -> Vec<&str> {
        let tables = self.tables();
        let Some((first, rest)) = tables.split_first() else {
            return vec![];
        };
        let required_by_all = |key: &&str| rest.iter().all(|rules| required(rules).contains(key));
        required(first).into_iter().filter(required_by_all).collect()
    }

    fn tables(&self) -> Vec<&Value> {
        let branches = self.json().get("oneOf").and_then(Value::as_array);
        match branches {
            Some(branches) => branches.iter().collect(),
            None => vec![self.json()],
        }
    }
}

fn required(rules: &Value) -> Vec<&str> {
    let names = rules.get("required").and_then(Value::as_array);
    names.into_iter().flatten().filter_map(Value::as_str).collect()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::super::csv_table::{CsvLayout, csv_table};
    use super::super::number::{Positive, Rate};
    use super::super::source::SourceFile;
    use super::super::text::Name;
    use super::super::violation::Violation;
    use super::*;

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
    enum Record {
        /// One.
        One { id: Name, size: Positive },
        /// Two.
        Two {
            id: Name,
            rate: Rate,
            #[serde(default)]
            tags: Vec<Name>,
        },
    }

    fn read(text: &str) -> Result<Vec<Parsed<Record>>, Violations> {
        let file = SourceFile::new("r.csv", text);
        read_records(&csv_table(&file, &CsvLayout::default())?)
    }

    fn faults(text: &str) -> Vec<String> {
        let violations = read(text).unwrap_err();
        let show = |v: &Violation| {
            format!("{}:{} {:?} {}", v.place.line(), v.place.column(), v.place.text(), v.title)
        };
        violations.items().iter().map(show).collect()
    }

    #[test]
    fn rows_read_as_their_alternative() {
        let records = read("type,id,size,rate,tags\none,1,2.5,,\ntwo,b,,-5%,x; y\n").unwrap();
        let Record::One { id, size } = &records[0].value else { panic!("{records:?}") };
        assert_eq!((id.as_str(), size.get()), ("1", 2.5));
        let Record::Two { id, rate, tags } = &records[1].value else { panic!("{records:?}") };
        assert_eq!((id.as_str(), rate.get(), tags.len()), ("b", -0.05, 2));
        assert_eq!(records[1].places.at("rate").text(), "-5%");
    }

    #[test]
    fn every_fault_shows_at_its_cell() {
        let cases: [(&str, &[&str]); 3] = [
            ("type,idd,size\none,a,1\n", &["1:6 \"idd\" unknown column `idd`"]),
            (
                "type,id,size,rate\none,a,-1,\none,b,,\ntwo,c,,nan\nthree,d,,\n",
                &[
                    "2:7 \"-1\" `size` is out of range",
                    "3:1 \"one,b,,\" missing key `size`",
                    "4:8 \"nan\" `rate` is not a finite number",
                    "5:1 \"three\" unknown `type` `three`",
                ],
            ),
            ("type,id,size,rate\ntwo,a,3,0.1\n", &["2:7 \"3\" unknown key `size`"]),
        ];
        for (text, expected) in cases {
            assert_eq!(faults(text), expected, "{text}");
        }
    }
}
