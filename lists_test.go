package cutover_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/compare"
)

// row is a row of a table that is written while it is listed.
type row struct {
	ID    string
	Count int
}

func rowID(r row) string { return r.ID }

// table is a system that holds rows.
type table struct {
	mu   sync.Mutex
	rows []row
}

func (t *table) list(pause time.Duration) func(context.Context, string) ([]row, error) {
	return func(context.Context, string) ([]row, error) {
		time.Sleep(pause)
		t.mu.Lock()
		defer t.mu.Unlock()
		return append([]row(nil), t.rows...), nil
	}
}

func (t *table) put(pause time.Duration) func(context.Context, row) error {
	return func(_ context.Context, r row) error {
		time.Sleep(pause)
		t.mu.Lock()
		defer t.mu.Unlock()
		for i := range t.rows {
			if t.rows[i].ID == r.ID {
				t.rows[i] = r
				return nil
			}
		}
		t.rows = append(t.rows, r)
		return nil
	}
}

var byRow = compare.Rows(rowID, compare.Deep[row]())

func TestAListIsComparedByItsRows(t *testing.T) {
	t.Parallel()
	observed := &seen{}
	built := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag").Observe(observed))
	before := &table{rows: []row{{"a", 1}, {"b", 2}, {"c", 3}}}
	after := &table{rows: []row{{"c", 3}, {"a", 9}, {"d", 4}}}
	reader, err := cutover.NewReader(built, before.list(0), after.list(0)).Compare(byRow).
		Reveal(func(q string) any { return q }, func(rows []row) []row { return rows }).ResultsAreNotModified().Build()
	require.NoError(t, err)
	_, err = reader.Read(t.Context(), user, "status = open")
	require.NoError(t, err)
	o := observed.only(t)
	assert.Equal(t, cutover.Inconsistent, o.Consistency)
	assert.Equal(t, []string{"a", "b", "d"}, o.Shown.Keys, "the records that differ, not the text of the query")
	assert.Equal(t, compare.Difference{Path: `["a"].Count`, Row: "a", Old: 1, New: 9}, o.Shown.Differences[0])
}

func TestRowsThatAreWrittenMeanwhileDoNotCount(t *testing.T) {
	t.Parallel()
	for asked, want := range map[bool]cutover.Consistency{true: cutover.WrittenMeanwhile, false: cutover.Inconsistent} {
		synctest.Test(t, func(t *testing.T) {
			observed := &seen{}
			built := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag").Observe(readsOnly{observed}))
			before := &table{rows: []row{{"a", 1}, {"b", 2}}}
			after := &table{rows: []row{{"a", 1}, {"b", 2}}}
			b := cutover.NewReader(built, before.list(0), after.list(2*time.Second)).Compare(byRow)
			if asked {
				b.CompareRowsBetweenWrites()
			}
			reader, err := b.Build()
			require.NoError(t, err)
			writer, err := cutover.NewWriter(built, before.put(0), after.put(0)).SerializeBy(cutover.Key(rowID)).Build()
			require.NoError(t, err)
			list := func() cutover.Detail[[]row] { return reader.ReadDetail(t.Context(), user, "all") }

			var writing sync.WaitGroup
			writing.Go(func() {
				time.Sleep(time.Second) // between the two reads
				assert.NoError(t, writer.Write(t.Context(), user, row{"b", 5}))
			})
			assert.Equal(t, want, list().Consistency)
			writing.Wait()
			assert.Equal(t, cutover.Consistent, list().Consistency)

			after.rows[0].Count = 7 // a real difference, while another row is written
			writing.Go(func() {
				time.Sleep(time.Second)
				assert.NoError(t, writer.Write(t.Context(), user, row{"b", 6}))
			})
			detail := list()
			assert.Equal(t, cutover.Inconsistent, detail.Consistency)
			if asked {
				require.Len(t, detail.Differences, 1)
				assert.Equal(t, "a", detail.Differences[0].Row)
			}
			writing.Wait()
		})
	}
}

func TestRowsBetweenWritesNeedRows(t *testing.T) {
	t.Parallel()
	built := build(t, cutover.New(&stagedClient{}, "flag"))
	list := (&table{}).list(0)
	_, err := cutover.NewReader(built, list, list).CompareDeep().CompareRowsBetweenWrites().Build()
	require.ErrorIs(t, err, cutover.ErrNoRows)
}
