//! The C that calls, `csrc/`.

use std::ffi::c_void;
use std::marker::{PhantomData, PhantomPinned};

/// `answers_pool`
#[repr(C)]
pub struct AnswersPool {
    _opaque: [u8; 0],
    _not_send: PhantomData<(*mut u8, PhantomPinned)>,
}

/// `answers_callback`
pub type Answer = unsafe extern "C" fn(user_data: *mut c_void, answer: i64);
/// What `foreign_go_answers` calls.
#[cfg(go)]
pub type AnswerOfGo = unsafe extern "C" fn(view: *const c_void, slot: *const c_void);
/// `calls_callback`
pub type Callback = unsafe extern "C" fn(number: i64) -> i64;
/// `calls_callback_with`
pub type CallbackWith = unsafe extern "C" fn(number: i64, user_data: *mut c_void) -> i64;

unsafe extern "C" {
    /// `int64_t calls_run(calls_callback callback, size_t count);`
    pub fn calls_run(callback: Callback, count: usize) -> i64;
    /// `int64_t calls_run_with(calls_callback_with callback, void *user_data, size_t count);`
    pub fn calls_run_with(callback: CallbackWith, user_data: *mut c_void, count: usize) -> i64;
    /// `void answers_now(answers_callback callback, void *user_data, int64_t number);`
    pub fn answers_now(callback: Answer, user_data: *mut c_void, number: i64);
    /// `answers_pool *answers_pool_new(size_t threads, size_t capacity);`
    pub fn answers_pool_new(threads: usize, capacity: usize) -> *mut AnswersPool;
    /// `void answers_later(answers_pool *pool, answers_callback callback, void *user_data, int64_t number);`
    pub fn answers_later(
        pool: *mut AnswersPool,
        callback: Answer,
        user_data: *mut c_void,
        number: i64,
    );
    /// `void answers_pool_free(answers_pool *pool);`
    pub fn answers_pool_free(pool: *mut AnswersPool);
    /// `void foreign_pool(answers_pool *threads);`
    pub fn foreign_pool(threads: *mut AnswersPool);
    /// `void foreign_empty(void);`
    pub fn foreign_empty();
    /// `void foreign_one_way(const void *user);`
    pub fn foreign_one_way(user: *const c_void);
    /// `void foreign_flat(const void *user, bool *pass);`
    pub fn foreign_flat(user: *const c_void, pass: *mut bool);
    /// `void foreign_nested(const void *request, bool *pass);`
    pub fn foreign_nested(request: *const c_void, pass: *mut bool);
    /// `//export foreign_go_nothing`, in `go/impl.go`.
    #[cfg(go)]
    pub fn foreign_go_nothing();
    /// `//export foreign_go_answers`, in `go/rust2go/impl.go`.
    #[cfg(go)]
    pub fn foreign_go_answers(function: AnswerOfGo, count: usize);
    /// `//export foreign_go_ring_echo`, in `go/ring_linux.go`.
    #[cfg(all(go, target_os = "linux"))]
    pub fn foreign_go_ring_echo(end: *const foreign_call::ring::Meta) -> u64;
    /// `//export foreign_go_mem_ring_echo`, in `go/mem_ring_linux.go`.
    #[cfg(all(go, target_os = "linux"))]
    pub fn foreign_go_mem_ring_echo(
        questions: *const mem_ring::QueueMeta,
        answers: *const mem_ring::QueueMeta,
    );
    /// `//export foreign_go_socket_echo`, in `go/ring_linux.go`.
    #[cfg(all(go, target_os = "linux"))]
    pub fn foreign_go_socket_echo(socket: std::ffi::c_int);
}
