package insights

import (
	"sync"
	"time"

	"github.com/gocutover/cutover"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

const (
	maxChanges = 100
	// overlap is how long operations that began at the stage before may still end after a change.
	overlap = 2 * time.Second
	// sideBySide is how long a stage is in use beside another one after its last operation.
	sideBySide = time.Minute
)

// Change is a change of the stage.
type Change struct {
	At          time.Time         `json:"at"`
	ContextKind string            `json:"contextKind"`
	From        ldmigration.Stage `json:"from"`
	To          ldmigration.Stage `json:"to"`
	// Loses says what goes missing by this move, if anything does.
	Loses string `json:"loses,omitempty"`
}

type history struct {
	mu      sync.Mutex
	changes []Change
}

func (h *history) add(change cutover.StageChange) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.changes) == maxChanges {
		copy(h.changes, h.changes[1:])
		h.changes = h.changes[:maxChanges-1]
	}
	h.changes = append(h.changes, Change{
		At: time.Now(), ContextKind: string(change.ContextKind), From: change.From, To: change.To, Loses: change.Loses,
	})
}

// all returns the changes, the latest first.
func (h *history) all() []Change {
	h.mu.Lock()
	defer h.mu.Unlock()
	reversed := make([]Change, 0, len(h.changes))
	for i := len(h.changes) - 1; i >= 0; i-- {
		reversed = append(reversed, h.changes[i])
	}
	return reversed
}

// inUse returns the stages that are in use, in their order: the one of the last change, and others beside it if a rollout
// gives several. A stage that was left is not in use, though the last operations of it may end a little later.
func (f *flagFigures) inUse(start time.Time) []int {
	now := time.Since(start)
	changes := f.history.all()
	newest, changed := -1, time.Duration(0)
	if len(changes) > 0 {
		newest, changed = stageIndex(changes[0].To), changes[0].At.Sub(start)
	}
	var found []int
	last := max(newest, 0)
	for stage := range f.lastSeen {
		seen := f.seen(stage)
		if seen > f.seen(last) {
			last = stage
		}
		fresh := seen > 0 && now-seen < sideBySide
		switch {
		case newest < 0 && seen > 0 && now-seen < overlap,
			stage == newest && (fresh || now-changed < sideBySide),
			newest >= 0 && fresh && seen > changed+overlap:
			found = append(found, stage)
		}
	}
	if len(found) == 0 {
		return []int{last}
	}
	return found
}

func (f *flagFigures) seen(stage int) time.Duration { return time.Duration(f.lastSeen[stage].Load()) }
