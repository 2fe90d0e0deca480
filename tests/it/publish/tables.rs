//! Tables mapped by SQL: what becomes of them, and how mistakes in a mapping are reported.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use datafusion::dataframe::DataFrameWriteOptions;
use datafusion::prelude::{CsvReadOptions, SessionContext};

use super::write_parquet;

const CALLS: &str = "\
no,shop,day,about,ill
0007,JY31201030001472,2026-03-02,pests,
0008,JY21201030043213,2026-03-01,illness,2
0009,JY31201030001472,2026-03-03,illness,3
";

const MAPPING: &str = "\
SELECT no AS event_id, shop AS operator_id, 'hotline' AS publisher, concat(day, 'T08:00:00+08:00') AS occurred_at,
  no AS case_no, 'report' AS kind, 'hotline_12345' AS channel, about AS category, ill AS persons_ill, 'accepted' AS status
FROM calls ORDER BY day";

/// A folder with a mapping and a table, and the shipped schemas.
struct Project {
    folder: tempfile::TempDir,
    environment: Vec<(String, String)>,
}

impl Project {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let schemas = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
        let environment = vec![("YUJING__PATHS__SCHEMAS".to_owned(), schemas.display().to_string())];
        let project = Self { folder, environment };
        project.write("calls.csv", CALLS);
        project.write("map.sql", MAPPING);
        project
    }

    fn set(&mut self, name: &str, value: &str) {
        self.environment.push((format!("YUJING__{name}"), value.to_owned()));
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, content: &str) {
        fs::write(self.path(name), content).expect("written");
    }

    fn publish(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_yujing"))
            .current_dir(self.folder.path())
            .args(["publish", "complaints"])
            .args(arguments)
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .output()
            .expect("it runs")
    }

    fn map(&self, table: &str, further: &[&str]) -> Output {
        self.publish(&[&["--sql", "map.sql", "--table", table], further].concat())
    }
}

/// Exit code, standard output and standard error.
fn said(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn csv_parquet_and_json_lines_give_the_same() {
    let project = Project::new();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let context = SessionContext::new();
        let calls = project.path("calls.csv").display().to_string();
        let options = CsvReadOptions::new().schema_infer_max_records(100);
        context.register_csv("calls", &calls, options).await.expect("readable");
        let sql = "SELECT concat('000', no) AS no, shop, day, about, ill FROM calls";
        for (name, is_parquet) in [("calls.parquet", true), ("calls.json", false)] {
            let frame = context.sql(sql).await.expect("planned");
            let path = project.path(name);
            if is_parquet {
                write_parquet(frame, &path).await;
            } else {
                let options = DataFrameWriteOptions::new().with_single_file_output(true);
                frame.write_json(&path.display().to_string(), options, None).await.expect("written");
            }
        }
    });
    for table in ["calls.csv", "calls.parquet", "calls.json"] {
        let (code, out, err) = said(&project.map(&format!("calls={table}"), &["--dry-run"]));
        assert_eq!((code, &*err), (Some(0), ""), "{table}");
        assert_eq!(out, "3 events would be published to foodsafety.complaint.filed.v1\n", "{table}");
    }
}

#[test]
fn refused_lines_are_reported_by_file_and_line() {
    let project = Project::new();
    project.write("calls.jsonl", "\n{\"event_id\": 1}\n");
    let (code, out, err) = said(&project.publish(&["calls.jsonl", "--dry-run"]));
    assert_eq!((code, out.contains("0 events")), (Some(1), true), "{out}");
    assert!(err.contains("calls.jsonl:2: wrong_type at `/event_id`"), "{err}");
}

#[test]
fn a_mapping_that_is_wrong_is_reported_with_file_line_and_column() {
    let project = Project::new();
    project.write("map.sql", "SELECT no AS event_id,\n  shopp AS operator_id\nFROM calls");
    let (code, _, err) = said(&project.map("calls=calls.csv", &["--dry-run"]));
    assert_eq!(code, Some(1));
    assert_eq!(
        err.trim_end(),
        "yujing: map.sql: the SQL fails: line 2, column 3: column 'shopp' not found; possible column calls.shop; the columns of `calls` are no, shop, \
         day, about, ill"
    );
    let (code, _, err) = said(&project.map("calls=none.csv", &["--dry-run"]));
    assert_eq!(code, Some(1));
    assert_eq!(err.trim_end(), "yujing: table `calls` from none.csv: there is no such file");
}

#[test]
fn what_is_guessed_of_a_table_is_reported() {
    let project = Project::new();
    let (gbk, _, _) = encoding_rs::GBK.encode(CALLS);
    let gbk = [gbk.as_ref(), b"0010,JY31201030001472,2026-03-04,\xb3\xe6\xca\xf3,\n"].concat();
    fs::write(project.path("gbk.csv"), gbk).expect("written");
    let (code, out, err) = said(&project.map("calls=gbk.csv", &["--dry-run"]));
    assert_eq!((code, &*err), (Some(0), "gbk.csv is read as GBK\n"));
    assert!(out.starts_with("4 events would be published"), "{out}");
}

#[test]
fn names_in_a_file_forge_no_lines() {
    let project = Project::new();
    let forged = "no\u{1b}[31m,\"shop\u{9b}\nyujing: 0 documents\"\n1,2\n";
    project.write("calls.csv", forged);
    let mut packer = zip::ZipWriter::new(fs::File::create(project.path("calls.zip")).expect("created"));
    for name in ["a\nyujing: 0 documents", "b\u{1b}[31m"] {
        packer.start_file(name, zip::write::SimpleFileOptions::default()).expect("begun");
    }
    packer.finish().expect("ended");
    for table in ["calls=calls.csv", "calls=calls.zip"] {
        let (code, _, err) = said(&project.map(table, &["--dry-run"]));
        assert_eq!(code, Some(1), "{table}");
        assert!(!err.trim_end().chars().any(char::is_control), "{table}: {err:?}");
    }
}

#[test]
fn a_sheet_and_its_header_are_chosen() {
    let project = Project::new();
    let given = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/publish/given");
    let register = format!("calls={}", given.join("register.xlsx").display());
    let (code, _, err) = said(&project.map(&register, &["--dry-run"]));
    assert_eq!(code, Some(1));
    assert!(err.contains("there are the sheets `上半年`, `下半年`; say which with --sheet"), "{err}");
    for sheet in ["上半年", "calls=上半年"] {
        let (code, out, err) = said(&project.map(&register, &["--dry-run", "--sheet", sheet, "--header-row", "3"]));
        assert_eq!((code, &*err), (Some(0), ""), "{sheet}");
        assert!(out.starts_with("2 events would be published"), "{out}");
    }
    let (code, _, err) = said(&project.map(&register, &["--dry-run", "--sheet", "下半年", "--header-row", "99"]));
    assert_eq!(code, Some(1));
    assert!(err.contains("there is no row 99 to name the columns"), "{err}");
    let two = ["--dry-run", "--table", "other=calls.csv", "--sheet", "上半年"];
    let (code, _, err) = said(&project.map(&register, &two));
    assert_eq!(code, Some(1));
    assert!(err.contains("there are several tables; write --sheet NAME=上半年"), "{err}");
}

#[test]
fn a_dry_run_reports_two_that_contradict_each_other() {
    let project = Project::new();
    let changed = "0007,JY31201030001472,2026-03-02,hygiene,\n";
    let same = "0008,JY21201030043213,2026-03-01,illness,2.0\n";
    project.write("calls.csv", &format!("{CALLS}{changed}{same}"));
    project.write("map.sql", &MAPPING.replace(" ORDER BY day", ""));
    let (code, out, err) = said(&project.map("calls=calls.csv", &["--dry-run"]));
    assert_eq!((code, out.starts_with("4 events would be published")), (Some(1), true), "{out}");
    assert!(err.contains("row 4: conflict at `/revision`: expected a higher revision"), "{err}");
    assert!(err.contains("1 documents were refused"), "{err}");
}

mod with_kafka {
    use super::{CALLS, MAPPING, Project, said};
    use crate::support::kafka::{bootstrap, create_topic, read_committed, unique};

    impl Project {
        /// With the real broker and a topic of its own.
        fn on_kafka() -> (Self, String) {
            let mut project = Self::new();
            let topic = unique("complaints");
            create_topic(&topic, 4, &[]);
            project.set("KAFKA__BOOTSTRAP_SERVERS", bootstrap());
            project.set("TOPICS__INPUTS__COMPLAINTS", &topic);
            (project, topic)
        }
    }

    #[test]
    fn a_table_becomes_keyed_partitioned_events_with_the_time_they_were_reported() {
        let (mut project, topic) = Project::on_kafka();
        project.set("ENGINE__CLOCK", "log");
        let (code, out, err) = said(&project.map("calls=calls.csv", &[]));
        assert_eq!((code, &*err), (Some(0), ""));
        assert_eq!(out, format!("3 events published to {topic}\n"));

        let records = read_committed(&topic);
        let of = |key: &str| {
            records.iter().filter(|record| record.key.as_deref() == Some(key.as_bytes())).collect::<Vec<_>>()
        };
        let (pest, ill) = (of("JY31201030001472"), of("JY21201030043213"));
        assert_eq!((records.len(), pest.len(), ill.len()), (3, 2, 1));
        assert!(pest.iter().all(|record| record.partition == 1) && ill[0].partition == 3, "murmur2 of the key");
        let times: Vec<_> = pest.iter().map(|record| record.timestamp).collect();
        assert_eq!(times, [1_772_409_600_000, 1_772_496_000_000], "08:00 Beijing time of 2 and 3 March, in this order");
        let value: serde_json::Value =
            serde_json::from_slice(pest[0].value.as_deref().expect("a value")).expect("JSON");
        assert_eq!(
            (&value["event_id"], value.get("persons_ill")),
            (&serde_json::json!("0007"), None),
            "NULL is left out"
        );
    }

    #[test]
    fn by_the_wall_clock_a_record_bears_the_time_of_sending() {
        let (project, topic) = Project::on_kafka();
        let before = jiff::Timestamp::now().as_millisecond();
        assert!(project.map("calls=calls.csv", &[]).status.success());
        assert!(read_committed(&topic).iter().all(|record| record.timestamp >= before));
    }

    #[test]
    fn a_refused_row_is_reported_by_its_place_and_the_others_are_sent() {
        let (project, topic) = Project::on_kafka();
        project.write("calls.csv", &CALLS.replace("illness,2", "illness,-2"));
        let (code, out, err) = said(&project.map("calls=calls.csv", &[]));
        assert_eq!((code, out), (Some(1), format!("2 events published to {topic}\n")));
        assert!(
            err.contains("row 1: out_of_range at `/persons_ill`") && err.contains("1 documents were refused"),
            "{err}"
        );
        assert_eq!(read_committed(&topic).len(), 2);
    }

    #[test]
    fn columns_that_never_fit_are_reported_once_and_nothing_is_sent() {
        let (project, topic) = Project::on_kafka();
        project.write("map.sql", &MAPPING.replace("no AS case_no", "no AS caseno").replace("ill AS", "ill > 0 AS"));
        let (code, out, err) = said(&project.map("calls=calls.csv", &[]));
        assert_eq!((code, &*out), (Some(1), ""));
        for words in [
            "map.sql: column `caseno` is not a field of complaints and is ignored; did you mean `case_no`?",
            "map.sql: there is no column `case_no`, which complaints must have",
            "map.sql: column `persons_ill` is Boolean, the field is a whole number",
        ] {
            assert!(err.contains(words), "no `{words}` in\n{err}");
        }
        assert_eq!(read_committed(&topic), []);
    }

    #[test]
    fn a_topic_that_is_not_there_is_reported_with_what_to_do() {
        let (mut project, _) = Project::on_kafka();
        let topic = unique("nowhere");
        project.set("TOPICS__INPUTS__COMPLAINTS", &topic);
        let (code, out, err) = said(&project.map("calls=calls.csv", &[]));
        assert_eq!((code, &*out), (Some(1), ""));
        assert!(
            err.contains(&format!("there is no topic `{topic}`")) && err.contains("yujing topics --create"),
            "{err}"
        );
    }
}
