package main

import (
	"context"
	"sync"
	"time"
)

// How long the two systems take.
const (
	oldAnswer = time.Millisecond
	newAnswer = 100 * time.Millisecond
)

// oldSystem answers each read with the number it asks for.
func oldSystem(_ context.Context, id int) (int, error) {
	time.Sleep(oldAnswer)
	return id, nil
}

// behaviour is what the new system does with a read.
type behaviour string

const (
	slow           behaviour = "answers in 100 ms"
	hangs          behaviour = "hangs until its context ends"
	ignoresContext behaviour = "hangs, ignores its context"
	panics         behaviour = "panics"
)

// behaviours is what it does one after the other.
var behaviours = []behaviour{slow, hangs, ignoresContext, panics}

// newSystem is the system that is being tried.
type newSystem struct {
	mu       sync.Mutex
	now      behaviour
	released chan struct{}
	asked    int
}

// become changes what it does with the reads to come.
func (s *newSystem) become(b behaviour) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now, s.released = b, make(chan struct{})
}

// release lets the reads return that hang whatever their context says.
func (s *newSystem) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.released)
}

func (s *newSystem) calls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

func (s *newSystem) begin() (behaviour, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	return s.now, s.released
}

func (s *newSystem) read(ctx context.Context, id int) (int, error) {
	now, released := s.begin()
	switch now {
	case hangs:
		<-ctx.Done()
		return 0, ctx.Err()
	case ignoresContext:
		<-released
	case panics:
		panic("the new system is broken")
	default:
		time.Sleep(newAnswer)
	}
	return id, nil
}
