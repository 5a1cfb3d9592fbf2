package insights

import (
	"context"
	"maps"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gocutover/cutover"
)

const (
	maxFlags  = 128
	maxShards = 16
)

// Figures is an observer that keeps rolling figures of every flag it sees, and a
// [cutover.StageObserver]. Give the same one to several cutovers to have them on one page. It is
// safe for concurrent use and starts no goroutine. An operation costs it well below a microsecond;
// a mismatch takes as long as its shown values take to be written as text.
type Figures struct {
	cfg    *settings
	start  time.Time
	shards int

	mu      sync.Mutex // of adding a flag
	flags   atomic.Pointer[map[string]*flagFigures]
	refused atomic.Uint64
}

var (
	_ cutover.Observer      = (*Figures)(nil)
	_ cutover.StageObserver = (*Figures)(nil)
)

// New returns figures that begin now. It returns an error that tells everything in the
// configuration that makes no sense: a threshold that is not a number, infinite, below zero or a
// share above 1, an unknown window or stage, a negative bound, a host that is none.
func New(cfg Config) (*Figures, error) {
	checked, err := cfg.settings()
	if err != nil {
		return nil, err
	}
	f := &Figures{cfg: checked, start: time.Now(), shards: min(runtime.GOMAXPROCS(0), maxShards)}
	f.flags.Store(&map[string]*flagFigures{})
	return f, nil
}

// Observe counts one operation. It keeps of payload, keys and values only what [cutover.Shown] has,
// as text.
func (f *Figures) Observe(_ context.Context, o cutover.Observation) {
	stage := stageIndex(o.Stage)
	flag := f.flag(o.Flag)
	if stage < 0 || flag == nil {
		f.refused.Add(1)
		return
	}
	at := time.Since(f.start)
	began := f.began(&o, at)
	flag.observe(&o, stage, began, at)
	flag.records.observe(&o, stage, began, at)
}

// began is when an operation called its first function. One that does not say so began when it
// ended.
func (f *Figures) began(o *cutover.Observation, at time.Duration) time.Duration {
	began := at
	for _, start := range [...]time.Time{o.Old.Start, o.New.Start} {
		if !start.IsZero() {
			began = min(began, max(start.Sub(f.start), 0))
		}
	}
	return began
}

// ObserveStage keeps one stage change, and what goes wrong by it.
func (f *Figures) ObserveStage(_ context.Context, change cutover.StageChange) {
	from, to := stageIndex(change.From), stageIndex(change.To)
	flag := f.flag(change.Flag)
	if from < 0 || to < 0 || flag == nil {
		f.refused.Add(1)
		return
	}
	at := time.Since(f.start)
	flag.presence.changed(from, to, change.SideBySide, at)
	flag.history.add(change, from, to, f.start.Add(at))
}

// Flags returns the keys of the flags seen so far, sorted. There are at most 128: operations of
// more are not counted. A key that is not UTF-8 is written so that it is.
func (f *Figures) Flags() []string {
	return slices.Sorted(maps.Keys(*f.flags.Load()))
}

// Keys returns the records that are to be repaired, the latest first: those that differed when they
// were compared last, and those whose write failed in one system. A record is gone from it as soon
// as it is healed: a later comparison found it consistent, a later write of a failed one succeeded
// in both systems, or [Figures.Repaired] says so. It is empty for a flag that was not seen.
//
// A row of a list is healed by a read of that record alone: a list that is consistent does not say
// which rows it had.
//
// A record is known by a key of [cutover.Shown], else by the text of the shown payload. The
// mismatches of records that have neither are under the empty key; failed writes without a key are
// a number only: see [Missed].
func (f *Figures) Keys(flag string) []Key {
	if known := f.known(flag); known != nil {
		return known.records.all()
	}
	return []Key{}
}

// Repaired says that records were made equal in both systems by other means, such as a copy, after
// what was observed so far. Without keys it says so of all records of the flag, those without a
// known key too, and of what was written at off or lost by a move that was warned of. What was
// written at complete stays on record until the process ends.
func (f *Figures) Repaired(flag string, keys ...string) {
	known := f.known(flag)
	if known == nil {
		return
	}
	known.records.repaired(keys)
	if len(keys) == 0 {
		known.atOff.Store(0)
		known.history.repaired()
	}
}

// known returns nil for a flag that was not seen.
func (f *Figures) known(key string) *flagFigures {
	flags := *f.flags.Load()
	if known := flags[key]; known != nil {
		return known
	}
	return flags[flagKey(key)]
}

// flag returns nil if there are too many.
func (f *Figures) flag(key string) *flagFigures {
	if known := (*f.flags.Load())[key]; known != nil {
		return known
	}
	key = flagKey(key)
	f.mu.Lock()
	defer f.mu.Unlock()
	before := *f.flags.Load()
	if known := before[key]; known != nil || len(before) >= maxFlags {
		return known
	}
	flags := maps.Clone(before)
	flags[key] = newFlagFigures(key, f.shards, f.cfg, f.start)
	f.flags.Store(&flags)
	return flags[key]
}
