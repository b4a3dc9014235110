//! The same fault on many rows of a table, told once.

use std::collections::BTreeMap;

use super::violation::{Violation, ViolationCollector, Violations};

/// Rows with the same fault that are shown one by one.
const SHOWN_EACH_MAX: usize = 3;

/// The violations of a table's cells; where one title, which names the column, stands on more than a
/// few rows, the first of them with how many there are.
pub fn once_a_column(violations: Violations) -> Violations {
    let mut by_title: BTreeMap<&str, Vec<&Violation>> = BTreeMap::new();
    for violation in violations.items() {
        by_title.entry(&violation.title).or_default().push(violation);
    }
    let mut collector = ViolationCollector::default();
    for group in by_title.into_values() {
        match group.as_slice() {
            [first, .., last] if group.len() > SHOWN_EACH_MAX => {
                collector.add(counted(first, group.len(), last.place.line()));
            }
            _ => group.into_iter().cloned().for_each(|violation| collector.add(violation)),
        }
    }
    match collector.finish(()) {
        Err(kept) => kept,
        Ok(()) => violations,
    }
}

fn counted(first: &Violation, count: usize, last_line: usize) -> Violation {
    let title = format!("{}: so in {count} rows, the last on line {last_line}", first.title);
    Violation { title, ..first.clone() }
}

#[cfg(test)]
mod tests {
    use super::super::source::{Place, SourceFile};
    use super::*;

    fn titles(count: usize) -> Vec<String> {
        let file = SourceFile::new("t.csv", "a\n1\n2\n3\n4\n5\n");
        let at = |row: usize| {
            Violation::new(Place::new(&file, 2 + 2 * row..3 + 2 * row), "`a` is not a time")
        };
        let mut collector = ViolationCollector::default();
        (0..count).for_each(|row| collector.add(at(row)));
        collector.add(Violation::new(Place::new(&file, 0..1), "other"));
        let violations = once_a_column(collector.finish(()).unwrap_err());
        violations.items().iter().map(|violation| violation.title.clone()).collect()
    }

    #[test]
    fn few_rows_are_shown_each_and_many_once() {
        assert_eq!(
            titles(3),
            ["other", "`a` is not a time", "`a` is not a time", "`a` is not a time"]
        );
        assert_eq!(titles(5), ["other", "`a` is not a time: so in 5 rows, the last on line 6"]);
    }
}
