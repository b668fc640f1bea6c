/* RIFF: "RIFF", a length, "WAVE", then chunks: four letters, a length, that many bytes, and one
 * more where the length is odd. Only `fmt ` and `data` matter here; all others are skipped. Every
 * length is what a stranger claims, so nothing is read that was not asked for by size. The length
 * of the whole (after "RIFF") is ignored: programs that write to a pipe can't know it. */
#include "wav.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum {
    FORMAT_PCM = 0x0001,
    FORMAT_FLOAT = 0x0003,
    FORMAT_EXTENSIBLE = 0xFFFE,
    FORMAT_SIZE = 16,            /* the least that a fmt chunk holds */
    FORMAT_EXTENSIBLE_SIZE = 40, /* with the sub-format at byte 24 */
    SUBFORMAT_AT = 24
};

/* What follows the format tag in the sub-format of WAVE_FORMAT_EXTENSIBLE. */
static const uint8_t guid_tail[14] = {
    0x00, 0x00, 0x00, 0x00, 0x10, 0x00, 0x80, 0x00, 0x00, 0xAA, 0x00, 0x38, 0x9B, 0x71,
};

typedef struct chunk {
    char id[5]; /* what can't be printed is a question mark here */
    uint32_t size;
} chunk;

static uint16_t little16(const uint8_t *bytes) {
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static uint32_t little32(const uint8_t *bytes) {
    return (uint32_t)little16(bytes) | (uint32_t)little16(bytes + 2) << 16;
}

static int refuse(device_reader *reader, char *message, int status, const char *format, ...) {
    int length = snprintf(message, DEVICE_MESSAGE_SIZE, "%s: ", reader->name);
    if (length < 0 || length >= DEVICE_MESSAGE_SIZE)
        return status;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message + length, (size_t)(DEVICE_MESSAGE_SIZE - length), format, arguments);
    va_end(arguments);
    return status;
}

/* Of a read inside `where` that claims `size` bytes and got fewer. */
static int refuse_short(
    device_reader *reader, char *message, device_platform_result result, const char *where,
    uint64_t size, uint64_t got) {
    if (result == DEVICE_PLATFORM_FAILED)
        return refuse(reader, message, DEVICE_NOT_READABLE, "can't be read: %s", reader->words);
    return refuse(
        reader, message, DEVICE_MALFORMED,
        "%s claims %llu bytes, but the file ends after %llu of them", where,
        (unsigned long long)size, (unsigned long long)got);
}

static int read_riff(device_reader *reader, char *message) {
    uint8_t bytes[12];
    uint64_t got;
    device_platform_result result = device_reader_all(reader, bytes, sizeof bytes, &got);
    if (result == DEVICE_PLATFORM_FAILED)
        return refuse(reader, message, DEVICE_NOT_READABLE, "can't be read: %s", reader->words);
    if (got == 0)
        return refuse(reader, message, DEVICE_EMPTY, "is empty");
    if (got >= 4 && (memcmp(bytes, "RIFX", 4) == 0 || memcmp(bytes, "RF64", 4) == 0))
        return refuse(
            reader, message, DEVICE_UNSUPPORTED, "is %.4s; only RIFF is supported",
            (const char *)bytes);
    if (got < sizeof bytes || memcmp(bytes, "RIFF", 4) != 0 || memcmp(bytes + 8, "WAVE", 4) != 0)
        return refuse(
            reader, message, DEVICE_NOT_WAV,
            "is not a WAV file: it does not begin with RIFF and WAVE");
    return DEVICE_OK;
}

static int read_chunk(device_reader *reader, chunk *next, bool have_format, char *message) {
    uint8_t bytes[8];
    uint64_t got;
    device_platform_result result = device_reader_all(reader, bytes, sizeof bytes, &got);
    if (result == DEVICE_PLATFORM_FAILED)
        return refuse(reader, message, DEVICE_NOT_READABLE, "can't be read: %s", reader->words);
    if (result != DEVICE_PLATFORM_OK)
        return refuse(
            reader, message, DEVICE_MALFORMED, "has no %s chunk",
            have_format ? "data" : "fmt and no data");
    for (int i = 0; i < 4; i++)
        next->id[i] = bytes[i] >= 0x20 && bytes[i] < 0x7F ? (char)bytes[i] : '?';
    next->id[4] = '\0';
    next->size = little32(bytes + 4);
    return DEVICE_OK;
}

static int skip(device_reader *reader, const chunk *current, uint64_t done, char *message) {
    uint64_t rest = (uint64_t)current->size + (current->size & 1) - done, got;
    device_platform_result result = device_reader_all(reader, NULL, rest, &got);
    if (result == DEVICE_PLATFORM_OK)
        return DEVICE_OK;
    if (result == DEVICE_PLATFORM_END && done + got == current->size)
        return DEVICE_OK; /* only the padding is missing; that nothing follows is said elsewhere */
    char where[32];
    snprintf(where, sizeof where, "its '%s' chunk", current->id);
    return refuse_short(reader, message, result, where, current->size, done + got);
}

static int check_format(
    device_reader *reader, const uint8_t *bytes, size_t size, device_wav_header *header,
    char *message) {
    unsigned tag = little16(bytes), align = little16(bytes + 12), bits = little16(bytes + 14);
    header->channels = little16(bytes + 2);
    header->sample_rate = little32(bytes + 4);
    if (tag == FORMAT_EXTENSIBLE) {
        if (size < FORMAT_EXTENSIBLE_SIZE)
            return refuse(
                reader, message, DEVICE_MALFORMED,
                "says it is WAVE_FORMAT_EXTENSIBLE, but its fmt chunk has %u bytes instead of %u",
                (unsigned)size, (unsigned)FORMAT_EXTENSIBLE_SIZE);
        tag = little16(bytes + SUBFORMAT_AT);
        if (memcmp(bytes + SUBFORMAT_AT + 2, guid_tail, sizeof guid_tail) != 0)
            return refuse(
                reader, message, DEVICE_UNSUPPORTED, "holds a sub-format that is not PCM");
    }
    if (tag == FORMAT_FLOAT)
        return refuse(
            reader, message, DEVICE_UNSUPPORTED,
            "holds %u-bit floating point; only 16-bit PCM is supported", bits);
    if (tag != FORMAT_PCM)
        return refuse(
            reader, message, DEVICE_UNSUPPORTED,
            "is compressed (format 0x%04X); only 16-bit PCM is supported", tag);
    if (bits != 16)
        return refuse(
            reader, message, DEVICE_UNSUPPORTED, "holds %u-bit PCM; only 16-bit is supported",
            bits);
    if (header->channels == 0)
        return refuse(reader, message, DEVICE_MALFORMED, "says it has 0 channels");
    if (header->sample_rate == 0)
        return refuse(reader, message, DEVICE_MALFORMED, "says its sample rate is 0");
    if (align != 2 * header->channels)
        return refuse(
            reader, message, DEVICE_MALFORMED, "says a frame of %u channels has %u bytes",
            (unsigned)header->channels, align);
    return DEVICE_OK;
}

static int
read_format(device_reader *reader, const chunk *current, device_wav_header *header, char *message) {
    uint8_t bytes[FORMAT_EXTENSIBLE_SIZE] = {0};
    uint64_t size = current->size < sizeof bytes ? current->size : sizeof bytes, got;
    if (size < FORMAT_SIZE)
        return refuse(
            reader, message, DEVICE_MALFORMED,
            "has a fmt chunk of %u bytes, too few to describe"
            " the samples",
            (unsigned)size);
    device_platform_result result = device_reader_all(reader, bytes, size, &got);
    if (result != DEVICE_PLATFORM_OK)
        return refuse_short(reader, message, result, "its 'fmt ' chunk", current->size, got);
    int status = check_format(reader, bytes, (size_t)size, header, message);
    return status != DEVICE_OK ? status : skip(reader, current, size, message);
}

int device_wav_read_header(
    device_reader *reader, device_wav_header *header, char message[DEVICE_MESSAGE_SIZE]) {
    bool have_format = false;
    int status = read_riff(reader, message);
    while (status == DEVICE_OK) {
        chunk current;
        status = read_chunk(reader, &current, have_format, message);
        if (status != DEVICE_OK)
            break;
        if (strcmp(current.id, "data") == 0) {
            if (!have_format)
                return refuse(
                    reader, message, DEVICE_MALFORMED, "has its data before its fmt chunk");
            if (current.size == 0)
                return refuse(
                    reader, message, DEVICE_EMPTY, "holds no samples: its data chunk is empty");
            /* What programs write that don't know the length yet. */
            header->data_bytes =
                current.size == UINT32_MAX ? DEVICE_WAV_UNKNOWN_LENGTH : current.size;
            return DEVICE_OK;
        }
        if (strcmp(current.id, "fmt ") != 0) {
            status = skip(reader, &current, 0, message);
        } else if (have_format) {
            status = refuse(reader, message, DEVICE_MALFORMED, "has two fmt chunks");
        } else {
            status = read_format(reader, &current, header, message);
            have_format = true;
        }
    }
    return status;
}
