/* The state: a place for one object. It sets and gets, and calls nobody.
 *
 * The place is a global variable, without a lock: one thread at a time. */
#ifndef PASS_RUST_OBJECT_3_STATE_H
#define PASS_RUST_OBJECT_3_STATE_H

/* Keeps the pointer until the next set. Null: nothing. The caller owns the object, keeps it alive
 * and in its place that long, and frees the one that was there before. */
void pass_rust_object_3_state_set(void *object);

/* The pointer that was set last, or null. It still belongs to the one who set it. */
void *pass_rust_object_3_state_get(void);

#endif
