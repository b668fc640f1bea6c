/* The package's `malloc`, which fails when it is told to. */
#undef malloc
#include <stdbool.h>
#include <stdlib.h>

#include "no_memory.h"

bool no_memory;

void *sometimes_malloc(size_t size) {
    return no_memory ? NULL : malloc(size);
}
