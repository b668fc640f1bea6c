#ifndef NO_MEMORY_H
#define NO_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

extern bool no_memory;

/* What this package calls `malloc`. */
void *sometimes_malloc(size_t size);

#endif
