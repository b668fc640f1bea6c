#include "bridge.h"

void pointer_callback_bridge_listen(
    pointer_callback_sensor *sensor, pointer_callback_sensor_listener listener, void *user_data) {
    POINTER_CALLBACK_SENSOR_LISTEN(sensor, listener, user_data);
}

uint32_t pointer_callback_bridge_told(const pointer_callback_sensor *sensor) {
    return POINTER_CALLBACK_SENSOR_TOLD(sensor);
}

int32_t pointer_callback_bridge_millivolts(int16_t raw) {
    return POINTER_CALLBACK_SENSOR_MILLIVOLTS(raw);
}
