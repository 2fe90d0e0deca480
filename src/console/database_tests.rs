use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use super::*;

const TWO: Layout =
    Layout { migrations: &["CREATE TABLE one (x INTEGER)", "ALTER TABLE one ADD COLUMN y INTEGER"], disposable: false };

fn first_only(disposable: bool) -> Layout {
    Layout { migrations: &TWO.migrations[..1], disposable }
}

#[test]
fn an_older_file_is_brought_to_the_newest_version_and_keeps_its_rows() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("sub/a.db");
    let old = Database::open(&file, first_only(false)).expect("opens");
    old.write(|db| db.execute("INSERT INTO one VALUES (7)", [])).expect("written");
    drop(old);
    let new = Database::open(&file, TWO).expect("opens");
    let row: (i64, Option<i64>) =
        new.read(|db| db.query_row("SELECT x, y FROM one", [], |row| Ok((row.get(0)?, row.get(1)?)))).expect("read");
    assert_eq!(row, (7, None));
}

#[test]
fn a_newer_file_is_refused_unless_everything_in_it_can_be_made_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a.db");
    drop(Database::open(&file, TWO).expect("opens"));
    assert!(matches!(Database::open(&file, first_only(false)), Err(ConsoleError::Newer { found: 2, known: 1, .. })));
    let anew = Database::open(&file, first_only(true)).expect("made anew");
    assert!(anew.read(|db| db.query_row("SELECT count(*) FROM one", [], |row| row.get::<_, i64>(0))).is_ok());
}

#[test]
fn what_fails_half_way_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = Database::open(&folder.path().join("a.db"), first_only(false)).expect("opens");
    let failed = database.write(|db| {
        db.execute("INSERT INTO one VALUES (1)", [])?;
        db.execute("INSERT INTO two VALUES (1)", [])
    });
    assert!(matches!(failed, Err(ConsoleError::Database { .. })));
    let count: i64 = database.read(|db| db.query_row("SELECT count(*) FROM one", [], |row| row.get(0))).expect("read");
    assert_eq!(count, 0);
}

fn count(database: &Database) -> i64 {
    database.read(|db| db.query_row("SELECT count(*) FROM one", [], |row| row.get(0))).expect("read")
}

#[test]
fn a_lock_of_another_process_is_waited_for_and_keeps_nobody_from_reading() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a.db");
    let (ours, others) = (Database::open(&file, TWO).expect("opens"), Database::open(&file, TWO).expect("opens"));
    let (locked, is_locked) = mpsc::channel();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let written = others.write(|db| {
                locked.send(()).expect("somebody waits");
                std::thread::sleep(Duration::from_millis(300));
                db.execute("INSERT INTO one (x) VALUES (1)", [])
            });
            written.expect("written");
        });
        is_locked.recv().expect("it is locked");
        assert_eq!(count(&ours), 0, "what the other has not finished is not seen");
        ours.write(|db| db.execute("INSERT INTO one (x) VALUES (2)", [])).expect("written after the other");
    });
    assert_eq!(count(&ours), 2);
}

#[test]
fn a_full_disk_refuses_what_comes_and_loses_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = Database::open(&folder.path().join("a.db"), TWO).expect("opens");
    database.write(|db| db.execute("INSERT INTO one (x) VALUES (1)", [])).expect("written");
    // SQLite says the same of a file that may not grow as of a full disk.
    let pages =
        |most: &str| database.write(|db| db.query_row(&format!("PRAGMA max_page_count = {most}"), [], |_| Ok(())));
    pages("1").expect("limited");
    let many = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) INSERT INTO one (x) SELECT i FROM n";
    let Err(ConsoleError::Database { source, .. }) = database.write(|db| db.execute(many, [])) else {
        panic!("it is full");
    };
    assert_eq!(source.sqlite_error_code(), Some(rusqlite::ErrorCode::DiskFull));
    assert_eq!(count(&database), 1);
    pages("1000000").expect("there is room again");
    database.write(|db| db.execute(many, [])).expect("written");
    assert_eq!(count(&database), 100_001);
}

#[test]
fn who_reads_while_many_do_waits_and_what_fails_keeps_nobody_waiting() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = &Database::open(&folder.path().join("a.db"), TWO).expect("opens");
    let (at_once, most) = (&AtomicUsize::new(0), &AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for number in 0..4 * MOST_READERS {
            scope.spawn(move || {
                let read = database.read(|db| {
                    most.fetch_max(at_once.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    std::thread::sleep(Duration::from_millis(20));
                    at_once.fetch_sub(1, Ordering::SeqCst);
                    let table = if number % 2 == 0 { "one" } else { "two" };
                    db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, i64>(0))
                });
                assert_eq!(read.is_ok(), number % 2 == 0);
            });
        }
    });
    assert!((2..=MOST_READERS).contains(&most.load(Ordering::SeqCst)));
    let panicked = std::thread::scope(|scope| {
        let readers = (0..MOST_READERS).map(|_| scope.spawn(|| database.read::<()>(|_| panic!("a defect"))));
        readers.collect::<Vec<_>>().into_iter().all(|reader| reader.join().is_err())
    });
    assert!(panicked);
    assert_eq!(count(database), 0, "a connection is free");
}
