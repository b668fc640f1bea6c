/* What is measured: the library's calls, and the same written by hand. */
#include "interface.h"

/* As one writes it by hand: the answer's place is an argument, and nothing can go wrong. */
void cost_flat_by_hand(const UserRef *user, uint64_t *answer);
void cost_nested_by_hand(const RequestRef *request, uint64_t *answer);

void Cost_tell(const UserRef *user) {
    (void)user;
}

void Cost_flat(const UserRef *user, Cost_flat_call call) {
    Cost_flat_answer(call, user->age);
}

void cost_flat_by_hand(const UserRef *user, uint64_t *answer) {
    *answer = user->age;
}

void Cost_nested(const RequestRef *request, Cost_nested_call call) {
    Cost_nested_answer(call, request->users.length);
}

void cost_nested_by_hand(const RequestRef *request, uint64_t *answer) {
    *answer = request->users.length;
}

void Cost_later(uint64_t number, Cost_later_call call) {
    Cost_later_answer(call, number);
}
