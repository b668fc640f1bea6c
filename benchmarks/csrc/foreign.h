/* What the group `foreign` calls in C without a trait. */
#ifndef BENCHMARKS_FOREIGN_H
#define BENCHMARKS_FOREIGN_H

#include "answers.h"

#include <stdbool.h>

/* Whose threads answer `InC_later` from now on. It lives until the last answer. */
void foreign_pool(answers_pool *threads);

/* The same calls by hand. `user` is a `const DemoUserRef *`, `request` a
 * `const DemoComplicatedRequestRef *`. C keeps neither. */
void foreign_empty(void);
void foreign_one_way(const void *user);
void foreign_flat(const void *user, bool *pass);
void foreign_nested(const void *request, bool *pass);

#endif
