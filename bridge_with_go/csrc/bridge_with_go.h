/* What crosses between Rust and Go. C is the language that both speak, so it stands here, once:
 * Go includes this file, and src/views.rs and src/ffi.rs repeat it.
 *
 * The memory behind a view belongs to Rust, which lends it and frees it. A view of nothing is null.
 */
#ifndef BRIDGE_WITH_GO_H
#define BRIDGE_WITH_GO_H

#include <stddef.h>
#include <stdint.h>

/* A view of bytes; of UTF-8, where it is a text. There is no NUL at the end. */
typedef struct bridge_with_go_bytes {
    const uint8_t *pointer;
    size_t length;
} bridge_with_go_bytes;

typedef struct bridge_with_go_user {
    bridge_with_go_bytes name;
    uint8_t age;
} bridge_with_go_user;

typedef struct bridge_with_go_users {
    const bridge_with_go_user *pointer;
    size_t length;
} bridge_with_go_users;

/* Who is to be checked. Two limits: the lowest age that passes, and the highest. */
typedef struct bridge_with_go_request {
    bridge_with_go_users users;
    bridge_with_go_bytes limits;
} bridge_with_go_request;

typedef enum bridge_with_go_status {
    BRIDGE_WITH_GO_PASSED = 0,
    BRIDGE_WITH_GO_REFUSED = 1,
    BRIDGE_WITH_GO_PANICKED = 2 /* in Go; the words are the panic's */
} bridge_with_go_status;

/* Go's answer: it calls this function of Rust's, once. `slot` is the one that came with the
 * request. The words belong to Go, and are there until the function returns. */
typedef void (*bridge_with_go_answer)(
    void *slot, uint32_t status, const uint8_t *words, size_t length);

/* Go can't call a C function through its address. So it calls this, which can. To Go both addresses
 * are numbers. `static`: cgo compiles it into several files. */
static inline void bridge_with_go_call(
    uintptr_t answer, uintptr_t slot, uint32_t status, const uint8_t *words, size_t length) {
    ((bridge_with_go_answer)answer)((void *)slot, status, words, length);
}

/* Whose turn it is. */
typedef enum bridge_with_go_turn {
    BRIDGE_WITH_GO_RUST = 0,
    BRIDGE_WITH_GO_GO = 1,
    BRIDGE_WITH_GO_CLOSE = 2, /* Go's: there won't be another request */
    BRIDGE_WITH_GO_CLOSED = 3 /* Rust's: Go looks no more, and the memory may be freed */
} bridge_with_go_turn;

/* Memory that both write, in turn. `turn` is only read and written atomically; the rest belongs to
 * the one whose turn it is. */
typedef struct bridge_with_go_shared {
    uint32_t turn;
    uint32_t answer;
    uint32_t length; /* of the request, in bytes */
    uint8_t request[4096];
} bridge_with_go_shared;

/* What Go's bridge_with_go_sum_of_ages does, in C: what it costs without Go. */
uint32_t bridge_with_go_c_sum_of_ages(const bridge_with_go_request *request);

/* Sizes and offsets as C has them, in the order of the test that compares them with Rust's. */
void bridge_with_go_layouts(size_t layouts[8]);

#endif
