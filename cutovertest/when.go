package cutovertest

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
)

// EveryNth makes a fault happen at every nth call: at the nth, the one n after that, and so on. It
// panics if n is less than 1.
func EveryNth(n int, fault Fault) Fault {
	if n < 1 {
		panic(fmt.Sprintf("cutovertest: EveryNth(%d): want 1 or more", n))
	}
	var calls atomic.Int64
	return fault.only(func(*call) bool { return calls.Add(1)%int64(n) == 0 })
}

// First makes a fault happen at the first n calls and never again.
func First(n int, fault Fault) Fault {
	var calls atomic.Int64
	return fault.only(func(*call) bool { return calls.Add(1) <= int64(n) })
}

// When makes a fault happen at calls whose payload matches. Around a function whose payload is of
// another type than P the call panics, and so does [Fault.Do], which has no payload.
func When[P any](matches func(payload P) bool, fault Fault) Fault {
	return fault.only(func(c *call) bool {
		payload, ok := c.payload.(P)
		if c.payload == nil {
			panic("cutovertest: a fault that looks at payloads is around a call without one: see Fault.DoFor")
		}
		if !ok {
			panic(fmt.Sprintf("cutovertest: a fault for payloads of type %v is around a function of %T",
				reflect.TypeFor[P](), c.payload))
		}
		return matches(payload)
	})
}

// ForPayloads makes a fault happen at calls with one of these payloads, such as the keys of a read.
func ForPayloads[P comparable](fault Fault, payloads ...P) Fault {
	payloads = slices.Clone(payloads)
	return When(func(payload P) bool { return slices.Contains(payloads, payload) }, fault)
}

func (f Fault) only(happens func(*call) bool) Fault {
	return Fault{func(c *call, next func(context.Context) error) error {
		if happens(c) {
			return f.DoFor(c.ctx, c.payload, next)
		}
		return next(c.ctx)
	}}
}

// Switch turns faults on and off while functions are in use. The zero value is off; it is safe for
// concurrent use.
type Switch struct {
	mu     sync.Mutex
	faults []Fault
}

// Set turns these faults on, in place of those that were on. Without any it turns the switch off.
// Calls under way go on as they began.
func (s *Switch) Set(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = slices.Clone(faults)
}

// Fault returns the fault to put around a function: those that are on when the function is called.
func (s *Switch) Fault() Fault {
	return Fault{func(c *call, next func(context.Context) error) error {
		s.mu.Lock()
		faults := s.faults
		s.mu.Unlock()
		return run(c.ctx, c.payload, faults, next)
	}}
}
