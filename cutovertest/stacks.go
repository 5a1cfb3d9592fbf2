package cutovertest

import (
	"bytes"
	"fmt"
	"runtime"
	"slices"
	"strings"
)

// How much of the stacks is told.
const (
	shownStacks = 6
	shownFrames = 24 // lines of a stack
	stackBytes  = 4 << 20
)

// goroutineID is the calling goroutine's number in a dump of stacks, or nothing if there is none.
func goroutineID() string {
	head := make([]byte, 64)
	return idOf(string(head[:runtime.Stack(head, false)]))
}

// idOf reads a stack's number from its first line, "goroutine 7 [running]:".
func idOf(stack string) string {
	rest, ok := strings.CutPrefix(stack, "goroutine ")
	id, _, more := strings.Cut(rest, " ")
	if !ok || !more {
		return ""
	}
	return id
}

// parentOf reads which goroutine made a stack's, from "created by main.f in goroutine 7".
func parentOf(stack string) string {
	_, made, _ := strings.Cut(stack, "\ncreated by ")
	made, _, _ = strings.Cut(made, "\n")
	_, id, _ := strings.Cut(made, " in goroutine ")
	return id
}

// stacksOf tells the stacks of these goroutines and of those that they made, as far as they still
// run: a few, and the innermost frames of each.
func stacksOf(ids ...string) string {
	var told strings.Builder
	all := allStacks()
	mine := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == "" })
	for grown := true; grown; {
		grown = false
		for _, stack := range all {
			if id := idOf(stack); !slices.Contains(mine, id) && slices.Contains(mine, parentOf(stack)) {
				mine, grown = append(mine, id), true
			}
		}
	}
	n := 0
	for _, stack := range all {
		if !slices.Contains(mine, idOf(stack)) {
			continue
		}
		if n++; n > shownStacks {
			continue
		}
		lines := strings.Split(strings.TrimSpace(stack), "\n")
		if len(lines) > shownFrames {
			lines = append(lines[:shownFrames], fmt.Sprintf("… %d lines more", len(lines)-shownFrames))
		}
		told.WriteString("\n\n  " + strings.Join(lines, "\n  "))
	}
	if n > shownStacks {
		fmt.Fprintf(&told, "\n\n  and %d goroutines more", n-shownStacks)
	}
	return strings.TrimPrefix(told.String(), "\n")
}

func allStacks() []string {
	for size := 64 << 10; ; size *= 4 {
		dump := make([]byte, size)
		n := runtime.Stack(dump, true)
		if n < size || size >= stackBytes {
			return strings.Split(string(bytes.TrimSpace(dump[:n])), "\n\n")
		}
	}
}
