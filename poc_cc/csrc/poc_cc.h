/* Levels of a block of samples: enough C to show each way in which a value crosses. */
#ifndef POC_CC_H
#define POC_CC_H

#include <stddef.h>
#include <stdint.h>

typedef enum poc_cc_status {
    POC_CC_OK = 0,
    POC_CC_NULL,  /* a pointer that must not be null was null */
    POC_CC_EMPTY, /* no samples: there is no level to tell */
} poc_cc_status;

typedef struct poc_cc_levels {
    int16_t lowest;
    int16_t highest;
    double mean; /* in sample values, -32768 to 32767 */
} poc_cc_levels;

/* A scalar: `value`, or the nearest number that a 16-bit sample can hold. */
int16_t poc_cc_saturate(int32_t value);

/* A slice and an out-parameter: reads samples[0] to samples[count - 1], writes *levels.
 * Both belong to the caller; C keeps neither. Not POC_CC_OK: *levels is untouched. */
int poc_cc_measure(const int16_t *samples, size_t count, poc_cc_levels *levels);

/* A struct by value: the distance between lowest and highest. */
int32_t poc_cc_span(poc_cc_levels levels);

/* A C string: a status in words. Static: nobody frees it. Never null. */
const char *poc_cc_status_text(int status);

/* How this C compiler lays the struct out: its size, then the offset of each member, in bytes. */
extern const size_t poc_cc_levels_layout[4];

#endif
