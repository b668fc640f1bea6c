/* Operations on numbers, chosen by name at run time. */
#ifndef POC_FUNCTION_POINTER_H
#define POC_FUNCTION_POINTER_H

#include <stddef.h>
#include <stdint.h>

typedef enum poc_function_pointer_status {
    POC_FUNCTION_POINTER_OK = 0,
    POC_FUNCTION_POINTER_UNKNOWN,          /* the table has no operation of that name */
    POC_FUNCTION_POINTER_DIVISION_BY_ZERO, /* nothing divides by zero */
    POC_FUNCTION_POINTER_OVERFLOW          /* the result is no int32_t */
} poc_function_pointer_status;

/* Runs on the thread that calls it, and keeps nothing. Returns a status; unless that is
 * POC_FUNCTION_POINTER_OK, *result is untouched. `result` must not be null. */
typedef int (*poc_function_pointer_operation)(int32_t left, int32_t right, int32_t *result);

/* A table is an array of these and belongs to the caller. */
typedef struct poc_function_pointer_entry {
    const char *name;                         /* not null; lives as long as the table */
    poc_function_pointer_operation operation; /* null: taken out, as if the name were not there */
} poc_function_pointer_entry;

/* The four operations that come with the library: add, subtract, multiply, divide. */
extern const poc_function_pointer_entry poc_function_pointer_basics[4];

/* The operation of that name, or null. The last entry of a name counts. Keeps no pointer. */
poc_function_pointer_operation
poc_function_pointer_find(const poc_function_pointer_entry *table, size_t count, const char *name);

/* Finds the operation and calls it. Keeps no pointer. */
int poc_function_pointer_apply(
    const poc_function_pointer_entry *table, size_t count, const char *name, int32_t left,
    int32_t right, int32_t *result);

/* How this C compiler lays an entry out: its size, then the offset of each member, in bytes. */
extern const size_t poc_function_pointer_entry_layout[3];

#endif
