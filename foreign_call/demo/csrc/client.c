/* Calls the store that Rust offers. `store.h` is generated from `src/store.rs`. */
#include "store.h"
#include "worker.h"

#include <stdlib.h>
#include <string.h>

/* Sync: called once, before Store_get returns. The answer is Rust's, and gone when this returns. */
static void
got(void *user_data, uint32_t status, const OptionRef_String *answer,
    const foreign_call_failure *failure) {
    const Client_look_call *call = user_data;
    if (status != FOREIGN_CALL_ANSWERED) {
        Client_look_answer(*call, &failure->message);
    } else if (answer->is_some) {
        Client_look_answer(*call, &answer->some);
    } else {
        StringRef nothing = foreign_call_text("nothing");
        Client_look_answer(*call, &nothing);
    }
}

void Client_look(const StringRef *key, Client_look_call call) {
    Store_get(key, got, &call);
}

/* Async: called once, on any thread. */
static void waited(
    void *user_data, uint32_t status, const StringRef *answer,
    const foreign_call_failure *failure) {
    Client_wait_call *call = user_data;
    if (status == FOREIGN_CALL_ANSWERED) {
        Client_wait_answer(*call, answer);
    } else if (status == FOREIGN_CALL_FAILED) {
        call->call.rust->answer(call->call.handle, FOREIGN_CALL_FAILED, failure);
    } else {
        foreign_call_give_up(call->call);
    }
    free(call);
}

void Client_wait(const StringRef *key, Client_wait_call call) {
    Client_wait_call *kept = malloc(sizeof *kept);
    if (kept == NULL) {
        foreign_call_fail(call.call, 1, "no memory");
        return;
    }
    *kept = call;
    Store_wait_for(key, waited, kept);
}

/* On the worker's thread. One-way: nobody answers, and nothing has to be kept. */
static void put(void *argument) {
    char *text = argument;
    StringRef key = foreign_call_text(text);
    StringRef value = foreign_call_text("put by C's worker");
    Store_put(&key, &value);
    free(text);
}

void Client_put_later(const StringRef *key) {
    char *text = malloc(key->length + 1);
    if (text == NULL) {
        abort();
    }
    memcpy(text, key->pointer, key->length);
    text[key->length] = '\0';
    worker_do(50, put, text);
}
