package cutover

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// StageChange says that a [Cutover] is given another stage than before.
type StageChange struct {
	// Flag is the migration flag's key.
	Flag string
	// ContextKind is the kind of evaluation context that the stage was given for.
	ContextKind ldcontext.Kind
	// From and To are the stage before and the stage now.
	From, To ldmigration.Stage
	// Loses says what goes missing by this move. It is empty if nothing does.
	Loses string
}

// StageObserver is what an [Observer] may be too: it is told when the stage changes.
type StageObserver interface {
	// ObserveStage is called once for each change and kind of evaluation context, by the operation that is the first to
	// see it, before that operation calls a function. Where a rollout gives two stages side by side, each is told, and
	// not each turn from one to the other. It must be safe for concurrent use and quick; its panic is logged.
	ObserveStage(ctx context.Context, change StageChange)
}

// sideBySide is how soon a stage that was left must come back to be taken for one that is in use beside the other, and
// how long it may then be unseen until it is taken for left.
const sideBySide = 10 * time.Second

// stageWatch knows which stages are in use, by kind of evaluation context. An operation that sees what the one before it
// saw pays for a look, and for no lock.
type stageWatch struct {
	kinds atomic.Pointer[[]*kindWatch]
	mu    sync.Mutex
}

type kindWatch struct {
	kind   ldcontext.Kind
	stages atomic.Uint32 // those in use, a bit each

	mu   sync.Mutex
	last int                        // the row of the stage that was told of last
	seen [len(stages)]time.Duration // when, of those in use
	left map[int]time.Duration      // when, of those no longer in use
}

func (w *stageWatch) saw(ctx context.Context, s *settings, rec *record) {
	kind, row := rec.user.Kind(), stageRowOf(rec.stage)
	k := w.of(kind, row)
	if k.stages.Load() == 1<<row {
		return
	}
	if from, changed := k.saw(row); changed {
		s.tellStage(ctx, StageChange{
			Flag: rec.flag, ContextKind: kind, From: stages[from].stage, To: rec.stage, Loses: loses(stages[from].stage, rec.stage),
		})
	}
}

// of finds what is known of a kind. The first stage ever seen is no change.
func (w *stageWatch) of(kind ldcontext.Kind, row int) *kindWatch {
	if known := w.kinds.Load(); known != nil {
		for _, k := range *known {
			if k.kind == kind {
				return k
			}
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	var kinds []*kindWatch
	if known := w.kinds.Load(); known != nil {
		for _, k := range *known {
			if k.kind == kind {
				return k
			}
		}
		kinds = append(kinds, *known...)
	}
	k := &kindWatch{kind: kind, last: row, left: make(map[int]time.Duration)}
	k.stages.Store(1 << row)
	kinds = append(kinds, k)
	w.kinds.Store(&kinds)
	return k
}

// saw is for a stage that is not the only one in use: it may be new, or back, or one of several.
func (k *kindWatch) saw(row int) (from int, changed bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	at, in := now(), k.stages.Load()
	for other := range stages {
		if other != row && in&(1<<other) != 0 && in != 1<<other && at-k.seen[other] >= sideBySide {
			in &^= 1 << other // one of several that is in use no more
		}
	}
	if in&(1<<row) == 0 {
		from, changed = k.last, true
		left, wasLeft := k.left[row]
		if !wasLeft || at-left >= sideBySide {
			for other := range stages {
				if in&(1<<other) != 0 {
					k.left[other] = at
				}
			}
			in = 0
		} else {
			for other := range stages {
				if in&(1<<other) != 0 {
					k.seen[other] = at
				}
			}
		}
		delete(k.left, row)
		in |= 1 << row
		k.last = row
	}
	k.seen[row] = at
	k.stages.Store(in)
	return from, changed
}

func (s *settings) tellStage(ctx context.Context, change StageChange) {
	attrs := []slog.Attr{
		flagAttr(change.Flag), slog.String("kind", string(change.ContextKind)),
		slog.String("from", string(change.From)), slog.String("to", string(change.To)),
	}
	if change.Loses == "" {
		s.log.info(ctx, "stage changed", attrs...)
	} else {
		s.log.warn(ctx, "stage changed and "+change.Loses, attrs...)
	}
	for _, observer := range s.observers {
		if stageObserver, ok := observer.(StageObserver); ok {
			s.contain(ctx, change.Flag, "observer", func() { stageObserver.ObserveStage(ctx, change) })
		}
	}
}
