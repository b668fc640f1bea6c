/* malloc and free, counted. To be included after stdlib.h. */
#ifndef CONFORMANCE_HEAP_H
#define CONFORMANCE_HEAP_H

#include <stddef.h>

void *conformance_heap_malloc(size_t size);
void conformance_heap_free(void *block);

#define malloc conformance_heap_malloc
#define free conformance_heap_free

#endif
