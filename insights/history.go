package insights

import (
	"sync"
	"time"

	"github.com/gocutover/cutover"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

const maxChanges = 100

// Change is a change of the stage.
type Change struct {
	// At is when it was seen.
	At time.Time `json:"at"`
	// ContextKind is the kind of evaluation context that it was seen for.
	ContextKind string `json:"contextKind"`
	// From and To are the stage before and the stage now.
	From ldmigration.Stage `json:"from"`
	To   ldmigration.Stage `json:"to"`
	// SideBySide is true if From stays in use beside To.
	SideBySide bool `json:"sideBySide"`
	// Warning says what goes wrong by this move, or while both stages are in use; empty if nothing
	// does.
	Warning string `json:"warning"`
}

// history is the stage changes, and the warnings that still hold.
type history struct {
	mu                   sync.Mutex
	changes              []Change
	forward, back, mixed *Change // the last ones with a warning: moves forward and back, and stages side by side
	complete             bool    // complete was among the stages
}

func (h *history) add(change cutover.StageChange, from, to int, at time.Time) {
	c := Change{
		At: at, ContextKind: bounded(string(change.ContextKind), maxText), From: stages[from], To: stages[to],
		SideBySide: change.SideBySide, Warning: bounded(change.Warning, maxWarning),
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.changes) == maxChanges {
		copy(h.changes, h.changes[1:])
		h.changes = h.changes[:maxChanges-1]
	}
	h.changes = append(h.changes, c)
	h.complete = h.complete || !means[from].writes[0] || !means[to].writes[0]
	switch {
	case c.Warning == "":
	case c.SideBySide:
		h.mixed = &c
	case from < to:
		h.forward = &c
	default:
		h.back = &c
	}
}

// warned returns the warnings that still hold.
func (h *history) warned() (forward, back, mixed *Change, complete bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.forward, h.back, h.mixed, h.complete
}

func (h *history) repaired() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.forward, h.back, h.mixed = nil, nil, nil
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
