package benchmarks_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover/benchmarks"
)

// rounds is how often each operation is repeated: whatever a contender learns on its first one, all
// must be equal.
const rounds = 3

var (
	errOld = errors.New("the old system is down")
	errNew = errors.New("the new system is down")
)

// TestContendersDoTheSameWork holds what the benchmark compares to be comparable: the same calls,
// the same result and the same op event from each contender, for every case and every outcome of
// the two systems.
func TestContendersDoTheSameWork(t *testing.T) {
	t.Parallel()
	outcomes := []struct {
		name     string
		old, new error
		newValue int
	}{
		{name: "both agree", newValue: 42},
		{name: "they differ", newValue: 43},
		{name: "old fails", old: errOld, newValue: 42},
		{name: "new fails", new: errNew},
		{name: "both fail", old: errOld, new: errNew},
	}
	for _, outcome := range outcomes {
		for _, c := range benchmarks.Cases() {
			t.Run(outcome.name+"/"+c.String(), func(t *testing.T) {
				t.Parallel()
				want := watch(t, benchmarks.SDK, c, answers{42, outcome.newValue, outcome.old, outcome.new})
				require.Len(t, want.events, rounds, "one op event an operation")
				for _, one := range benchmarks.Contenders() {
					got := watch(t, one.Name, c, answers{42, outcome.newValue, outcome.old, outcome.new})
					require.Equal(t, want, got, "%s does what the SDK's migrator does", one.Name)
				}
			})
		}
	}
}

// TestEventsTellWhatTheCasePromises is the other half: that what they all do is what the case's
// name says.
func TestEventsTellWhatTheCasePromises(t *testing.T) {
	t.Parallel()
	for _, c := range benchmarks.Cases() {
		t.Run(c.String(), func(t *testing.T) {
			t.Parallel()
			for _, contender := range benchmarks.Contenders() {
				seen := watch(t, contender.Name, c, answers{oldValue: 42, newValue: 42})
				require.Len(t, seen.events, rounds)
				for _, event := range seen.events {
					require.Equal(t, c.Operation, event.Op)
					require.Equal(t, string(c.Stage), event.Evaluation.Value.StringValue())
					require.Equal(t, c.ReadsBoth() || c.WritesBoth(), len(event.Invoked) == 2)
					require.Len(t, event.Latency, len(event.Invoked), "each call is timed")
					require.Equal(t, c.ReadsBoth(), event.ConsistencyCheck != nil, "reads from both are compared")
					require.True(t, event.Version.IsDefined())
				}
			}
		})
	}
}

// answers is what the two systems answer, to reads and to writes.
type answers struct {
	oldValue, newValue int
	oldErr, newErr     error
}

// watch does a case with one contender, and returns all that can be seen of it.
func watch(t *testing.T, name string, c benchmarks.Case, a answers) sighting {
	t.Helper()
	recorder := &recorder{}
	client := newClient(t, recorder, "")
	var calls callCounts
	for _, contender := range benchmarks.Contenders() {
		if contender.Name != name {
			continue
		}
		do, err := contender.Prepare(context.Background(), client, c, calls.systems(a))
		require.NoError(t, err)
		var seen sighting
		for range rounds {
			value, err := do()
			if err != nil {
				value = 0
			}
			seen.values, seen.errs = append(seen.values, value), append(seen.errs, err)
		}
		seen.calls, seen.events = calls.counts(), recorder.timeless()
		return seen
	}
	t.Fatalf("no contender is called %s", name)
	return sighting{}
}
