/* Gives back what it is given: the answer points into the arguments, which is allowed. */
#include "interface.h"

void Echo_all(const AllRef *value, Echo_all_call call) {
    Echo_all_answer(call, value);
}

void Echo_all_later(const AllRef *value, Echo_all_later_call call) {
    Echo_all_later_answer(call, value);
}

void Echo_bytes(const ListRef_u8 *value, Echo_bytes_call call) {
    Echo_bytes_answer(call, value);
}

void Echo_points(const ListRef_Point *value, Echo_points_call call) {
    Echo_points_answer(call, value);
}

void Echo_scalars(
    uint8_t a, int64_t b, float c, double d, bool e, uint32_t f, Echo_scalars_call call) {
    TupleRef_6_u8_i64_f32_f64_bool_char answer = {a, b, c, d, e, f};
    Echo_scalars_answer(call, &answer);
}

void Echo_circle(double radius, Echo_circle_call call) {
    FigureRef figure = {.tag = Figure_Circle, .value.Circle.f0 = radius};
    Echo_circle_answer(call, &figure);
}

void Echo_nothing(Echo_nothing_call call) {
    Echo_nothing_answer(call);
}
