/* What the generated Go file needs of C, beside foreign_call.h. */
#ifndef FOREIGN_CALL_GO_H
#define FOREIGN_CALL_GO_H

#include <stdlib.h>

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
typedef struct foreign_call_room {
    void *base;  /* of the block in use */
    size_t used; /* so many bytes of it, */
    size_t size; /* of so many */
    void *view;  /* of the answer; null if there is nothing to say */
    foreign_call_block *blocks;
    uint64_t first[59];
} foreign_call_room;

static inline void foreign_call_open(foreign_call_room *room) {
    room->base = room->first;
    room->used = 0;
    room->size = sizeof room->first;
    room->view = NULL;
    room->blocks = NULL;
}

/* A block for so many bytes, or false. */
static inline bool foreign_call_grow(uintptr_t at, size_t size) {
    foreign_call_room *room = (foreign_call_room *)at;
    if (size < 2 * room->size) {
        size = 2 * room->size;
    }
    foreign_call_block *block = malloc(sizeof *block + size);
    if (block == NULL) {
        return false;
    }
    block->next = room->blocks;
    room->blocks = block;
    room->base = block->bytes;
    room->used = 0;
    room->size = size;
    return true;
}

/* Answers with what is in the room, and leaves it empty. */
static inline void
foreign_call_answer(foreign_call call, uint32_t status, foreign_call_room *room) {
    call.rust->answer(call.handle, status, room->view);
    while (room->blocks != NULL) {
        foreign_call_block *next = room->blocks->next;
        free(room->blocks);
        room->blocks = next;
    }
    foreign_call_open(room);
}

/* For Go, where these three are numbers: they point to nothing of Go's. */
static inline void
foreign_call_answer_at(uintptr_t handle, uintptr_t rust, uint32_t status, uintptr_t room) {
    foreign_call call = {handle, (const foreign_call_functions *)rust};
    foreign_call_answer(call, status, (foreign_call_room *)room);
}

/* Null, if there is no memory. */
static inline void *foreign_call_new_room(void) {
    foreign_call_room *room = malloc(sizeof *room);
    if (room != NULL) {
        foreign_call_open(room);
    }
    return room;
}

#endif
