//! Which row names the columns, and what it names them. Offices put titles above their tables, name two columns the
//! same, and break names into lines.

use std::collections::HashMap;

use super::texts::is_filled;

/// The header is among so many first rows.
pub(super) const MAX_HEADER_ROW: usize = 50;

/// The place of the header among the first rows: the first row with two cells or more, for a title has one. In a table
/// of one column it is the first that has any.
pub(super) fn place(rows: &[Vec<String>]) -> Option<usize> {
    let filled = |row: &[String]| row.iter().filter(|cell| is_filled(cell)).count();
    let first_with = |cells: usize| rows.iter().position(|row| filled(row) >= cells);
    first_with(2).or_else(|| first_with(1))
}

/// How many columns a header has: up to the last one that it names.
pub(super) fn width(header: &[String]) -> usize {
    header.iter().rposition(|cell| is_filled(cell)).map_or(0, |last| last + 1)
}

/// The names of the columns. Two that are named the same get their number behind it, both of them, so that a mapping
/// says which it means; one without a name is named by its place.
pub(super) fn names(header: &[String]) -> Vec<String> {
    let header = &header[..width(header)];
    let cells: Vec<String> = header.iter().map(|cell| cell.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    let mut count: HashMap<&str, usize> = HashMap::new();
    for name in &cells {
        *count.entry(name).or_default() += 1;
    }
    let mut taken: HashMap<&str, usize> = HashMap::new();
    let mut names: Vec<String> = Vec::new();
    for (place, name) in cells.iter().enumerate() {
        let number = taken.entry(name).or_default();
        *number += 1;
        let mut unique = match count[name.as_str()] {
            _ if name.is_empty() => format!("column_{}", place + 1),
            1 => name.clone(),
            _ => format!("{name}_{number}"),
        };
        while names.contains(&unique) || (unique != *name && cells.contains(&unique)) {
            unique.push('_');
        }
        names.push(unique);
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|cell| (*cell).to_owned()).collect()
    }

    #[test]
    fn titles_stand_above_the_header() {
        let cases: [(&[&[&str]], Option<usize>); 5] = [
            (&[&["no", "day"], &["1", "2"]], Some(0)),
            (&[&["投诉登记表", "", ""], &["", "", ""], &["编号", "日期", ""], &["1", "2", "3"]], Some(2)),
            (&[&["", "\u{3000}"], &["no"], &["1"]], Some(1)),
            (&[&[""], &[""]], None),
            (&[], None),
        ];
        for (rows, expected) in cases {
            let rows: Vec<_> = rows.iter().map(|cells| row(cells)).collect();
            assert_eq!(place(&rows), expected, "{rows:?}");
        }
    }

    #[test]
    fn every_column_has_a_name_of_its_own() {
        let cases: [(&[&str], &[&str]); 5] = [
            (&["no", " day\nof visit "], &["no", "day of visit"]),
            (&["日期", "结果", "日期"], &["日期_1", "结果", "日期_2"]),
            (&["a", "", "c", "", ""], &["a", "column_2", "c"]),
            (&["a", "a", "a_1"], &["a_1_", "a_2", "a_1"]),
            (&["column_2", ""], &["column_2"]),
        ];
        for (header, expected) in cases {
            assert_eq!(names(&row(header)), expected, "{header:?}");
        }
    }
}
