package main

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestThePanicOfALongMessageIsTold(t *testing.T) {
	reason := strings.Repeat("\u00e9", 1<<16)
	status, code, message := told_without_memory(reason)
	if status != 1 || code != -1 {
		t.Fatal(status, code)
	}
	if len(message) < 400 || !utf8.ValidString(message) || !strings.HasPrefix("panic: "+reason, message) {
		t.Fatal(len(message), message)
	}
}

func TestAnAnswerThatHasNoRoomIsAFailure(t *testing.T) {
	status, code, message := told_of_an_answer_without_memory(1 << 20)
	if status != 1 || code != -1 || message != "panic: no memory for the answer" {
		t.Fatal(status, code, message)
	}
}

func TestACallWithoutAnyMemoryIsAFailure(t *testing.T) {
	for name, run := range map[string]func(worker *foreign_call_worker){
		"function": func(worker *foreign_call_worker) { worker.run() },
		"stream": func(worker *foreign_call_worker) {
			foreign_call_stream_of(worker.record.call, nil)
		},
	} {
		count, status, code, message := ended_without_memory(run)
		if count != 1 || status != 1 || code != -1 || message != "no memory for the answer" {
			t.Error(name, count, status, code, message)
		}
	}
}
