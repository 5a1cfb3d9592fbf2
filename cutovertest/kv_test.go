package cutovertest_test

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"sync"

	"github.com/gocutover/cutover/cutovertest"
)

// quiet is for what is meant to go wrong.
var quiet = slog.New(slog.DiscardHandler)

var errNoItem = errors.New("no such item")

// item is the record of the key-value migrations that these tests exercise.
type item struct {
	Key, Value string
	Count      int
}

// shelf is a system: a map.
type shelf struct {
	mu    sync.Mutex
	items map[string]item
}

func newShelf() *shelf { return &shelf{items: map[string]item{}} }

func (s *shelf) Get(_ context.Context, key string) (item, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.items[key]
	if !ok {
		return item{}, errNoItem
	}
	return found, nil
}

func (s *shelf) Put(_ context.Context, it item) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.items[it.Key] = it
	return nil
}

func (s *shelf) Remove(_ context.Context, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.items, key)
	return nil
}

// removeKnown is Remove that returns an error for a key that is not there.
func (s *shelf) removeKnown(ctx context.Context, key string) error {
	if _, err := s.Get(ctx, key); err != nil {
		return err
	}
	return s.Remove(ctx, key)
}

func (s *shelf) All(context.Context) (map[string]item, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.items), nil
}

type (
	shelfSystem  = cutovertest.System[string, item, item]
	shelfSystems = cutovertest.Systems[string, item, item]
	shelfService = cutovertest.Service[string, item, item]
	shelfHarness = cutovertest.Harness[string, item, item]
)

func (s *shelf) system() shelfSystem {
	return shelfSystem{Read: s.Get, Write: s.Put, Delete: s.Remove, List: s.All}
}

// shelves is a migration without a fault.
func shelves() shelfHarness {
	return shelfHarness{
		NewSystems: func() shelfSystems { return shelfSystems{Old: newShelf().system(), New: newShelf().system()} },
		Payload: func(n int) item {
			return item{Key: string(rune('a' + n%3)), Value: "v" + string(rune('0'+n%10)), Count: n}
		},
		Key: func(it item) string { return it.Key },
	}
}
