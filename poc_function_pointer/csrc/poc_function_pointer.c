#include "poc_function_pointer.h"

#include <string.h>

const size_t poc_function_pointer_entry_layout[3] = {
    sizeof(poc_function_pointer_entry),
    offsetof(poc_function_pointer_entry, name),
    offsetof(poc_function_pointer_entry, operation),
};

/* 64 bits hold every sum, difference, product and quotient of two 32-bit numbers, also the quotient
 * of INT32_MIN and -1. So nothing overflows before it is looked at. */
static int narrow(int64_t wide, int32_t *result) {
    if (wide < INT32_MIN || wide > INT32_MAX)
        return POC_FUNCTION_POINTER_OVERFLOW;
    *result = (int32_t)wide;
    return POC_FUNCTION_POINTER_OK;
}

static int add(int32_t left, int32_t right, int32_t *result) {
    return narrow((int64_t)left + right, result);
}

static int subtract(int32_t left, int32_t right, int32_t *result) {
    return narrow((int64_t)left - right, result);
}

static int multiply(int32_t left, int32_t right, int32_t *result) {
    return narrow((int64_t)left * right, result);
}

static int divide(int32_t left, int32_t right, int32_t *result) {
    if (right == 0)
        return POC_FUNCTION_POINTER_DIVISION_BY_ZERO;
    return narrow((int64_t)left / right, result);
}

const poc_function_pointer_entry poc_function_pointer_basics[4] = {
    {"add", add},
    {"subtract", subtract},
    {"multiply", multiply},
    {"divide", divide},
};

poc_function_pointer_operation
poc_function_pointer_find(const poc_function_pointer_entry *table, size_t count, const char *name) {
    for (size_t i = count; i > 0; i--) {
        if (strcmp(table[i - 1].name, name) == 0)
            return table[i - 1].operation;
    }
    return NULL;
}

int poc_function_pointer_apply(
    const poc_function_pointer_entry *table, size_t count, const char *name, int32_t left,
    int32_t right, int32_t *result) {
    poc_function_pointer_operation operation = poc_function_pointer_find(table, count, name);
    if (operation == NULL)
        return POC_FUNCTION_POINTER_UNKNOWN;
    return operation(left, right, result);
}
