package main

import (
	"errors"
	"fmt"
	"sync"
)

const faultsShown = 5

// faults collects what the service's callers complain about. It keeps the first few and counts the others.
type faults struct {
	mu    sync.Mutex
	count int
	first []error
}

// Add files one complaint.
func (f *faults) Add(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count++
	if len(f.first) < faultsShown {
		f.first = append(f.first, err)
	}
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
