package cutover_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	ldevents "github.com/launchdarkly/go-sdk-events/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
)

// The exhaustive table: stage × operation × order × what each origin's function does, through both
// APIs, against a second copy of the stage table that was written by hand.

type expectation struct {
	authoritative ldmigration.Origin
	secondary     ldmigration.Origin // empty where the stage asks one origin only
}

var design = map[ldmigration.Stage]map[ldmigration.Operation]expectation{
	ldmigration.Off:       {ldmigration.Read: {"old", ""}, ldmigration.Write: {"old", ""}},
	ldmigration.DualWrite: {ldmigration.Read: {"old", ""}, ldmigration.Write: {"old", "new"}},
	ldmigration.Shadow:    {ldmigration.Read: {"old", "new"}, ldmigration.Write: {"old", "new"}},
	ldmigration.Live:      {ldmigration.Read: {"new", "old"}, ldmigration.Write: {"new", "old"}},
	ldmigration.RampDown:  {ldmigration.Read: {"new", ""}, ldmigration.Write: {"new", "old"}},
	ldmigration.Complete:  {ldmigration.Read: {"new", ""}, ldmigration.Write: {"new", ""}},
}

var (
	allStages = []ldmigration.Stage{
		ldmigration.Off, ldmigration.DualWrite, ldmigration.Shadow,
		ldmigration.Live, ldmigration.RampDown, ldmigration.Complete,
	}
	allOrders   = []ldmigration.ExecutionOrder{ldmigration.Serial, ldmigration.Random, ldmigration.Concurrent}
	allOrigins  = []ldmigration.Origin{ldmigration.Old, ldmigration.New}
	operations  = []ldmigration.Operation{ldmigration.Read, ldmigration.Write}
	allEndings  = []ending{succeeds, fails, panics, exits}
	errOfOrigin = map[ldmigration.Origin]error{
		ldmigration.Old: errors.New("old failed"), ldmigration.New: errors.New("new failed"),
	}
)

// ending is how a function of the table ends.
type ending string

const (
	succeeds ending = "succeeds"
	fails    ending = "fails"
	panics   ending = "panics"
	exits    ending = "exits"
)

// journal notes the begin and end of calls, in order.
type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) note(line string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, line)
}

func (j *journal) function(origin ldmigration.Origin, end ending) func(any) (any, error) {
	return func(payload any) (any, error) {
		j.note("begin " + string(origin))
		defer j.note("end " + string(origin))
		switch end {
		case succeeds:
		case fails:
			return nil, errOfOrigin[origin]
		case panics:
			panic("panic of " + string(origin))
		case exits:
			runtime.Goexit()
		}
		return fmt.Sprintf("%s %v", origin, payload), nil
	}
}

// tableCase is a row of the table.
type tableCase struct {
	stage     ldmigration.Stage
	operation ldmigration.Operation
	order     ldmigration.ExecutionOrder
	endings   map[ldmigration.Origin]ending
	inline    bool
}

// ran is what a caller saw of one operation.
type ran struct {
	returned bool // false if the caller's goroutine panicked or exited
	panicked any
	value    any
	err      error
	// secondary is nil if it was not called, or if the API does not show it.
	secondaryShown bool
	secondaryErr   error
}

func TestEveryStageOperationOrderAndOutcome(t *testing.T) {
	t.Parallel()
	for _, door := range []struct {
		name   string
		run    func(*testing.T, *stagedClient, tableCase, *journal) ran
		inline bool
	}{
		{"dynamic", runDynamic, false},
		{"dynamic with the secondary inline", runDynamic, true},
		{"typed", runTyped, false},
		{"typed with the secondary inline", runTyped, true},
	} {
		t.Run(door.name, func(t *testing.T) {
			t.Parallel()
			for _, stage := range allStages {
				for _, operation := range operations {
					for _, order := range allOrders {
						for _, old := range allEndings {
							for _, new := range allEndings {
								c := tableCase{stage, operation, order, map[ldmigration.Origin]ending{"old": old, "new": new}, door.inline}
								if c.inline && c.end(c.expected().secondary) == exits {
									continue // it ends the caller; see inline_test.go
								}
								name := fmt.Sprintf("%s at %s %s old %s new %s", operation, stage, order, old, new)
								t.Run(name, func(t *testing.T) {
									t.Parallel()
									var calls journal
									client := &stagedClient{stage: stage}
									client.onEvent = func() { calls.note("event") }
									got := door.run(t, client, c, &calls)
									c.checkResult(t, got)
									c.checkCalls(t, calls.lines)
									c.checkEvent(t, client.only(t))
								})
							}
						}
					}
				}
			}
		})
	}
}

func (c tableCase) expected() expectation { return design[c.stage][c.operation] }

func (c tableCase) end(origin ldmigration.Origin) ending { return c.endings[origin] }

// secondaryRuns: a secondary write runs only after a success. A secondary read runs unless the
// authoritative one came first and never returned.
func (c tableCase) secondaryRuns() (must, may bool) {
	e := c.expected()
	authoritative := c.end(e.authoritative)
	switch {
	case e.secondary == "":
		return false, false
	case c.operation == ldmigration.Write:
		return authoritative == succeeds, authoritative == succeeds
	case authoritative == succeeds || authoritative == fails || c.order == ldmigration.Concurrent:
		return true, true
	default:
		return false, c.order == ldmigration.Random
	}
}

func (c tableCase) checkResult(t *testing.T, got ran) {
	t.Helper()
	e := c.expected()
	switch c.end(e.authoritative) {
	case succeeds:
		require.True(t, got.returned)
		require.NoError(t, got.err)
		assert.Equal(t, string(e.authoritative)+" payload", got.value)
	case fails:
		require.True(t, got.returned)
		require.ErrorIs(t, got.err, errOfOrigin[e.authoritative])
	case panics:
		require.False(t, got.returned)
		assert.Equal(t, "panic of "+string(e.authoritative), got.panicked, "the caller gets the panic's own value")
	case exits:
		require.False(t, got.returned)
		assert.Nil(t, got.panicked)
	}
	if must, _ := c.secondaryRuns(); got.secondaryShown {
		require.True(t, must)
		switch c.end(e.secondary) {
		case succeeds:
			require.NoError(t, got.secondaryErr)
		case fails:
			require.ErrorIs(t, got.secondaryErr, errOfOrigin[e.secondary])
		case panics:
			var fault *cutover.PanicError
			require.ErrorAs(t, got.secondaryErr, &fault)
			assert.Equal(t, "panic of "+string(e.secondary), fault.Value)
			assert.Contains(t, string(fault.Stack), "(*journal).function", "the stack shows the user's function")
			require.ErrorIs(t, got.secondaryErr, cutover.ErrUnwound)
		case exits:
			require.ErrorIs(t, got.secondaryErr, cutover.ErrUnwound)
		}
	}
}

func (c tableCase) checkCalls(t *testing.T, lines []string) {
	t.Helper()
	e := c.expected()
	require.Equal(t, "event", lines[len(lines)-1], "the event is sent when all calls have ended")
	calls := lines[:len(lines)-1]
	authoritative := []string{"begin " + string(e.authoritative), "end " + string(e.authoritative)}
	secondary := []string{"begin " + string(e.secondary), "end " + string(e.secondary)}
	must, may := c.secondaryRuns()
	if !must && slices.Equal(calls, authoritative) {
		return
	}
	require.True(t, may, "calls: %v", calls)
	inOrder := slices.Concat(authoritative, secondary)
	switch {
	case c.operation == ldmigration.Write || c.order == ldmigration.Serial:
		assert.Equal(t, inOrder, calls)
	case c.order == ldmigration.Random:
		assert.Contains(t, [][]string{inOrder, slices.Concat(secondary, authoritative)}, calls)
	default:
		assert.ElementsMatch(t, inOrder, calls)
	}
}

func (c tableCase) checkEvent(t *testing.T, event ldevents.MigrationOpEventData) {
	t.Helper()
	e := c.expected()
	must, may := c.secondaryRuns()
	_, invoked := event.Invoked[e.secondary]
	assert.True(t, invoked == must || invoked == may)

	want := []ldmigration.Origin{e.authoritative}
	if invoked {
		want = append(want, e.secondary)
	}
	var failed []ldmigration.Origin
	for _, origin := range want {
		if c.end(origin) != succeeds {
			failed = append(failed, origin)
		}
	}
	assert.ElementsMatch(t, want, keys(event.Invoked))
	assert.ElementsMatch(t, want, keys(event.Latency))
	assert.ElementsMatch(t, failed, keys(event.Error))
	assert.Equal(t, c.operation, event.Op)
	assert.Equal(t, "flag", event.FlagKey)
	assert.Equal(t, ldmigration.RampDown, event.Default)
	assert.Equal(t, string(c.stage), event.Evaluation.Value.StringValue())
	if c.operation == ldmigration.Read && len(want) == 2 && len(failed) == 0 {
		assert.Equal(t, ldmigration.NewConsistencyCheck(false, 1), event.ConsistencyCheck)
	} else {
		assert.Nil(t, event.ConsistencyCheck)
	}
}

func keys[V any](m map[ldmigration.Origin]V) []ldmigration.Origin {
	var all []ldmigration.Origin
	for k := range m {
		all = append(all, k)
	}
	return all
}

// onOwnGoroutine runs a function that may panic or exit, and returns which of the three endings it
// had.
func onOwnGoroutine(operation func() ran) ran {
	done := make(chan ran)
	go func() {
		var got ran
		defer func() {
			if !got.returned {
				got.panicked = recover()
			}
			done <- got
		}()
		got = operation()
		got.returned = true
	}()
	return <-done
}

func runDynamic(t *testing.T, client *stagedClient, c tableCase, calls *journal) ran {
	t.Helper()
	oldFn, newFn := calls.function("old", c.end("old")), calls.function("new", c.end("new"))
	var unequal cutover.MigrationComparisonFn = func(authoritative, secondary any) bool {
		assert.Equal(t, string(c.expected().authoritative)+" payload", authoritative, "authoritative first")
		assert.Equal(t, string(c.expected().secondary)+" payload", secondary)
		return false
	}
	b := cutover.Migration(client).Read(oldFn, newFn, &unequal).Write(oldFn, newFn).ReadExecutionOrder(c.order)
	if c.inline {
		b.SecondaryInline()
	}
	migrator, err := b.Build()
	require.NoError(t, err)
	return onOwnGoroutine(func() ran {
		if c.operation == ldmigration.Read {
			result := migrator.Read("flag", user, ldmigration.RampDown, "payload")
			assert.Equal(t, c.expected().authoritative, result.GetOrigin())
			return ran{value: result.GetResult(), err: result.GetError()}
		}
		result := migrator.Write("flag", user, ldmigration.RampDown, "payload")
		authoritative := result.GetAuthoritativeResult()
		got := ran{value: authoritative.GetResult(), err: authoritative.GetError()}
		if other := result.GetNonAuthoritativeResult(); other != nil {
			assert.Equal(t, c.expected().secondary, other.GetOrigin())
			got.secondaryShown, got.secondaryErr = true, other.GetError()
		}
		return got
	})
}

func runTyped(t *testing.T, client *stagedClient, c tableCase, calls *journal) ran {
	t.Helper()
	typed := func(origin ldmigration.Origin) func(context.Context, string) (string, error) {
		untyped := calls.function(origin, c.end(origin))
		return func(_ context.Context, payload string) (string, error) {
			value, err := untyped(payload)
			if err != nil {
				return "", err
			}
			return value.(string), nil
		}
	}
	b := cutover.New(client, "flag").DefaultStage(ldmigration.RampDown).ReadOrder(c.order)
	if c.inline {
		b.SecondaryInline()
	}
	built := build(t, b)
	var detail cutover.Detail[string]
	got := onOwnGoroutine(func() ran {
		if c.operation == ldmigration.Read {
			reader, err := cutover.NewReader(built, typed("old"), typed("new")).CompareFunc(func(old, new string) bool {
				assert.Equal(t, "old payload", old, "old first, at every stage")
				assert.Equal(t, "new payload", new)
				return false
			}).Build()
			require.NoError(t, err)
			detail = reader.ReadDetail(t.Context(), user, "payload")
		} else {
			writer, err := cutover.NewReturningWriter(built, typed("old"), typed("new")).Build()
			require.NoError(t, err)
			detail = writer.WriteDetail(t.Context(), user, "payload")
		}
		value, err := detail.Result()
		return ran{value: value, err: err}
	})
	if got.returned {
		assert.Equal(t, c.stage, detail.Stage)
		assert.Equal(t, c.expected().authoritative, detail.Authoritative)
		if other, invoked := detail.Secondary(); invoked {
			got.secondaryShown, got.secondaryErr = true, other.Err
		}
	}
	return got
}
