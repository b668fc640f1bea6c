/* What is measured: calls to Rust, through the library and to a function written by hand. */
#include "offered.h"

static void
measured(void *sum, uint32_t status, const uint64_t *answer, const foreign_call_failure *failure) {
    (void)failure;
    if (status == FOREIGN_CALL_ANSWERED) {
        *(uint64_t *)sum += *answer;
    }
}

void Caller_lengths(const StringRef *text, uint64_t calls, Caller_lengths_call call) {
    uint64_t sum = 0;
    for (uint64_t i = 0; i < calls; i++) {
        Meter_length(text, measured, &sum);
    }
    Caller_lengths_answer(call, sum);
}

/* Rust's, in src/by_hand.rs. */
bool meter_length_by_hand(const StringRef *text, uint64_t *answer);

void Caller_lengths_by_hand(
    const StringRef *text, uint64_t calls, Caller_lengths_by_hand_call call) {
    uint64_t sum = 0;
    for (uint64_t i = 0; i < calls; i++) {
        uint64_t answer;
        if (meter_length_by_hand(text, &answer)) {
            sum += answer;
        }
    }
    Caller_lengths_by_hand_answer(call, sum);
}
