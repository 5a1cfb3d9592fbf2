package insights

import (
	"sync"
	"time"

	"github.com/gocutover/cutover"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

const (
	maxDifferences = 20
	maxRules       = 32
	maxFields      = 100
	otherRules     = "other rules"
)

// Key is a record that mismatched.
type Key struct {
	// Key is the text of the shown payload, at most 200 characters; empty if the reader shows none.
	Key string `json:"key"`
	// Count is how often it mismatched.
	Count uint64 `json:"count"`
	// First and Last are when it did.
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
}

// Mismatch is the last mismatch of a record.
type Mismatch struct {
	Key
	// Stage is the stage it was read at.
	Stage ldmigration.Stage `json:"stage"`
	// Differences are where old and new differ, at most twenty.
	Differences []Difference `json:"differences,omitempty"`
	// More is how many differences there are beyond those.
	More int `json:"more,omitempty"`
	// Old and New are the shown values as text. They are empty where there are Differences, or nothing is shown.
	Old string `json:"old,omitempty"`
	New string `json:"new,omitempty"`
}

// Difference is one place where the two systems differ, as text of at most 200 characters each.
type Difference struct {
	Path string `json:"path"`
	Old  string `json:"old"`
	New  string `json:"new"`
	// Redacted is true if the values must not be shown. Old and New are empty then.
	Redacted bool `json:"redacted,omitempty"`
}

// Field is a path at which records differ, whatever the positions in its lists: Lines[].UnitPrice.
type Field struct {
	Path string `json:"path"`
	// Count is how many differences there were at it, and Last is the key of the record that had the last one.
	Count uint64 `json:"count"`
	Last  string `json:"last"`
}

// records is what is known of the records of a flag.
type records struct {
	mu    sync.Mutex
	last  *latest[Mismatch]
	keys  *latest[Key]
	seen  *latest[Field]
	rules map[string]uint64 // how many differences each rule ignored
}

func newRecords(cfg *Config) records {
	return records{
		last:  newLatest[Mismatch](cfg.Mismatches),
		keys:  newLatest[Key](cfg.Keys),
		seen:  newLatest[Field](maxFields),
		rules: map[string]uint64{},
	}
}

// mismatch runs the user's String methods before it locks.
func (r *records) mismatch(o *cutover.Observation) {
	now := time.Now()
	m := mismatchOf(o)
	r.mu.Lock()
	defer r.mu.Unlock()
	key := r.keys.touch(m.Key.Key)
	if key.Count == 0 {
		key.Key, key.First = m.Key.Key, now
	}
	key.Count++
	key.Last = now
	m.Key = *key
	*r.last.touch(m.Key.Key) = m
	for _, d := range m.Differences {
		path := withoutPositions(d.Path)
		field := r.seen.touch(path)
		field.Path, field.Last = path, m.Key.Key
		field.Count++
	}
}

func mismatchOf(o *cutover.Observation) Mismatch {
	m := Mismatch{Key: Key{Key: keyText(o.Shown.Payload)}, Stage: o.Stage}
	for i, d := range o.Shown.Differences {
		if i == maxDifferences {
			m.More = len(o.Shown.Differences) - maxDifferences
			break
		}
		shown := Difference{Path: bounded(d.Path), Redacted: d.Redacted}
		if !d.Redacted {
			shown.Old, shown.New = text(d.Old), text(d.New)
		}
		m.Differences = append(m.Differences, shown)
	}
	if len(m.Differences) == 0 && (o.Shown.Old != nil || o.Shown.New != nil) {
		m.Old, m.New = text(o.Shown.Old), text(o.Shown.New)
	}
	return m
}

func (r *records) ignored(rule string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, known := r.rules[rule]; !known && len(r.rules) >= maxRules {
		rule = otherRules
	}
	r.rules[rule]++
}

// all returns the keys, the latest first.
func (r *records) all() []Key {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.keys.all()
}
