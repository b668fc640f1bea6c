/* Sends items over the ring: where calls are received, or on threads of its own; and as no honest
 * peer would. */
#define _POSIX_C_SOURCE 200809L

#include "over_ring.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "heap.h"

static atomic_ullong threads, sent, refused, lent;

static void *memory(size_t size) {
    void *memory = malloc(size);
    if (memory == NULL) {
        abort();
    }
    return memory;
}

static void begin(void *(*run)(void *), void *argument) {
    pthread_t thread;
    atomic_fetch_add(&threads, 1);
    if (pthread_create(&thread, NULL, run, argument) != 0) {
        abort();
    }
    pthread_detach(thread);
}

static void count(foreign_call_sent what) {
    if (what != FOREIGN_CALL_FULL) {
        atomic_fetch_add(what == FOREIGN_CALL_SENT ? &sent : &refused, 1);
    }
}

/* The same for all threads of a stream. The last one frees it. */
typedef struct talk {
    OverRing_notes_call call;
    uint32_t each;
    atomic_size_t talking;
} talk;

typedef struct speaker {
    talk *talk;
    size_t length;
    char name[];
} speaker;

/* A note that is Rust's until it is given back. */
typedef struct note {
    NoteRef view;
    char text[];
} note;

static void give_back(void *user_data) {
    note *it = user_data;
    /* Whoever reads it now reads nonsense. */
    memset(it->text, 0xff, it->view.text.length);
    it->view.text.pointer = NULL;
    free(it);
    atomic_fetch_sub(&lent, 1);
}

static bool say(speaker *speaker, uint32_t number) {
    note *it = memory(sizeof *it + speaker->length);
    memcpy(it->text, speaker->name, speaker->length);
    it->view = (NoteRef){{it->text, speaker->length}, number};
    OverRing_notes_call call = speaker->talk->call;
    foreign_call_sent said;
    atomic_fetch_add(&lent, 1);
    while ((said = OverRing_notes_send(call, &it->view, give_back, it)) == FOREIGN_CALL_FULL) {
        foreign_call_wait_for_room(call.call, 60000);
    }
    count(said);
    return said == FOREIGN_CALL_SENT;
}

static void *speak(void *argument) {
    speaker *it = argument;
    talk *about = it->talk;
    for (uint32_t number = 0; number < about->each && say(it, number); number++) {
    }
    if (atomic_fetch_sub(&about->talking, 1) == 1) {
        OverRing_notes_end(about->call); /* refused if the receiver is gone */
        free(about);
    }
    free(it);
    atomic_fetch_sub(&threads, 1);
    return NULL;
}

void OverRing_notes(const ListRef_String *names, uint32_t each, OverRing_notes_call call) {
    if (names->length == 0) {
        OverRing_notes_end(call);
        return;
    }
    talk *about = memory(sizeof *about);
    about->call = call;
    about->each = each;
    atomic_init(&about->talking, names->length);
    for (size_t i = 0; i < names->length; i++) {
        /* The names are lent until this function returns, so each thread gets a copy of its own. */
        StringRef name = names->pointer[i];
        speaker *it = memory(sizeof *it + name.length);
        it->talk = about;
        it->length = name.length;
        memcpy(it->name, name.pointer, name.length);
        begin(speak, it);
    }
}

typedef struct counter {
    OverRing_numbers_call call;
    uint64_t next;
} counter;

static void *count_on(void *argument) {
    counter *it = argument;
    foreign_call_sent what;
    while ((what = OverRing_numbers_send(it->call, it->next)) != FOREIGN_CALL_ENDED) {
        count(what);
        if (what == FOREIGN_CALL_SENT) {
            it->next++;
        } else {
            foreign_call_wait_for_room(it->call.call, 60000);
        }
    }
    count(what);
    free(it);
    atomic_fetch_sub(&threads, 1);
    return NULL;
}

void OverRing_numbers(uint64_t from, OverRing_numbers_call call) {
    counter *it = memory(sizeof *it);
    *it = (counter){call, from};
    begin(count_on, it);
}

void OverRing_ends(const EndingRef *how, OverRing_ends_call call) {
    count(OverRing_ends_send(call));
    switch (*how) {
    case Ending_End:
        OverRing_ends_end(call);
        break;
    case Ending_Fail:
        foreign_call_fail(call.call, -5, "that was all");
        break;
    default:
        foreign_call_give_up(call.call);
        break;
    }
}

void OverRing_ends_in_a_panic(OverRing_ends_in_a_panic_call call) {
    count(OverRing_ends_in_a_panic_send(call, true));
    foreign_call_give_up(call.call);
}

void OverRing_invalid_items(OverRing_invalid_items_call call) {
    static const NoteRef notes[3] = {{{"good", 4}, 1}, {{"ab\xff", 3}, 2}, {{"late", 4}, 3}};
    for (int i = 0; i < 3; i++) {
        count(OverRing_invalid_items_send(call, &notes[i], NULL, NULL));
    }
}

void OverRing_forges_items(OverRing_forges_items_call call) {
    const uintptr_t handle = call.call.handle;
    const uint64_t nine = 9;
    OverRing_forges_items_send(call, 0);
    OverRing_forges_items_send(call, 1);
    /* There is no place, and the item is sent all the same. */
    for (int i = 0; i < 10; i++) {
        if (OverRing_forges_items_send(call, nine) != FOREIGN_CALL_FULL) {
            abort();
        }
        foreign_call_reply_OverRing_forges_items(handle, FOREIGN_CALL_ITEM, &nine);
    }
    for (unsigned bit = 0; bit < 64; bit++) {
        foreign_call_reply_OverRing_forges_items(
            handle ^ (uintptr_t)1 << bit, FOREIGN_CALL_ITEM, &nine);
    }
    /* As an item of another type, as an answer, as the answer of another function, as none's. */
    foreign_call_reply_OverRing_ends(handle, FOREIGN_CALL_ITEM, "");
    foreign_call_reply_OverRing_forges_items(handle, FOREIGN_CALL_ANSWERED, &nine);
    foreign_call_reply_OverRing_half(handle, FOREIGN_CALL_ANSWERED, &(uint32_t){9});
    const uint64_t none_s[3] = {handle, 1000 | (uint64_t)FOREIGN_CALL_ITEM << 32, nine};
    foreign_call_mem_send(&foreign_call_link_OverRing, none_s, (foreign_call_kept){NULL, NULL});
    /* After the end. */
    OverRing_forges_items_end(call);
    foreign_call_reply_OverRing_forges_items(handle, FOREIGN_CALL_ITEM, &nine);
    OverRing_forges_items_end(call);
}

void OverRing_senders(OverRing_senders_call call) {
    TupleRef_4_u64_u64_u64_u64 answer = {
        atomic_load(&threads), atomic_load(&sent), atomic_load(&refused), atomic_load(&lent)};
    OverRing_senders_answer(call, &answer);
}
