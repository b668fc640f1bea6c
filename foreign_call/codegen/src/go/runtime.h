/* What the generated Go file needs of C, beside foreign_call.h. */
#ifndef FOREIGN_CALL_GO_H
#define FOREIGN_CALL_GO_H

#include <stdlib.h>

#ifndef FOREIGN_CALL_WORDS
#define FOREIGN_CALL_WORDS 1 /* the most arguments that an async function has */
#endif

/* cgo compiles this text twice. The linker takes one of each. */
#define FOREIGN_CALL_GO __attribute__((weak))

/* More memory for an answer. */
typedef struct foreign_call_block {
    struct foreign_call_block *next;
    uint64_t bytes[];
} foreign_call_block;

/* Where Go writes an answer and its view. It is C's memory, as Go's may not point to more of Go's
 * when it is handed out. A sync call has one on its stack, a goroutine that answers one of its own.
 * Go knows the layout. */
typedef struct foreign_call_arena {
    void *base;  /* of the block in use */
    size_t used; /* so many bytes of it, */
    size_t size; /* of so many */
    void *view;  /* of the answer; null if there is nothing to say */
    foreign_call_block *blocks;
    uint64_t first[59];
} foreign_call_arena;

static inline void foreign_call_open(foreign_call_arena *arena) {
    arena->base = arena->first;
    arena->used = 0;
    arena->size = sizeof arena->first;
    arena->view = NULL;
    arena->blocks = NULL;
}

/* A block for so many bytes, or false. */
static inline bool foreign_call_grow(uintptr_t at, size_t size) {
    foreign_call_arena *arena = (foreign_call_arena *)at;
    if (size < 2 * arena->size) {
        size = 2 * arena->size;
    }
    foreign_call_block *block = malloc(sizeof *block + size);
    if (block == NULL) {
        return false;
    }
    block->next = arena->blocks;
    arena->blocks = block;
    arena->base = block->bytes;
    arena->used = 0;
    arena->size = size;
    return true;
}

/* Forgets what is in the arena. */
static inline void foreign_call_empty(foreign_call_arena *arena) {
    while (arena->blocks != NULL) {
        foreign_call_block *next = arena->blocks->next;
        free(arena->blocks);
        arena->blocks = next;
    }
    foreign_call_open(arena);
}

/* Answers with what is in the arena, and leaves it empty. */
static inline uint32_t
foreign_call_answer(foreign_call call, uint32_t status, foreign_call_arena *arena) {
    uint32_t taken = call.rust->answer(call.handle, status, arena->view);
    foreign_call_empty(arena);
    return taken;
}

/* For Go, where pointers are numbers: they point to nothing of Go's. */
static inline uint32_t
foreign_call_answer_at(uintptr_t handle, uintptr_t rust, uint32_t status, uintptr_t arena) {
    foreign_call call = {handle, (const foreign_call_functions *)rust};
    return foreign_call_answer(call, status, (foreign_call_arena *)arena);
}

/* The same, where there is no memory for an arena. */
static inline uint32_t foreign_call_answer_without_memory_at(uintptr_t handle, uintptr_t rust) {
    static const char message[] = "no memory for the answer";
    const foreign_call_failure failure = {-1, {message, sizeof message - 1}};
    return ((const foreign_call_functions *)rust)->answer(handle, FOREIGN_CALL_FAILED, &failure);
}

static inline void foreign_call_empty_at(uintptr_t arena) {
    foreign_call_empty((foreign_call_arena *)arena);
}

static inline bool foreign_call_wanted_at(uintptr_t handle, uintptr_t rust) {
    foreign_call call = {handle, (const foreign_call_functions *)rust};
    return foreign_call_wanted(call);
}

/* Go's: Rust tells about a call. */
extern void foreign_call_go_notify(uintptr_t handle, uint32_t event);

/* Null, if there is no memory. */
static inline void *foreign_call_new_arena(void) {
    foreign_call_arena *arena = malloc(sizeof *arena);
    if (arena != NULL) {
        foreign_call_open(arena);
    }
    return arena;
}

/* Frees an arena and what is in it, if there is one. */
static inline void foreign_call_close(uintptr_t at) {
    foreign_call_arena *arena = (foreign_call_arena *)at;
    if (arena != NULL) {
        foreign_call_empty(arena);
        free(arena);
    }
}

/* An async call on its way to a goroutine. */
typedef struct foreign_call_record {
    foreign_call call;
    uint64_t function; /* its number in the generated file */
    uint64_t words[FOREIGN_CALL_WORDS];
} foreign_call_record;

enum { FOREIGN_CALL_SLOTS = 256 };

typedef struct foreign_call_slot {
    uint64_t turn; /* in each lap twice its number: empty; and one more: full */
    foreign_call_record record;
} foreign_call_slot;

/* Async calls that no goroutine has taken yet: any thread pushes, any goroutine pops. So a call
 * gets to a goroutine that is looking without its thread entering Go. All zero is empty.
 * What is done with it, here and in workers.go, loom checks in the generator's model.rs: change
 * both. */
typedef struct foreign_call_queue {
    uint64_t head; /* so many were popped */
    uint64_t pad1[15];
    uint64_t tail; /* so many were pushed */
    uint64_t pad2[15];
    uint32_t looking; /* 1 while a goroutine looks for calls, or is on its way to */
    uint32_t pad3[31];
    foreign_call_slot slots[FOREIGN_CALL_SLOTS];
} foreign_call_queue;

FOREIGN_CALL_GO foreign_call_queue foreign_call_waiting;

/* Go's. This one has a goroutine look, */
extern void foreign_call_go_look(void);
/* and this one starts one for the call. */
extern void foreign_call_go_start(void *record);

/* False if it is full. */
static inline bool foreign_call_push(const foreign_call_record *record) {
    foreign_call_queue *queue = &foreign_call_waiting;
    uint64_t at = __atomic_load_n(&queue->tail, __ATOMIC_RELAXED);
    for (;;) {
        foreign_call_slot *slot = &queue->slots[at % FOREIGN_CALL_SLOTS];
        uint64_t empty = at / FOREIGN_CALL_SLOTS * 2;
        /* Pairs with Go's store when it has popped: the slot is read by then. */
        uint64_t turn = __atomic_load_n(&slot->turn, __ATOMIC_ACQUIRE);
        if (turn < empty) {
            return false;
        }
        if (turn > empty) {
            at = __atomic_load_n(&queue->tail, __ATOMIC_RELAXED);
            continue;
        }
        /* One thread gets this place. Relaxed: what it does there is published by `turn`. */
        if (__atomic_compare_exchange_n(
                &queue->tail, &at, at + 1, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
            slot->record = *record;
            /* Pairs with Go's load before it pops. */
            __atomic_store_n(&slot->turn, empty + 1, __ATOMIC_RELEASE);
            return true;
        }
    }
}

/* Hands an async call to a goroutine. */
static inline void foreign_call_later(foreign_call_record *record) {
    if (!foreign_call_push(record)) {
        foreign_call_go_start(record);
        return;
    }
    /* Pushed, then looked whether somebody looks; a goroutine stops looking, and then looks once
     * more, with Go's atomics, which are sequentially consistent. So one of them sees the other. */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (__atomic_load_n(&foreign_call_waiting.looking, __ATOMIC_RELAXED) == 0) {
        foreign_call_go_look();
    }
}

#endif
