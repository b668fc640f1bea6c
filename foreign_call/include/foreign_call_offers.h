/* What C needs, beside foreign_call.h, to call a trait that Rust offers. The generator puts this
 * text into each header with such a trait.
 *
 * C calls, from any thread, and lends its arguments: they stay as they are until the function
 * returns, also if it is async. It returns true if the call was made; else `answer` was called with
 * FOREIGN_CALL_FAILED already. `answer` may be null.
 *
 * one-way  there is no answer.
 * sync     `answer` is called once, before the function returns, on the same thread.
 * async    `answer` is called once, on any thread, possibly before the function returns.
 *
 * The status says what `answer` is called with: FOREIGN_CALL_ANSWERED with an answer,
 * FOREIGN_CALL_FAILED with a failure, FOREIGN_CALL_GIVEN_UP with neither. What is not there is
 * null. Both are Rust's, with all that they point to, and are gone once `answer` returns. */
#ifndef FOREIGN_CALL_OFFERS_H
#define FOREIGN_CALL_OFFERS_H

/* Codes of failures that are not the implementation's own. */
enum {
    FOREIGN_CALL_UNAVAILABLE = INT32_MIN,         /* nobody offers the trait, or what it needs */
    FOREIGN_CALL_OTHER_INTERFACE = INT32_MIN + 1, /* this header was made for another version */
    FOREIGN_CALL_INVALID = INT32_MIN + 2,         /* an argument is no value of its type */
    FOREIGN_CALL_PANICKED = INT32_MIN + 3,        /* the implementation did */
};

/* A one-way call has no answer: it could only be told of a failure. */
typedef void (*foreign_call_told)(
    void *user_data, uint32_t status, const void *nothing, const foreign_call_failure *failure);

#endif
