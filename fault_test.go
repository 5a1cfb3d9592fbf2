package cutover_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldlogtest"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	ld "github.com/launchdarkly/go-server-sdk/v7"
	"github.com/launchdarkly/go-server-sdk/v7/ldcomponents"
	"github.com/launchdarkly/go-server-sdk/v7/ldhooks"
	"github.com/launchdarkly/go-server-sdk/v7/testhelpers/ldtestdata"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
)

// The fault pairs: each fault is shown to harm the SDK's migrator, and does not harm cutover.

// fault is something that goes wrong in a service, and its outcomes.
type fault struct {
	name   string
	stage  ldmigration.Stage
	script func(*sdkTrackerClient) script
	sdk    harm
	ours   string
}

// harm is what a fault does to the SDK's migrator.
type harm struct {
	kills bool   // whether the process ends
	says  string // on its standard error if so, otherwise of the operation
	luck  bool   // whether it is certain only under the race detector
}

const (
	fellOver   = "the new system fell over"
	deadlocked = "deadlock: every goroutine waits for another"
)

var faults = []fault{
	{
		name:   "the new system panics in a concurrent read",
		stage:  ldmigration.Shadow,
		script: wellBut(script{new: panicking}),
		sdk:    harm{kills: true, says: "panic: " + fellOver},
		ours:   `returned "old value"; 1 event, new failed`,
	},
	{
		name:   "the new system panics in a concurrent read when it is authoritative and the caller would recover",
		stage:  ldmigration.Live,
		script: wellBut(script{new: panicking}),
		sdk:    harm{kills: true, says: "panic: " + fellOver},
		ours:   `panicked: the new system fell over; 1 event, new failed`,
	},
	{
		name:   "many goroutines share one migrator that reads in random order",
		stage:  ldmigration.Shadow,
		script: wellBut(script{order: ldmigration.Random, goroutines: 8, times: 250}),
		sdk:    harm{kills: true, says: "DATA RACE", luck: true},
		ours:   `returned "old value"; 2000 events`,
	},
	{
		name:   "the new system panics in a serial read",
		stage:  ldmigration.Shadow,
		script: wellBut(script{order: ldmigration.Serial, new: panicking}),
		sdk:    harm{says: `panicked: the new system fell over; 0 events`},
		ours:   `returned "old value"; 1 event, new failed`,
	},
	{
		name:   "the new system panics in the second write after the first succeeded",
		stage:  ldmigration.Shadow,
		script: wellBut(script{operation: ldmigration.Write, new: panicking}),
		sdk:    harm{says: `panicked: the new system fell over; 0 events`},
		ours:   `returned "old value"; 1 event, new failed`,
	},
	{
		name:   "the comparison panics after a serial read",
		stage:  ldmigration.Shadow,
		script: wellBut(script{order: ldmigration.Serial, equal: panickingComparison}),
		sdk:    harm{says: `panicked: cannot compare; 0 events`},
		ours:   `returned "old value"; 1 event`,
	},
	{
		name:   "the comparison panics after a concurrent read",
		stage:  ldmigration.Shadow,
		script: wellBut(script{order: ldmigration.Concurrent, equal: panickingComparison}),
		sdk:    harm{says: `panicked: cannot compare; 0 events`},
		ours:   `returned "old value"; 1 event`,
	},
	{
		name:   "the new system exits its goroutine in a concurrent read",
		stage:  ldmigration.Shadow,
		script: wellBut(script{new: exiting}),
		sdk:    harm{kills: true, says: deadlocked},
		ours:   `returned "old value"; 1 event, new failed`,
	},
	{
		name:   "the authoritative system exits its goroutine in a concurrent read as a failing test does",
		stage:  ldmigration.Shadow,
		script: wellBut(script{old: exiting}),
		sdk:    harm{kills: true, says: deadlocked},
		ours:   `exited; 1 event, old failed`,
	},
	{
		name:   "the new system exits its goroutine in a serial read",
		stage:  ldmigration.Shadow,
		script: wellBut(script{order: ldmigration.Serial, new: exiting}),
		sdk:    harm{says: `exited; 0 events`},
		ours:   `returned "old value"; 1 event, new failed`,
	},
	{
		name:   "the new system exits its goroutine in the second write after the first succeeded",
		stage:  ldmigration.Shadow,
		script: wellBut(script{operation: ldmigration.Write, new: exiting}),
		sdk:    harm{says: `exited; 0 events`},
		ours:   `returned "old value"; 1 event, new failed`,
	},
	{
		name:  "the comparison uses the tracker it is about to be recorded in",
		stage: ldmigration.Shadow,
		script: func(client *sdkTrackerClient) script {
			client.keep = true
			return wellBut(script{equal: func(a, b string) bool {
				client.tracker.TrackError(ldmigration.New)
				return a == b
			}})(client)
		},
		sdk:  harm{kills: true, says: deadlocked},
		ours: `returned "old value"; 1 event, new failed, consistent: false`,
	},
}

// wellBut returns a script in which all that s does not set goes well.
func wellBut(s script) func(*sdkTrackerClient) script {
	if s.old == nil {
		s.old = oldValue
	}
	if s.new == nil {
		s.new = newValue
	}
	return func(*sdkTrackerClient) script { return s }
}

func panicking() (string, error) { panic(fellOver) }

func panickingComparison(string, string) bool { panic("cannot compare") }

func exiting() (string, error) {
	runtime.Goexit()
	return "", nil
}

func TestFaultsOfTheUsersFunctions(t *testing.T) {
	t.Parallel()
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			t.Run("and harms "+sdkLibrary, func(t *testing.T) {
				t.Parallel()
				if f.sdk.luck && !underRaceDetector {
					t.Log("not shown: without the race detector this harm is a matter of luck")
					return
				}
				got := playInChild(t, f.name, sdkLibrary)
				if f.sdk.kills {
					assert.NotZero(t, got.exit)
					assert.Contains(t, got.stderr, f.sdk.says)
					assert.Empty(t, got.stdout)
					return
				}
				assert.Equal(t, f.sdk.says, got.stdout)
			})
			for _, ours := range []string{dynamicLibrary, typedLibrary} {
				t.Run("and does not harm "+ours, func(t *testing.T) {
					t.Parallel()
					assert.Equal(t, child{stdout: f.ours}, playInChild(t, f.name, ours))
				})
			}
		})
	}
}

func TestFaultOfADeadlineThatReachesNoFunction(t *testing.T) {
	t.Parallel()
	const patience, hang = 100 * time.Millisecond, time.Hour
	query := func(ctx context.Context, id int) (string, error) {
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-time.After(hang):
			return fmt.Sprint("order ", id), nil
		}
	}

	t.Run("a caller of the SDK's migrator waits on", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			withoutContext := func(payload any) (any, error) { return query(context.Background(), payload.(int)) }
			migrator, err := ld.Migration(newSDKTrackerClient(ldmigration.Shadow)).
				Read(withoutContext, withoutContext, nil).Write(withoutContext, withoutContext).Build()
			require.NoError(t, err)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			began := time.Now()
			require.NoError(t, migrator.Read("orders", user, ldmigration.Off, 7).GetError())
			assert.Equal(t, hang, time.Since(began))
			require.ErrorIs(t, ctx.Err(), context.DeadlineExceeded, "and has long stopped waiting for the answer")
		})
	})
	t.Run("a caller of a typed reader or writer does not", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			orders, err := cutover.New(newSDKTrackerClient(ldmigration.Shadow), "orders").Build()
			require.NoError(t, err)
			reader, err := cutover.NewReader(orders, query, query).Build()
			require.NoError(t, err)
			writer, err := cutover.NewReturningWriter(orders, query, query).Build()
			require.NoError(t, err)
			for _, operation := range []func(context.Context) (string, error){
				func(ctx context.Context) (string, error) { return reader.Read(ctx, user, 7) },
				func(ctx context.Context) (string, error) { return writer.Write(ctx, user, 7) },
			} {
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				began := time.Now()
				_, err := operation(ctx)
				require.ErrorIs(t, err, context.DeadlineExceeded)
				assert.Equal(t, patience, time.Since(began))
				cancel()
			}
		})
	})
}

// traceHook keeps the trace of each evaluation.
type traceHook struct {
	ldhooks.Unimplemented
	traces []any
}

type traceKey struct{}

func (h *traceHook) Metadata() ldhooks.Metadata { return ldhooks.NewMetadata("trace") }

func (h *traceHook) BeforeEvaluation(
	ctx context.Context, _ ldhooks.EvaluationSeriesContext, data ldhooks.EvaluationSeriesData,
) (ldhooks.EvaluationSeriesData, error) {
	h.traces = append(h.traces, ctx.Value(traceKey{}))
	return data, nil
}

func TestFaultOfATraceThatHooksDoNotSee(t *testing.T) {
	t.Parallel()
	hook := &traceHook{}
	client, _, _ := realClient(t, nil, hook)
	ctx := context.WithValue(t.Context(), traceKey{}, "trace 1")

	migrator, err := ld.Migration(client).
		Read(untyped(oldValue), untyped(newValue), nil).Write(untyped(oldValue), untyped(newValue)).Build()
	require.NoError(t, err)
	migrator.Read("orders", user, ldmigration.Off, nil)
	migrator.Write("orders", user, ldmigration.Off, nil)
	assert.Equal(t, []any{nil, nil}, hook.traces, "the SDK's migrator has no context to hand on")

	hook.traces = nil
	orders, err := cutover.New(client, "orders").Build()
	require.NoError(t, err)
	noop := func(context.Context, string) error { return nil }
	reader, err := cutover.NewReader(orders, ignoring(oldValue), ignoring(newValue)).Build()
	require.NoError(t, err)
	writer, err := cutover.NewWriter(orders, noop, noop).Build()
	require.NoError(t, err)
	_, err = reader.Read(ctx, user, "7")
	require.NoError(t, err)
	require.NoError(t, writer.Write(ctx, user, "7"))
	assert.Equal(t, []any{"trace 1", "trace 1"}, hook.traces)
}

func oldValue() (string, error) { return "old value", nil }

func newValue() (string, error) { return "new value", nil }

func ignoring(function func() (string, error)) func(context.Context, string) (string, error) {
	return func(context.Context, string) (string, error) { return function() }
}

func TestFaultOfASecondaryNobodySees(t *testing.T) {
	t.Parallel()
	errLocked := errors.New("order 7 is locked")
	locked := func() (string, error) { return "", errLocked }
	same := func(a, b string) bool { return a == b }
	cases := []struct {
		name   string
		new    func() (string, error)
		secret string // what the user would need to know
		event  string // what the op event makes of it
		seen   cutover.Outcome[any]
		check  cutover.Consistency
	}{
		{
			name: "because it fails", new: locked, secret: "order 7 is locked", event: "1 event, new failed",
			seen: cutover.Outcome[any]{Invoked: true, Value: "", Err: errLocked}, check: cutover.ReadFailed,
		},
		{
			name: "because it differs", new: newValue, secret: "new value", event: "1 event, consistent: false",
			seen: cutover.Outcome[any]{Invoked: true, Value: "new value"}, check: cutover.Inconsistent,
		},
	}
	for _, c := range cases {
		t.Run(c.name+" is invisible with the SDK's migrator", func(t *testing.T) {
			t.Parallel()
			log := ldlogtest.NewMockLog()
			client := newSDKTrackerClient(ldmigration.Shadow)
			client.loggers = log.Loggers
			compare := ld.MigrationComparisonFn(func(a, b any) bool { return a == b })
			migrator, err := ld.Migration(client).
				Read(untyped(oldValue), untyped(c.new), &compare).Write(untyped(oldValue), untyped(c.new)).Build()
			require.NoError(t, err)
			result := migrator.Read("orders", user, ldmigration.Off, nil)
			assert.Equal(t, "old value", result.GetResult())
			assert.Equal(t, c.event, client.account())
			everything := fmt.Sprintf("%+v %+v %+v", result, client.only(t), log.GetAllOutput())
			assert.NotContains(t, everything, c.secret)
		})
		for _, ours := range []string{dynamicLibrary, typedLibrary} {
			t.Run(c.name+" is observed with "+ours, func(t *testing.T) {
				t.Parallel()
				client := newSDKTrackerClient(ldmigration.Shadow)
				var seen []cutover.Observation
				operation, err := libraries[ours](client, script{
					old: oldValue, new: c.new, equal: same,
					observer: observerFunc(func(_ context.Context, o cutover.Observation) { seen = append(seen, o) }),
				})
				require.NoError(t, err)
				value, err := operation()
				require.NoError(t, err)
				assert.Equal(t, "old value", value)
				assert.Equal(t, c.event, client.account())
				require.Len(t, seen, 1)
				seen[0].Old.Latency, seen[0].New.Latency = 0, 0
				seen[0].Old.Start, seen[0].New.Start = time.Time{}, time.Time{}
				assert.Equal(t, c.seen, seen[0].New)
				assert.Equal(t, cutover.Outcome[any]{Invoked: true, Value: "old value"}, seen[0].Old)
				assert.Equal(t, c.check, seen[0].Consistency)
			})
		}
	}
}

func TestFaultOfAMistypedDefaultStageWhileTheFlagIsMissing(t *testing.T) {
	t.Parallel()
	const mistyped = ldmigration.Stage("Complete")
	setUp := func(t *testing.T) (*ld.LDClient, *ldlogtest.MockLog) {
		t.Helper()
		log := ldlogtest.NewMockLog()
		return customClient(t, ld.Config{
			DataSource: ldtestdata.DataSource(), Events: ldcomponents.NoEvents(),
			Logging: ldcomponents.Logging().Loggers(log.Loggers),
		}), log
	}
	noCall := func(any) (any, error) { panic("called at a stage that is none") }

	t.Run("silently runs as off with the SDK's migrator", func(t *testing.T) {
		t.Parallel()
		client, log := setUp(t)
		migrator, err := ld.Migration(client).
			Read(untyped(oldValue), untyped(newValue), nil).Write(untyped(oldValue), untyped(newValue)).Build()
		require.NoError(t, err)
		for _, result := range []ld.MigrationResult{
			migrator.Read("orders", user, mistyped, nil).MigrationResult,
			migrator.Write("orders", user, mistyped, nil).GetAuthoritativeResult(),
		} {
			require.NoError(t, result.GetError())
			assert.Equal(t, "old value", result.GetResult(), "from the system that was to be retired")
		}
		assert.NotContains(t, fmt.Sprint(log.GetAllOutput()), string(mistyped))
	})
	t.Run("is an error of each call of cutover.Migration, and runs nothing", func(t *testing.T) {
		t.Parallel()
		client, log := setUp(t)
		migrator, err := cutover.Migration(client).Read(noCall, noCall, nil).Write(noCall, noCall).Build()
		require.NoError(t, err)
		for _, result := range []cutover.MigrationResult{
			migrator.Read("orders", user, mistyped, nil).MigrationResult,
			migrator.Write("orders", user, mistyped, nil).GetAuthoritativeResult(),
		} {
			require.ErrorIs(t, result.GetError(), cutover.ErrUnknownStage)
			var stageErr *cutover.StageError
			require.ErrorAs(t, result.GetError(), &stageErr)
			assert.Equal(t, cutover.StageError{Flag: "orders", Stage: mistyped, Default: true}, *stageErr)
		}
		assert.Contains(t, fmt.Sprint(log.GetAllOutput()), string(mistyped))
	})
	t.Run("is an error of Build of a cutover", func(t *testing.T) {
		t.Parallel()
		client, _ := setUp(t)
		orders, err := cutover.New(client, "orders").DefaultStage(mistyped).Build()
		require.ErrorIs(t, err, cutover.ErrUnknownStage)
		assert.Nil(t, orders)
	})
}

func TestFaultOfSettingsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	const noOrder = ldmigration.ExecutionOrder("sideways")
	fine := untyped(oldValue)

	t.Run("passes Build of the SDK and shows in production", func(t *testing.T) {
		t.Parallel()
		client := newSDKTrackerClient(ldmigration.Shadow)
		builder := func(client ld.MigrationCapableClient) *ld.MigratorBuilder {
			return ld.Migration(client).Read(fine, fine, nil).Write(fine, fine).ReadExecutionOrder(ldmigration.Serial)
		}
		cases := []struct {
			name    string
			builder *ld.MigratorBuilder
		}{
			{"as a panic of a read if the old read is nil", builder(client).Read(nil, fine, nil)},
			{"as a panic of a read if the new read is nil", builder(client).Read(fine, nil, nil)},
			{"as a panic of a read if the comparison is nil", builder(client).Read(fine, fine, new(ld.MigrationComparisonFn))},
			{"as a panic of a write if the old write is nil", builder(client).Write(nil, fine)},
			{"as a panic of a write if the new write is nil", builder(client).Write(fine, nil)},
			{"as a panic of a read if the client is a nil pointer", builder((*ld.LDClient)(nil))},
		}
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				migrator, err := c.builder.Build()
				require.NoError(t, err)
				assert.Panics(t, func() {
					migrator.Read("orders", user, ldmigration.Off, nil)
					migrator.Write("orders", user, ldmigration.Off, nil)
				})
			})
		}
		t.Run("as nothing at all if the order is none", func(t *testing.T) {
			t.Parallel()
			migrator, err := builder(client).ReadExecutionOrder(noOrder).Build()
			require.NoError(t, err)
			require.NoError(t, migrator.Read("orders", user, ldmigration.Off, nil).GetError())
		})
	})
	t.Run("is all in one error of Build of cutover.Migration", func(t *testing.T) {
		t.Parallel()
		migrator, err := cutover.Migration((*ld.LDClient)(nil)).
			Read(nil, nil, new(cutover.MigrationComparisonFn)).Write(nil, nil).ReadExecutionOrder(noOrder).Build()
		assert.Nil(t, migrator)
		assertRefused(t, err, cutover.ErrNilClient, cutover.ErrUnknownOrder, cutover.ErrNilFunction)
		for _, function := range []string{"old read: ", "new read: ", "old write: ", "new write: ", "comparison: "} {
			require.ErrorContains(t, err, function+cutover.ErrNilFunction.Error())
		}
	})
	t.Run("is all in one error of each Build of the typed API", func(t *testing.T) {
		t.Parallel()
		orders, err := cutover.New((*ld.LDClient)(nil), "").ReadOrder(noOrder).DefaultStage("none").Build()
		assert.Nil(t, orders)
		assertRefused(t, err,
			cutover.ErrNilClient, cutover.ErrUnknownOrder, cutover.ErrEmptyFlagKey, cutover.ErrUnknownStage)

		reader, err := cutover.NewReader[string, string](nil, nil, nil).CompareFunc(nil).Build()
		assert.Nil(t, reader)
		assertRefused(t, err, cutover.ErrNilCutover, cutover.ErrNilFunction)
		for _, function := range []string{"old read: ", "new read: ", "comparison: "} {
			require.ErrorContains(t, err, function+cutover.ErrNilFunction.Error())
		}

		writer, err := cutover.NewWriter[string](nil, nil, nil).Build()
		assert.Nil(t, writer)
		assertRefused(t, err, cutover.ErrNilCutover, cutover.ErrNilFunction)
		for _, function := range []string{"old write: ", "new write: "} {
			require.ErrorContains(t, err, function+cutover.ErrNilFunction.Error())
		}
	})
}

// assertRefused requires each of the sentinels in the one error.
func assertRefused(t *testing.T, err error, sentinels ...error) {
	t.Helper()
	for _, sentinel := range sentinels {
		require.ErrorIs(t, err, sentinel)
	}
}

func TestFaultOfReadsWithoutWrites(t *testing.T) {
	t.Parallel()
	client := newSDKTrackerClient(ldmigration.Live)
	_, err := ld.Migration(client).Read(untyped(oldValue), untyped(newValue), nil).Build()
	require.Error(t, err, "the SDK's migrator wants writes from a service that only reads")

	orders, err := cutover.New(client, "orders").Build()
	require.NoError(t, err)
	reader, err := cutover.NewReader(orders, ignoring(oldValue), ignoring(newValue)).Build()
	require.NoError(t, err)
	value, err := reader.Read(t.Context(), user, "7")
	require.NoError(t, err)
	assert.Equal(t, "new value", value)
}

func TestFaultOfTypesThatNoCompilerChecks(t *testing.T) {
	t.Parallel()
	type row struct{ id, cents int }
	find := func(cents int) func(context.Context, int) (row, error) {
		return func(_ context.Context, id int) (row, error) { return row{id, cents}, nil }
	}

	t.Run("compile with the SDK's migrator, and panic", func(t *testing.T) {
		t.Parallel()
		find := func(payload any) (any, error) { return find(100)(context.Background(), payload.(int)) }
		// The comparison is a pointer to a function, so it needs a variable.
		compare := ld.MigrationComparisonFn(func(a, b any) bool { return a.(row) == b.(row) })
		migrator, err := ld.Migration(newSDKTrackerClient(ldmigration.Shadow)).
			ReadExecutionOrder(ldmigration.Serial).Read(find, find, &compare).Write(find, find).Build()
		require.NoError(t, err)
		assert.Panics(t, func() { migrator.Read("orders", user, ldmigration.Off, "7") }, "a payload of another type")
		assert.Panics(t, func() {
			_ = migrator.Read("orders", user, ldmigration.Off, 7).GetResult().(*row)
		}, "a result taken for another type")
		assert.True(t, mentionsAny(migrator.Read))
	})
	t.Run("do not arise with the typed API, which mentions no any", func(t *testing.T) {
		t.Parallel()
		orders, err := cutover.New(newSDKTrackerClient(ldmigration.Shadow), "orders").Build()
		require.NoError(t, err)
		reading := cutover.NewReader(orders, find(100), find(99)).CompareEqual()
		reader, err := reading.Build()
		require.NoError(t, err)
		writer, err := cutover.NewWriter(orders,
			func(context.Context, row) error { return nil }, func(context.Context, row) error { return nil }).Build()
		require.NoError(t, err)
		inserter, err := cutover.NewReturningWriter(orders,
			func(context.Context, row) (int, error) { return 1, nil },
			func(context.Context, row) (int, error) { return 2, nil }).Build()
		require.NoError(t, err)

		var found row
		found, err = reader.Read(t.Context(), user, 7)
		require.NoError(t, err)
		assert.Equal(t, row{7, 100}, found)
		detail := reader.ReadDetail(t.Context(), user, 7)
		assert.Equal(t, -1, detail.New.Value.cents-detail.Old.Value.cents)
		assert.Equal(t, cutover.Inconsistent, detail.Consistency)
		require.NoError(t, writer.Write(t.Context(), user, found))
		var id int
		id, err = inserter.Write(t.Context(), user, found)
		require.NoError(t, err)
		assert.Equal(t, 1, id)

		for _, method := range []any{
			reading.Compare, reader.Read, reader.ReadDetail,
			writer.Write, writer.WriteDetail, inserter.Write, inserter.WriteDetail,
		} {
			assert.False(t, mentionsAny(method), "%T", method)
		}
	})
}

// mentionsAny reports whether a parameter or a result of a function is an any, has an exported
// field that is one, or is a function of which this is true.
func mentionsAny(function any) bool {
	var mentions func(t reflect.Type) bool
	mentions = func(t reflect.Type) bool {
		switch t.Kind() {
		case reflect.Interface:
			return t.NumMethod() == 0
		case reflect.Func:
			for i := range t.NumIn() {
				if mentions(t.In(i)) {
					return true
				}
			}
			for i := range t.NumOut() {
				if mentions(t.Out(i)) {
					return true
				}
			}
		case reflect.Struct:
			for i := range t.NumField() {
				if field := t.Field(i); field.IsExported() && mentions(field.Type) {
					return true
				}
			}
		default:
		}
		return false
	}
	return mentions(reflect.TypeOf(function))
}

func TestFaultOfLatencyBelowAMillisecond(t *testing.T) {
	t.Parallel()
	const oldTakes, newTakes = 400 * time.Microsecond, 1900 * time.Microsecond
	slow := script{
		old: func() (string, error) { time.Sleep(oldTakes); return "value", nil },
		new: func() (string, error) { time.Sleep(newTakes); return "value", nil },
	}
	inTheEvent := map[ldmigration.Origin]int{ldmigration.Old: 0, ldmigration.New: 1}

	t.Run("is nought in all that the SDK's migrator tells", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			client := newSDKTrackerClient(ldmigration.Shadow)
			operation, err := libraries[sdkLibrary](client, slow)
			require.NoError(t, err)
			_, err = operation()
			require.NoError(t, err)
			assert.Equal(t, inTheEvent, client.only(t).Latency)
		})
	})
	for _, ours := range []string{dynamicLibrary, typedLibrary} {
		t.Run("is whole to observers of "+ours, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client := newSDKTrackerClient(ldmigration.Shadow)
				var seen cutover.Observation
				observed := slow
				observed.observer = observerFunc(func(_ context.Context, o cutover.Observation) { seen = o })
				operation, err := libraries[ours](client, observed)
				require.NoError(t, err)
				_, err = operation()
				require.NoError(t, err)
				assert.Equal(t, oldTakes, seen.Old.Latency)
				assert.Equal(t, newTakes, seen.New.Latency)
				assert.Equal(t, inTheEvent, client.only(t).Latency, "rounded only here, as the SDK does")
			})
		})
	}
	t.Run("is whole in the detail of the typed API", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			orders, err := cutover.New(newSDKTrackerClient(ldmigration.Live), "orders").Build()
			require.NoError(t, err)
			reader, err := cutover.NewReader(orders, ignoring(slow.old), ignoring(slow.new)).Build()
			require.NoError(t, err)
			writer, err := cutover.NewReturningWriter(orders, ignoring(slow.old), ignoring(slow.new)).Build()
			require.NoError(t, err)
			for _, detail := range []cutover.Detail[string]{
				reader.ReadDetail(t.Context(), user, "7"), writer.WriteDetail(t.Context(), user, "7"),
			} {
				assert.Equal(t, oldTakes, detail.Old.Latency)
				assert.Equal(t, newTakes, detail.New.Latency)
			}
		})
	})
}
