//! SQLite's hooks as closures.

use std::ffi::CStr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use callback_bridge::closure::{self, Aftermath};
use callback_bridge::handoff::Overflow;
use real_libraries::sqlite::{Change, Connection, Error, Operation, run};

/// Only guards against a hang.
const LONG: Duration = Duration::from_secs(30);

fn birds() -> Connection {
    let connection = Connection::in_memory().expect("a database");
    connection.execute(c"CREATE TABLE bird (name TEXT)").expect("a table");
    connection
}

fn change(operation: Operation, row: i64) -> Change {
    Change { operation, table: "bird".to_owned(), row, lost_before: 0 }
}

async fn guarded<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(LONG, future).await.expect("it does not hang")
}

#[tokio::test]
async fn rows_inserted_updated_and_deleted_are_seen_in_order() {
    let report = guarded(run()).await.expect("SQLite agrees");
    assert_eq!(
        report.changes,
        [
            change(Operation::Insert, 1),
            change(Operation::Insert, 2),
            change(Operation::Update, 1),
            change(Operation::Delete, 2),
        ]
    );
    assert_eq!(report.lost, 0);
}

#[tokio::test]
async fn trace_sees_the_text_of_each_statement() {
    let report = guarded(run()).await.expect("SQLite agrees");
    assert_eq!(
        report.statements,
        [
            "INSERT INTO bird VALUES ('wren'), ('robin')",
            "UPDATE bird SET name = 'owl' WHERE name = 'wren'",
            "DELETE FROM bird WHERE name = 'robin'",
        ]
    );
}

#[test]
fn hooks_that_were_dropped_are_called_no_more_and_their_closures_are_freed() {
    let connection = birds();
    let (updates, updated) = mpsc::channel();
    let (traces, traced) = mpsc::channel();
    let update = connection
        .on_update(move |operation, table: &CStr, row| {
            updates.send((operation, table.to_owned(), row)).expect("the test listens");
        })
        .expect("a hook");
    let trace = connection
        .on_trace(move |sql| traces.send(sql.to_owned()).expect("the test listens"))
        .expect("a hook");
    connection.execute(c"INSERT INTO bird VALUES ('wren')").expect("a row");

    let ended = update.unregister();
    assert_eq!((ended.counts.refused, ended.counts.panics, ended.dropped), (0, 0, true));
    drop(trace);
    connection.execute(c"INSERT INTO bird VALUES ('owl')").expect("a row");

    assert_eq!(closure::statistics().late_calls, 0, "SQLite does not even try");
    // `iter` ends because the senders are gone, and these with the closures.
    assert_eq!(updated.iter().collect::<Vec<_>>(), [(Operation::Insert, c"bird".to_owned(), 1)]);
    assert_eq!(traced.iter().collect::<Vec<_>>(), [c"INSERT INTO bird VALUES ('wren')".to_owned()]);
}

#[test]
fn panic_in_a_hook_does_not_cross_sqlite_and_is_resumed_by_the_owner() {
    let connection = birds();
    let hook =
        connection.on_update(|_, _, row| panic!("row {row} is not welcome")).expect("a hook");
    connection.execute(c"INSERT INTO bird VALUES ('wren'), ('owl')").expect("SQLite goes on");

    assert!(hook.is_poisoned());
    assert_eq!((hook.counts().panics, hook.counts().refused), (1, 1), "the second row is refused");
    let panic = catch_unwind(AssertUnwindSafe(|| hook.resume_panic())).expect_err("a panic");
    assert_eq!(panic.downcast_ref(), Some(&"row 1 is not welcome".to_owned()));
    hook.resume_panic(); // It was taken.
    drop(hook);

    let mut changes = connection.changes(4, Overflow::DropNewest).expect("the hook is free");
    connection.execute(c"DELETE FROM bird WHERE name = 'owl'").expect("both rows are there");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let seen = runtime.block_on(changes.next());
    assert_eq!(seen, Some(change(Operation::Delete, 2)));
}

#[test]
fn second_hook_of_a_kind_is_refused_and_the_first_one_stays() {
    let connection = birds();
    let rows = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&rows);
    let first = connection
        .on_update(move |_, _, row| seen.lock().expect("no panic").push(row))
        .expect("a hook");
    assert_eq!(connection.on_update(|_, _, _| ()).err(), Some(Error::HookInUse));
    connection.execute(c"INSERT INTO bird VALUES ('wren')").expect("a row");
    assert_eq!(*rows.lock().expect("no panic"), [1]);
    drop(first);
    assert_eq!(Arc::strong_count(&rows), 1, "the closure is freed");
    drop(connection.on_update(|_, _, _| ()).expect("the place is free"));
}

#[test]
fn hook_keeps_the_connection_open() {
    let connection = birds();
    let hook = connection.on_update(|_, _, _| ()).expect("a hook");
    drop(connection);
    assert_eq!(hook.unregister().outcome.ok(), Some(Aftermath::NoCallFollows));
}

#[tokio::test]
async fn change_that_finds_no_room_is_counted_by_the_next_one() {
    let connection = birds();
    let mut changes = connection.changes(2, Overflow::DropNewest).expect("a hook");
    let statement = c"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100)
                      INSERT INTO bird SELECT i FROM n";
    connection.execute(statement).expect("a hundred rows");
    let lost = changes.stats().dropped_blocks;
    assert!((1..100).contains(&lost), "{lost} of 100 rows are lost");

    for row in 1..=100 - lost {
        let seen = guarded(changes.next()).await.expect("a change");
        assert_eq!(seen, change(Operation::Insert, row.cast_signed()));
    }
    connection.execute(c"INSERT INTO bird VALUES ('late')").expect("a row");
    let seen = guarded(changes.next()).await.expect("a change");
    assert_eq!(seen, Change { lost_before: lost, ..change(Operation::Insert, 101) });
}

#[tokio::test]
async fn statement_that_waits_for_room_goes_on_when_the_changes_are_dropped() {
    let connection = birds();
    let mut changes = connection.changes(1, Overflow::Wait).expect("a hook");
    let finished = Arc::new(AtomicBool::new(false));
    let (writer, has_finished) = (connection.clone(), Arc::clone(&finished));
    let (done, result) = mpsc::channel();
    let writer = thread::spawn(move || {
        let said = writer.execute(
            c"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000)
              INSERT INTO bird SELECT i FROM n",
        );
        has_finished.store(true, Ordering::SeqCst);
        done.send(said).expect("the test listens");
    });
    let first = guarded(changes.next()).await.expect("a change");
    assert_eq!(first, change(Operation::Insert, 1));
    assert!(!finished.load(Ordering::SeqCst), "999 more do not fit");
    // The statement holds the connection's lock, which taking the hook away needs.
    let (done, dropped) = mpsc::channel();
    let dropper = thread::spawn(move || {
        drop(changes);
        done.send(()).expect("the test listens");
    });
    assert_eq!(dropped.recv_timeout(LONG), Ok(()), "dropping hangs");
    assert_eq!(result.recv_timeout(LONG), Ok(Ok(())));
    writer.join().expect("no panic");
    dropper.join().expect("no panic");
}

#[tokio::test]
async fn transcript_in_the_readme_is_what_the_command_prints() {
    let report = guarded(run()).await.expect("SQLite agrees");
    let command = "$ cargo run -q --manifest-path real_libraries/Cargo.toml";
    let transcript = format!("```console\n{command}\n{report}\n```\n");
    assert!(include_str!("../README.md").contains(&transcript), "{transcript}");
}
