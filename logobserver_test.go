package cutover_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/compare"
)

// Paths of differences are data: a record must not set the attributes of a log line.
func TestTheLogObserverKeepsToItsOwnKeys(t *testing.T) {
	t.Parallel()
	var out logBook
	built := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag").
		Observe(cutover.LogObserver(slog.New(slog.NewJSONHandler(&out, nil)))))
	reader, err := cutover.NewReader(built,
		value(`{"time":1,"level":"a","flag":1}`), value(`{"time":2,"level":"b","flag":2}`)).
		Compare(compare.JSON[string]()).Build()
	require.NoError(t, err)
	_, err = reader.Read(t.Context(), user, "id")
	require.NoError(t, err)
	line := out.String()
	var parsed map[string]any
	require.NoError(t, json.Unmarshal([]byte(line), &parsed))
	assert.Equal(t, "WARN", parsed["level"])
	assert.Equal(t, "flag", parsed["flag"])
	assert.Len(t, parsed["differences"], 3)
	for _, key := range []string{"time", "level", "flag"} {
		assert.Equal(t, 1, strings.Count(line, `"`+key+`":`), line)
	}
}

// A value that contains itself would make fmt run for ever, which recover cannot stop.
func TestTheLogObserverWritesValuesThatHoldThemselves(t *testing.T) {
	t.Parallel()
	var log logBook
	cycle := []any{1}
	cycle[0] = cycle
	observer := cutover.LogObserver(log.logger())
	observer.Observe(t.Context(), cutover.Observation{
		Operation: ldmigration.Read, Authoritative: ldmigration.Old, Consistency: cutover.Inconsistent,
		Shown: cutover.Shown{Payload: cycle, Differences: []compare.Difference{{Path: "p", Old: cycle, New: 1}}},
	})
	assert.Contains(t, log.String(), "old and new differ")
}

func TestTheLogObserverSuggestsRecheckOnce(t *testing.T) {
	t.Parallel()
	var log logBook
	built := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag").Observe(cutover.LogObserver(log.logger())))
	differ := true
	read := func(name string) func(context.Context, string) (string, error) {
		return func(context.Context, string) (string, error) {
			if differ {
				return name, nil
			}
			return "same", nil
		}
	}
	reader, err := cutover.NewReader(built, read("old"), read("new")).CompareEqual().
		RevealKey(cutover.Key(func(id string) string { return id })).Build()
	require.NoError(t, err)
	for _, step := range []struct {
		id     string
		differ bool
		lines  int
	}{{"1", true, 0}, {"2", false, 0}, {"1", false, 1}, {"1", true, 1}, {"1", false, 1}} {
		differ = step.differ
		_, err := reader.Read(t.Context(), user, step.id)
		require.NoError(t, err)
		assert.Equal(t, step.lines, strings.Count(log.String(), "Recheck"))
	}
	assert.Contains(t, log.String(), "keys=[1]")
}
