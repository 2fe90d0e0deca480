//! Files as offices send them: read as what they are, or reported as what they are. The cases are lists.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::prelude::SessionContext;
use encoding_rs::{GB18030, GBK};
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use serde_json::{Value, json};
use yujing_core::source::Source;
use yujing_workbench::publish::{Origin, Table, from_sql};
use yujing_workbench::schemas_folder;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::write_parquet;

const CALLS: &str = "编号,门店,日期,内容\nA-7,JY31201030001472,2026-11-23,后厨发现疑似鼠类活动\n";

fn source(name: &str) -> Arc<Source> {
    let sources = schemas_folder::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas")).expect("valid schemas");
    Arc::clone(sources.by_name(name).expect("it is there").1)
}

fn given(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/publish/given").join(name)
}

/// The documents that a query makes, or what is said.
fn query(of: &str, sql: &str, tables: &[Table]) -> Result<Vec<Value>, String> {
    let documents = from_sql(Path::new("map.sql"), sql, tables, &source(of)).map_err(|error| error.to_string())?;
    documents
        .map(|document| document.map(|document| serde_json::from_slice(&document.json).expect("JSON")))
        .collect::<Result<_, _>>()
        .map_err(|error| error.to_string())
}

/// What is in a file, or what is said of it.
fn read(name: &str, bytes: &[u8]) -> Result<Vec<Value>, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    fs::write(&path, bytes).expect("written");
    let all = query("complaints", "SELECT * FROM calls", &[Table::new("calls", &path)]);
    all.map_err(|said| said.replace(&path.display().to_string(), name))
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(bytes).and_then(|()| packer.finish()).expect("memory can be written")
}

fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut packer = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        packer.start_file(*name, SimpleFileOptions::default()).expect("begun");
        packer.write_all(bytes).expect("packed");
    }
    packer.finish().expect("ended").into_inner()
}

fn utf16(text: &str, byte_order: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(byte_order).collect()
}

#[test]
fn a_table_is_read_as_what_its_bytes_say_whatever_its_name_says() {
    let (gbk, _, _) = GBK.encode(CALLS);
    let in_lines =
        json!({"编号": "A-7", "门店": "JY31201030001472", "日期": "2026-11-23", "内容": "后厨发现疑似鼠类活动"});
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("calls.csv", CALLS.into()),
        ("calls", CALLS.into()),
        ("calls.xlsx", CALLS.into()),
        ("7月 *[1]?#%20 号.CSV", CALLS.into()),
        ("bom.csv", format!("\u{feff}{CALLS}").into()),
        ("windows.csv", CALLS.replace('\n', "\r\n").into()),
        ("gbk.csv", gbk.clone().into_owned()),
        ("gb18030.csv", GB18030.encode(CALLS).0.into_owned()),
        ("utf16le.txt", utf16(&format!("\u{feff}{CALLS}"), u16::to_le_bytes)),
        ("utf16be.txt", utf16(&format!("\u{feff}{CALLS}"), u16::to_be_bytes)),
        ("utf16-without-mark.txt", utf16(CALLS, u16::to_le_bytes)),
        ("tabs.csv", CALLS.replace(',', "\t").into()),
        ("semicolons.csv", CALLS.replace(',', ";").into()),
        ("bars.txt", CALLS.replace(',', "|").into()),
        ("title.csv", format!("投诉登记表（合成）,,,\n,,,\n{CALLS},,,\n").into()),
        ("separator-told.csv", format!("sep=,\n{CALLS}").into()),
        ("quoted.csv", CALLS.replace("A-7", "\"A-7\"").into()),
        ("calls.csv.gz", gzip(CALLS.as_bytes())),
        ("calls.gz", gzip(&gbk)),
        ("calls.zip", archive(&[("7月/", b""), ("7月/calls.csv", &gbk)])),
        ("twice.zip", archive(&[("calls.csv.gz", &gzip(CALLS.as_bytes()))])),
        ("calls.jsonl", format!("\n{in_lines}\n\n").into()),
        ("list.json", serde_json::to_vec_pretty(&json!([in_lines])).expect("JSON")),
        ("list.json.gz", gzip(format!("\u{feff}[{in_lines}]").as_bytes())),
    ];
    for (name, bytes) in cases {
        assert_eq!(read(name, &bytes), Ok(vec![in_lines.clone()]), "{name}");
    }
}

#[test]
fn what_is_no_table_is_reported_as_what_it_is() {
    let workbook = archive(&[("[Content_Types].xml", b"<Types/>"), ("xl/worksheets/sheet1.xml", b"<worksheet/>")]);
    let long = format!("a,b\n1,\"{}", "x".repeat(5 << 20));
    let wide = vec!["a"; 1_001].join(",");
    let mut malformed = GBK.encode(&CALLS.repeat(20)).0.into_owned();
    malformed.extend([0xff, b'\n']);
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("a.csv", vec![], "the file is empty"),
        ("a.csv", b"\n \n".into(), "the file is empty"),
        ("a.pdf", b"%PDF-1.7 ...".into(), "this is a PDF; ask for the table itself"),
        ("a.csv", b"\xff\xd8\xff\xe0 ...".into(), "this is a picture"),
        ("a.rar", b"Rar!\x1a\x07".into(), "this is a RAR archive; unpack it first"),
        ("a.xls", b"\n<html xmlns='x'><table>".into(), "this is a web page or XML, whatever its name says; open it"),
        ("a.xls", b"<?xml version='1.0'?><Workbook>".into(), "save it as .xlsx"),
        ("a.docx", archive(&[("[Content_Types].xml", b"x"), ("word/document.xml", b"x")]), "of another office program"),
        ("a.zip", archive(&[("a.csv", b"x"), ("b.csv", b"y")]), "the archive holds `a.csv`, `b.csv`; unpack it"),
        ("a.xlsx", workbook, "the workbook cannot be read"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and no more".into(), "the workbook cannot be read"),
        ("a.gz", gzip(CALLS.as_bytes())[..20].into(), "it cannot be unpacked"),
        ("a.gz", gzip(&gzip(&gzip(&gzip(b"a,b\n")))), "it is packed again and again"),
        ("a.csv", b"a,b\n1,2\0\n".into(), "this is no text, no workbook and no Parquet file"),
        ("a.parquet", b"PAR1 and no more".into(), "the Parquet file cannot be read"),
        ("a.csv", malformed, "it looks like GBK, but byte"),
        ("a.csv", b"a,b\n1,2\n1,2,3\n".into(), "line 3 has 3 cells, the header (line 1) has 2"),
        ("a.csv", b"a,b\r\n1,2\r\n1,2,3\r\n".into(), "line 3 has 3 cells, the header (line 1) has 2"),
        ("a.csv", b"a,b\r\n\r\n1,\"x\r\ny\"\r\n1".into(), "line 5 has 1 cells, the header (line 1) has 2"),
        ("a.csv", b"title\n\n\na,b\n\n1,\"x\ny\"\n1,2,3\n".into(), "line 8 has 3 cells, the header (line 4) has 2"),
        ("a.csv", b"a,b\n1,2\n1".into(), "line 3 has 1 cells, the header (line 1) has 2"),
        ("a.csv", long.into(), "line 2 is longer than 4 MiB: is a quotation mark not closed?"),
        ("a.csv", wide.into(), "there are more than 1000 columns"),
        ("a.jsonl", b"{\"a\":1}\n{\"a\":\n".into(), "line 2 is no JSON object: EOF"),
        ("a.jsonl", b"{\"a\":1}\n7\n".into(), "line 2 is no JSON object: it is another value"),
        ("a.json", b"[{\"a\":1},\n{\"a\":]".into(), "line 2 is no JSON object: expected value"),
        ("a.jsonl", b"{\"a\":1}\n{\"a\":{\"b\":1}}".into(), "the objects do not go together"),
    ];
    for (name, bytes, expected) in cases {
        let said = read(name, &bytes).expect_err(expected);
        assert!(said.starts_with(&format!("table `calls` from {name}: ")), "{said}");
        assert!(said.contains(expected), "no `{expected}` in {said}");
    }
    let folder = query("complaints", "SELECT 1", &[Table::new("calls", env!("CARGO_MANIFEST_DIR"))]);
    assert!(folder.is_err_and(|said| said.contains("a folder, a pipe or a device, not a file")));
}

/// A sheet that would be gigabytes when unpacked.
#[test]
fn what_unpacks_without_end_is_not_unpacked() {
    let zeros = vec![b' '; 1 << 20];
    let mut packer = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    packer.start_file("[Content_Types].xml", SimpleFileOptions::default()).expect("begun");
    packer.start_file("xl/sharedStrings.xml", SimpleFileOptions::default()).expect("begun");
    for _ in 0..600 {
        packer.write_all(&zeros).expect("packed");
    }
    let bomb = packer.finish().expect("ended").into_inner();
    assert!(bomb.len() < 2 << 20);
    let said = read("a.xlsx", &bomb).expect_err("too large");
    assert!(said.contains("unpacked it is larger than 512 MiB"), "{said}");
}

#[test]
fn workbooks_are_read_with_their_titles_notes_and_dates() {
    let expected = |rows: &[(&str, &str, &str, &str, Option<&str>)]| {
        let row = |(no, shop, day, about, ill): &(&str, &str, &str, &str, Option<&str>)| {
            let mut row = json!({"no": no, "shop": shop, "day": day, "about": about});
            if let Some(ill) = ill {
                row["ill"] = json!(ill);
            }
            row
        };
        Ok(rows.iter().map(row).collect::<Vec<_>>())
    };
    let first = [
        ("0007", "JY31201030001472", "2026-03-02", "pests", None),
        ("0008", "JY21201030043213", "46082", "illness", Some("2")),
    ];
    let second = [("0009", "JY31201030001472", "2026-07-03T10:15:00", "pests", Some("1"))];
    let cases = [
        ("register.xls", None, &first[..]),
        ("register.xls", Some("上半年"), &first[..]),
        ("register.xlsx", Some("上半年"), &first[..]),
        ("register.xlsx", Some("下半年"), &second[..]),
    ];
    for (name, sheet, rows) in cases {
        let table = Table { sheet: sheet.map(str::to_owned), ..Table::new("calls", given(name)) };
        assert_eq!(query("complaints", "SELECT * FROM calls", &[table]), expected(rows), "{name} {sheet:?}");
    }
    let nowhere = Table { sheet: Some("三月".to_owned()), ..Table::new("calls", given("register.xlsx")) };
    let said = query("complaints", "SELECT * FROM calls", &[nowhere]).expect_err("no such sheet");
    assert!(said.ends_with("there is no sheet `三月`; there are `上半年`, `下半年`"), "{said}");
}

#[test]
fn a_key_that_comes_late_is_a_column_and_every_value_the_text_that_was_written() {
    let early = "{\"a\":1.10,\"b\":true}\n".repeat(5_000);
    let late = "{\"late\":[{\"x\":12345678901234567890123,\"y\":null}],\"b\":\"yes\"}";
    let rows = read("a.jsonl", format!("{early}{late}").as_bytes()).expect("it is read");
    assert_eq!(rows[4_999], json!({"a": "1.10", "b": "true"}));
    assert_eq!(rows[5_000], json!({"b": "yes", "late": [{"x": "12345678901234567890123"}]}));
}

#[test]
fn two_columns_of_one_name_are_both_there() {
    let rows = read("a.csv", "日期,结果,日期\n1,2,3\n".as_bytes()).expect("it is read");
    assert_eq!(rows, [json!({"日期_1": "1", "结果": "2", "日期_2": "3"})]);
}

#[test]
fn documents_come_from_a_list_a_packed_file_and_utf16_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let lines = "{\"event_id\":\"1\"}\n{\"event_id\":\"2\"}\n";
    let list = "[\n{\"event_id\":\"1\"},\n{\n\"event_id\":\"2\"}\n]";
    let cases: [(&str, Vec<u8>); 5] = [
        ("a.jsonl", lines.into()),
        ("a.json", list.into()),
        ("a.jsonl.gz", gzip(lines.as_bytes())),
        ("a.zip", archive(&[("a.json", list.as_bytes())])),
        ("a.txt", utf16(&format!("\u{feff}{lines}"), u16::to_le_bytes)),
    ];
    let complaints = source("complaints");
    for (name, bytes) in cases {
        let path = folder.path().join(name);
        fs::write(&path, bytes).expect("written");
        let documents = Origin::Lines(vec![path.clone()]).documents(&complaints).expect("readable");
        let documents: Vec<_> = documents.map(|document| document.expect("readable")).collect();
        let values: Vec<Value> = documents.iter().map(|it| serde_json::from_slice(&it.json).expect("JSON")).collect();
        assert_eq!(values, [json!({"event_id": "1"}), json!({"event_id": "2"})], "{name}");
        assert_eq!(documents[1].place, format!("{}:2", path.display()), "{name}");
    }
    let said = Origin::Lines(vec![given("register.xlsx")]).documents(&complaints).err().map(|error| error.to_string());
    assert!(said.is_some_and(|said| said.contains("this is a table; give it a name with --table")));
}

/// What each field of a sample becomes, or the text that is left for the decoder to refuse.
#[test]
fn a_text_is_read_as_what_its_field_asks_for() {
    let sql = "SELECT d AS production_date, concat(t, '+08:00') AS sampled_at, concat(d, 'T08:00:00+08:00') AS received_at, \
               make_array(named_struct('value', v, 'censor', c, 'limit', l, 'unit', v)) AS results FROM calls";
    let cases = [
        (
            "2026年3月2日,2026/3/2 8:05,<0.01,,\"1,200\"",
            json!({"production_date": "2026-03-02", "sampled_at": "2026-03-02T08:05:00+08:00",
                "received_at": "2026-03-02T08:00:00+08:00",
                "results": [{"value": 0.01, "censor": "<", "limit": 1200, "unit": "<0.01"}]}),
        ),
        (
            "46083,46083.5,未检出,,2.4×10³",
            json!({"production_date": "2026-03-02", "sampled_at": "2026-03-02T12:00:00+08:00",
                "received_at": "2026-03-02T08:00:00+08:00",
                "results": [{"censor": "ND", "limit": 2400, "unit": "未检出"}]}),
        ),
        (
            "２０２６．３．２,2026-03-02T08:05:00,０．１２６,=,.5",
            json!({"production_date": "2026-03-02", "sampled_at": "2026-03-02T08:05:00+08:00",
                "received_at": "2026-03-02T08:00:00+08:00",
                "results": [{"value": 0.126, "censor": "=", "limit": 0.5, "unit": "０．１２６"}]}),
        ),
        (
            "2026-03-02,2026-03-02 8:05,0.05,<,",
            json!({"production_date": "2026-03-02",
                "sampled_at": "2026-03-02T08:05:00+08:00", "received_at": "2026-03-02T08:00:00+08:00",
                "results": [{"value": 0.05, "censor": "<", "unit": "0.05"}]}),
        ),
        (
            "3月2日,早上,<0.01,=,约3",
            json!({"production_date": "3月2日", "sampled_at": "早上+08:00", "received_at": "3月2日T08:00:00+08:00",
                "results": [{"value": "<0.01", "censor": "=", "limit": "约3", "unit": "<0.01"}]}),
        ),
    ];
    let folder = tempfile::tempdir().expect("a folder");
    for (row, expected) in cases {
        let path = folder.path().join("calls.csv");
        fs::write(&path, format!("d,t,v,c,l\n{row}\n")).expect("written");
        assert_eq!(query("lab-samples", sql, &[Table::new("calls", &path)]), Ok(vec![expected]), "{row}");
    }
}

#[test]
fn tables_of_offices_give_what_is_in_them() {
    let mapping = |name: &str| fs::read_to_string(given(name)).expect("the mapping");
    let map = |of: &str, sql: &str, table: &str, file: &str| {
        query(of, &mapping(sql), &[Table::new(table, given(file))]).unwrap_or_else(|said| panic!("{file}: {said}"))
    };
    let items = map("inspections", "show_code.sql", "items", "items.csv");
    let codes: Vec<_> = items[0]["items"].as_array().expect("a list").iter().map(|item| &item["code"]).collect();
    assert_eq!(codes, ["1.1", "1.10", "2.3"], "three items");
    assert_eq!(items[0]["items"][2], json!({"code": "2.3", "key": false, "result": "yes"}));
    for sql in ["show_due.sql", "as_told.sql"] {
        assert_eq!(map("inspections", sql, "visits", "serial.csv")[0]["rectify_by"], "2026-03-02", "{sql}");
    }
    for (file, persons_ill) in [("monday.csv", Some(1)), ("tuesday.csv", None), ("utf16.csv", None)] {
        let calls = map("complaints", "map.sql", "calls", file);
        assert_eq!(calls[0].get("persons_ill"), persons_ill.map(Value::from).as_ref(), "{file}");
    }
    assert_eq!(map("complaints", "map.sql", "calls", "calls.csv.gz").len(), 1);
    let said = query("complaints", "SELECT 1", &[Table::new("t", given("broken.xlsx"))]).expect_err("no workbook");
    assert!(said.contains("the workbook cannot be read"), "{said}");
}

#[test]
fn a_table_that_breaks_in_the_middle_is_reported_by_its_own_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("b.csv");
    fs::write(&path, format!("no\n{}1,2\n", "1\n".repeat(2_000))).expect("written");
    let tables = [Table::new("a", given("monday.csv")), Table::new("b", &path)];
    let said = query("complaints", "SELECT b.no FROM a JOIN b ON true ORDER BY b.no", &tables).expect_err("it breaks");
    let place = format!("table `b` from {}: line 2002 has 2 cells", path.display());
    assert!(said.starts_with(&place), "{said}");
}

/// A damaged file is reported, or gives what is left of it; it never ends the program or hangs.
#[test]
fn no_bytes_make_the_readers_panic() {
    let folder = tempfile::tempdir().expect("a folder");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let parquet = folder.path().join("calls.parquet");
    runtime.block_on(async {
        let context = SessionContext::new();
        let frame = context.sql("SELECT 'A-7' AS no, 1 AS ill UNION ALL SELECT 'A-8', 2").await.expect("planned");
        write_parquet(frame, &parquet).await;
    });
    let whole = [given("register.xls"), given("register.xlsx"), given("calls.csv.gz"), given("utf16.csv"), parquet];
    let path = folder.path().join("damaged");
    for whole in whole {
        let bytes = fs::read(&whole).expect("the file");
        let damage = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>(), any::<bool>());
        let config = ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() };
        proptest!(config, |((place, end, byte, is_cut) in damage)| {
            let mut damaged = bytes.clone();
            let place = place.index(damaged.len());
            damaged[place] ^= byte;
            if is_cut {
                damaged.truncate(end.index(damaged.len()));
            }
            fs::write(&path, damaged).expect("written");
            let table = Table { sheet: Some("上半年".to_owned()), ..Table::new("calls", &path) };
            let _ = query("complaints", "SELECT * FROM calls", &[table]);
        });
    }
}
