package cutovertest

import (
	"fmt"
	"runtime/debug"
	"time"
)

// attempt is what became of a function of the user's that was given some time.
type attempt[T any] struct {
	value  T
	err    error
	panics string // how it ended without returning
	left   bool   // whether it still ran when the time was over
	stacks string // of those that were left
}

// attempted does something on a goroutine of its own and waits for it: one that ends its goroutine
// does not end the test then, and one that never returns is left to itself.
func attempted[T any](patience time.Duration, do func() (T, error)) attempt[T] {
	ended, began := make(chan attempt[T], 1), make(chan string, 1)
	go func() {
		began <- goroutineID()
		var a attempt[T]
		returned := false
		defer func() {
			if value := recover(); value != nil {
				a.panics = panicked(value)
			} else if !returned {
				a.panics = "it ended its caller's goroutine, by runtime.Goexit"
			}
			ended <- a
		}()
		a.value, a.err = do()
		returned = true
	}()
	id := <-began
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case a := <-ended:
		return a
	case <-timer.C:
	}
	select {
	case a := <-ended: // the machine was busy
		return a
	default:
		return attempt[T]{
			left: true, stacks: stacksOf(id), panics: fmt.Sprintf("it has not returned after %v, and is left running", patience),
		}
	}
}

func panicked(value any) string { return fmt.Sprintf("panic: %v\n%s", value, debug.Stack()) }
