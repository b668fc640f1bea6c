/* The system as Windows has it. */
#ifdef _WIN32

#define WIN32_LEAN_AND_MEAN
#include "platform.h"

#include <windows.h>

#include <process.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_SECOND 1000000000u
#define NS_PER_MS 1000000u
#define PIPE_POLL_MS 5 /* an anonymous pipe can't be waited for together with an event */

uint64_t device_platform_now_ns(void) {
    LARGE_INTEGER frequency, now;
    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&now);
    uint64_t ticks = (uint64_t)now.QuadPart, rate = (uint64_t)frequency.QuadPart;
    return ticks / rate * NS_PER_SECOND + ticks % rate * NS_PER_SECOND / rate;
}

uint64_t device_platform_thread_id(void) {
    return GetCurrentThreadId();
}

struct device_platform_thread {
    HANDLE handle;
    void (*body)(void *context);
    void *context;
};

static unsigned __stdcall run_thread(void *argument) {
    const device_platform_thread *thread = argument;
    thread->body(thread->context);
    return 0;
}

device_platform_thread *device_platform_start(void (*body)(void *context), void *context) {
    device_platform_thread *thread = malloc(sizeof *thread);
    if (thread == NULL)
        return NULL;
    thread->body = body;
    thread->context = context;
    thread->handle = (HANDLE)_beginthreadex(NULL, 0, run_thread, thread, 0, NULL);
    if (thread->handle == NULL) {
        free(thread);
        return NULL;
    }
    return thread;
}

void device_platform_join(device_platform_thread *thread) {
    WaitForSingleObject(thread->handle, INFINITE);
    CloseHandle(thread->handle);
    free(thread);
}

struct device_platform_monitor {
    SRWLOCK lock;
    CONDITION_VARIABLE condition;
};

device_platform_monitor *device_platform_monitor_new(void) {
    device_platform_monitor *monitor = malloc(sizeof *monitor);
    if (monitor == NULL)
        return NULL;
    InitializeSRWLock(&monitor->lock);
    InitializeConditionVariable(&monitor->condition);
    return monitor;
}

void device_platform_monitor_free(device_platform_monitor *monitor) {
    free(monitor);
}

void device_platform_lock(device_platform_monitor *monitor) {
    AcquireSRWLockExclusive(&monitor->lock);
}

void device_platform_unlock(device_platform_monitor *monitor) {
    ReleaseSRWLockExclusive(&monitor->lock);
}

void device_platform_notify_all(device_platform_monitor *monitor) {
    WakeAllConditionVariable(&monitor->condition);
}

static DWORD as_timeout(uint64_t ms) {
    return ms >= INFINITE ? INFINITE : (DWORD)ms;
}

void device_platform_wait(device_platform_monitor *monitor, uint64_t timeout_ms) {
    SleepConditionVariableSRW(&monitor->condition, &monitor->lock, as_timeout(timeout_ms), 0);
}

struct device_platform_wake {
    HANDLE event; /* manual reset: it stays raised */
};

device_platform_wake *device_platform_wake_new(void) {
    device_platform_wake *wake = malloc(sizeof *wake);
    if (wake == NULL)
        return NULL;
    wake->event = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (wake->event == NULL) {
        free(wake);
        return NULL;
    }
    return wake;
}

void device_platform_wake_free(device_platform_wake *wake) {
    if (wake == NULL)
        return;
    CloseHandle(wake->event);
    free(wake);
}

void device_platform_wake_raise(device_platform_wake *wake) {
    SetEvent(wake->event);
}

void device_platform_sleep(device_platform_wake *wake, uint64_t ns) {
    uint64_t ms = (ns + NS_PER_MS - 1) / NS_PER_MS;
    WaitForSingleObject(wake->event, as_timeout(ms));
}

struct device_platform_input {
    HANDLE handle;
    bool is_standard_input; /* not ours to close */
    bool is_pipe;
    bool is_empty;
};

/* As UTF-8, like the path that stands before it in a sentence. */
static void say_error(DWORD error, char words[DEVICE_PLATFORM_WORDS]) {
    wchar_t wide[DEVICE_PLATFORM_WORDS / 3]; /* UTF-8 needs three bytes for each, at the most */
    DWORD length = FormatMessageW(
        FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, error, 0, wide,
        sizeof wide / sizeof *wide, NULL);
    while (length > 0 && (wide[length - 1] == L'\n' || wide[length - 1] == L'\r'))
        length--;
    int bytes = WideCharToMultiByte(
        CP_UTF8, 0, wide, (int)length, words, DEVICE_PLATFORM_WORDS - 1, NULL, NULL);
    words[bytes] = '\0';
    if (bytes == 0)
        snprintf(words, DEVICE_PLATFORM_WORDS, "error %lu", (unsigned long)error);
}

static device_platform_result
open_path(const char *path, HANDLE *handle, char words[DEVICE_PLATFORM_WORDS]) {
    int length = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, NULL, 0);
    wchar_t *wide = length > 0 ? malloc((size_t)length * sizeof *wide) : NULL;
    if (wide == NULL) {
        snprintf(words, DEVICE_PLATFORM_WORDS, "its name is not UTF-8");
        return DEVICE_PLATFORM_FAILED;
    }
    MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, wide, length);
    DWORD attributes = GetFileAttributesW(wide);
    if (attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY)) {
        free(wide);
        return DEVICE_PLATFORM_DIRECTORY;
    }
    *handle = CreateFileW(
        wide, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
    DWORD error = GetLastError();
    free(wide);
    if (*handle != INVALID_HANDLE_VALUE)
        return DEVICE_PLATFORM_OK;
    say_error(error, words);
    return error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND
               ? DEVICE_PLATFORM_NOT_FOUND
               : DEVICE_PLATFORM_FAILED;
}

device_platform_result device_platform_input_open(
    const char *path, device_platform_input **out, char words[DEVICE_PLATFORM_WORDS]) {
    *out = NULL;
    bool is_standard_input = strcmp(path, "-") == 0;
    HANDLE handle = INVALID_HANDLE_VALUE;
    if (is_standard_input) {
        handle = GetStdHandle(STD_INPUT_HANDLE);
        if (handle == NULL || handle == INVALID_HANDLE_VALUE) {
            snprintf(words, DEVICE_PLATFORM_WORDS, "it is closed");
            return DEVICE_PLATFORM_FAILED;
        }
    } else {
        device_platform_result result = open_path(path, &handle, words);
        if (result != DEVICE_PLATFORM_OK)
            return result;
    }
    device_platform_input *input = malloc(sizeof *input);
    if (input == NULL) {
        snprintf(words, DEVICE_PLATFORM_WORDS, "out of memory");
        if (!is_standard_input)
            CloseHandle(handle);
        return DEVICE_PLATFORM_FAILED;
    }
    input->handle = handle;
    input->is_standard_input = is_standard_input;
    input->is_pipe = GetFileType(handle) == FILE_TYPE_PIPE;
    LARGE_INTEGER size;
    input->is_empty =
        GetFileType(handle) == FILE_TYPE_DISK && GetFileSizeEx(handle, &size) && size.QuadPart == 0;
    *out = input;
    return DEVICE_PLATFORM_OK;
}

void device_platform_input_close(device_platform_input *input) {
    if (input == NULL)
        return;
    if (!input->is_standard_input)
        CloseHandle(input->handle);
    free(input);
}

bool device_platform_input_is_empty(const device_platform_input *input) {
    return input->is_empty;
}

/* Waits until the pipe has bytes; reading it would wait too, but could not be woken. */
static device_platform_result
wait_for_pipe(HANDLE pipe, device_platform_wake *wake, char words[DEVICE_PLATFORM_WORDS]) {
    for (;;) {
        DWORD available;
        if (!PeekNamedPipe(pipe, NULL, 0, NULL, &available, NULL)) {
            DWORD error = GetLastError();
            if (error == ERROR_BROKEN_PIPE) /* the writer has gone, and all was read */
                return DEVICE_PLATFORM_END;
            say_error(error, words);
            return DEVICE_PLATFORM_FAILED;
        }
        if (available > 0)
            return DEVICE_PLATFORM_OK;
        if (wake == NULL)
            Sleep(PIPE_POLL_MS);
        else if (WaitForSingleObject(wake->event, PIPE_POLL_MS) == WAIT_OBJECT_0)
            return DEVICE_PLATFORM_WOKEN;
    }
}

device_platform_result device_platform_input_read(
    device_platform_input *input, device_platform_wake *wake, uint8_t *bytes, size_t size,
    size_t *got, char words[DEVICE_PLATFORM_WORDS]) {
    *got = 0;
    if (wake != NULL && WaitForSingleObject(wake->event, 0) == WAIT_OBJECT_0)
        return DEVICE_PLATFORM_WOKEN;
    DWORD wanted = size < MAXDWORD ? (DWORD)size : MAXDWORD, count = 0;
    while (count == 0) {
        if (input->is_pipe) {
            device_platform_result result = wait_for_pipe(input->handle, wake, words);
            if (result != DEVICE_PLATFORM_OK)
                return result;
        }
        if (!ReadFile(input->handle, bytes, wanted, &count, NULL)) {
            DWORD error = GetLastError();
            if (error == ERROR_BROKEN_PIPE || error == ERROR_HANDLE_EOF)
                return DEVICE_PLATFORM_END;
            say_error(error, words);
            return DEVICE_PLATFORM_FAILED;
        }
        if (count == 0 && !input->is_pipe) /* from a pipe: somebody wrote no bytes */
            return DEVICE_PLATFORM_END;
    }
    *got = count;
    return DEVICE_PLATFORM_OK;
}

#else
typedef int device_platform_win32_is_for_windows_only; /* a C file must not be empty */
#endif
