/* Values as bytes, between processes: a view, in which each pointer is a place in the message, and
 * behind it all that it leads to. What is packed has nothing of this process in it but the values;
 * what is unpacked is checked, in a copy that nobody else writes. */
#ifndef FOREIGN_CALL_PACKED_H
#define FOREIGN_CALL_PACKED_H

/* What a view is. */
typedef enum foreign_call_kind {
    FOREIGN_CALL_NUMBER,    /* bytes, all of which count */
    FOREIGN_CALL_CHARACTER, /* a number, which not all are */
    FOREIGN_CALL_LIST,      /* a pointer and a length; of the one part */
    FOREIGN_CALL_ALL,       /* parts side by side */
    FOREIGN_CALL_REPEATED,  /* `count` times the one part */
    FOREIGN_CALL_ONE_OF,    /* a number at the beginning says which of `count` parts is there */
} foreign_call_kind;

typedef struct foreign_call_form foreign_call_form;

/* A part of a view; without a form, nothing. */
typedef struct foreign_call_part {
    size_t place;
    const foreign_call_form *form;
} foreign_call_part;

struct foreign_call_form {
    foreign_call_kind kind;
    size_t size;
    size_t count;
    size_t tag_size; /* of ONE_OF: 1 or 4 */
    const foreign_call_part *parts;
};

static const foreign_call_form foreign_call_form_1 = {FOREIGN_CALL_NUMBER, 1, 0, 0, NULL};
static const foreign_call_form foreign_call_form_2 = {FOREIGN_CALL_NUMBER, 2, 0, 0, NULL};
static const foreign_call_form foreign_call_form_4 = {FOREIGN_CALL_NUMBER, 4, 0, 0, NULL};
static const foreign_call_form foreign_call_form_8 = {FOREIGN_CALL_NUMBER, 8, 0, 0, NULL};
static const foreign_call_form foreign_call_form_char = {FOREIGN_CALL_CHARACTER, 4, 0, 0, NULL};
static const foreign_call_form foreign_call_form_bool = {
    FOREIGN_CALL_ONE_OF, 1, 2, 1, (const foreign_call_part[]){{0, NULL}, {0, NULL}}};
static const foreign_call_form foreign_call_form_StringRef = {
    FOREIGN_CALL_LIST, sizeof(StringRef), 1, 0,
    (const foreign_call_part[]){{0, &foreign_call_form_1}}};
static const foreign_call_form foreign_call_form_failure = {
    FOREIGN_CALL_ALL, sizeof(foreign_call_failure), 2, 0,
    (const foreign_call_part[]){
        {offsetof(foreign_call_failure, code), &foreign_call_form_4},
        {offsetof(foreign_call_failure, message), &foreign_call_form_StringRef}}};

static inline size_t foreign_call_tag(const foreign_call_form *form, const unsigned char *view) {
    uint32_t tag = view[0];
    if (form->tag_size == sizeof tag) {
        memcpy(&tag, view, sizeof tag);
    }
    return tag;
}

/* A message that is being made. What is longer than `longest` is counted, and not kept. */
typedef struct foreign_call_packer {
    unsigned char *bytes;
    size_t length;
    size_t longest;
} foreign_call_packer;

/* The place of so many bytes, all zero, after what is there. Everything begins at a multiple of 8.
 */
static inline size_t foreign_call_reserve(foreign_call_packer *packer, size_t bytes) {
    size_t place = packer->length;
    bool fits = bytes <= SIZE_MAX - 7 - place;
    packer->length = fits ? (place + bytes + 7) / 8 * 8 : SIZE_MAX / 8 * 8;
    if (packer->length <= packer->longest) {
        memset(packer->bytes + place, 0, packer->length - place);
    }
    return place;
}

static inline void
foreign_call_put(foreign_call_packer *packer, size_t place, const void *from, size_t bytes) {
    if (packer->length <= packer->longest) {
        memcpy(packer->bytes + place, from, bytes);
    }
}

static inline void foreign_call_pack(
    const foreign_call_form *form, const unsigned char *view, size_t place,
    foreign_call_packer *packer);

static inline void foreign_call_pack_list(
    const foreign_call_form *item, const unsigned char *list, size_t place,
    foreign_call_packer *packer) {
    const unsigned char *first;
    size_t length;
    memcpy(&first, list, sizeof first);
    memcpy(&length, list + sizeof first, sizeof length);
    if (length == 0) {
        return; /* an empty list is zeros, and leads nowhere */
    }
    size_t bytes = length > SIZE_MAX / item->size ? SIZE_MAX : length * item->size;
    uint64_t at[2] = {foreign_call_reserve(packer, bytes), length};
    foreign_call_put(packer, place, at, sizeof at);
    if (item->kind == FOREIGN_CALL_NUMBER) {
        foreign_call_put(packer, at[0], first, bytes);
        return;
    }
    for (size_t i = 0; i < length; i++) {
        foreign_call_pack(item, first + i * item->size, at[0] + i * item->size, packer);
    }
}

/* Field by field: padding stays zero, so that nothing else of this process gets out. */
static inline void foreign_call_pack(
    const foreign_call_form *form, const unsigned char *view, size_t place,
    foreign_call_packer *packer) {
    const foreign_call_part *parts = form->parts;
    switch (form->kind) {
    case FOREIGN_CALL_NUMBER:
    case FOREIGN_CALL_CHARACTER:
        foreign_call_put(packer, place, view, form->size);
        break;
    case FOREIGN_CALL_LIST:
        foreign_call_pack_list(parts->form, view, place, packer);
        break;
    case FOREIGN_CALL_ALL:
        for (size_t i = 0; i < form->count; i++) {
            size_t inside = parts[i].place;
            foreign_call_pack(parts[i].form, view + inside, place + inside, packer);
        }
        break;
    case FOREIGN_CALL_REPEATED:
        for (size_t i = 0; i < form->count; i++) {
            size_t inside = i * parts->form->size;
            foreign_call_pack(parts->form, view + inside, place + inside, packer);
        }
        break;
    case FOREIGN_CALL_ONE_OF: {
        size_t tag = foreign_call_tag(form, view);
        foreign_call_put(packer, place, view, form->tag_size);
        if (tag < form->count && parts[tag].form != NULL) {
            size_t inside = parts[tag].place;
            foreign_call_pack(parts[tag].form, view + inside, place + inside, packer);
        }
        break;
    }
    }
}

/* A message, of which one view after the other is made. Each view, and each list, must begin where
 * the one before has ended: so no two of them share a byte, and all of it takes time for each byte
 * once. */
typedef struct foreign_call_block {
    unsigned char *bytes; /* aligned for any view */
    size_t length;
    size_t next;
    /* What was looked for is not there, or is none. */
    bool broken;
} foreign_call_block;

/* The next so many bytes, which should be said to lie there. Null if they don't. */
static inline unsigned char *
foreign_call_take(foreign_call_block *block, uint64_t place, size_t bytes) {
    if (block->broken || place != block->next || bytes > block->length - block->next) {
        block->broken = true;
        return NULL;
    }
    size_t end = (block->next + bytes + 7) / 8 * 8;
    block->next = end < block->length ? end : block->length;
    return block->bytes + place;
}

static inline void
foreign_call_unpack(const foreign_call_form *form, unsigned char *view, foreign_call_block *block);

static inline void foreign_call_unpack_list(
    const foreign_call_form *item, unsigned char *list, foreign_call_block *block) {
    uint64_t place, length;
    memcpy(&place, list, sizeof place);
    memcpy(&length, list + sizeof place, sizeof length);
    unsigned char *first = NULL;
    if (length > 0) {
        size_t bytes = length > SIZE_MAX / item->size ? SIZE_MAX : length * item->size;
        first = foreign_call_take(block, place, bytes);
    }
    memcpy(list, &first, sizeof first);
    if (item->kind == FOREIGN_CALL_NUMBER) {
        return;
    }
    for (size_t i = 0; i < length && !block->broken; i++) {
        foreign_call_unpack(item, first + i * item->size, block);
    }
}

static inline void
foreign_call_unpack(const foreign_call_form *form, unsigned char *view, foreign_call_block *block) {
    const foreign_call_part *parts = form->parts;
    switch (form->kind) {
    case FOREIGN_CALL_NUMBER:
        break;
    case FOREIGN_CALL_CHARACTER: {
        uint32_t number;
        memcpy(&number, view, sizeof number);
        block->broken |= number > 0x10ffff || (number >= 0xd800 && number < 0xe000);
        break;
    }
    case FOREIGN_CALL_LIST:
        foreign_call_unpack_list(parts->form, view, block);
        break;
    case FOREIGN_CALL_ALL:
        for (size_t i = 0; i < form->count; i++) {
            foreign_call_unpack(parts[i].form, view + parts[i].place, block);
        }
        break;
    case FOREIGN_CALL_REPEATED:
        for (size_t i = 0; i < form->count; i++) {
            foreign_call_unpack(parts->form, view + i * parts->form->size, block);
        }
        break;
    case FOREIGN_CALL_ONE_OF: {
        size_t tag = foreign_call_tag(form, view);
        if (tag >= form->count) {
            block->broken = true;
        } else if (parts[tag].form != NULL) {
            foreign_call_unpack(parts[tag].form, view + parts[tag].place, block);
        }
        break;
    }
    }
}

/* The view of the next argument; null, if there is none such. */
static inline const void *
foreign_call_argument(const foreign_call_form *form, foreign_call_block *block) {
    unsigned char *view = foreign_call_take(block, block->next, form->size);
    if (view != NULL) {
        foreign_call_unpack(form, view, block);
    }
    return view;
}

#endif
