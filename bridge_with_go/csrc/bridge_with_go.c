#include "bridge_with_go.h"

uint32_t bridge_with_go_c_sum_of_ages(const bridge_with_go_request *request) {
    uint32_t sum = 0;
    for (size_t i = 0; i < request->users.length; i++)
        sum += request->users.pointer[i].age;
    return sum;
}

void bridge_with_go_layouts(size_t layouts[8]) {
    layouts[0] = sizeof(bridge_with_go_bytes);
    layouts[1] = offsetof(bridge_with_go_bytes, length);
    layouts[2] = sizeof(bridge_with_go_user);
    layouts[3] = offsetof(bridge_with_go_user, age);
    layouts[4] = sizeof(bridge_with_go_request);
    layouts[5] = offsetof(bridge_with_go_request, limits);
    layouts[6] = sizeof(bridge_with_go_shared);
    layouts[7] = offsetof(bridge_with_go_shared, request);
}
