/* Calls as no honest caller does. */
#include "offered.h"

#include <string.h>

/* Hands a failure on; that there was an answer is the wrong thing here. */
static void failed(foreign_call call, uint32_t status, const foreign_call_failure *failure) {
    if (status == FOREIGN_CALL_ANSWERED) {
        foreign_call_fail(call, 1, "it was answered");
    } else {
        call.rust->answer(call.handle, status, failure);
    }
}

static void
got(void *call, uint32_t status, const OptionRef_String *answer,
    const foreign_call_failure *failure) {
    (void)answer;
    failed(*(const foreign_call *)call, status, failure);
}

static void
put(void *call, uint32_t status, const ResultRef_unit_Refusal *answer,
    const foreign_call_failure *failure) {
    (void)answer;
    failed(*(const foreign_call *)call, status, failure);
}

static void
counted(void *call, uint32_t status, const uint64_t *answer, const foreign_call_failure *failure) {
    (void)answer;
    failed(*(const foreign_call *)call, status, failure);
}

static void scaled(
    void *call, uint32_t status, const TupleRef_4_i8_f64_bool_char *answer,
    const foreign_call_failure *failure) {
    (void)answer;
    failed(*(const foreign_call *)call, status, failure);
}

static void
fetched(void *call, uint32_t status, const PageRef *answer, const foreign_call_failure *failure) {
    (void)answer;
    failed(*(const foreign_call *)call, status, failure);
}

static void
told(void *call, uint32_t status, const void *nothing, const foreign_call_failure *failure) {
    (void)nothing;
    failed(*(const foreign_call *)call, status, failure);
}

void Caller_hostile(uint32_t fault, Caller_hostile_call call) {
    static const uint64_t numbers[] = {1, 2, 3};
    static const char bytes[] = "\0\1\2";
    foreign_call *to = &call.call;
    StringRef key = foreign_call_text("key");
    StringRef tag = foreign_call_text("ab\xff");
    PageRef page = {.url = key, .tags = {&key, 1}, .state.tag = State_Fresh};
    ListRef_Place places = {NULL, 0};
    ListRef_bool flags = {NULL, 0};
    ListRef_Page pages = {&page, 1};
    ListRef_u64 only = {numbers, 3};
    ListRef_String tags = {&tag, 1};
    switch (fault) {
    case 1:
        Store_get(NULL, got, to);
        break;
    case 2:
        Store_get((const StringRef *)(const void *)((const char *)numbers + 1), got, to);
        break;
    case 3:
        key.pointer = NULL;
        Store_get(&key, got, to);
        break;
    case 4:
        key.length = SIZE_MAX;
        Store_get(&key, got, to);
        break;
    case 5:
        Store_get(&tag, got, to);
        break;
    case 6:
        page.tags = tags;
        Store_put(&key, &page, put, to);
        break;
    case 7:
        page.state.tag = 2;
        Store_put(&key, &page, put, to);
        break;
    case 8:
        memcpy(&page.seen, bytes + 2, 1);
        Store_count(&places, &flags, &pages, &only, counted, to);
        break;
    case 9:
        flags = (ListRef_bool){(const bool *)(const void *)bytes, 3};
        Store_count(&places, &flags, &pages, &only, counted, to);
        break;
    case 10:
        only.pointer = (const uint64_t *)(const void *)((const char *)numbers + 4);
        Store_count(&places, &flags, &pages, &only, counted, to);
        break;
    case 11:
        places.length = SIZE_MAX / 4;
        places.pointer = (const PlaceRef *)(const void *)numbers;
        Store_count(&places, &flags, &pages, &only, counted, to);
        break;
    case 12:
        Store_scalars_rust(Store_interface, scaled, to, 1, 1.0, 2, 'x');
        break;
    case 13:
        Store_scalars(1, 1.0, true, 0xd800, scaled, to);
        break;
    case 14:
        Store_fetch(&key, &tags, &page, fetched, to);
        break;
    case 15:
        Store_touched_rust(Store_interface, told, to, &tag);
        break;
    /* Made for another version of the trait, with other arguments. */
    case 16:
        Store_get_rust(Store_interface + 1, got, to, (const StringRef *)(const void *)bytes);
        break;
    case 17:
        Store_fetch_rust(Store_interface + 1, fetched, to, NULL, NULL, NULL);
        break;
    /* No function to answer to: nothing happens, and it is counted. */
    default:
        if (Store_get(&tag, NULL, NULL) || Store_touched(&tag) || !Store_get(&key, NULL, NULL)) {
            foreign_call_fail(call.call, 2, "what came back at once is wrong");
        } else {
            Caller_hostile_answer(call);
        }
        break;
    }
}
