package cutover

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"sync"
	"sync/atomic"
)

// KeyFunc tells which record a payload is about. Make one with [Key].
type KeyFunc[P any] func(P) uint64

// Key makes a KeyFunc of a function that returns any comparable key. The writers and readers of one [Cutover] share its
// keys, so that functions for the same record must return equal keys of the same type: an order's id in the writer and
// in the reader, say. Records of different kinds with equal keys merely wait for each other.
func Key[P any, K comparable](key func(P) K) KeyFunc[P] {
	if key == nil {
		return nil
	}
	return func(payload P) uint64 { return maphash.Comparable(keySeed, key(payload)) }
}

var keySeed = maphash.MakeSeed()

// keySpace knows the records that operations are busy with, and only those.
type keySpace struct {
	shards [64]keyShard
}

type keyShard struct {
	mu   sync.Mutex
	busy map[uint64]*busyKey
	_    [48]byte // two shards do not share a cache line
}

// busyKey is one record. A writer holds its turn; the number of writes begun and ended is odd while one is under way.
type busyKey struct {
	users  int // guarded by the shard
	turn   chan struct{}
	writes atomic.Uint64
}

func (s *keySpace) use(key uint64) (*keyShard, *busyKey) {
	shard := &s.shards[key%uint64(len(s.shards))]
	shard.mu.Lock()
	defer shard.mu.Unlock()
	k, ok := shard.busy[key]
	if !ok {
		if shard.busy == nil {
			shard.busy = make(map[uint64]*busyKey)
		}
		k = &busyKey{turn: make(chan struct{}, 1)}
		shard.busy[key] = k
	}
	k.users++
	return shard, k
}

func (s *keyShard) leave(key uint64, k *busyKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k.users--; k.users == 0 {
		delete(s.busy, key)
	}
}

// lock waits for the key's turn, in the order of arrival, or until ctx ends. The error says that nothing was done. A key
// that is free is taken whatever the context.
func (s *keySpace) lock(ctx context.Context, key uint64) (unlock func(), err error) {
	shard, k := s.use(key)
	select {
	case k.turn <- struct{}{}:
	default:
		select {
		case k.turn <- struct{}{}:
		case <-ctx.Done():
			shard.leave(key, k)
			return nil, fmt.Errorf("waiting for another write of the same key: %w", endOf(ctx))
		}
	}
	k.writes.Add(1)
	return func() {
		k.writes.Add(1)
		<-k.turn
		shard.leave(key, k)
	}, nil
}

// glance is a read's look at a key: it tells whether a write was under way at any time since. The zero value never does.
type glance struct {
	key    uint64
	shard  *keyShard
	busy   *busyKey
	writes uint64
}

// endOf is the error of a context that ended, and its cause where that says more.
func endOf(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if errors.Is(cause, err) {
		return cause
	}
	return fmt.Errorf("%w: %w", err, cause)
}

func (s *keySpace) glance(key uint64) glance {
	shard, k := s.use(key)
	return glance{key: key, shard: shard, busy: k, writes: k.writes.Load()}
}

func (g *glance) overtaken() bool {
	return g.busy != nil && (g.writes%2 == 1 || g.busy.writes.Load() != g.writes)
}

func (g *glance) end() {
	if g.busy != nil {
		g.shard.leave(g.key, g.busy)
		g.busy = nil
	}
}
