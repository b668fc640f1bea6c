/* sensor.h for those who can't use its macros: each macro as a function. */
#ifndef POINTER_CALLBACK_BRIDGE_H
#define POINTER_CALLBACK_BRIDGE_H

#include "sensor.h"

/* The sensor keeps both pointers until the next call of this, or until it is freed. It calls
 * listener(user_data, ...) on the thread that feeds it. A null listener unregisters. */
void pointer_callback_bridge_listen(
    pointer_callback_sensor *sensor, pointer_callback_sensor_listener listener, void *user_data);

/* How many readings the sensor has told a listener. */
uint32_t pointer_callback_bridge_told(const pointer_callback_sensor *sensor);

/* What a raw reading means. */
int32_t pointer_callback_bridge_millivolts(int16_t raw);

#endif
