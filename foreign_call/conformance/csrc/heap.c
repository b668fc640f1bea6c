/* Counts the blocks that this crate's C has and has not freed yet. */
#include "offered.h"

#include <stdatomic.h>
#include <stdlib.h>

void *conformance_heap_malloc(size_t size);
void conformance_heap_free(void *block);

/* Relaxed: it is compared when nothing else runs, and what makes that so orders it. */
static atomic_llong blocks;

void *conformance_heap_malloc(size_t size) {
    atomic_fetch_add_explicit(&blocks, 1, memory_order_relaxed);
    return malloc(size);
}

void conformance_heap_free(void *block) {
    if (block != NULL) {
        atomic_fetch_sub_explicit(&blocks, 1, memory_order_relaxed);
    }
    free(block);
}

void Caller_blocks(Caller_blocks_call call) {
    Caller_blocks_answer(call, atomic_load_explicit(&blocks, memory_order_relaxed));
}
