#include "sensor.h"

#include <stdlib.h>

#ifdef _MSC_VER
#define THREAD_LOCAL __declspec(thread)
#else
#define THREAD_LOCAL _Thread_local
#endif

static THREAD_LOCAL uint32_t live;
static THREAD_LOCAL uint32_t orphaned;

pointer_callback_sensor *pointer_callback_sensor_new(void) {
    pointer_callback_sensor *self = malloc(sizeof *self);
    if (self == NULL)
        return NULL;
    *self = (pointer_callback_sensor){NULL, NULL, 0};
    live += 1;
    return self;
}

void pointer_callback_sensor_free(pointer_callback_sensor *self) {
    if (self == NULL)
        return;
    if (self->listener != NULL)
        orphaned += 1;
    live -= 1;
    free(self);
}

void pointer_callback_sensor_feed(pointer_callback_sensor *self, const int16_t *raw, size_t count) {
    for (size_t i = 0; i < count && self->listener != NULL; i++) {
        self->told += 1;
        self->listener(self->user_data, POINTER_CALLBACK_SENSOR_MILLIVOLTS(raw[i]));
    }
}

uint32_t pointer_callback_sensor_live(void) {
    return live;
}

uint32_t pointer_callback_sensor_orphaned(void) {
    return orphaned;
}
