package cutovertest

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"
)

// patience is how long a test waits for what it expects before it fails: by the fake clock in a
// synctest bubble.
const patience = 10 * time.Second

// inbox keeps entries in order and wakes whoever waits for them. The zero value is empty.
type inbox[T any] struct {
	mu      sync.Mutex
	entries []T
	more    chan struct{} // closed at the next entry; nil while nobody waits
}

func (b *inbox[T]) add(entry T) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.entries = append(b.entries, entry)
	if b.more != nil {
		close(b.more)
		b.more = nil
	}
}

func (b *inbox[T]) all() []T {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.entries)
}

func (b *inbox[T]) take() []T {
	b.mu.Lock()
	defer b.mu.Unlock()
	taken := b.entries
	b.entries = nil
	return taken
}

// wait returns all entries as soon as there are n, or those there are when ctx ends, with its
// cause.
func (b *inbox[T]) wait(ctx context.Context, n int) ([]T, error) {
	for {
		entries, more := b.poll(n)
		if more == nil {
			return entries, nil
		}
		select {
		case <-more:
		case <-ctx.Done():
			return b.all(), context.Cause(ctx)
		}
	}
}

func (b *inbox[T]) poll(n int) (entries []T, more <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.entries) >= n {
		return slices.Clone(b.entries), nil
	}
	if b.more == nil {
		b.more = make(chan struct{})
	}
	return nil, b.more
}

// await is wait for a test: it gives up after patience and ends the test.
func (b *inbox[T]) await(tb TB, n int, what string, tell func(T) string) []T {
	tb.Helper()
	ctx, cancel := context.WithTimeout(contextOf(tb), patience)
	defer cancel()
	entries, err := b.wait(ctx, n)
	if err != nil {
		tb.Errorf("waited %v for %d %s, got %d%s", patience, n, what, len(entries), listed(entries, tell))
		tb.FailNow()
	}
	return entries
}

// listed tells each entry on a line of its own.
func listed[T any](entries []T, tell func(T) string) string {
	var lines strings.Builder
	for _, entry := range entries {
		lines.WriteString("\n  " + tell(entry))
	}
	return lines.String()
}
