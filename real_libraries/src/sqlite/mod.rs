//! SQLite: its update and trace hooks, and an async consumer of the changes.
//!
//! Both hooks run on the thread that runs the statement, inside of it, and while SQLite holds the
//! connection's lock. So the closure of a hook must not take long, nor use the connection.

mod changes;
mod connection;

use std::fmt;
use std::sync::mpsc;
use std::thread;

use callback_bridge::handoff::Overflow;

pub use changes::{Change, Changes};
pub use connection::{Connection, Error, Hook, Operation, Unhook};

/// What [`run`] saw.
#[derive(Debug, PartialEq, Eq)]
pub struct Report {
    /// The changes, as the async consumer got them.
    pub changes: Vec<Change>,
    /// The statements, as the trace hook got them.
    pub statements: Vec<String>,
    /// Changes that found no room.
    pub lost: u64,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for statement in &self.statements {
            writeln!(f, "traced   {statement}")?;
        }
        for Change { operation, table, row, .. } in &self.changes {
            writeln!(f, "changed  {operation:?} {table} {row}")?;
        }
        write!(f, "lost     {}", self.lost)
    }
}

/// Runs a few statements on one thread, while a task consumes their changes.
///
/// # Errors
///
/// What SQLite said.
///
/// # Panics
///
/// If a hook has panicked, with that panic.
pub async fn run() -> Result<Report, Error> {
    let connection = Connection::in_memory()?;
    connection.execute(c"CREATE TABLE bird (name TEXT)")?;

    let (sender, traced) = mpsc::channel();
    let trace = connection.on_trace(move |sql| {
        // The receiver is there for as long as the hook is.
        let _ = sender.send(sql.to_string_lossy().into_owned());
    })?;
    let mut changes = connection.changes(4, Overflow::Wait)?;

    let writer = thread::spawn(move || {
        connection.execute(c"INSERT INTO bird VALUES ('wren'), ('robin')")?;
        connection.execute(c"UPDATE bird SET name = 'owl' WHERE name = 'wren'")?;
        connection.execute(c"DELETE FROM bird WHERE name = 'robin'")
    });
    let mut seen = Vec::new();
    while seen.len() < 4
        && let Some(change) = changes.next().await
    {
        seen.push(change);
    }
    match writer.join() {
        Ok(said) => said?,
        Err(panic) => std::panic::resume_unwind(panic),
    }
    trace.resume_panic();
    changes.resume_panic();
    let lost = changes.stats().dropped_blocks;
    drop(trace);
    Ok(Report { changes: seen, statements: traced.iter().collect(), lost })
}
