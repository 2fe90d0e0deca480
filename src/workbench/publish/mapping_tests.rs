use std::io::Write as _;
use std::path::Path;

use super::*;
use crate::schemas_folder;

fn complaints() -> Arc<Source> {
    let sources =
        schemas_folder::load(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas"))).expect("valid schemas");
    Arc::clone(sources.by_name("complaints").expect("it is there").1)
}

fn query(sql: &str, tables: &[Table]) -> Result<SqlDocuments, ReadError> {
    from_sql(Path::new("map.sql"), sql, tables, &complaints())
}

fn mapped(csv: &str, sql: &str) -> Result<Vec<String>, ReadError> {
    let mut file = tempfile::Builder::new().suffix(".csv").tempfile().expect("a temporary file");
    file.write_all(csv.as_bytes()).expect("it can be written");
    query(sql, &[Table::new("shops", file.path())])?
        .map(|document| document.map(|document| String::from_utf8(document.json).expect("JSON is UTF-8")))
        .collect()
}

#[test]
fn sql_maps_a_csv_file_to_documents_and_leaves_nulls_out() {
    let rows = mapped(
        "id,visited,ill\nA1,2014-03-01,7\nA2,2014-03-02,\n",
        "SELECT id AS operator_id, concat(visited, 'T08:00:00-06:00') AS occurred_at, ill AS persons_ill FROM shops ORDER BY id",
    );
    assert_eq!(
        rows.expect("it can be read"),
        [
            r#"{"operator_id":"A1","occurred_at":"2014-03-01T08:00:00-06:00","persons_ill":7}"#,
            r#"{"operator_id":"A2","occurred_at":"2014-03-02T08:00:00-06:00"}"#,
        ]
    );
}

#[test]
fn a_missing_file_says_which_table() {
    let message = query("SELECT 1 FROM visits", &[Table::new("visits", "no/such.csv")])
        .expect_err("there is no such file")
        .to_string();
    assert_eq!(message, "table `visits` from no/such.csv: there is no such file");
}

#[test]
fn cells_stay_the_texts_that_they_are() {
    let rows = mapped("no,staff\n31,1.1\n0031,1.10\n", "SELECT no, staff FROM shops").expect("it can be read");
    assert_eq!(rows, [r#"{"no":"31","staff":"1.1"}"#, r#"{"no":"0031","staff":"1.10"}"#]);
}

#[test]
fn sql_calculates_with_texts_where_it_says_so_or_compares_them_with_numbers() {
    let rows = mapped(
        "no,staff,day\na,\"1,200\",2026/3/2\nb,２.４×10³,46084\nc,,\n",
        "SELECT no, CAST(staff AS BIGINT) + 1 AS more, CAST(day AS DATE) AS day, staff > 2000 AS large, \
         day > DATE '2026-03-02' AS late FROM shops WHERE TRY_CAST(no AS INT) IS NULL",
    );
    assert_eq!(
        rows.expect("it can be read"),
        [
            r#"{"no":"a","more":1201,"day":"2026-03-02","large":false,"late":false}"#,
            r#"{"no":"b","more":2401,"day":"2026-03-03","large":true,"late":true}"#,
            r#"{"no":"c"}"#,
        ]
    );
}

#[test]
fn a_mapping_only_reads() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("out.csv");
    let copy = format!("COPY shops TO '{}'", file.display());
    for sql in [&*copy, "DROP TABLE shops", "CREATE TABLE other AS SELECT 1", "SET datafusion.sql_parser.dialect = 'x'"]
    {
        assert!(matches!(mapped("no\n1\n", sql), Err(ReadError::Sql { .. })), "{sql}");
    }
    assert!(!file.exists());
}

#[test]
fn wrong_sql_is_reported_with_its_file_its_place_and_what_would_be_right() {
    let cases = [
        (
            "SELECT no,\n  nom\nFROM shops",
            "map.sql: the SQL fails: line 2, column 3: column 'nom' not found; possible column shops.no; the columns of `shops` are no, \"Day of visit\"",
        ),
        (
            "SELECT no * 2 - no AS no FROM shops",
            "a column of a text file or a workbook is a text: write CAST(... AS DOUBLE) to calculate with it",
        ),
        ("SELECT CAST(no AS BIGINT) AS no FROM shops", "Cannot cast string 'one' to value of Int64 type"),
        ("SELECT no FROM", "map.sql: the SQL fails: "),
    ];
    for (sql, expected) in cases {
        let message = mapped("no,Day of visit\none,2\n", sql).expect_err("it is wrong").to_string();
        assert!(message.starts_with("map.sql: the SQL fails: ") && message.contains(expected), "{message}");
        assert!(!message.contains("bug report") && !message.contains('\n'), "{message}");
    }
}
