package cutover_test

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldlog"
	"github.com/launchdarkly/go-sdk-common/v3/ldlogtest"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	ldevents "github.com/launchdarkly/go-sdk-events/v3"
	"github.com/launchdarkly/go-server-sdk/v7/interfaces"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
)

// stageDiary is an observer that keeps the stage changes.
type stageDiary struct {
	mu      sync.Mutex
	changes []cutover.StageChange
}

func (*stageDiary) Observe(context.Context, cutover.Observation) {}

func (d *stageDiary) ObserveStage(_ context.Context, change cutover.StageChange) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.changes = append(d.changes, change)
}

// take returns the changes since the last take, such as "user off live", or "user off live beside".
func (d *stageDiary) take() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var moves []string
	for _, c := range d.changes {
		move := fmt.Sprint(c.ContextKind, " ", c.From, " ", c.To)
		if c.SideBySide {
			move += " beside"
		}
		moves = append(moves, move)
	}
	d.changes = nil
	return moves
}

// watched is a service that reads under a flag, with a diary of its stages.
type watched struct {
	client stagedClient
	diary  stageDiary
	log    logBook
	reader *cutover.Reader[string, string]
}

func newWatched(t *testing.T, observers ...cutover.Observer) *watched {
	t.Helper()
	w := &watched{}
	b := cutover.New(&w.client, "flag").Observe(&w.diary).Logger(w.log.logger())
	for _, observer := range observers {
		b.Observe(observer)
	}
	w.reader = readerOf(t, build(t, b), value("old"), value("new"), nil)
	return w
}

// at reads once at a stage.
func (w *watched) at(t *testing.T, stage ldmigration.Stage) {
	t.Helper()
	w.client.stage = stage
	_, err := w.reader.Read(t.Context(), user, "id")
	require.NoError(t, err)
}

// serve reads at the stages in turn for a while, and returns the reported changes.
func (w *watched) serve(t *testing.T, long, every time.Duration, stages ...ldmigration.Stage) []string {
	t.Helper()
	end := time.Now().Add(long)
	for i := 0; time.Now().Before(end); i++ {
		w.at(t, stages[i%len(stages)])
		time.Sleep(every)
	}
	return w.diary.take()
}

func TestAStageChangeIsToldOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWatched(t)
		at := func(stage ldmigration.Stage, who ldcontext.Context) []string {
			w.client.stage = stage
			for range 5 {
				_, err := w.reader.Read(t.Context(), who, "id")
				require.NoError(t, err)
			}
			return w.diary.take()
		}
		org := ldcontext.NewWithKind("org", "acme")
		assert.Empty(t, at("off", user), "the first stage is no change")
		assert.Empty(t, at("off", org))
		assert.Equal(t, []string{"user off dualwrite"}, at("dualwrite", user))
		assert.Equal(t, []string{"org off dualwrite"}, at("dualwrite", org), "once for each kind")
		assert.Equal(t, []string{"user dualwrite shadow"}, at("shadow", user))
		time.Sleep(time.Minute)
		assert.Empty(t, at("shadow", user))
		assert.Equal(t, []string{"user shadow dualwrite"}, at("dualwrite", user), "back a minute later")
		time.Sleep(time.Minute)
		assert.Equal(t, []string{"user dualwrite shadow"}, at("shadow", user))
		time.Sleep(2 * time.Hour)
		assert.Equal(t, []string{"user shadow dualwrite"}, at("dualwrite", user))
		assert.Equal(t, 6, strings.Count(w.log.String(), "stage changed"), w.log.String())
	})
}

func TestStagesSideBySideAreNotToldEachTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWatched(t)
		const often = time.Second
		assert.Equal(t, []string{"user shadow live", "user live shadow beside"},
			w.serve(t, time.Hour, often, "shadow", "live"), "a rollout to some")
		assert.Equal(t, 1, strings.Count(w.log.String(), "stages are in use side by side: shadow and live write in opposite orders"))
		assert.Equal(t, []string{"user shadow rampdown"}, w.serve(t, time.Hour, often, "rampdown"), "a third one")
		assert.Equal(t, []string{"user rampdown live", "user live rampdown beside"},
			w.serve(t, time.Hour, often, "live", "rampdown"), "one that was long gone is told again")
		assert.Equal(t, []string{"user rampdown complete", "user complete rampdown beside", "user rampdown live beside"},
			w.serve(t, time.Hour, often, "complete", "rampdown", "live"), "three")
	})
}

// A service with few operations sees each stage of a rollout less often than every ten seconds.
func TestARolloutOfAQuietServiceIsToldAFewTimes(t *testing.T) {
	t.Parallel()
	for _, every := range []time.Duration{11 * time.Second, time.Minute, 10 * time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			w := newWatched(t)
			assert.Equal(t, []string{
				"user shadow live", "user live shadow", "user shadow live", "user live shadow beside",
			}, w.serve(t, 12*time.Hour, every, "shadow", "live"), every)
			assert.Contains(t, w.log.String(), "opposite orders")
		})
	}
}

// One in 150 operations is the canary's.
func TestACanaryIsToldAFewTimes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWatched(t)
		for i := range 36_000 {
			stage := ldmigration.Off
			if i%150 == 0 {
				stage = ldmigration.Shadow
			}
			w.at(t, stage)
			time.Sleep(100 * time.Millisecond)
		}
		assert.Equal(t, []string{"user shadow off", "user off shadow", "user shadow off beside"}, w.diary.take())
	})
}

// The flag moves, moves back and moves again for good, all within ten seconds.
func TestTheLastChangeToldIsTheTruth(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWatched(t)
		const often = 50 * time.Millisecond
		assert.Empty(t, w.serve(t, time.Minute, often, "off"))
		assert.Equal(t, []string{"user off live"}, w.serve(t, 3*time.Second, often, "live"))
		assert.Equal(t, []string{"user live off beside"}, w.serve(t, 3*time.Second, often, "off"))
		assert.Empty(t, w.serve(t, 10*time.Second, often, "live"), "not yet the only one for ten seconds")
		told := w.log.String()
		assert.Equal(t, []string{"user off live"}, w.serve(t, often, often, "live"))
		assert.Contains(t, w.log.String()[len(told):], "stage changed: what was written at off is missing in the new system")
		assert.Empty(t, w.serve(t, time.Hour, time.Second, "live"))
	})
}

// Two jobs run in turn, each for users of one stage: each turn would be a move, if it were
// reported.
func TestStagesThatReturnAgainAndAgainAreToldLessAndLess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWatched(t)
		var told []string
		for range 120 {
			told = append(told, w.serve(t, 15*time.Second, time.Second, "shadow")...)
			told = append(told, w.serve(t, 15*time.Second, time.Second, "live")...)
		}
		assert.LessOrEqual(t, len(told), 14, told)
		for range 3 {
			w.serve(t, 30*time.Minute, time.Second, "shadow")
			assert.Equal(t, []string{"user shadow live"}, w.serve(t, 11*time.Minute, time.Second, "live"), "the truth is told within ten minutes")
			assert.Equal(t, []string{"user live shadow"}, w.serve(t, 11*time.Minute, time.Second, "shadow"))
		}
		assert.Empty(t, w.serve(t, 2*time.Hour, time.Second, "shadow"))
		assert.Equal(t, []string{"user shadow live"}, w.serve(t, time.Second, time.Second, "live"), "at once, for all else is forgotten")
		assert.Equal(t, []string{"user live shadow beside"}, w.serve(t, time.Second, time.Second, "shadow"))
		assert.Equal(t, []string{"user shadow live"}, w.serve(t, 12*time.Second, time.Second, "live"), "and as soon as at first")
	})
}

// A request is under way while the flag moves on.
func TestAPinnedRequestTellsNoMoveBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWatched(t)
		request := cutover.Pin(t.Context())
		read := func(ctx context.Context) {
			_, err := w.reader.Read(ctx, user, "id")
			require.NoError(t, err)
		}
		w.client.stage = ldmigration.Live
		read(request)
		w.client.stage = ldmigration.Complete
		read(t.Context())
		for range 100 {
			read(request) // at live
			time.Sleep(time.Second)
			read(t.Context())
		}
		assert.Equal(t, []string{"user live complete"}, w.diary.take())
		assert.NotContains(t, w.log.String(), "level=WARN")
	})
}

// slowClient is a flag client whose evaluations may take time.
type slowClient struct {
	stagedClient
	mu    sync.Mutex
	stage ldmigration.Stage
	takes time.Duration
}

func (c *slowClient) move(stage ldmigration.Stage, takes time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stage, c.takes = stage, takes
}

func (c *slowClient) MigrationVariation(
	key string, who ldcontext.Context, defaultStage ldmigration.Stage,
) (ldmigration.Stage, interfaces.LDMigrationOpTracker, error) {
	c.mu.Lock()
	stage, takes := c.stage, c.takes
	c.mu.Unlock()
	if takes > 0 {
		time.Sleep(takes)
	}
	return stage, cutover.NewOpTracker(cutover.OpTrackerParams{
		FlagKey: key, Context: who, Default: defaultStage, Stage: stage,
	}), nil
}

// An operation evaluates before the flag moves, and is seen after.
func TestASlowEvaluationTellsNoMoveBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var client slowClient
		var diary stageDiary
		c := build(t, cutover.New(&client, "flag").Observe(&diary).Logger((&logBook{}).logger()))
		reader := readerOf(t, c, value("old"), value("new"), nil)
		read := func() {
			_, err := reader.Read(t.Context(), user, "id")
			assert.NoError(t, err)
		}
		client.move(ldmigration.Live, 0)
		read()
		client.move(ldmigration.Live, 100*time.Millisecond)
		var slow sync.WaitGroup
		slow.Go(read)
		synctest.Wait()
		client.move(ldmigration.Complete, 0)
		read()
		slow.Wait() // it was answered live
		for range 3600 {
			read()
			time.Sleep(time.Second)
		}
		assert.Equal(t, []string{"user live complete"}, diary.take())
	})
}

// moveWarnings are the warnings of moves, by the system in which something is missing.
var moveWarnings = map[string]string{
	"off live": "new", "off rampdown": "new", "off complete": "new",
	"complete rampdown": "old", "complete live": "old", "complete shadow": "old", "complete dualwrite": "old", "complete off": "old",
}

func TestAMoveThatLosesWritesIsWarnedOf(t *testing.T) {
	t.Parallel()
	for _, from := range allStages {
		for _, to := range allStages {
			if from == to {
				continue
			}
			t.Run(fmt.Sprint(from, " to ", to), func(t *testing.T) {
				t.Parallel()
				w := newWatched(t)
				w.at(t, from)
				w.at(t, to)
				require.Len(t, w.diary.changes, 1)
				warning := w.diary.changes[0].Warning
				missing, ok := moveWarnings[fmt.Sprint(from, " ", to)]
				if !ok {
					assert.Empty(t, warning)
					assert.Contains(t, w.log.String(), "level=INFO")
					return
				}
				assert.Contains(t, warning, fmt.Sprintf("what was written at %s is missing in the %s system", from, missing))
				end := ", unless it was copied"
				if to == ldmigration.Live || to == ldmigration.RampDown {
					if from == ldmigration.Complete {
						end = ": do not go back further"
					}
				}
				assert.Contains(t, warning, end)
				assert.Contains(t, w.log.String(), "level=WARN")
				assert.Contains(t, w.log.String(), "stage changed: "+warning)
			})
		}
	}
}

// besideWarnings are the warnings of two stages in use side by side.
var besideWarnings = map[string]string{
	"off dualwrite":      "what is written at off is missing in the new system",
	"off shadow":         "what is written at off is missing in the new system",
	"off live":           "what is written at off is missing in the new system",
	"off rampdown":       "what is written at off is missing in the new system",
	"off complete":       "what is written at off is missing in the new system, and what is written at complete is missing in the old system",
	"dualwrite live":     "dualwrite and live write in opposite orders: two writes of one record can leave the systems different for good",
	"dualwrite rampdown": "dualwrite and rampdown write in opposite orders: two writes of one record can leave the systems different for good",
	"shadow live":        "shadow and live write in opposite orders: two writes of one record can leave the systems different for good",
	"shadow rampdown":    "shadow and rampdown write in opposite orders: two writes of one record can leave the systems different for good",
	"dualwrite complete": "what is written at complete is missing in the old system",
	"shadow complete":    "what is written at complete is missing in the old system",
	"live complete":      "what is written at complete is missing in the old system",
	"rampdown complete":  "what is written at complete is missing in the old system",
}

func TestStagesSideBySideAreWarnedOf(t *testing.T) {
	t.Parallel()
	for i, one := range allStages {
		for j, other := range allStages {
			if i == j {
				continue
			}
			t.Run(fmt.Sprint(one, " beside ", other), func(t *testing.T) {
				t.Parallel()
				want := besideWarnings[fmt.Sprint(allStages[min(i, j)], " ", allStages[max(i, j)])]
				synctest.Test(t, func(t *testing.T) {
					w := newWatched(t)
					for _, stage := range []ldmigration.Stage{one, other, one} {
						w.at(t, stage)
						time.Sleep(time.Second)
					}
					assert.Equal(t, cutover.StageChange{
						Flag: "flag", ContextKind: "user", From: other, To: one, SideBySide: true, Warning: want,
					}, w.diary.changes[1])
					if want == "" {
						assert.Contains(t, w.log.String(), `level=INFO msg="cutover: stages are in use side by side"`)
					} else {
						assert.Contains(t, w.log.String(), `level=WARN msg="cutover: stages are in use side by side: `+want+`"`)
					}
				})
			})
		}
	}
}

// Of three stages in use, the pair reported last may be harmless and another one not.
func TestAThirdStageIsWarnedOf(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWatched(t)
		w.serve(t, time.Minute, time.Second, "shadow", "live")
		for _, stage := range []ldmigration.Stage{"rampdown", "shadow", "live"} {
			w.at(t, stage)
			time.Sleep(time.Second)
		}
		require.Len(t, w.diary.changes, 3)
		assert.Equal(t, besideWarnings["shadow rampdown"], w.diary.changes[1].Warning)
		assert.Equal(t, besideWarnings["shadow live"], w.diary.changes[2].Warning)
		w.diary.take()
		assert.Empty(t, w.serve(t, time.Minute, time.Second, "rampdown", "shadow", "live"))
	})
}

// What was written at complete is missing wherever the way back leads, step by step too.
func TestTheWayBackFromCompleteIsWarnedOfStepByStep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWatched(t)
		warned := func(stage ldmigration.Stage) string {
			w.at(t, stage)
			time.Sleep(2 * time.Hour)
			last := w.diary.changes[len(w.diary.changes)-1]
			require.Equal(t, stage, last.To)
			return last.Warning
		}
		const missing = "what was written at complete is missing in the old system"
		for range 2 {
			w.at(t, ldmigration.Complete)
			time.Sleep(2 * time.Hour)
			assert.Equal(t, missing+": do not go back further", warned(ldmigration.RampDown))
			assert.Equal(t, missing+": do not go back further", warned(ldmigration.Live))
			assert.Empty(t, warned(ldmigration.RampDown), "a step forward")
			assert.Equal(t, missing+": do not go back further", warned(ldmigration.Live))
			assert.Equal(t, missing+", unless it was copied", warned(ldmigration.Shadow))
			assert.Empty(t, warned(ldmigration.DualWrite), "it was told")
			assert.Empty(t, warned(ldmigration.Live), "and is as at the first time")
			assert.Empty(t, warned(ldmigration.Shadow))
		}
	})
}

// While part of the traffic is back at shadow, the rest may still go there.
func TestTheWayBackFromCompleteIsWarnedOfUntilItIsGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWatched(t)
		for _, stage := range []ldmigration.Stage{"shadow", "complete", "shadow", "rampdown", "live"} {
			w.at(t, stage)
			time.Sleep(time.Second)
		}
		require.Len(t, w.diary.changes, 4)
		assert.True(t, w.diary.changes[1].SideBySide, "shadow is told beside complete, which is no move back")
		assert.Equal(t, "what was written at complete is missing in the old system: do not go back further",
			w.diary.changes[3].Warning)
	})
}

// brokenDiary is an observer whose ObserveStage does not return.
type brokenDiary func()

func (d brokenDiary) ObserveStage(context.Context, cutover.StageChange) { d() }
func (brokenDiary) Observe(context.Context, cutover.Observation)        {}

// brokenHandler is a slog handler that does not return.
type brokenHandler struct {
	slog.Handler
	end func()
}

func (h brokenHandler) Handle(_ context.Context, record slog.Record) error {
	if strings.Contains(record.Message, "stage changed") {
		h.end()
	}
	return nil
}

func TestNothingThatATellingDoesCostsTheOperation(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(){
		"panics":              func() { panic("diary is broken") },
		"panics with nothing": func() { panic(nil) },
		"exits":               runtime.Goexit,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log logBook
			var after stageDiary
			client := &stagedClient{stage: ldmigration.Off}
			handler := brokenHandler{log.logger().Handler(), end}
			for _, logger := range []*slog.Logger{log.logger(), slog.New(handler)} {
				c := build(t, cutover.New(client, "flag").Observe(brokenDiary(end)).Observe(&after).Logger(logger))
				reader := readerOf(t, c, value("old"), value("new"), nil)
				for _, client.stage = range []ldmigration.Stage{"off", "complete"} {
					got := make(chan string, 1)
					go func() {
						defer close(got)
						value, _ := reader.Read(t.Context(), user, "id")
						got <- value
					}()
					assert.Equal(t, map[ldmigration.Stage]string{"off": "old", "complete": "new"}[client.stage], <-got)
				}
				assert.Equal(t, []string{"user off complete"}, after.take(), "the next observer is told")
			}
			assert.Equal(t, 4, client.count(), "op events")
			if name == "panics" {
				assert.Contains(t, log.String(), "diary is broken")
			}
		})
	}
}

// nestedDiary runs an operation at another stage for each reported change.
type nestedDiary struct {
	told []ldmigration.Stage
	next func(after ldmigration.Stage)
}

func (*nestedDiary) Observe(context.Context, cutover.Observation) {}

func (d *nestedDiary) ObserveStage(_ context.Context, change cutover.StageChange) {
	d.next(change.To)
	d.told = append(d.told, change.To)
}

func TestAnOperationWithinATellingIsToldAfterIt(t *testing.T) {
	t.Parallel()
	diary := &nestedDiary{}
	w := newWatched(t, diary)
	follow := map[ldmigration.Stage]ldmigration.Stage{"dualwrite": "shadow", "shadow": "live"}
	diary.next = func(after ldmigration.Stage) {
		if next, ok := follow[after]; ok {
			w.at(t, next)
		}
	}
	w.at(t, ldmigration.Off)
	w.at(t, ldmigration.DualWrite)
	assert.Equal(t, []ldmigration.Stage{"dualwrite", "shadow", "live"}, diary.told)
	assert.Equal(t, []string{"user off dualwrite", "user dualwrite shadow", "user shadow live"}, w.diary.take())
}

// Kinds may come from data.
func TestKindsAreToldApartUpToABound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var diary stageDiary
		client := &stagedClient{stage: ldmigration.Off}
		c := build(t, cutover.New(client, "flag").Observe(&diary).Logger((&logBook{}).logger()))
		reader := readerOf(t, c, value("old"), value("new"), nil)
		kind := func(i int) ldcontext.Context {
			return ldcontext.NewWithKind(ldcontext.Kind(fmt.Sprint("kind-", i)), "key")
		}
		for i := range 5000 {
			_, err := reader.Read(t.Context(), kind(i), "id")
			require.NoError(t, err)
		}
		assert.Equal(t, 65, cutover.WatchedKinds(c))
		client.stage = ldmigration.DualWrite
		for i := range 5000 {
			_, err := reader.Read(t.Context(), kind(i), "id")
			require.NoError(t, err)
		}
		told := diary.take()
		assert.Len(t, told, 65)
		assert.Equal(t, "kind-64 off dualwrite", told[64], "all others together")
		assert.Equal(t, 65, cutover.WatchedKinds(c))
	})
}

func TestStageChangesSeenByManyGoroutinesAreToldOnce(t *testing.T) {
	t.Parallel()
	var diary stageDiary
	client := &flippingClient{client: &stagedClient{}}
	reader := readerOf(t, build(t, cutover.New(client, "flag").Observe(&diary).Logger((&logBook{}).logger())), value("old"), value("new"), nil)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				_, err := reader.Read(t.Context(), user, "id")
				assert.NoError(t, err)
			}
		})
	}
	wg.Wait()
	assert.Len(t, diary.take(), 2, "there and back, and then both are known")
}

// flippingClient returns off and complete in turn.
type flippingClient struct {
	client *stagedClient
	mu     sync.Mutex
	flips  int
}

func (c *flippingClient) MigrationVariation(
	key string, who ldcontext.Context, defaultStage ldmigration.Stage,
) (ldmigration.Stage, interfaces.LDMigrationOpTracker, error) {
	c.mu.Lock()
	stage := []ldmigration.Stage{"off", "complete"}[c.flips%2]
	c.flips++
	c.mu.Unlock()
	if c.client.onEvaluate != nil {
		c.client.onEvaluate()
	}
	return stage, cutover.NewOpTracker(cutover.OpTrackerParams{
		FlagKey: key, Context: who, Default: defaultStage, Stage: stage,
	}), nil
}

func (c *flippingClient) TrackMigrationOp(event ldevents.MigrationOpEventData) error {
	return c.client.TrackMigrationOp(event)
}

func TestStageChangesReachTheSDKsLoggers(t *testing.T) {
	t.Parallel()
	mock := ldlogtest.NewMockLog()
	mock.Loggers.SetMinLevel(ldlog.Debug)
	client := &loggingClient{stagedClient: stagedClient{stage: ldmigration.Off}, loggers: mock.Loggers}
	reader := readerOf(t, build(t, cutover.New(client, "flag")), value("old"), value("new"), nil)
	for _, stage := range []ldmigration.Stage{"off", "dualwrite"} {
		client.stage = stage
		_, err := reader.Read(t.Context(), user, "id")
		require.NoError(t, err)
	}
	const told = `cutover: stage changed flag="flag" kind="user" from="off" to="dualwrite"`
	mock.AssertMessageMatch(t, true, ldlog.Info, told)

	client = &loggingClient{stagedClient: stagedClient{stage: ldmigration.Off}, loggers: onlyLDLoggers{mock.Loggers}}
	reader = readerOf(t, build(t, cutover.New(client, "flag")), value("old"), value("new"), nil)
	for _, stage := range []ldmigration.Stage{"off", "dualwrite"} {
		client.stage = stage
		_, err := reader.Read(t.Context(), user, "id")
		require.NoError(t, err)
	}
	mock.AssertMessageMatch(t, true, ldlog.Debug, told)
}

type loggingClient struct {
	stagedClient
	loggers interfaces.LDLoggers
}

// onlyLDLoggers hides all methods of a logger that the interface does not have.
type onlyLDLoggers struct{ interfaces.LDLoggers }

func (c *loggingClient) Loggers() interfaces.LDLoggers { return c.loggers }
