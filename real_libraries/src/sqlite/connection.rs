//! A connection, and closures as its hooks.

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::fmt;
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use callback_bridge::closure::{Callback, RegisterError, Registration, UserData};
use libsqlite3_sys as ffi;

/// A database in memory. Its clones are the same connection, and so is each hook: the connection is
/// closed when the last of them is gone.
#[derive(Clone, Debug)]
pub struct Connection(Arc<Inner>);

/// The handle, and which of its hooks are in use: SQLite has one of each, and would replace it.
#[derive(Debug)]
struct Inner {
    handle: NonNull<ffi::sqlite3>,
    updates: AtomicBool,
    traces: AtomicBool,
}

// SAFETY: it was opened with `SQLITE_OPEN_FULLMUTEX`, so SQLite locks it in each call.
unsafe impl Send for Inner {}
// SAFETY: as above.
unsafe impl Sync for Inner {}

/// A hook that SQLite knows, until it is dropped. Dropping it waits for the statement that runs.
pub type Hook = Registration<Unhook>;

/// Takes a hook away from SQLite.
pub type Unhook = Box<dyn FnOnce() + Send>;

/// What happened to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// It is new.
    Insert,
    /// It has changed.
    Update,
    /// It is gone.
    Delete,
}

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// What SQLite said, and its code.
    Sqlite(c_int, String),
    /// The connection has such a hook already.
    HookInUse,
    /// `callback_bridge` has no room for one more callback.
    NoRoom,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Sqlite(code, message) => write!(f, "SQLite says {code}: {message}"),
            Error::HookInUse => f.write_str("the connection has such a hook already"),
            Error::NoRoom => f.write_str("there is no room for one more callback"),
        }
    }
}

impl std::error::Error for Error {}

impl From<RegisterError<Error>> for Error {
    fn from(error: RegisterError<Error>) -> Error {
        match error {
            RegisterError::Full => Error::NoRoom,
            RegisterError::Library(error) => error,
        }
    }
}

fn check(code: c_int) -> Result<(), Error> {
    if code == ffi::SQLITE_OK {
        return Ok(());
    }
    // SAFETY: it takes any number.
    let message = unsafe { ffi::sqlite3_errstr(code) };
    // SAFETY: a sentence that SQLite never frees.
    let message = unsafe { CStr::from_ptr(message) };
    Err(Error::Sqlite(code, message.to_string_lossy().into_owned()))
}

impl Connection {
    /// Opens an empty database.
    ///
    /// # Errors
    ///
    /// What SQLite said.
    pub fn in_memory() -> Result<Connection, Error> {
        let flags = ffi::SQLITE_OPEN_READWRITE
            | ffi::SQLITE_OPEN_CREATE
            | ffi::SQLITE_OPEN_MEMORY
            | ffi::SQLITE_OPEN_FULLMUTEX;
        let mut handle = ptr::null_mut();
        let (name, default_vfs) = (c":memory:".as_ptr(), ptr::null());
        // SAFETY: a C string, and a place for the handle, which SQLite writes to before it returns.
        let code = unsafe { ffi::sqlite3_open_v2(name, &raw mut handle, flags, default_vfs) };
        let Some(handle) = NonNull::new(handle) else {
            check(code)?;
            return Err(Error::Sqlite(code, "no handle".to_owned()));
        };
        // From here on it is closed, also after an error: SQLite asks for that.
        let (updates, traces) = (AtomicBool::new(false), AtomicBool::new(false));
        let connection = Connection(Arc::new(Inner { handle, updates, traces }));
        check(code)?;
        Ok(connection)
    }

    /// Runs `sql`. Its hooks are called on this thread before it returns.
    ///
    /// # Errors
    ///
    /// What SQLite said.
    pub fn execute(&self, sql: &CStr) -> Result<(), Error> {
        let (handle, sql) = (self.0.handle.as_ptr(), sql.as_ptr());
        let nowhere = ptr::null_mut();
        // SAFETY: the handle is open, and SQLite keeps neither of the two.
        check(unsafe { ffi::sqlite3_exec(handle, sql, None, ptr::null_mut(), nowhere) })
    }

    /// Calls `closure` for each row that changes: with what happened to it, its table and its number.
    ///
    /// SQLite doesn't call for rows that go in a `DELETE` without `WHERE`.
    ///
    /// # Errors
    ///
    /// There is such a hook already, or no room for one more callback.
    pub fn on_update(
        &self,
        mut closure: impl FnMut(Operation, &CStr, i64) + Send + 'static,
    ) -> Result<Hook, Error> {
        // void (*)(void *user_data, int operation, const char *database, const char *table,
        //          sqlite3_int64 row)
        let callback = Callback::new(
            move |_: UserData,
                  operation: c_int,
                  _database: *const c_char,
                  table: *const c_char,
                  row: ffi::sqlite3_int64| {
                let operation = match operation {
                    ffi::SQLITE_INSERT => Operation::Insert,
                    ffi::SQLITE_UPDATE => Operation::Update,
                    _ => Operation::Delete,
                };
                // SAFETY: from SQLite, which keeps it until the hook returns.
                let table = unsafe { CStr::from_ptr(table) };
                closure(operation, table, row);
            },
        );
        let inner = Arc::clone(&self.0);
        Ok(callback.register(move |function, user_data| {
            let handle = inner.handle.as_ptr();
            take(&inner.updates)?;
            // SAFETY: the handle is open. SQLite passes the user data to nothing but the function.
            unsafe { ffi::sqlite3_update_hook(handle, Some(function), user_data) };
            let unregister: Unhook = Box::new(move || {
                let handle = inner.handle.as_ptr();
                // SAFETY: `inner` keeps it open. SQLite calls with the connection's lock held and
                // takes it here, so this waits for a call in flight, and none follows.
                unsafe { ffi::sqlite3_update_hook(handle, None, ptr::null_mut()) };
                inner.updates.store(false, Ordering::Release);
            });
            Ok(unregister)
        })?)
    }

    /// Calls `closure` with the text of each statement that begins to run.
    ///
    /// # Errors
    ///
    /// What SQLite said, or there is such a hook already, or no room for one more callback.
    pub fn on_trace(&self, mut closure: impl FnMut(&CStr) + Send + 'static) -> Result<Hook, Error> {
        // int (*)(unsigned event, void *user_data, void *statement, void *text)
        let callback = Callback::new(
            move |_event: c_uint,
                  _: UserData,
                  _statement: *mut c_void,
                  text: *mut c_void|
                  -> c_int {
                // SAFETY: for `SQLITE_TRACE_STMT` it is a C string, SQLite's until the hook returns.
                let text = unsafe { CStr::from_ptr(text.cast()) };
                closure(text);
                0
            },
        );
        let inner = Arc::clone(&self.0);
        Ok(callback.register(move |function, user_data| {
            let (handle, events) = (inner.handle.as_ptr(), ffi::SQLITE_TRACE_STMT);
            take(&inner.traces)?;
            // SAFETY: as for the update hook; only for this event is the function asked.
            let code = unsafe { ffi::sqlite3_trace_v2(handle, events, Some(function), user_data) };
            if let Err(error) = check(code) {
                inner.traces.store(false, Ordering::Release);
                return Err(error);
            }
            let unregister: Unhook = Box::new(move || {
                let handle = inner.handle.as_ptr();
                // SAFETY: as for the update hook.
                unsafe { ffi::sqlite3_trace_v2(handle, 0, None, ptr::null_mut()) };
                inner.traces.store(false, Ordering::Release);
            });
            Ok(unregister)
        })?)
    }
}

/// Takes the place of a hook.
fn take(place: &AtomicBool) -> Result<(), Error> {
    // Acquire: pairs with the Release of whoever gave it back, after SQLite had let go of its hook.
    if place.swap(true, Ordering::Acquire) { Err(Error::HookInUse) } else { Ok(()) }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // SAFETY: it is open; no hook and no statement is left, and nobody has it any more.
        unsafe { ffi::sqlite3_close(self.handle.as_ptr()) };
    }
}
