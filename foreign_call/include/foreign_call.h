/* What every C side of a foreign_call trait needs. The generator puts this text into each header
 * that it writes, so there is nothing to install.
 *
 * Rust calls, and lends its arguments: they are only read. Rust copies an answer before the
 * function that answers returns, so it may lie anywhere, also in the arguments.
 *
 * one-way  there is no answer. The arguments may be read until the function returns.
 * sync     answer on the same thread, before the function returns. The arguments may be read until
 *          it returns.
 * async    answer on any thread, at any time, and return soon. The arguments may be read until the
 *          answer, also if nobody waits for it any more. So every call must end, by an answer,
 *          foreign_call_fail or foreign_call_give_up, or its arguments are kept for ever.
 * stream   send items from any number of threads, also before the function returns. The arguments
 *          may be read until it returns, so copy what is needed longer. When Rust has no more room,
 *          wait for it, on any thread but the receiver's. It goes on until C ends it (with its end
 *          function, foreign_call_fail or foreign_call_give_up) or the receiver is dropped. */
#ifndef FOREIGN_CALL_H
#define FOREIGN_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* C++ may include it, and implement the functions. */
#ifdef __cplusplus
#define FOREIGN_CALL_ASSERT static_assert
extern "C" {
#else
#define FOREIGN_CALL_ASSERT _Static_assert
#endif

FOREIGN_CALL_ASSERT(sizeof(void *) == 8, "foreign_call's views are laid out for 64 bits");

/* Where C and Rust must agree. */
#define FOREIGN_CALL_SIZE(type, size) FOREIGN_CALL_ASSERT(sizeof(type) == size, "size of " #type)
#define FOREIGN_CALL_PLACE(type, field, offset)                                                    \
    FOREIGN_CALL_ASSERT(offsetof(type, field) == offset, "place of " #type "." #field)

/* A constant that every file may define: the linker takes one. In C++ a constant is the file's own
 * unless it says `extern`. */
#if defined(_WIN32)
#define FOREIGN_CALL_ANY __declspec(selectany)
#else
#define FOREIGN_CALL_ANY __attribute__((weak))
#endif
#ifdef __cplusplus
#define FOREIGN_CALL_ONCE extern FOREIGN_CALL_ANY
#else
#define FOREIGN_CALL_ONCE FOREIGN_CALL_ANY
#endif

/* A text: UTF-8, so many bytes long, without a NUL at its end. The pointer of an empty one may be
 * null. */
typedef struct StringRef {
    const char *pointer;
    size_t length;
} StringRef;

/* The view of a text that ends with a NUL. */
static inline StringRef foreign_call_text(const char *text) {
    StringRef view = {text, strlen(text)};
    return view;
}

/* How a call ends. */
enum {
    FOREIGN_CALL_ANSWERED = 0,
    FOREIGN_CALL_FAILED = 1,
    FOREIGN_CALL_GIVEN_UP = 2,
    FOREIGN_CALL_ITEM = 3, /* of a stream, which goes on */
    FOREIGN_CALL_END = 4,  /* of a stream */
};

/* What became of an item that was sent. */
typedef enum foreign_call_sent {
    FOREIGN_CALL_SENT = 0,
    FOREIGN_CALL_ENDED = 1, /* refused, as all that come after it will be */
    FOREIGN_CALL_FULL = 2,  /* not taken: wait for room, and send it again */
} foreign_call_sent;

/* How a wait for room ended. */
typedef enum foreign_call_room {
    FOREIGN_CALL_ROOM = 0,
    FOREIGN_CALL_NEVER = 1, /* the stream has ended */
    FOREIGN_CALL_TIME_IS_UP = 2,
} foreign_call_room;

typedef struct foreign_call_failure {
    int32_t code;
    StringRef message;
} foreign_call_failure;

/* Rust's functions. The table is constant: it may be used at any time, from any thread. */
typedef struct foreign_call_functions {
    /* Returns 0 if the answer was taken. Copies what it wants of the view before it returns. */
    uint32_t (*answer)(uintptr_t handle, uint32_t status, const void *view);
    /* Returns 0 if an answer would be taken now. */
    uint32_t (*state)(uintptr_t handle);
    /* Of streams; null for all else. Returns a foreign_call_room. */
    uint32_t (*wait_for_room)(uintptr_t handle, uint32_t milliseconds);
} foreign_call_functions;

/* What the peer offers to Rust, beside its functions. */
typedef struct foreign_call_interface {
    uint64_t number; /* of names, order, layouts */
    /* Null: C asks. Else called on any thread, also for a handle that is not known any more. Event
     * 1: nobody waits for this call any more. 2: this stream was full and has room again. */
    void (*notify)(uintptr_t handle, uint32_t event);
} foreign_call_interface;

/* One call. It may be copied, kept, and given to another thread; once it is answered, every other
 * answer is refused. */
typedef struct foreign_call {
    uintptr_t handle;
    const foreign_call_functions *rust;
} foreign_call;

/* Whether anybody waits for the answer: a cheap look, from any thread, at any time, for work that
 * could stop early. (A sync call is waited for on its own thread.) A call that nobody waits for
 * must be ended all the same. */
static inline bool foreign_call_wanted(foreign_call call) {
    return call.rust->state(call.handle) == 0;
}

/* Ends a call with an error: a number of one's own, and a message in UTF-8. True if taken. */
static inline bool foreign_call_fail(foreign_call call, int32_t code, const char *message) {
    foreign_call_failure failure = {code, foreign_call_text(message)};
    return call.rust->answer(call.handle, FOREIGN_CALL_FAILED, &failure) == 0;
}

/* Ends a call without an answer, which the caller gets to know. True if taken. */
static inline bool foreign_call_give_up(foreign_call call) {
    return call.rust->answer(call.handle, FOREIGN_CALL_GIVEN_UP, NULL) == 0;
}

/* Sleeps until a stream that was full has room again, for so long at most. Half of the room is free
 * then; another thread may be faster, so a send may be FULL all the same. */
static inline foreign_call_room
foreign_call_wait_for_room(foreign_call call, uint32_t milliseconds) {
    if (call.rust->wait_for_room == NULL) {
        return FOREIGN_CALL_NEVER; /* not a stream */
    }
    return (foreign_call_room)call.rust->wait_for_room(call.handle, milliseconds);
}

#ifdef __cplusplus
}
#endif

#endif
