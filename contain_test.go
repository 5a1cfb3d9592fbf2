package cutover_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/compare"
)

// trouble is what a function of the user's does instead of its work.
type trouble func()

func (t trouble) at(place, wanted string) {
	if place == wanted {
		t()
	}
}

// troubled is an operation with all functions that a user can set, one of which makes trouble.
type troubled struct {
	place    string
	trouble  trouble
	client   *stagedClient
	log      *logBook
	observed *seen

	mu     sync.Mutex
	called []string
}

func (o *troubled) call(place, result string) (string, error) {
	o.mu.Lock()
	o.called = append(o.called, place)
	o.mu.Unlock()
	o.trouble.at(o.place, place)
	return result, nil
}

func (o *troubled) Observe(ctx context.Context, observation cutover.Observation) {
	o.trouble.at(o.place, "Observe")
	o.observed.Observe(ctx, observation)
}

func (o *troubled) ObserveStage(context.Context, cutover.StageChange) {
	o.trouble.at(o.place, "ObserveStage")
}

type troubledHandler struct {
	slog.Handler
	op *troubled
}

func (h troubledHandler) Handle(ctx context.Context, r slog.Record) error {
	h.op.trouble.at(h.op.place, "log handler")
	return h.Handler.Handle(ctx, r)
}

func newTroubled(place string, trouble trouble) *troubled {
	o := &troubled{place: place, trouble: trouble, log: &logBook{}, observed: &seen{}}
	o.client = &stagedClient{stage: ldmigration.Off}
	o.client.onEvaluate = func() { o.trouble.at(o.place, "evaluation") }
	o.client.onEvent = func() { o.trouble.at(o.place, "TrackMigrationOp") }
	return o
}

func (o *troubled) cutover(t *testing.T, order ldmigration.ExecutionOrder) *cutover.Cutover {
	t.Helper()
	handler := troubledHandler{slog.NewTextHandler(o.log, nil), o}
	return build(t, cutover.New(o.client, "flag").DefaultStage(ldmigration.Shadow).ReadOrder(order).
		Logger(slog.New(handler)).Observe(o))
}

func (o *troubled) reader(t *testing.T, c *cutover.Cutover) func() (string, error) {
	t.Helper()
	b := cutover.NewReader(c,
		func(context.Context, []string) (string, error) { return o.call("authoritative", "a") },
		func(context.Context, []string) (string, error) { return o.call("secondary", "b") }).
		Compare(compare.Explained(
			func(old, new string) compare.Answer { o.trouble.at(o.place, "comparison"); return compare.Different },
			func(old, new string) []compare.Difference {
				o.trouble.at(o.place, "explanation")
				return []compare.Difference{{Path: "p", Old: old, New: new}}
			})).
		Ignore("rule", func(_, _ string) bool { o.trouble.at(o.place, "Ignore"); return false }).
		NotFoundFunc(func(string, error) bool { o.trouble.at(o.place, "NotFound"); return false }).
		CompareBetweenWrites(cutover.Key(func([]string) int { o.trouble.at(o.place, "key of a read"); return 1 })).
		ClonePayload(func(ids []string) []string { o.trouble.at(o.place, "ClonePayload"); return ids }).
		CloneResult(func(s string) string { o.trouble.at(o.place, "CloneResult"); return s }).
		Reveal(func(ids []string) any { o.trouble.at(o.place, "Reveal"); return ids }, func(s string) string { return s })
	reader, err := b.Build()
	require.NoError(t, err)
	return func() (string, error) { return reader.Read(t.Context(), ldcontext.New("u"), []string{"id"}) }
}

func TestWhatBecomesOfAnOperation(t *testing.T) {
	t.Parallel()
	type outcome struct {
		result      string // of the caller: a value, "panics", "exits"
		calls       int
		events      int
		observed    int
		consistency cutover.Consistency
		log         string
	}
	const differ, panicked = cutover.Inconsistent, cutover.ComparisonPanicked
	for _, c := range []struct {
		place         string
		panics, exits outcome
	}{
		{
			"evaluation",
			outcome{"a", 2, 1, 1, differ, "flag client panicked"},
			outcome{"exits", 0, 0, 0, 0, ""},
		},
		{
			"ClonePayload",
			outcome{"a", 1, 1, 1, cutover.SecondarySkipped, "clone of a payload panicked"},
			outcome{"exits", 0, 0, 0, 0, ""},
		},
		{
			"authoritative", // in serial order the secondary comes after it
			outcome{"panics", 1, 1, 1, cutover.ReadFailed, ""},
			outcome{"exits", 1, 1, 1, cutover.ReadFailed, ""},
		},
		{
			"secondary",
			outcome{"a", 2, 1, 1, cutover.ReadFailed, "secondary panicked"},
			outcome{"a", 2, 1, 1, cutover.ReadFailed, ""},
		},
		{
			"NotFound",
			outcome{"a", 2, 1, 1, differ, "NotFound function panicked"},
			outcome{"exits", 2, 1, 1, cutover.SingleOrigin, ""},
		},
		{
			"comparison",
			outcome{"a", 2, 1, 1, panicked, "comparison panicked"},
			outcome{"exits", 2, 1, 1, panicked, ""},
		},
		{
			"key of a read",
			outcome{"a", 2, 1, 1, panicked, "comparison panicked"},
			outcome{"exits", 2, 1, 1, panicked, ""},
		},
		{
			"Ignore",
			outcome{"a", 2, 1, 1, differ, "ignore rule panicked"},
			outcome{"exits", 2, 1, 1, differ, ""},
		},
		{
			"explanation",
			outcome{"a", 2, 1, 1, differ, "explanation panicked"},
			outcome{"exits", 2, 1, 1, differ, ""},
		},
		{
			"CloneResult", // it serves to reveal in an order that is not detached
			outcome{"a", 2, 1, 1, differ, "clone of a result panicked"},
			outcome{"exits", 2, 1, 0, 0, ""},
		},
		{
			"TrackMigrationOp",
			outcome{"a", 2, 0, 1, differ, "flag client panicked"},
			outcome{"exits", 2, 0, 1, differ, ""},
		},
		{
			"Reveal",
			outcome{"a", 2, 1, 1, differ, "Reveal function panicked"},
			outcome{"exits", 2, 1, 0, 0, ""},
		},
		{
			"Observe",
			outcome{"a", 2, 1, 0, 0, "observer panicked"},
			outcome{"exits", 2, 1, 0, 0, ""},
		},
		{
			"ObserveStage",
			outcome{"a", 2, 1, 1, differ, "observer panicked"},
			outcome{"a", 2, 1, 1, differ, ""},
		},
	} {
		for how, want := range map[string]outcome{"panics": c.panics, "exits": c.exits} {
			t.Run(c.place+" "+how, func(t *testing.T) {
				t.Parallel()
				armed := false
				trouble := func() {
					switch {
					case !armed:
					case how == "panics":
						panic("trouble")
					default:
						goexit()
					}
				}
				o := newTroubled(c.place, trouble)
				read := o.reader(t, o.cutover(t, ldmigration.Serial))
				_, err := read() // at off, so that the next one sees a change
				require.NoError(t, err)
				o.called, o.client.events, o.observed.all = nil, nil, nil
				o.client.stage, armed = ldmigration.Shadow, true
				value := ""
				got := onOwnGoroutine(func() ran { v, err := read(); value = v; return ran{err: err} })
				switch {
				case got.panicked != nil:
					value = "panics"
				case !got.returned:
					value = "exits"
				default:
					require.NoError(t, got.err)
				}
				assert.Equal(t, want.result, value)
				assert.Len(t, o.called, want.calls)
				assert.Equal(t, want.events, o.client.count())
				require.Len(t, o.observed.all, want.observed)
				if want.observed > 0 {
					assert.Equal(t, want.consistency, o.observed.all[0].Consistency)
				}
				if want.log != "" {
					assert.Contains(t, o.log.String(), want.log)
				}
				assert.Equal(t, want.log != "", strings.Contains(o.log.String(), "trouble"))
			})
		}
	}
}

// None of them ends the process in the background either, where nobody could recover.
func TestTroubleInTheBackgroundEndsNoProcess(t *testing.T) {
	t.Parallel()
	for _, place := range []string{
		"authoritative", "secondary", "NotFound", "comparison", "key of a read", "Ignore", "explanation", "TrackMigrationOp",
		"Reveal", "Observe", "CloneResult", "log handler",
	} {
		for how, trouble := range map[string]trouble{"panics": func() { panic("trouble") }, "exits": goexit} {
			t.Run(place+" "+how, func(t *testing.T) {
				t.Parallel()
				o := newTroubled(place, trouble)
				o.client.stage = ldmigration.Shadow
				c := o.cutover(t, cutover.Detached)
				read := o.reader(t, c)
				for range 3 {
					_ = onOwnGoroutine(func() ran { _, err := read(); return ran{err: err} })
				}
				require.NoError(t, c.Close(t.Context()))
				assert.Zero(t, c.Background().Running)
				if place != "TrackMigrationOp" {
					assert.Equal(t, 3, o.client.count())
				}
			})
		}
	}
}

// A log handler is a function of the user's: it may write, and it may wait.
func TestNothingIsLoggedWhileARecordsTurnIsHeld(t *testing.T) {
	t.Parallel()
	var built *cutover.Cutover
	busy := -1
	log := slog.New(slog.NewTextHandler(writerFunc(func(p []byte) (int, error) {
		busy = cutover.BusyKeys(built)
		return len(p), nil
	}), nil))
	built = build(t, cutover.New(&stagedClient{stage: ldmigration.DualWrite}, "flag").Logger(log))
	ok := func(context.Context, string) error { return nil }
	panics := func(context.Context, string) error { panic("secondary") }
	require.NoError(t, serializedBy(t, built, oneRecord, ok, panics).Write(t.Context(), user, "order"))
	assert.Zero(t, busy)
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestAnExitBeforeTheSecondaryIsWaitedForLeavesItInTheEvent(t *testing.T) {
	t.Parallel()
	for _, order := range fourOrders {
		synctest.Test(t, func(t *testing.T) {
			client := &stagedClient{stage: ldmigration.Shadow}
			built := build(t, cutover.New(client, "flag").ReadOrder(order))
			down := func(context.Context, string) (string, error) { return "", errNotFound }
			reader, err := cutover.NewReader(built, down, after(time.Second, "v")).
				FallBack(func(ldmigration.Origin, error) bool { goexit(); return true }).Build()
			require.NoError(t, err)
			var caller sync.WaitGroup
			caller.Go(func() { _, _ = reader.Read(t.Context(), user, "id") })
			caller.Wait()
			assert.ElementsMatch(t, allOrigins, keys(client.only(t).Invoked), "%s", order)
			assert.Zero(t, built.Background())
		})
	}
}
