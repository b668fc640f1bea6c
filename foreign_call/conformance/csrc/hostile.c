/* Answers what no honest peer would. */
#include "interface.h"

#include <string.h>

/* Writes a byte where a bool should be. */
static void spoil(bool *flag, unsigned char with) {
    memcpy(flag, &with, 1);
}

void Hostile_row(uint32_t fault, Hostile_row_call call) {
    static const uint64_t numbers[] = {1, 2, 3};
    PointRef point = {.x = 1, .name = 'p', .visible = true};
    RowRef row = {
        .flag = true,
        .letter = 'x',
        .colour = Colour_Blue,
        .figure.tag = Figure_Polygon,
        .text = foreign_call_text("text"),
        .numbers = {numbers, 3},
    };
    row.figure.value.Polygon.points = (ListRef_Point){&point, 1};
    row.figure.value.Polygon.label = (OptionRef_String){true, foreign_call_text("label")};
    switch (fault) {
    case 1:
        spoil(&row.flag, 2);
        break;
    case 2:
        row.letter = 0xd800;
        break;
    case 3:
        row.colour = 3;
        break;
    case 4:
        row.figure.tag = 4;
        break;
    case 5:
        row.text = foreign_call_text("ab\xff");
        break;
    case 6:
        row.numbers.pointer = NULL;
        break;
    case 7:
        row.numbers.pointer = (const uint64_t *)(const void *)((const char *)numbers + 4);
        break;
    case 8:
        row.numbers.length = SIZE_MAX;
        break;
    case 9:
        spoil(&point.visible, 255);
        break;
    case 10:
        row.figure.value.Polygon.label.some = foreign_call_text("\xc0\x80");
        break;
    case 11:
        Hostile_row_answer(call, NULL);
        return;
    default:
        break;
    }
    Hostile_row_answer(call, &row);
}

void Hostile_fails(int32_t code, Hostile_fails_call call) {
    foreign_call_fail(call.call, code, "no \xc3\xa9nergy");
}

void Hostile_silent(Hostile_silent_call call) {
    (void)call;
}

static Hostile_answers_twice_call earlier;

/* Answers this call twice, and the one before as well. */
void Hostile_answers_twice(Hostile_answers_twice_call call) {
    uint8_t taken = 0;
    if (earlier.call.rust != NULL) {
        taken += Hostile_answers_twice_answer(earlier, 100);
    }
    Hostile_answers_twice_answer(call, taken);
    Hostile_answers_twice_answer(call, 200);
    earlier = call;
}

/* Answers every call that it can make up, before its own. */
void Hostile_forges(Hostile_forges_call call) {
    uint8_t taken = 0;
    Hostile_forges_call forged = call;
    for (uintptr_t bit = 20; bit < 64; bit++) {
        forged.call.handle = call.call.handle ^ ((uintptr_t)1 << bit);
        taken += Hostile_forges_answer(forged, 100);
    }
    forged.call.handle = 0;
    taken += Hostile_forges_answer(forged, 100);
    Hostile_forges_answer(call, taken);
}

void Hostile_gives_up(Hostile_gives_up_call call) {
    foreign_call_give_up(call.call);
}
