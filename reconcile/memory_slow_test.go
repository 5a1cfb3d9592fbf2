package reconcile_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/reconcile"
	"github.com/gocutover/cutover/reconcile/journaltest"
)

// slowJournal is a journal whose calls take some time, and whose ends and marks take effect later,
// as those of a database may.
type slowJournal struct {
	*reconcile.Memory
	mu    sync.Mutex
	later []func()
	wake  chan struct{}
	done  chan struct{}
	once  sync.Once
	end   sync.WaitGroup
}

func newSlowJournal(m *reconcile.Memory) *slowJournal {
	j := &slowJournal{Memory: m, wake: make(chan struct{}, 1), done: make(chan struct{})}
	j.end.Go(func() {
		for {
			select {
			case <-j.wake:
				linger(20 * time.Millisecond)
				j.flush()
			case <-j.done:
				return
			}
		}
	})
	return j
}

func linger(d time.Duration) { <-time.After(d) }

func (j *slowJournal) do(f func()) {
	j.mu.Lock()
	j.later = append(j.later, f)
	j.mu.Unlock()
	select {
	case j.wake <- struct{}{}:
	default:
	}
}

func (j *slowJournal) flush() {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, f := range j.later {
		f()
	}
	j.later = nil
}

func (j *slowJournal) stop() {
	j.once.Do(func() { close(j.done) })
	j.end.Wait()
}

func (j *slowJournal) Begin(ctx context.Context, w cutover.JournalWrite) (cutover.Intent, error) {
	linger(time.Millisecond)
	in, err := j.Memory.Begin(ctx, w)
	if err != nil {
		return nil, err
	}
	return &slowIntent{in, j}, nil
}

func (j *slowJournal) Mark(ctx context.Context, m cutover.JournalMark) {
	j.do(func() { j.Memory.Mark(ctx, m) })
}

func (j *slowJournal) Claim(ctx context.Context, want reconcile.ClaimRequest) ([]reconcile.Claim, error) {
	linger(time.Millisecond)
	return j.Memory.Claim(ctx, want)
}

func (j *slowJournal) Close(ctx context.Context) error {
	j.flush()
	j.stop()
	return j.Memory.Close(ctx)
}

type slowIntent struct {
	cutover.Intent
	j *slowJournal
}

func (in *slowIntent) End(end cutover.IntentEnd) { in.j.do(func() { in.Intent.End(end) }) }

func TestTheSuiteAllowsEndsAndMarksToTakeEffectLater(t *testing.T) {
	t.Parallel()
	journaltest.Run(t, func(testing.TB) journaltest.Storage {
		s := memoryStorage(0, 5*time.Second)
		open, crash, pause, resume := s.Open, s.Crash, s.Pause, s.Resume
		memory := func(j reconcile.Journal) *reconcile.Memory { return j.(*slowJournal).Memory }
		s.Open = func(tb testing.TB, name string) reconcile.Journal {
			tb.Helper()
			return newSlowJournal(open(tb, name).(*reconcile.Memory))
		}
		s.Crash = func(j reconcile.Journal) {
			crash(memory(j))
			j.(*slowJournal).stop()
		}
		s.Pause = func(j reconcile.Journal) { pause(memory(j)) }
		s.Resume = func(j reconcile.Journal) { resume(memory(j)) }
		return s
	})
}
