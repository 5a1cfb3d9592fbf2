package insights

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gocutover/cutover"
)

// seenEvery is how exactly it is known when a stage was in use last.
const seenEvery = 50 * time.Millisecond

// flagFigures is what is kept of one flag. Operations count into shards, each with its own lock, and what a shard has
// counted moves on to the series when its tick is over, or when somebody looks.
type flagFigures struct {
	key      string
	shards   []*shard
	lastSeen [len(stages)]atomic.Int64 // when a stage was in use, since the start; 0 is never

	mu     sync.Mutex // may be taken while a shard is locked, never the other way round
	series [len(stages)][len(operations)]*series

	records records
	history history
}

type shard struct {
	mu      sync.Mutex
	tick    int64
	pending [len(stages)][len(operations)]*bucket
	_       [64]byte // a shard's lock has its cache line for itself
}

func newFlagFigures(key string, shards int, cfg *Config) *flagFigures {
	f := &flagFigures{key: key, records: newRecords(cfg)}
	for range shards {
		f.shards = append(f.shards, &shard{})
	}
	return f
}

func (f *flagFigures) observe(o *cutover.Observation, stage int, at time.Duration) {
	if seen := &f.lastSeen[stage]; time.Duration(seen.Load())+seenEvery <= at || seen.Load() == 0 {
		seen.Store(int64(max(at, 1)))
	}
	s := f.shards[0]
	if len(f.shards) > 1 {
		s = f.shards[rand.IntN(len(f.shards))]
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if tick := int64(at / tickLength); s.tick < tick {
		f.flush(s)
		s.tick = tick
	}
	pending := &s.pending[stage][operationIndex(o.Operation)]
	if *pending == nil {
		*pending = &bucket{}
	}
	(*pending).add(o)
}

// flush moves what a locked shard has counted to the series.
func (f *flagFigures) flush(s *shard) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for stage := range s.pending {
		for operation, pending := range s.pending[stage] {
			if pending == nil || pending.operations == 0 {
				continue
			}
			to := &f.series[stage][operation]
			if *to == nil {
				*to = newSeries()
			}
			pending.tick = s.tick
			(*to).merge(pending)
			pending.reset(s.tick)
		}
	}
}

// gather brings the series up to date and keeps them as they are until release is called.
func (f *flagFigures) gather() (release func()) {
	for _, s := range f.shards {
		s.mu.Lock()
		f.flush(s)
		s.mu.Unlock()
	}
	f.mu.Lock()
	return f.mu.Unlock
}
