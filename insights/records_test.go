package insights_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/compare"
	"github.com/gocutover/cutover/insights"
	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAMismatchIsKeptWithItsKeyAndDifferences(t *testing.T) {
	t.Parallel()
	f := figures(t, insights.Config{})
	observe(t, f, 1, mismatch(1))
	observe(t, f, 2, mismatch(2))

	r := report(t, f, insights.LastMinute)
	require.Len(t, r.Mismatches, 2)
	last := r.Mismatches[0]
	assert.Equal(t, "order 2", last.Key.Key)
	assert.Equal(t, uint64(2), last.Count)
	assert.Equal(t, ldmigration.Shadow, last.Stage)
	assert.Equal(t, []insights.Difference{{Path: "lines[2].unitPrice", Old: "19.99", New: "19.98"}}, last.Differences)
	assert.Equal(t, []insights.Field{{Path: "lines[].unitPrice", Count: 3, Last: "order 2"}}, r.Fields)
	assert.Equal(t, "order 2", f.Keys(flag)[0].Key)
}

func TestWhatIsNotShownIsNotKept(t *testing.T) {
	t.Parallel()
	const secret = "alice@example.com"
	f := figures(t, insights.Config{})
	o := read(ldmigration.Shadow, cutover.Inconsistent)
	o.Payload, o.Old.Value, o.New.Value = secret, secret, secret
	o.Differences = []compare.Difference{{Path: "email", Old: secret, New: secret}}
	o.Shown = cutover.Shown{Differences: []compare.Difference{{Path: "email", Old: secret, New: secret, Redacted: true}}}
	observe(t, f, 1, o)

	r := report(t, f, insights.SinceStart)
	assert.Equal(t, []insights.Difference{{Path: "email", Redacted: true}}, r.Mismatches[0].Differences)
	assert.Empty(t, r.Mismatches[0].Key.Key)
	assert.NotContains(t, fmt.Sprintf("%+v", r), secret)
}

func TestValuesAreShownWhereNothingSaysWhereTheyDiffer(t *testing.T) {
	t.Parallel()
	f := figures(t, insights.Config{})
	o := read(ldmigration.Shadow, cutover.Inconsistent)
	o.Shown = cutover.Shown{Payload: 7, Old: "paid", New: " paid"}
	observe(t, f, 1, o)
	m := report(t, f, insights.LastMinute).Mismatches[0]
	assert.Equal(t, []string{"7", "paid", `" paid"`}, []string{m.Key.Key, m.Old, m.New})
}

func TestTextIsBoundedInBytes(t *testing.T) {
	t.Parallel()
	for _, unit := range []string{"a", "é\xff", "世", "\U0001F600", "\xff"} {
		f := figures(t, insights.Config{})
		long := strings.Repeat(unit, 10_000)
		o := read(ldmigration.Shadow, cutover.Inconsistent)
		o.IgnoredBy, o.Shown.Payload = long, long
		for range 50 {
			o.Shown.Differences = append(o.Shown.Differences, compare.Difference{Path: long, Old: long, New: nil})
		}
		observe(t, f, 1, o)
		o.Consistency = cutover.Ignored
		observe(t, f, 1, o)
		f.ObserveStage(t.Context(), cutover.StageChange{
			Flag: flag, ContextKind: ldcontext.Kind(long), From: ldmigration.Off, To: ldmigration.Live, Warning: long,
		})
		r := report(t, f, insights.LastMinute)
		m := r.Mismatches[0]
		assert.Len(t, m.Differences, 20)
		assert.Equal(t, 30, m.More)
		for _, text := range []string{m.Key.Key, m.Differences[0].Path, m.Differences[0].Old, r.Fields[0].Path, r.Changes[0].ContextKind} {
			assert.LessOrEqual(t, len(text), 160)
			assert.True(t, len(text) > 130 || unit == "\xff", "%d bytes", len(text)) // a run of bad bytes is one character
			assert.True(t, utf8.ValidString(text))
		}
		assert.LessOrEqual(t, len(r.Changes[0].Warning), 400)
		assert.Equal(t, "<nil>", m.Differences[0].New)
		for rule := range r.IgnoredBy {
			assert.LessOrEqual(t, len(rule), 160)
		}
	}
}

// Two keys that begin alike are two records: what heals one does not heal the other.
func TestLongKeysAreToldApart(t *testing.T) {
	t.Parallel()
	f := figures(t, insights.Config{})
	long := strings.Repeat("k", 500)
	for _, key := range []string{long + "1", long + "2", "\xff", "\xfe"} {
		observe(t, f, 1, missing(ldmigration.Shadow, key))
	}
	assert.Len(t, f.Keys(flag), 4)
	f.Repaired(flag, long+"1", "\xfe")
	assert.Equal(t, 2, report(t, f, insights.LastMinute).MissedByNew.Records)
	f.Repaired(flag, names(f.Keys(flag))...)
	assert.Empty(t, f.Keys(flag))
}

func TestOnlySoManyKeysAreKept(t *testing.T) {
	t.Parallel()
	f := figures(t, insights.Config{Mismatches: 5, Keys: 50})
	for key := range 200 {
		observe(t, f, 1, mismatch(key))
	}
	observe(t, f, 1, mismatch(160))
	r := report(t, f, insights.LastMinute)
	assert.Len(t, r.Mismatches, 5)
	assert.Equal(t, "order 160", r.Mismatches[0].Key.Key)
	assert.Equal(t, uint64(2), r.Mismatches[0].Count)
	assert.Equal(t, "order 199", r.Mismatches[1].Key.Key)
	assert.Equal(t, 50, r.Differing)
	assert.Len(t, f.Keys(flag), 50)
}

// Not parallel: it measures the heap of the whole process.
func TestMemoryIsFlat(t *testing.T) { //nolint:paralleltest // see above
	f := figures(t, insights.Config{})
	operate := func(n int) {
		for i := range n {
			if i%10 == 0 {
				observe(t, f, 1, mismatch(i/10%10_000))
			} else {
				observe(t, f, 1, read(ldmigration.Shadow, cutover.Consistent))
			}
		}
	}
	operate(150_000) // every key was there
	before := heap()
	operate(300_000)
	grown := int64(heap()) - int64(before)
	assert.Less(t, grown, int64(200_000), "bytes more after 300,000 operations more")
	runtime.KeepAlive(f)
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
