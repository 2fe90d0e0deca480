//! A SQLite file: one connection writes, others read beside it (write-ahead log). What is locked by another process is
//! waited for, not long.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use crate::error::ConsoleError;

/// How long a lock of another process is waited for.
const LOCK_PATIENCE: Duration = Duration::from_secs(5);
/// Connections for reading; who wants a further one waits. More of them at once would not read faster, and a new one knows
/// neither the file nor any statement.
const MOST_READERS: usize = 8;

/// How much of the file a connection keeps at most, in KiB: lists of a large district look at tens of MiB each time.
const MOST_KEPT_KIBIBYTES: i64 = 16 * 1024;
/// Statements that a connection keeps ready.
const MOST_STATEMENTS: usize = 64;

/// How a database is laid out.
#[derive(Debug, Clone, Copy)]
pub struct Layout {
    /// The statements that bring each version to the next, from an empty file on; never changed once released.
    pub migrations: &'static [&'static str],
    /// Whether a file of another version is deleted and made anew, because everything in it can be.
    pub disposable: bool,
}

/// An open database.
pub struct Database {
    file: PathBuf,
    writer: Mutex<Connection>,
    readers: Mutex<Readers>,
    /// Told when a connection for reading is free.
    freed: Condvar,
}

/// The connections for reading.
#[derive(Default)]
struct Readers {
    idle: Vec<Connection>,
    lent: usize,
}

/// A connection for reading; it is given back whatever happens.
struct Reader<'a> {
    database: &'a Database,
    /// None: it is of no use any more.
    connection: Option<Connection>,
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        let mut readers = locked(&self.database.readers);
        readers.lent -= 1;
        readers.idle.extend(self.connection.take());
        self.database.freed.notify_one();
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("file", &self.file).finish_non_exhaustive()
    }
}

impl Database {
    /// Opens a file, makes it if it is not there, and brings it to the layout's version.
    ///
    /// # Errors
    /// If it cannot be opened or changed, or a later version of the program wrote it.
    pub fn open(file: &Path, layout: Layout) -> Result<Self, ConsoleError> {
        let folder = file.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(|source| ConsoleError::Folder { folder: folder.to_owned(), source })?;
        let fails = |source| ConsoleError::Database { file: file.to_owned(), source };
        let known = i64::try_from(layout.migrations.len()).unwrap_or(i64::MAX);
        let mut writer =
            connect(file, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE).map_err(fails)?;
        let mut found = version(&writer).map_err(fails)?;
        if layout.disposable && found != 0 && found != known {
            drop(writer);
            remove(file)?;
            writer = connect(file, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE).map_err(fails)?;
            found = 0;
        }
        if found > known {
            return Err(ConsoleError::Newer { file: file.to_owned(), found, known });
        }
        migrate(&mut writer, layout.migrations, found).map_err(fails)?;
        Ok(Self { file: file.to_owned(), writer: Mutex::new(writer), readers: Mutex::default(), freed: Condvar::new() })
    }

    /// Does all of something, or nothing.
    ///
    /// # Errors
    /// What `work` says; if the file cannot be written.
    pub fn write<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, rusqlite::Error>,
    ) -> Result<T, ConsoleError> {
        let mut writer = locked(&self.writer);
        let done = (|| {
            let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let outcome = work(&transaction)?;
            transaction.commit()?;
            Ok(outcome)
        })();
        done.map_err(|source| self.failed(source))
    }

    /// Reads one state of the file. `work` must not read it by another call: all connections may be lent.
    ///
    /// # Errors
    /// What `work` says; if the file cannot be read.
    pub fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T, rusqlite::Error>) -> Result<T, ConsoleError> {
        let mut reader = self.reader();
        let done = (|| {
            // Should anything fail, it is closed.
            let connection = match reader.connection.take() {
                Some(connection) => connection,
                None => connect(&self.file, OpenFlags::SQLITE_OPEN_READ_WRITE)?,
            };
            let transaction = connection.unchecked_transaction()?;
            let outcome = work(&connection)?;
            transaction.commit()?;
            reader.connection = Some(connection);
            Ok(outcome)
        })();
        done.map_err(|source| self.failed(source))
    }

    /// A connection for reading, or the right to make one, when one is free.
    fn reader(&self) -> Reader<'_> {
        let are_lent = |readers: &mut Readers| readers.lent >= MOST_READERS;
        let readers = self.freed.wait_while(locked(&self.readers), are_lent);
        let mut readers = readers.unwrap_or_else(PoisonError::into_inner);
        readers.lent += 1;
        Reader { database: self, connection: readers.idle.pop() }
    }

    /// Copies everything into a new file, while it is in use.
    ///
    /// # Errors
    /// If the file is there already, or cannot be written.
    pub fn copy(&self, to: &Path) -> Result<(), ConsoleError> {
        let fails = |source| ConsoleError::Database { file: to.to_owned(), source };
        let connection =
            connect(&self.file, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(|source| self.failed(source))?;
        connection.execute("VACUUM INTO ?1", [to.to_string_lossy()]).map(|_| ()).map_err(fails)
    }

    fn failed(&self, source: rusqlite::Error) -> ConsoleError {
        ConsoleError::Database { file: self.file.clone(), source }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn connect(file: &Path, flags: OpenFlags) -> Result<Connection, rusqlite::Error> {
    let connection = Connection::open_with_flags(file, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(LOCK_PATIENCE)?;
    connection.set_prepared_statement_cache_capacity(MOST_STATEMENTS);
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // A negative number is of KiB, others are of pages.
    connection.pragma_update(None, "cache_size", -MOST_KEPT_KIBIBYTES)?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(connection)
}

fn version(connection: &Connection) -> Result<i64, rusqlite::Error> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

fn migrate(connection: &mut Connection, migrations: &[&str], found: i64) -> Result<(), rusqlite::Error> {
    let done = usize::try_from(found).unwrap_or_default();
    for (place, statements) in migrations.iter().enumerate().skip(done) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(statements)?;
        transaction.pragma_update(None, "user_version", i64::try_from(place + 1).unwrap_or(i64::MAX))?;
        transaction.commit()?;
    }
    Ok(())
}

/// Deletes a database with its log.
fn remove(file: &Path) -> Result<(), ConsoleError> {
    for ending in ["", "-wal", "-shm"] {
        let mut name = file.as_os_str().to_owned();
        name.push(ending);
        match fs::remove_file(&name) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                return Err(ConsoleError::Folder { folder: file.to_owned(), source });
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "database_tests.rs"]
mod tests;
