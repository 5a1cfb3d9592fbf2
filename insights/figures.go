package insights

import (
	"cmp"
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

	defaultMismatches = 100
	defaultKeys       = 10_000
)

// Config is how [Figures] are kept. The zero value is good to begin with.
type Config struct {
	// Thresholds are what a verdict asks for.
	Thresholds Thresholds
	// Mismatches is of how many records, for each flag, the last mismatch is kept with its differences. Zero is 100.
	Mismatches int
	// Keys is of how many records, for each flag, it is kept that they mismatched, how often and when. Zero is 10,000.
	// Beyond that, the record that has not mismatched for the longest time is forgotten.
	Keys int
}

// Figures is an observer that keeps rolling figures of every flag it sees, and a [cutover.StageObserver]. Give the same
// one to several cutovers to have them on one page. It is safe for concurrent use and starts no goroutine. An operation
// costs it well below a microsecond; a mismatch takes as long as its shown values take to be written as text.
type Figures struct {
	cfg    Config
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

// New returns figures that begin now.
func New(cfg Config) *Figures {
	cfg.Thresholds = cfg.Thresholds.orDefaults()
	cfg.Mismatches = cmp.Or(max(cfg.Mismatches, 0), defaultMismatches)
	cfg.Keys = cmp.Or(max(cfg.Keys, 0), defaultKeys)
	f := &Figures{cfg: cfg, start: time.Now(), shards: min(runtime.GOMAXPROCS(0), maxShards)}
	f.flags.Store(&map[string]*flagFigures{})
	return f
}

// Observe counts one operation. It keeps of payload and values only what [cutover.Shown] has, as text.
func (f *Figures) Observe(_ context.Context, o cutover.Observation) {
	stage := stageIndex(o.Stage)
	flag := f.flag(o.Flag)
	if stage < 0 || flag == nil {
		f.refused.Add(1)
		return
	}
	flag.observe(&o, stage, time.Since(f.start))
	switch o.Consistency {
	case cutover.Inconsistent:
		flag.records.mismatch(&o)
	case cutover.Ignored:
		flag.records.ignored(o.IgnoredBy)
	default:
	}
}

// ObserveStage keeps one stage change.
func (f *Figures) ObserveStage(_ context.Context, change cutover.StageChange) {
	if flag := f.flag(change.Flag); flag != nil {
		flag.history.add(change)
	}
}

// Flags returns the keys of the flags seen so far, sorted. There are at most 128: operations of more are not counted.
func (f *Figures) Flags() []string {
	return slices.Sorted(maps.Keys(*f.flags.Load()))
}

// Keys returns the keys of the records that mismatched, the latest first: what is to be repaired. A key is the text of
// the payload as [cutover.Shown] has it; where a reader shows none, all its mismatches are under the empty key.
func (f *Figures) Keys(flag string) []Key {
	if known := (*f.flags.Load())[flag]; known != nil {
		return known.records.all()
	}
	return nil
}

// flag returns nil if there are too many.
func (f *Figures) flag(key string) *flagFigures {
	if known := (*f.flags.Load())[key]; known != nil {
		return known
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	before := *f.flags.Load()
	if known := before[key]; known != nil || len(before) >= maxFlags {
		return known
	}
	flags := maps.Clone(before)
	flags[key] = newFlagFigures(key, f.shards, &f.cfg)
	f.flags.Store(&flags)
	return flags[key]
}
