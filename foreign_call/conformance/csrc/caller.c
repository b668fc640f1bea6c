/* Calls what Rust offers, and hands on what it is answered. */
#include "offered.h"

#include <stdlib.h>
#include <string.h>

#include "heap.h"

/* The statuses mean the same in both directions, and so do the views. */
static void hand_on(
    foreign_call call, uint32_t status, const void *answer, const foreign_call_failure *failure) {
    call.rust->answer(call.handle, status, status == FOREIGN_CALL_ANSWERED ? answer : failure);
}

/* Of a sync call: it lies on the stack of the function that calls. */
#define HANDED_ON(name, view)                                                                      \
    static void name##_answered(                                                                   \
        void *call, uint32_t status, const view *answer, const foreign_call_failure *failure) {    \
        hand_on(*(const foreign_call *)call, status, answer, failure);                             \
    }

HANDED_ON(get, OptionRef_String)
HANDED_ON(put, ResultRef_unit_Refusal)
HANDED_ON(count, uint64_t)
HANDED_ON(scalars, TupleRef_4_i8_f64_bool_char)

void Caller_get(const StringRef *key, Caller_get_call call) {
    Store_get(key, get_answered, &call.call);
}

void Caller_put(const StringRef *key, const PageRef *page, Caller_put_call call) {
    Store_put(key, page, put_answered, &call.call);
}

void Caller_put_what_lies_at(size_t page, Caller_put_what_lies_at_call call) {
    StringRef key = foreign_call_text("key");
    Store_put(&key, (const PageRef *)page, put_answered, &call.call);
}

void Caller_answer_what_lies_at(size_t page, Caller_answer_what_lies_at_call call) {
    Caller_answer_what_lies_at_answer(call, (const PageRef *)page);
}

void Caller_count(
    const ListRef_Place *places, const ListRef_bool *flags, const ListRef_Page *pages,
    const ListRef_u64 *only, Caller_count_call call) {
    Store_count(places, flags, pages, only, count_answered, &call.call);
}

void Caller_scalars(int8_t a, double b, bool flag, uint32_t letter, Caller_scalars_call call) {
    Store_scalars(a, b, flag, letter, scalars_answered, &call.call);
}

void Caller_touched(const StringRef *key, Caller_touched_call call) {
    Caller_touched_answer(call, Store_touched(key));
}

/* Of an async call: it lives until the answer, which is the only one. */
static foreign_call *keep(foreign_call call) {
    foreign_call *kept = malloc(sizeof *kept);
    if (kept == NULL) {
        abort();
    }
    *kept = call;
    return kept;
}

static void
fetched(void *kept, uint32_t status, const PageRef *answer, const foreign_call_failure *failure) {
    hand_on(*(foreign_call *)kept, status, answer, failure);
    free(kept);
}

static void
is_ready(void *kept, uint32_t status, const uint8_t *answer, const foreign_call_failure *failure) {
    hand_on(*(foreign_call *)kept, status, answer, failure);
    free(kept);
}

void Caller_fetch(
    const StringRef *url, const ListRef_String *tags, const PageRef *page, Caller_fetch_call call) {
    /* Lent until Store_fetch returns, and not longer. */
    char *text = malloc(url->length + 1);
    StringRef *copies = malloc((tags->length + 1) * sizeof *copies);
    PageRef copy = *page;
    if (text == NULL || copies == NULL) {
        abort();
    }
    if (url->length != 0) {
        memcpy(text, url->pointer, url->length);
    }
    for (size_t i = 0; i < tags->length; i++) {
        copies[i] = tags->pointer[i];
    }
    StringRef own_url = {text, url->length};
    ListRef_String own_tags = {copies, tags->length};
    Store_fetch(&own_url, &own_tags, &copy, fetched, keep(call.call));
    memset(text, 0xff, url->length);
    memset(copies, 0xff, tags->length * sizeof *copies);
    memset(&copy, 0xff, sizeof copy);
    free(text);
    free(copies);
}

void Caller_ready(Caller_ready_call call) {
    Store_ready(is_ready, keep(call.call));
}
