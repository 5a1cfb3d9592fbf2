package otelcutover_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/compare"
)

// The bounds that the package documentation promises.
const (
	maxFlags, maxErrorTypes, maxRules = 64, 32, 32
	maxName                           = 128
)

var longName = strings.Repeat("name", 100)

type long struct{ error }

func (long) ErrorType() string { return longName }

type garbled struct{ error }

func (garbled) ErrorType() string { return "a\xff\xfeb" }

// named is an error that names its type as it likes.
type named string

func (named) Error() string       { return "" }
func (n named) ErrorType() string { return string(n) }

func valuesOf(points map[string][]point, key string) map[string]bool {
	values := make(map[string]bool)
	for _, series := range points {
		for _, p := range series {
			if value, ok := p.attrs[key]; ok {
				values[value] = true
			}
		}
	}
	return values
}

func TestValuesBeyondTheirBoundAreOne(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for i := range 200 {
		name := strconv.Itoa(i)
		o := observation()
		o.Flag = "flag-" + name
		r.Observe(t.Context(), o)
		o = observation()
		o.New.Err = named("type-" + name)
		r.Observe(t.Context(), o)
		o = observation()
		o.Consistency, o.IgnoredBy = cutover.Ignored, "rule-"+name
		r.Observe(t.Context(), o)
		o = observation()
		o.Stage = ldmigration.Stage("stage-" + name)
		o.Operation = ldmigration.Operation("operation-" + name)
		o.Authoritative = ldmigration.Origin("origin-" + name)
		r.Observe(t.Context(), o)
		r.ObserveStage(t.Context(), cutover.StageChange{
			Flag: flagKey, From: ldmigration.Stage("from-" + name), To: ldmigration.Stage("to-" + name), Warning: name,
		})
	}
	points := r.metrics(t)
	for key, most := range map[string]int{
		"feature_flag.key": maxFlags, "error.type": maxErrorTypes - 4, "cutover.consistency.reason": maxRules,
		"feature_flag.result.variant": len(allStages), "cutover.operation": 1,
		"cutover.stage.from": 0, "cutover.stage.to": 0,
	} {
		values := valuesOf(points, key)
		assert.Len(t, values, most+1, key)
		assert.Contains(t, values, "_OTHER", key)
	}
	assert.EqualValues(t, 200-(maxErrorTypes-4), r.count(t, "cutover.origin.duration", "error.type", "_OTHER"))
	assert.EqualValues(t, 1, r.count(t, "cutover.stage.active", "feature_flag.key", "_OTHER"))
}

func TestALongFlagKeyIsCut(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	o := observation()
	o.Flag = strings.Repeat("ö", 100)
	r.Observe(t.Context(), o)
	assert.EqualValues(t, 2, r.count(t, "cutover.origin.duration", "feature_flag.key", strings.Repeat("ö", maxName/2)))
}

func FuzzValuesAreBounded(f *testing.F) {
	f.Add("flag", "shadow", "read", "old", "rule", "type", "/path", uint8(9), uint8(3))
	f.Add(strings.Repeat("ö", 100), "nowhere", "", "\xff", longName, "a\xffb", longName, uint8(11), uint8(255))
	var r *rig
	inputs := 0
	f.Fuzz(func(t *testing.T, flag, stage, operation, origin, rule, errorType, path string, consistency, bits uint8) {
		// The bounds hold over many inputs, but with too many of them looking at it all takes its
		// time.
		if inputs%50 == 0 {
			r = newRig(t)
		}
		inputs++
		o := observation()
		o.Flag, o.Stage, o.Operation = flag, ldmigration.Stage(stage), ldmigration.Operation(operation)
		o.Authoritative, o.IgnoredBy, o.Consistency = ldmigration.Origin(origin), rule, cutover.Consistency(consistency)
		o.Shown.Differences = []compare.Difference{{Path: path, Old: flag, New: rule}}
		o.Old.Invoked, o.New.Invoked, o.FellBack = bits&1 != 0, bits&2 != 0, bits&4 != 0
		if bits&8 != 0 {
			o.Old.Err = named(errorType)
		}
		if bits&16 != 0 {
			o.New.Err = fmt.Errorf("reading: %w", named(errorType))
		}
		if bits&32 != 0 {
			o.Order = cutover.Detached
		}
		r.Observe(context.Background(), o)
		r.ObserveStage(context.Background(), cutover.StageChange{Flag: flag, From: o.Stage, To: ldmigration.Stage(rule)})

		points := r.metrics(t)
		for key, most := range map[string]int{
			"feature_flag.key": maxFlags, "error.type": maxErrorTypes, "cutover.consistency.reason": maxRules + 8,
			"feature_flag.result.variant": len(allStages), "cutover.operation": 2, "cutover.origin": 2, "cutover.role": 2,
			"cutover.consistency.outcome": 4, "cutover.stage.from": len(allStages), "cutover.stage.to": len(allStages),
		} {
			values := valuesOf(points, key)
			require.LessOrEqual(t, len(values), most+1, key)
			for value := range values {
				requireBounded(t, value)
			}
		}
		for _, span := range r.spans.Ended() {
			requireBounded(t, strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(
				span.Name(), "_OTHER "), "read "), "write "))
			attrs := span.Attributes()
			for _, event := range span.Events() {
				attrs = append(attrs, event.Attributes...)
			}
			for _, kv := range attrs {
				if kv.Key == "cutover.difference.paths" {
					for _, value := range kv.Value.AsStringSlice() {
						requireBounded(t, value)
					}
					continue
				}
				requireBounded(t, kv.Value.String())
			}
		}
		r.spans.Reset()
	})
}

func requireBounded(tb testing.TB, value string) {
	tb.Helper()
	require.LessOrEqual(tb, len(value), maxName)
	require.True(tb, utf8.ValidString(value))
}
