#include "reader.h"

#include <string.h>

device_platform_result
device_reader_some(device_reader *reader, uint8_t *bytes, size_t size, size_t *got) {
    *got = 0;
    if (reader->begin == reader->end) {
        size_t filled;
        device_platform_result result = device_platform_input_read(
            reader->input, reader->wake, reader->buffer, sizeof reader->buffer, &filled,
            reader->words);
        if (result != DEVICE_PLATFORM_OK)
            return result;
        reader->begin = 0;
        reader->end = filled;
    }
    size_t buffered = reader->end - reader->begin;
    size_t count = size < buffered ? size : buffered;
    if (bytes != NULL)
        memcpy(bytes, reader->buffer + reader->begin, count);
    reader->begin += count;
    reader->position += count;
    *got = count;
    return DEVICE_PLATFORM_OK;
}

device_platform_result
device_reader_all(device_reader *reader, uint8_t *bytes, uint64_t size, uint64_t *got) {
    *got = 0;
    while (*got < size) {
        uint64_t missing = size - *got;
        size_t wanted = missing < sizeof reader->buffer ? (size_t)missing : sizeof reader->buffer;
        size_t count;
        device_platform_result result =
            device_reader_some(reader, bytes == NULL ? NULL : bytes + *got, wanted, &count);
        if (result != DEVICE_PLATFORM_OK)
            return result;
        *got += count;
    }
    return DEVICE_PLATFORM_OK;
}
