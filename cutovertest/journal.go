package cutovertest

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"
)

// patience is how long a test waits for what it expects before it fails: by the fake clock in a synctest bubble.
const patience = 10 * time.Second

// journal keeps entries in order and wakes whoever waits for them. The zero value is empty.
type journal[T any] struct {
	mu      sync.Mutex
	entries []T
	more    chan struct{} // closed at the next entry; nil while nobody waits
}

func (j *journal[T]) add(entry T) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries = append(j.entries, entry)
	if j.more != nil {
		close(j.more)
		j.more = nil
	}
}

func (j *journal[T]) all() []T {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.entries)
}

func (j *journal[T]) take() []T {
	j.mu.Lock()
	defer j.mu.Unlock()
	taken := j.entries
	j.entries = nil
	return taken
}

// wait returns all entries as soon as there are n, or those there are when ctx ends, with its cause.
func (j *journal[T]) wait(ctx context.Context, n int) ([]T, error) {
	for {
		entries, more := j.poll(n)
		if more == nil {
			return entries, nil
		}
		select {
		case <-more:
		case <-ctx.Done():
			return j.all(), context.Cause(ctx)
		}
	}
}

func (j *journal[T]) poll(n int) (entries []T, more <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.entries) >= n {
		return slices.Clone(j.entries), nil
	}
	if j.more == nil {
		j.more = make(chan struct{})
	}
	return nil, j.more
}

// await is wait for a test: it gives up after patience and ends the test.
func (j *journal[T]) await(tb TB, n int, what string, tell func(T) string) []T {
	tb.Helper()
	ctx, cancel := context.WithTimeout(contextOf(tb), patience)
	defer cancel()
	entries, err := j.wait(ctx, n)
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
