package cutover_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"

	"github.com/gocutover/cutover"
)

// toldStage is a change as it was reported, when, and the stage of the operation that reported it.
type toldStage struct {
	cutover.StageChange
	at   time.Time
	by   ldmigration.Stage
	seen time.Time // when that stage was seen before
}

// stageModel runs operations through random sequences of stages, and checks the reported changes.
type stageModel struct {
	client slowClient
	read   func(ldmigration.Stage, time.Duration)

	mu   sync.Mutex
	told []toldStage
	seen map[ldmigration.Stage]time.Time
}

type modelStage struct{}

func (*stageModel) Observe(context.Context, cutover.Observation) {}

func (m *stageModel) ObserveStage(ctx context.Context, change cutover.StageChange) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.told = append(m.told, toldStage{change, time.Now(), ctx.Value(modelStage{}).(ldmigration.Stage), m.seen[change.To]})
}

func newStageModel(t *testing.T) *stageModel {
	t.Helper()
	m := &stageModel{seen: map[ldmigration.Stage]time.Time{}}
	c := build(t, cutover.New(&m.client, "flag").Observe(m).Logger((&logBook{}).logger()))
	reader := readerOf(t, c, value("old"), value("new"), nil)
	m.read = func(stage ldmigration.Stage, takes time.Duration) {
		m.client.move(stage, takes)
		_, err := reader.Read(context.WithValue(t.Context(), modelStage{}, stage), user, "id")
		assert.NoError(t, err) //nolint:testifylint // not the test's goroutine
		m.mu.Lock()
		defer m.mu.Unlock()
		m.seen[stage] = time.Now()
	}
	return m
}

// segment is a time in which some stages are in use, at some rate.
type segment struct {
	stages      []ldmigration.Stage
	long, every time.Duration
	stale       int // evaluations that begin within it and end within the next one
}

func (s segment) String() string { return fmt.Sprint(s.stages, " for ", s.long, " every ", s.every) }

func randomSegment(r *rand.Rand, among []ldmigration.Stage) segment {
	one := segment{
		long:  []time.Duration{time.Second, 5 * time.Second, 15 * time.Second, time.Minute, 5 * time.Minute, 20 * time.Minute, 2 * time.Hour}[r.IntN(7)],
		every: []time.Duration{50 * time.Millisecond, time.Second, 7 * time.Second, 25 * time.Second, 3 * time.Minute}[r.IntN(5)],
		stale: r.IntN(3),
	}
	one.every = max(one.every, one.long/1000)
	for range 1 + r.IntN(2)*r.IntN(3) {
		one.stages = append(one.stages, among[r.IntN(len(among))])
	}
	slices.Sort(one.stages)
	one.stages = slices.Compact(one.stages)
	return one
}

func (m *stageModel) run(r *rand.Rand, one segment, slow *sync.WaitGroup) {
	for end := time.Now().Add(one.long); time.Now().Before(end); time.Sleep(one.every) {
		m.read(one.stages[r.IntN(len(one.stages))], 0)
	}
	for range one.stale {
		stage := one.stages[r.IntN(len(one.stages))]
		slow.Go(func() { m.read(stage, time.Duration(1+r.Int64N(int64(20*time.Second)))) })
		synctest.Wait()
	}
}

// soleIn is the time within which a stage must be reported if it is the only one in use: ten
// seconds, twice as long after each reported change, ten minutes at most, and until the operations
// that began before have ended.
func (m *stageModel) soleIn(every time.Duration) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	patience := min(10*time.Second<<min(len(m.told), 6), 10*time.Minute)
	return patience + 2*every + 20*time.Second
}

// tellings are the changes reported so far.
func (m *stageModel) tellings() []toldStage {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.told)
}

// check checks the changes reported since the one numbered from.
func (m *stageModel) check(t *testing.T, first ldmigration.Stage) {
	t.Helper()
	last, sinceComplete := first, first == ldmigration.Complete
	for _, change := range m.tellings() {
		assert.Equal(t, last, change.From, "from what was told last")
		assert.NotEqual(t, change.From, change.To)
		assert.Equal(t, change.by, change.To, "told by an operation at that stage")
		pair := fmt.Sprint(change.From, " ", change.To)
		forward := slices.Index(allStages, change.From) < slices.Index(allStages, change.To)
		if change.SideBySide {
			assert.Less(t, change.at.Sub(change.seen), time.Hour, "it was seen before, not long ago")
			if !forward {
				pair = fmt.Sprint(change.To, " ", change.From)
			}
			if want := besideWarnings[pair]; want != "" {
				assert.Equal(t, want, change.Warning, pair)
			}
		} else {
			missing, lossy := moveWarnings[pair]
			if sinceComplete && !forward {
				missing, lossy = "old", true
			}
			if lossy {
				assert.Contains(t, change.Warning, "is missing in the "+missing+" system", pair)
			} else {
				assert.Empty(t, change.Warning, pair)
			}
		}
		if change.To == ldmigration.Complete {
			sinceComplete = true
		} else if !change.SideBySide && design[change.To][ldmigration.Read].authoritative == ldmigration.Old {
			sinceComplete = false
		}
		last = change.To
	}
}

func TestWhatIsToldOfStagesIsTrue(t *testing.T) {
	t.Parallel()
	var told, soles atomic.Int64
	t.Cleanup(func() {
		assert.Greater(t, told.Load(), int64(180), "changes")
		assert.Greater(t, soles.Load(), int64(120), "times with one stage")
	})
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 10))
		among := slices.Clone(allStages)
		r.Shuffle(len(among), func(i, j int) { among[i], among[j] = among[j], among[i] })
		among = among[:2+r.IntN(5)]
		t.Run(fmt.Sprint(seed, among), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m, slow := newStageModel(t), &sync.WaitGroup{}
				first := among[0]
				m.read(first, 0)
				var history []segment
				for range 25 {
					one := randomSegment(r, among)
					history = append(history, one)
					in := m.soleIn(one.every)
					m.run(r, one, slow)
					if len(one.stages) == 1 && one.long >= in {
						soles.Add(1)
						last := first
						if told := m.tellings(); len(told) > 0 {
							last = told[len(told)-1].To
						}
						if !assert.Equal(t, one.stages[0], last, "the only one in use, after %v: %v", in, history) {
							return
						}
					}
				}
				slow.Wait()
				m.check(t, first)
				told.Add(int64(len(m.tellings())))
				if len(among) == 2 {
					m.checkRate(t, 14)
				}
			})
		})
	}
}

// checkRate checks the number of changes reported within any hour.
func (m *stageModel) checkRate(t *testing.T, most int) {
	t.Helper()
	for i := most; i < len(m.tellings()); i++ {
		within := m.tellings()[i].at.Sub(m.tellings()[i-most].at)
		assert.GreaterOrEqual(t, within, time.Hour, "%d changes in %v", most+1, within)
	}
}

// Two stages at any rates are reported a few times an hour at most, and a dozen times in the worst
// hour.
func TestTwoStagesAreToldAFewTimesAnHour(t *testing.T) {
	t.Parallel()
	for seed := range uint64(10) {
		synctest.Test(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 11))
			m := newStageModel(t)
			pair := []ldmigration.Stage{"shadow", "live"}
			every := time.Duration(5+r.IntN(36)) * time.Second
			share := r.Float64()
			for end := time.Now().Add(6 * time.Hour); time.Now().Before(end); time.Sleep(every) {
				stage := pair[0]
				if r.Float64() < share {
					stage = pair[1]
				}
				for range 1 + r.IntN(1+2*int(seed)) { // a run of the same
					m.read(stage, 0)
					time.Sleep(every)
				}
			}
			m.checkRate(t, 14)
			if len(m.tellings()) > 14+6*7 {
				t.Errorf("%d changes told in six hours", len(m.tellings()))
			}
		})
	}
}
