#include "poc_cc.h"

const size_t poc_cc_levels_layout[4] = {
    sizeof(poc_cc_levels),
    offsetof(poc_cc_levels, lowest),
    offsetof(poc_cc_levels, highest),
    offsetof(poc_cc_levels, mean),
};

int16_t poc_cc_saturate(int32_t value) {
    if (value > INT16_MAX)
        return INT16_MAX;
    if (value < INT16_MIN)
        return INT16_MIN;
    return (int16_t)value;
}

int poc_cc_measure(const int16_t *samples, size_t count, poc_cc_levels *levels) {
    if (samples == NULL || levels == NULL)
        return POC_CC_NULL;
    if (count == 0)
        return POC_CC_EMPTY;

    poc_cc_levels found = {samples[0], samples[0], 0.0};
    double sum = 0.0;
    for (size_t i = 0; i < count; i++) {
        if (samples[i] < found.lowest)
            found.lowest = samples[i];
        if (samples[i] > found.highest)
            found.highest = samples[i];
        sum += samples[i];
    }
    found.mean = sum / (double)count;
    *levels = found;
    return POC_CC_OK;
}

int32_t poc_cc_span(poc_cc_levels levels) {
    return (int32_t)levels.highest - levels.lowest;
}

const char *poc_cc_status_text(int status) {
    switch (status) {
    case POC_CC_OK:
        return "success";
    case POC_CC_NULL:
        return "a pointer is null";
    case POC_CC_EMPTY:
        return "there are no samples";
    }
    return "not a status of poc_cc";
}
