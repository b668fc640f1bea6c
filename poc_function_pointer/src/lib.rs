//! Experiment 3: the function that is called is chosen at run time.
//!
//! `csrc/` is a table of operations by name, [`ffi`] declares it, and [`Table`] makes it safe. A
//! function written in Rust joins the table. [`sort`] hands another one to the C library.
//! The chapter is this crate's `README.md`.

use std::ffi::{CStr, c_int, c_void};
use std::mem::MaybeUninit;
use std::{error, fmt};

pub mod ffi;

pub use ffi::Operation;

/// Why there is no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    /// The table has no operation of that name.
    Unknown,
    /// Nothing divides by zero.
    DivisionByZero,
    /// The result is no 32-bit number.
    Overflow,
    /// A status that the library does not have: an operation of our own returned it.
    Other(c_int),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Unknown => f.write_str("there is no operation of that name"),
            Error::DivisionByZero => f.write_str("nothing divides by zero"),
            Error::Overflow => f.write_str("the result is no 32-bit number"),
            Error::Other(status) => write!(f, "status {status}"),
        }
    }
}

impl error::Error for Error {}

/// Operations by name.
#[derive(Debug)]
pub struct Table {
    entries: Vec<ffi::Entry>,
}

impl Table {
    /// The four operations that are written in C: add, subtract, multiply, divide.
    pub fn basics() -> Table {
        Table { entries: ffi::poc_function_pointer_basics.to_vec() }
    }

    /// Puts an operation in under a name; `None` takes the name out. The last one of a name counts.
    ///
    /// # Safety
    ///
    /// The operation must be sound to call with any two numbers and a `result` that may be written.
    /// It must write `*result` wherever it returns [`ffi::OK`], and must not unwind.
    pub unsafe fn put(&mut self, name: &'static CStr, operation: Option<Operation>) {
        self.entries.push(ffi::Entry { name: name.as_ptr(), operation });
    }

    /// The function of that name. What C calls null is `None`.
    pub fn find(&self, name: &CStr) -> Option<Operation> {
        let Table { entries } = self;
        // SAFETY: the entries are readable, all names are terminated and static, and C keeps none.
        unsafe { ffi::poc_function_pointer_find(entries.as_ptr(), entries.len(), name.as_ptr()) }
    }

    /// Lets C find the operation of that name and call it.
    ///
    /// # Errors
    ///
    /// Where there is none of that name, or where it refuses these numbers.
    pub fn apply(&self, name: &CStr, left: i32, right: i32) -> Result<i32, Error> {
        let Table { entries } = self;
        let mut result = MaybeUninit::uninit();
        // SAFETY: as in `find`; `result` is ours to write, and `put` vouched for the operations.
        let status = unsafe {
            ffi::poc_function_pointer_apply(
                entries.as_ptr(),
                entries.len(),
                name.as_ptr(),
                left,
                right,
                result.as_mut_ptr(),
            )
        };
        match status {
            // SAFETY: the status is OK, so the operation has written the result.
            ffi::OK => Ok(unsafe { result.assume_init() }),
            ffi::UNKNOWN => Err(Error::Unknown),
            ffi::DIVISION_BY_ZERO => Err(Error::DivisionByZero),
            ffi::OVERFLOW => Err(Error::Overflow),
            other => Err(Error::Other(other)),
        }
    }
}

/// The larger of the two: an operation in Rust, which C can call.
///
/// It is an `extern "C" fn`, so it takes its arguments where C puts them. A function without that
/// is of another type, and so is every closure:
///
/// ```
/// extern "C" fn triple(value: i32) -> i32 { value * 3 }
/// let for_c: extern "C" fn(i32) -> i32 = triple;
/// let for_rust: fn(i32) -> i32 = |value| value * 3;
/// # assert_eq!(for_c(2), for_rust(2));
/// ```
///
/// ```compile_fail,E0308
/// let for_c: extern "C" fn(i32) -> i32 = |value| value * 3;
/// ```
///
/// What a closure captures has no place in a pointer to code, not even in Rust's own:
///
/// ```compile_fail,E0308
/// let factor = 3;
/// let for_rust: fn(i32) -> i32 = |value| value * factor;
/// ```
///
/// # Safety
///
/// `result` may be written.
pub unsafe extern "C" fn maximum(left: i32, right: i32, result: *mut i32) -> c_int {
    // SAFETY: the caller promises it.
    unsafe { result.write(left.max(right)) };
    ffi::OK
}

/// Sorts with the C library's `qsort`, which asks a function of ours which of two comes first.
pub fn sort(samples: &mut [i16]) {
    // It stands inside `sort`, so that nobody else can use it with other elements.
    unsafe extern "C" fn by_value(left: *const c_void, right: *const c_void) -> c_int {
        // SAFETY: `qsort` passes two elements of the array that it was given, and those are `i16`.
        let left = unsafe { left.cast::<i16>().read() };
        // SAFETY: as above.
        let right = unsafe { right.cast::<i16>().read() };
        left.cmp(&right) as c_int // -1, 0 or 1: a total order
    }
    // SAFETY: that many elements of that size are ours to move, and the comparator is a total
    // order, reads `i16` and can't unwind.
    unsafe {
        libc::qsort(samples.as_mut_ptr().cast(), samples.len(), size_of::<i16>(), Some(by_value));
    }
}

/// What the experiment saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What was asked, `7 add 3`, and what came of it.
    pub calls: Vec<(String, Result<i32, Error>)>,
    /// Whether C found `add`, whether it found `modulo`.
    pub found: [bool; 2],
    /// Samples, sorted by `qsort`.
    pub sorted: Vec<i16>,
    /// Bytes of a function pointer, of an `Option` of one, and of the function item `maximum`.
    pub sizes: [usize; 3],
}

/// Calls by name, then sorts.
///
/// ```
/// let report = poc_function_pointer::run()?;
/// assert_eq!(report.found, [true, false]);
/// # Ok::<(), anyhow::Error>(())
/// ```
///
/// # Errors
///
/// None; the signature is that of every experiment.
pub fn run() -> anyhow::Result<Report> {
    let mut table = Table::basics();
    // SAFETY: `maximum` writes what it may write, always, and can't unwind.
    unsafe { table.put(c"maximum", Some(maximum)) };
    let questions = [
        (7, c"add", 3),
        (7, c"subtract", 3),
        (7, c"multiply", 3),
        (7, c"divide", 3),
        (7, c"maximum", 3),
        (7, c"divide", 0),
        (i32::MAX, c"add", 1),
        (7, c"modulo", 3),
    ];
    let calls = questions.map(|(left, name, right)| {
        let question = format!("{left} {} {right}", name.to_string_lossy());
        (question, table.apply(name, left, right))
    });
    let mut sorted = vec![0, i16::MAX, -2, i16::MIN, 1];
    sort(&mut sorted);
    Ok(Report {
        calls: calls.into(),
        found: [c"add", c"modulo"].map(|name| table.find(name).is_some()),
        sorted,
        sizes: [size_of::<Operation>(), size_of::<Option<Operation>>(), size_of_val(&maximum)],
    })
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (question, result) in &self.calls {
            match result {
                Ok(number) => writeln!(f, "{question:17} {number}")?,
                Err(error) => writeln!(f, "{question:17} {error}")?,
            }
        }
        let [add, modulo] = self.found.map(|found| if found { "Some" } else { "None" });
        writeln!(f, "find              add: {add}, modulo: {modulo}")?;
        writeln!(f, "qsort             {:?}", self.sorted)?;
        let [pointer, option, item] = self.sizes;
        write!(f, "bytes             pointer: {pointer}, Option: {option}, function item: {item}")
    }
}
