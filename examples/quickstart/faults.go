package main

import (
	"errors"
	"fmt"
	"sync"
)

const faultsShown = 5

// faults collects what the service's callers complain about. It keeps the first few and the last
// one, and counts the others.
type faults struct {
	mu    sync.Mutex
	count int
	first []error
	last  error
}

// Add files one complaint.
func (f *faults) Add(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count++
	f.last = err
	if len(f.first) < faultsShown {
		f.first = append(f.first, err)
	}
}

// Noticed says what there was in a line, for the control.
func (f *faults) Noticed() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.count == 0 {
		return "nothing"
	}
	if f.count == 1 {
		return fmt.Sprintf("1 wrong answer or error: %v", f.last)
	}
	return fmt.Sprintf("%s wrong answers or errors, the last one: %v", thousands(f.count), f.last)
}

// Err returns nil if there was no complaint.
func (f *faults) Err() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.count == 0 {
		return nil
	}
	return fmt.Errorf("%d operations went wrong for their callers, among them: %w", f.count, errors.Join(f.first...))
}
