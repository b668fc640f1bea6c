#ifndef NO_MEMORY_H
#define NO_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

extern bool no_memory;

/* What this package calls `malloc`. */
void *sometimes_malloc(size_t size);

/* How the last call ended, of those that were answered through `listening`. The message has its
 * first bytes. */
typedef struct answer {
    uint32_t count;
    uint32_t status;
    int32_t code;
    char message[64];
} answer;

extern answer last_answer;

/* foreign_call_functions, of which nothing but `answer` is used. */
const void *listening(void);

#endif
