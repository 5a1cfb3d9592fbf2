package insights

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gocutover/cutover"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// flagFigures is what is kept of one flag. Operations count into shards, each with its own lock,
// and what a shard has counted moves on to the series when its tick is over, or when somebody
// looks.
type flagFigures struct {
	key    string
	order  []int // the stages that the flag has
	shards []*shard

	mu     sync.Mutex // may be taken while a shard is locked, never the other way round
	series [len(stages)][len(operations)]*series

	presence presence
	records  records
	history  history

	newBegan atomic.Bool   // a write went to the new system
	atOff    atomic.Uint64 // writes at off since then
}

type shard struct {
	mu      sync.Mutex
	tick    int64
	pending [len(stages)][len(operations)]*bucket
	_       [64]byte // a shard's lock has its cache line for itself
}

func newFlagFigures(key string, shards int, cfg *settings, start time.Time) *flagFigures {
	f := &flagFigures{key: key, order: cfg.orderOf(key)}
	f.records.begin(cfg, start)
	for range shards {
		f.shards = append(f.shards, &shard{})
	}
	return f
}

func (f *flagFigures) observe(o *cutover.Observation, stage int, began, at time.Duration) {
	current := f.presence.saw(stage, began, at)
	if o.Operation == ldmigration.Write {
		f.wrote(o, stage, current)
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

// wrote counts the writes that went to the old system alone after the new one had begun to get
// them.
func (f *flagFigures) wrote(o *cutover.Observation, stage int, current bool) {
	switch {
	case means[stage].writes[1]:
		if !f.newBegan.Load() {
			f.newBegan.Store(true)
		}
	case current && o.Old.Err == nil && f.newBegan.Load():
		f.atOff.Add(1)
	}
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
