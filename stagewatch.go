package cutover

import (
	"context"
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// StageChange is a change of the stage that a [Cutover] uses, or another stage in use beside it.
type StageChange struct {
	// Flag is the migration flag's key.
	Flag string
	// ContextKind is the kind of evaluation context that has the stage. A Cutover distinguishes 64
	// kinds; all further kinds count as one.
	ContextKind ldcontext.Kind
	// From and To are the stage reported last and the stage now.
	From, To ldmigration.Stage
	// SideBySide is true if both stages are in use at once, as in a rollout, so From was not left.
	SideBySide bool
	// Warning is what goes wrong by this move, or while both stages are in use. It is empty if
	// nothing does. Once complete was in use, every step back has a warning until the old system
	// answers reads again.
	Warning string
}

// StageObserver is an optional interface of an [Observer] that is called when the stage changes.
type StageObserver interface {
	// ObserveStage is called once for each change and kind of evaluation context, in the order of
	// the changes. The operation that sees the change first calls it before any function; if more
	// changes follow at once, that operation may report those too. The first stage that a Cutover
	// sees is not a change.
	//
	// A new stage is reported at once, as a move. If the previous stage is seen again within ten
	// seconds, or returns for the third time within an hour, that is reported once with SideBySide.
	// Further turns between the two are not reported until one of them was the only one in use for
	// ten seconds, which is reported as a move. Each further move between stages that return takes
	// twice as long to be reported, up to ten minutes. A stage that is not seen for an hour is
	// forgotten. So the last change reported is true, and a rollout is reported once.
	//
	// Operations that began to evaluate the flag before the last change, such as those of a context
	// of [Pin], report nothing.
	//
	// ObserveStage must be safe for concurrent use and fast: the operation waits for it without a
	// timeout. It runs on its own goroutine. Its panic is logged, and neither a panic nor
	// [runtime.Goexit] affects the operation.
	ObserveStage(ctx context.Context, change StageChange)
}

// generations counts the stage changes that all watches reported. An evaluation that began before a
// change cannot undo it.
var generations atomic.Uint64

// stageWatch knows which stages are in use, by kind of evaluation context. An operation that sees
// the same stage as the one before takes no lock.
type stageWatch struct {
	kinds atomic.Pointer[watchedKinds]
	mu    sync.Mutex // of changes to kinds

	queue tellings
}

// watchedKinds does not change once it is shared.
type watchedKinds struct {
	byKind map[ldcontext.Kind]*kindWatch
	rest   *kindWatch // of all kinds beyond kindsLimit
}

// kindsLimit limits the kinds that are told apart. Kinds are few, unless they come from data.
const kindsLimit = 64

func (w *stageWatch) saw(ctx context.Context, s *settings, rec *record) {
	kind, row := rec.user.Kind(), stageRowOf(rec.stage)
	k := w.of(kind, row)
	if k.quiet(row) {
		return
	}
	k.mu.Lock()
	moved, changed := k.saw(row, rec.generation, now())
	if changed {
		change := moved.change(rec.flag, kind)
		w.queue.add(func() { s.tellStage(ctx, change) })
	}
	k.mu.Unlock()
	if changed {
		w.queue.tell()
	}
}

// of returns what is known of a kind. The first stage ever seen is no change.
func (w *stageWatch) of(kind ldcontext.Kind, row int) *kindWatch {
	if k := w.kinds.Load().of(kind); k != nil {
		return k
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	known := w.kinds.Load()
	if k := known.of(kind); k != nil {
		return k
	}
	next, k := &watchedKinds{}, newKindWatch(row)
	if known != nil {
		next.byKind = maps.Clone(known.byKind)
	} else {
		next.byKind = make(map[ldcontext.Kind]*kindWatch)
	}
	if len(next.byKind) < kindsLimit {
		next.byKind[kind] = k
	} else {
		next.rest = k
	}
	w.kinds.Store(next)
	return k
}

func (w *watchedKinds) of(kind ldcontext.Kind) *kindWatch {
	if w == nil {
		return nil
	}
	if k := w.byKind[kind]; k != nil {
		return k
	}
	return w.rest
}

// stageMove is a change between two rows of the stage table.
type stageMove struct {
	from, to int
	beside   bool
	warning  string
}

func (t stageMove) change(flag string, kind ldcontext.Kind) StageChange {
	return StageChange{
		Flag: flag, ContextKind: kind, From: stages[t.from].stage, To: stages[t.to].stage,
		SideBySide: t.beside, Warning: t.warning,
	}
}

func (s *settings) tellStage(ctx context.Context, change StageChange) {
	aside(func() { s.logStage(ctx, change) })
	for _, observer := range s.observers {
		if stageObserver, ok := observer.(StageObserver); ok {
			aside(func() {
				s.contain(ctx, change.Flag, "observer", func() { stageObserver.ObserveStage(ctx, change) })
			})
		}
	}
}

func (s *settings) logStage(ctx context.Context, change StageChange) {
	what := "stage changed"
	if change.SideBySide {
		what = "stages are in use side by side"
	}
	attrs := []slog.Attr{
		flagAttr(change.Flag), slog.String("kind", string(change.ContextKind)),
		slog.String("from", string(change.From)), slog.String("to", string(change.To)),
	}
	if change.Warning == "" {
		s.log.info(ctx, what, attrs...)
	} else {
		s.log.warn(ctx, what+": "+change.Warning, attrs...)
	}
}

// tellings are stage changes still to be reported, in order. No lock is held and nobody waits for
// another while one is reported: an observer may run operations that see further changes.
type tellings struct {
	mu      sync.Mutex
	waiting []func()
	busy    bool
}

func (q *tellings) add(tell func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = append(q.waiting, tell)
}

func (q *tellings) tell() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.busy {
		return
	}
	q.busy = true
	for len(q.waiting) > 0 {
		next := q.waiting[0]
		q.waiting = q.waiting[1:]
		q.mu.Unlock()
		next()
		q.mu.Lock()
	}
	q.busy, q.waiting = false, nil
}

// aside runs do on its own goroutine and waits for it, so that do cannot end the caller's
// goroutine.
func aside(do func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { _ = recover() }()
		do()
	}()
	<-done
}
