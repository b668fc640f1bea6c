//! `csrc/poc_callback.h`, item for item.

/// `enum { POC_CALLBACK_PAUSE_MS = 500 };`
pub const POC_CALLBACK_PAUSE_MS: u64 = 500;

/// `typedef struct poc_callback_notes poc_callback_notes;`
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notes {
    /// `uint64_t thread_id;`
    pub thread_id: u64,
    /// `uint64_t blocks;`
    pub blocks: u64,
    /// `uint64_t samples;`
    pub samples: u64,
    /// `uint64_t missing;`
    pub missing: u64,
}

unsafe extern "C" {
    /// `void poc_callback_quick(const int16_t *samples, size_t count);`
    pub fn poc_callback_quick(samples: *const i16, count: usize);

    /// `void poc_callback_slow(const int16_t *samples, size_t count);`
    pub fn poc_callback_slow(samples: *const i16, count: usize);

    /// `void poc_callback_forget(void);`
    pub fn poc_callback_forget();

    /// `poc_callback_notes poc_callback_read(void);`
    pub fn poc_callback_read() -> Notes;

    /// `extern const size_t poc_callback_notes_layout[5];`
    pub safe static poc_callback_notes_layout: [usize; 5];
}
