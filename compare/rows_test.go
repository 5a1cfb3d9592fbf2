package compare_test

import (
	"math"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover/compare"
)

type row struct {
	Key   string
	Value int
}

func keyOfRow(r row) string { return r.Key }

func TestRowsComparesByKey(t *testing.T) {
	t.Parallel()
	rows := compare.Rows(keyOfRow, compare.Deep[row]())
	type differences = []compare.Difference
	for name, c := range map[string]struct {
		old, new []row
		want     differences
	}{
		"same":             {[]row{{"a", 1}, {"b", 2}}, []row{{"a", 1}, {"b", 2}}, nil},
		"another order":    {[]row{{"a", 1}, {"b", 2}}, []row{{"b", 2}, {"a", 1}}, nil},
		"nil and empty":    {nil, []row{}, nil},
		"in a field":       {[]row{{"a", 1}, {"b", 2}}, []row{{"b", 3}, {"a", 1}}, differences{{Row: "b", Path: `["b"].Value`, Old: 2, New: 3}}},
		"in step":          {[]row{{"a", 1}}, []row{{"a", 2}}, differences{{Row: "a", Path: `["a"].Value`, Old: 1, New: 2}}},
		"missing in new":   {[]row{{"a", 1}, {"b", 2}}, []row{{"b", 2}}, differences{{Row: "a", Path: `["a"]`, Old: row{"a", 1}, New: compare.Missing}}},
		"missing in old":   {nil, []row{{"b", 2}}, differences{{Row: "b", Path: `["b"]`, Old: compare.Missing, New: row{"b", 2}}}},
		"keys twice":       {[]row{{"a", 1}, {"b", 0}, {"a", 2}}, []row{{"a", 1}, {"a", 2}, {"b", 0}}, nil},
		"twice, in order":  {[]row{{"a", 1}, {"a", 2}}, []row{{"a", 2}, {"a", 1}}, differences{{Row: "a", Path: `["a"].Value`, Old: 1, New: 2}, {Row: "a", Path: `["a"].Value`, Old: 2, New: 1}}},
		"one less of them": {[]row{{"a", 1}, {"a", 2}}, []row{{"a", 1}}, differences{{Row: "a", Path: `["a"]`, Old: row{"a", 2}, New: compare.Missing}}},
	} {
		assert.Equal(t, c.want, rows.Explain(c.old, c.new), name)
		assert.Equal(t, len(c.want) == 0, rows.Compare(c.old, c.new) == compare.Same, name)
	}
}

func TestRowsTakesKeysOfAnyKind(t *testing.T) {
	t.Parallel()
	byNumber := compare.Rows(func(r row) int { return r.Value }, compare.Func(func(a, b row) bool { return a == b }))
	assert.Equal(t, []compare.Difference{{Row: 7, Path: "[7]", Old: row{"a", 7}, New: row{"b", 7}}}, byNumber.Explain([]row{{"a", 7}}, []row{{"b", 7}}))

	type composite struct{ Tenant, Number int }
	byBoth := compare.Rows(func(r row) composite { return composite{1, r.Value} }, compare.Deep[row]())
	assert.Equal(t, `["{Tenant:1 Number:7}"].Key`, byBoth.Explain([]row{{"a", 7}}, []row{{"b", 7}})[0].Path)

	byFloat := compare.Rows(func(f float64) float64 { return f }, compare.Deep[float64]())
	assert.Equal(t, compare.Same, byFloat.Compare([]float64{math.NaN(), 1}, []float64{1, math.NaN()}))
	assert.Equal(t, compare.Same, byFloat.Compare([]float64{math.NaN()}, []float64{math.NaN()}))

	byAny := compare.Rows(func(a any) any { return a }, compare.Deep[any]())
	assert.Equal(t, compare.Same, byAny.Compare([]any{1, "a"}, []any{"a", 1}))
	assert.Equal(t, compare.Undecided, byAny.Compare([]any{1, []int{}}, []any{1, []int{}}), "a list is no key")
	assert.Nil(t, byAny.Explain([]any{1, []int{}}, []any{1, []int{}}))
}

func TestRowsOfRowsTellTheOuterKey(t *testing.T) {
	t.Parallel()
	type table struct {
		Name string
		Rows []row
	}
	tables := compare.Rows(func(t table) string { return t.Name },
		compare.By(func(t table) []row { return t.Rows }, compare.Rows(keyOfRow, compare.Deep[row]())))
	old, new := []table{{"t", []row{{"a", 1}}}}, []table{{"t", []row{{"a", 2}}}}
	assert.Equal(t, []compare.Difference{{Row: "t", Path: `["t"]["a"].Value`, Old: 1, New: 2}}, tables.Explain(old, new))
	skipInner := tables.Without(func(key any) bool { return key == "a" })
	assert.Equal(t, compare.Different, skipInner.Compare(old, new), "the outer list's rows are those that can be left out")
}

func TestWithoutLeavesOutRows(t *testing.T) {
	t.Parallel()
	rows := compare.Rows(keyOfRow, compare.Deep[row]())
	type page struct {
		Total int
		Rows  []row
	}
	whole := compare.All(
		compare.By(func(p page) int { return p.Total }, compare.Equal[int]()),
		compare.By(func(p page) []row { return p.Rows }, rows),
	)
	require.True(t, rows.HasRows())
	require.True(t, whole.HasRows())
	asked := []any{}
	written := func(keys ...any) func(any) bool {
		return func(key any) bool {
			asked = append(asked, key)
			for _, k := range keys {
				if k == key {
					return true
				}
			}
			return false
		}
	}
	old, new := page{1, []row{{"a", 1}, {"b", 2}, {"c", 3}}}, page{1, []row{{"d", 4}, {"b", 3}, {"a", 1}}}
	assert.Equal(t, compare.Same, whole.Without(written("b", "c", "d")).Compare(old, new))
	assert.Empty(t, whole.Without(written("b", "c", "d")).Explain(old, new))
	assert.NotContains(t, asked, "a", "it does not differ")
	assert.Equal(t, compare.Different, whole.Without(written("b", "c")).Compare(old, new))
	assert.Equal(t, []compare.Difference{{Row: "d", Path: `["d"]`, Old: compare.Missing, New: row{"d", 4}}}, whole.Without(written("b", "c")).Explain(old, new))
	assert.Equal(t, compare.Same, whole.Without(written("b")).Without(written("c", "d")).Compare(old, new), "they add up")
	assert.Equal(t, compare.Different, whole.Compare(old, new), "the comparison itself is unchanged")
	new.Total = 2
	assert.Equal(t, compare.Different, whole.Without(written("b", "c", "d")).Compare(old, new), "what is not a row counts as ever")

	assert.Equal(t, compare.Different, whole.Without(nil).Compare(old, new))
	deep := compare.Deep[[]row]()
	assert.False(t, deep.HasRows())
	assert.Equal(t, compare.Different, deep.Without(func(any) bool { return true }).Compare(old.Rows, new.Rows))
}

func TestRowsAreUndecidedWhereOneIs(t *testing.T) {
	t.Parallel()
	answer := map[int]compare.Answer{0: compare.Undecided, 1: compare.Same, 2: compare.Different}
	rows := compare.Rows(keyOfRow, compare.Explained(
		func(old, _ row) compare.Answer { return answer[old.Value] },
		func(row, row) []compare.Difference { return nil },
	))
	undecided, both := []row{{"a", 0}, {"b", 1}}, []row{{"a", 0}, {"b", 2}}
	assert.Equal(t, compare.Undecided, rows.Compare(undecided, undecided))
	assert.Empty(t, rows.Explain(undecided, undecided))
	assert.Equal(t, compare.Different, rows.Compare(both, both))
	assert.Equal(t, []compare.Difference{{Row: "b", Path: `["b"]`, Old: row{"b", 2}, New: row{"b", 2}}}, rows.Explain(both, both))
	assert.Equal(t, compare.Same, rows.Without(func(key any) bool { return key == "a" }).Compare(undecided, undecided))
}

func TestHugeListsAreExplainedByAHundredRows(t *testing.T) {
	t.Parallel()
	compared := 0
	rows := compare.Rows(keyOfRow, compare.Func(func(a, b row) bool { compared++; return a == b }))
	old, new := make([]row, 100_000), make([]row, 100_000)
	for i := range old {
		old[i], new[i] = row{strconv.Itoa(i), 1}, row{strconv.Itoa(i), 2}
	}
	assert.Len(t, rows.Explain(old, new), 100)
	assert.LessOrEqual(t, compared, 300)
	compared = 0
	assert.Equal(t, compare.Different, rows.Compare(old, new))
	assert.Equal(t, compare.Different, rows.Compare(old, new[1:]))
	assert.LessOrEqual(t, compared, 1)
}
