/* Sensors, by somebody who wrote them for C alone: half of this header is macros.
 *
 * A sensor stays on the thread that made it. That thread calls the functions, and the listener runs
 * on it, inside pointer_callback_sensor_feed and nowhere else. */
#ifndef POINTER_CALLBACK_SENSOR_H
#define POINTER_CALLBACK_SENSOR_H

#include <stddef.h>
#include <stdint.h>

/* Is given the pointer that was registered with it. Must return: no longjmp, no unwinding. While it
 * runs nobody may call the library with the same sensor. */
typedef void (*pointer_callback_sensor_listener)(void *user_data, int32_t millivolts);

/* The members are not for you: they change from one version to the next. Use the macros. */
typedef struct pointer_callback_sensor {
    pointer_callback_sensor_listener listener; /* null: nobody listens */
    void *user_data;                           /* the listener's; the library never looks into it */
    uint32_t told;
} pointer_callback_sensor;

#define POINTER_CALLBACK_SENSOR_LISTEN(sensor, function, pointer)                                  \
    ((void)((sensor)->user_data = (pointer), (sensor)->listener = (function)))
#define POINTER_CALLBACK_SENSOR_TOLD(sensor) ((sensor)->told)
#define POINTER_CALLBACK_SENSOR_MILLIVOLTS(raw) ((int32_t)(raw) * 5 / 2)

/* The caller owns the sensor and gives it back with ..._free. Null: there is no memory. */
pointer_callback_sensor *pointer_callback_sensor_new(void);

/* Unregister the listener first. Null is fine. */
void pointer_callback_sensor_free(pointer_callback_sensor *self);

/* Tells the listener each of the readings, in order, before it returns. Keeps no pointer. */
void pointer_callback_sensor_feed(pointer_callback_sensor *self, const int16_t *raw, size_t count);

/* Of the calling thread: sensors not yet freed; sensors freed while a listener was registered. */
uint32_t pointer_callback_sensor_live(void);
uint32_t pointer_callback_sensor_orphaned(void);

#endif
