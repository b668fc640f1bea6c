/* What the generated Go file needs to call what Rust offers. */
#ifndef FOREIGN_CALL_GO_OFFERS_H
#define FOREIGN_CALL_GO_OFFERS_H

/* What comes back where the program has no such function of Rust's. */
enum { FOREIGN_CALL_NOT_LINKED = 2 };

/* Go's. */
extern void foreign_call_go_told(uintptr_t caller, uint32_t status, void *answer, void *failure);

FOREIGN_CALL_GO void foreign_call_tell_go(
    void *caller, uint32_t status, const void *answer, const foreign_call_failure *failure) {
    foreign_call_go_told((uintptr_t)caller, status, (void *)answer, (void *)failure);
}

#endif
