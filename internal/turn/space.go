// Package turn lets the writers of a record take turns, and reports which records were written.
package turn

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
)

// ErrDeadlock is the error of a Take that would wait for itself, directly or through others.
var ErrDeadlock = errors.New("would wait for itself")

// Space knows the records that are in use, by the hash of their keys, and only those. The zero
// value is ready. It is safe for concurrent use.
type Space struct {
	shards [64]shard

	// waiting guards the waits of all held turns, which only nested turns have.
	waiting sync.Mutex
	ended   atomic.Uint64 // how many writes are over
	// watched is set by the first Watch: until then writes that are over need not be remembered.
	watched atomic.Bool
}

type shard struct {
	mu   sync.Mutex
	busy map[uint64]*record
	past past
	_    [24]byte // two shards do not share a cache line
}

// record is a record in use.
type record struct {
	users  int // guarded by the shard, like late
	late   int // writes that still run after their turn
	turn   chan struct{}
	holder atomic.Pointer[Turn] // the outermost turn of the holder
}

// Turn is the right to write a record, from Take to End.
type Turn struct {
	space  *Space
	key    uint64
	record *record
	outer  *Turn // the turn within which this one was taken, if any
	before *Turn // the turn that was taken before it by the same TakeAll, if any
	ended  bool
	over   atomic.Bool
	waits  []*record // of the outermost turn: what those within it wait for; guarded by the space
}

type heldKey struct{ space *Space }

func (s *Space) shard(key uint64) *shard { return &s.shards[key%uint64(len(s.shards))] }

func (s *Space) use(key uint64) *record {
	shard := s.shard(key)
	shard.mu.Lock()
	defer shard.mu.Unlock()
	r, ok := shard.busy[key]
	if !ok {
		if shard.busy == nil {
			shard.busy = make(map[uint64]*record)
		}
		r = &record{turn: make(chan struct{}, 1)}
		shard.busy[key] = r
	}
	r.users++
	return r
}

func (s *Space) leave(key uint64, r *record) {
	shard := s.shard(key)
	shard.mu.Lock()
	defer shard.mu.Unlock()
	shard.leave(key, r)
}

func (s *shard) leave(key uint64, r *record) {
	if r.users--; r.users == 0 {
		delete(s.busy, key)
	}
}

// Take waits for the record's turn, in the order of arrival, or until ctx ends: the error is then
// the context's cause. It takes a free record whatever the context. The returned context is for the
// writer: a Take within it that would wait for itself returns [ErrDeadlock], if takes within one
// turn come one after the other.
func (s *Space) Take(ctx context.Context, key uint64) (context.Context, *Turn, error) {
	outer := held(ctx, s)
	for t := outer; t != nil; t = t.outer {
		if t.key == key && !t.over.Load() {
			return nil, nil, ErrDeadlock
		}
	}
	r := s.use(key)
	if err := s.wait(ctx, r, outer); err != nil {
		s.leave(key, r)
		return nil, nil, err
	}
	t := &Turn{space: s, key: key, record: r, outer: outer}
	r.holder.Store(t.root())
	return context.WithValue(ctx, heldKey{s}, t), t, nil
}

// TakeAll takes the turns of several records, which must be in ascending order so that two of them
// never wait for each other. The turn that it returns stands for all of them. It is nil for none.
func (s *Space) TakeAll(ctx context.Context, keys []uint64) (context.Context, *Turn, error) {
	var last *Turn
	for _, key := range keys {
		within, t, err := s.Take(ctx, key)
		if err != nil {
			if last != nil {
				last.End()
			}
			return nil, nil, err
		}
		t.before = last
		ctx, last = within, t
	}
	return ctx, last, nil
}

// held returns the turn that ctx is within, unless it is over: a call that runs on after it holds
// nothing.
func held(ctx context.Context, s *Space) *Turn {
	t, _ := ctx.Value(heldKey{s}).(*Turn)
	for t != nil && t.over.Load() {
		t = t.outer
	}
	return t
}

func (t *Turn) root() *Turn {
	for t.outer != nil {
		t = t.outer
	}
	return t
}

func (s *Space) wait(ctx context.Context, r *record, outer *Turn) error {
	select {
	case r.turn <- struct{}{}:
		return nil
	default:
	}
	if outer != nil {
		root := outer.root()
		if !s.mayWait(root, r) {
			return ErrDeadlock
		}
		defer s.waited(root, r)
	}
	select {
	case r.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// mayWait notes that those within root wait for r. It reports false if the holder of r waits for
// root.
func (s *Space) mayWait(root *Turn, r *record) bool {
	s.waiting.Lock()
	defer s.waiting.Unlock()
	if waitsFor(r, root, nil) {
		return false
	}
	root.waits = append(root.waits, r)
	return true
}

func waitsFor(r *record, root *Turn, seen map[*Turn]bool) bool {
	holder := r.holder.Load()
	if holder == nil || holder == root || seen[holder] {
		return holder == root && holder != nil
	}
	if seen == nil {
		seen = make(map[*Turn]bool)
	}
	seen[holder] = true
	for _, next := range holder.waits {
		if waitsFor(next, root, seen) {
			return true
		}
	}
	return false
}

func (s *Space) waited(root *Turn, r *record) {
	s.waiting.Lock()
	defer s.waiting.Unlock()
	for i, one := range root.waits {
		if one == r {
			root.waits = append(root.waits[:i], root.waits[i+1:]...)
			return
		}
	}
}

// End gives the turn to the next in line. It may be called more than once, but not at the same
// time.
func (t *Turn) End() {
	for ; t != nil; t = t.before {
		t.end()
	}
}

func (t *Turn) end() {
	if t.ended {
		return
	}
	t.ended = true
	t.over.Store(true)
	t.record.holder.Store(nil)
	shard := t.space.shard(t.key)
	shard.mu.Lock()
	defer shard.mu.Unlock()
	if t.space.watched.Load() {
		shard.past.add(t.key, t.space.ended.Add(1))
	}
	<-t.record.turn
	shard.leave(t.key, t.record)
}

// Outlive notes that a write of the record runs on after its turn, until [Turn.Outlived].
func (t *Turn) Outlive() {
	for ; t != nil; t = t.before {
		t.outlive()
	}
}

func (t *Turn) outlive() {
	shard := t.space.shard(t.key)
	shard.mu.Lock()
	defer shard.mu.Unlock()
	t.record.users++
	t.record.late++
}

// Outlived notes that such a write has ended.
func (t *Turn) Outlived() {
	for ; t != nil; t = t.before {
		t.outlived()
	}
}

func (t *Turn) outlived() {
	shard := t.space.shard(t.key)
	shard.mu.Lock()
	defer shard.mu.Unlock()
	t.record.late--
	if t.space.watched.Load() {
		shard.past.add(t.key, t.space.ended.Add(1))
	}
	shard.leave(t.key, t.record)
}

// Late reports whether an earlier write of the record still runs.
func (t *Turn) Late() bool {
	for ; t != nil; t = t.before {
		if t.late() {
			return true
		}
	}
	return false
}

func (t *Turn) late() bool {
	shard := t.space.shard(t.key)
	shard.mu.Lock()
	defer shard.mu.Unlock()
	return t.record.late > 0
}

// Watch makes the space remember writes that are over, for Written.
func (s *Space) Watch() { s.watched.Store(true) }

// Mark returns the current point in time, for Written.
func (s *Space) Mark() uint64 { return s.ended.Load() }

// Written reports whether a record was written since a mark, which must be taken after Watch. After
// very many writes it may report true for a record that was not.
func (s *Space) Written(key, since uint64) bool {
	shard := s.shard(key)
	shard.mu.Lock()
	defer shard.mu.Unlock()
	if r := shard.busy[key]; r != nil && (len(r.turn) > 0 || r.late > 0) {
		return true
	}
	return shard.past.has(key, since)
}

// Busy returns how many records are in use.
func (s *Space) Busy() (n int) {
	for i := range s.shards {
		s.shards[i].mu.Lock()
		n += len(s.shards[i].busy)
		s.shards[i].mu.Unlock()
	}
	return n
}
