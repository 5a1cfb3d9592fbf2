package cutover_test

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
)

// explained compares two values through a reader, as every comparison is used.
func explained[R any](t *testing.T, c cutover.Comparison[R], old, new R) (cutover.Consistency, []cutover.Difference) {
	t.Helper()
	built := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag").Logger((&logBook{}).logger()))
	reader, err := cutover.NewReader(built, returning(old), returning(new)).CompareWith(c).Build()
	require.NoError(t, err)
	detail := reader.ReadDetail(t.Context(), user, "id")
	return detail.Consistency, detail.Differences
}

type line struct {
	SKU   string
	Cents int
	note  string
}

type record struct {
	ID    string
	At    time.Time
	Lines []line
	Tags  map[string]any
	Ratio float64
	Next  *record
	err   error
	since time.Time
}

func sample() record {
	return record{
		ID: "o-1", At: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC), Ratio: 0.5,
		Lines: []line{{"a", 100, "x"}, {"b", 200, "y"}}, Tags: map[string]any{"vip": true, "e.mail": "a@b"},
	}
}

func TestDeepSaysWhereTwoResultsDiffer(t *testing.T) {
	t.Parallel()
	type difference = cutover.Difference
	utc := sample().At
	cases := map[string]struct {
		change func(*record)
		rules  []cutover.Rule
		want   []difference
	}{
		"nowhere":              {change: func(*record) {}},
		"in a field":           {change: func(r *record) { r.ID = "o-2" }, want: []difference{{Path: "ID", Old: "o-1", New: "o-2"}}},
		"in an unexported one": {change: func(r *record) { r.Lines[1].note = "z" }, want: []difference{{Path: "Lines[1].note", Old: "y", New: "z"}}},
		"in several": {
			change: func(r *record) { r.ID, r.Lines[0].Cents = "o-2", 101 },
			want:   []difference{{Path: "ID", Old: "o-1", New: "o-2"}, {Path: "Lines[0].Cents", Old: 100, New: 101}},
		},
		"where a list is longer": {
			change: func(r *record) { r.Lines = append(r.Lines, line{SKU: "c"}) },
			want:   []difference{{Path: "Lines[2]", Old: cutover.Missing, New: line{SKU: "c"}}},
		},
		"where a list is shorter": {
			change: func(r *record) { r.Lines = r.Lines[:1] },
			want:   []difference{{Path: "Lines[1]", Old: line{"b", 200, "y"}, New: cutover.Missing}},
		},
		"where a key is missing": {
			change: func(r *record) { delete(r.Tags, "vip") },
			want:   []difference{{Path: "Tags.vip", Old: true, New: cutover.Missing}},
		},
		"where a key was added": {
			change: func(r *record) { r.Tags["e mail"] = 1 },
			want:   []difference{{Path: `Tags["e mail"]`, Old: cutover.Missing, New: 1}},
		},
		"in a value of another type": {
			change: func(r *record) { r.Tags["vip"] = "yes" },
			want:   []difference{{Path: "Tags.vip", Old: true, New: "yes"}},
		},
		"in a nil":                 {change: func(r *record) { r.Next = &record{} }, want: []difference{{Path: "Next", Old: (*record)(nil), New: &record{}}}},
		"in a nil of an interface": {change: func(r *record) { r.Tags["vip"] = nil }, want: []difference{{Path: "Tags.vip", Old: true, New: nil}}},
		"not in another zone":      {change: func(r *record) { r.At = utc.In(time.FixedZone("", 3600)) }},
		"in a time":                {change: func(r *record) { r.At = utc.Add(time.Second) }, want: []difference{{Path: "At", Old: utc, New: utc.Add(time.Second)}}},
		"not within a time":        {change: func(r *record) { r.At = utc.Add(-time.Second) }, rules: []cutover.Rule{cutover.TimesWithin(time.Second)}},
		"beyond that time": {
			change: func(r *record) { r.At = utc.Add(2 * time.Second) }, rules: []cutover.Rule{cutover.TimesWithin(time.Second)},
			want: []difference{{Path: "At", Old: utc, New: utc.Add(2 * time.Second)}},
		},
		"not within a number": {
			change: func(r *record) { r.Ratio, r.Lines[0].Cents = 0.51, 99 },
			rules:  []cutover.Rule{cutover.NumbersWithin(1)},
		},
		"not where it is ignored": {
			change: func(r *record) { r.ID, r.Lines[0].SKU, r.Lines[1].SKU, r.Tags["e.mail"] = "", "", "", "" },
			rules:  []cutover.Rule{cutover.IgnorePaths("ID", "Lines[*].SKU", `Tags["e.mail"]`), nil},
		},
		"not where what is missing is ignored": {
			change: func(r *record) { delete(r.Tags, "vip"); r.Lines = r.Lines[:1] },
			rules:  []cutover.Rule{cutover.IgnorePaths("Tags.vip", "Lines[1]")},
		},
		"not below what is ignored": {
			change: func(r *record) { r.Lines[0].SKU, r.Tags = "", nil },
			rules:  []cutover.Rule{cutover.IgnorePaths("Lines[0]", "Tags")},
		},
		"not where any name is ignored": {
			change: func(r *record) { r.ID, r.Ratio = "", 0 },
			rules:  []cutover.Rule{cutover.IgnorePaths("*")},
		},
		"beside what is ignored": {
			change: func(r *record) { r.Lines[1].SKU = "z" }, rules: []cutover.Rule{cutover.IgnorePaths("Lines[0].SKU", "Lines.SKU", "SKU")},
			want: []difference{{Path: "Lines[1].SKU", Old: "b", New: "z"}},
		},
		"not in an order that does not matter": {
			change: func(r *record) { r.Lines[0], r.Lines[1] = r.Lines[1], r.Lines[0] },
			rules:  []cutover.Rule{cutover.Unordered("Lines")},
		},
		"in an element, whatever the order": {
			change: func(r *record) { r.Lines = []line{{"b", 200, "y"}, {"a", 101, "x"}} },
			rules:  []cutover.Rule{cutover.Unordered("Lines")},
			want: []difference{
				{Path: "Lines[0]", Old: line{"a", 100, "x"}, New: cutover.Missing},
				{Path: "Lines[1]", Old: cutover.Missing, New: line{"a", 101, "x"}},
			},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			changed := sample()
			c.change(&changed)
			consistency, differences := explained(t, cutover.Deep[record](c.rules...), sample(), changed)
			assert.Equal(t, c.want, differences)
			assert.Equal(t, len(c.want) == 0, consistency == cutover.Consistent)
		})
	}
}

func TestDeepTakesForEqualWhatMeansTheSame(t *testing.T) {
	t.Parallel()
	type pair struct{ old, new any }
	var nilSlice []int
	var nilMap map[string]int
	cycle := func() *record { r := &record{ID: "loop"}; r.Next = r; return r }
	same := map[string]pair{
		"a nil list and an empty one": {nilSlice, []int{}},
		"a nil map and an empty one":  {nilMap, map[string]int{}},
		"not a number":                {math.NaN(), math.NaN()},
		"two cycles":                  {cycle(), cycle()},
		"two nils":                    {nil, nil},
		"complex numbers":             {complex(1, 2), complex(1, 2)},
		"nil functions":               {(func())(nil), (func())(nil)},
		"arrays":                      {[2]uint8{1, 2}, [2]uint8{1, 2}},
		"errors":                      {errors.New("x"), errors.New("x")},
	}
	for name, p := range same {
		consistency, _ := explained(t, cutover.Deep[any](), p.old, p.new)
		assert.Equal(t, cutover.Consistent, consistency, name)
	}
	channel := make(chan int)
	different := map[string]pair{
		"functions":             {func() {}, func() {}},
		"types":                 {1, int64(1)},
		"nothing and something": {nil, 1},
		"channels":              {channel, make(chan int)},
		"booleans":              {true, false},
		"unsigned numbers":      {uint(1), uint(2)},
		"a longer cycle":        {cycle(), &record{ID: "loop"}},
		"hidden times":          {record{since: time.Unix(1, 0)}, record{since: time.Unix(2, 0)}},
		"hidden errors":         {record{err: errors.New("a")}, record{err: errors.New("b")}},
	}
	for name, p := range different {
		consistency, differences := explained(t, cutover.Deep[any](), p.old, p.new)
		assert.Equal(t, cutover.Inconsistent, consistency, name)
		assert.NotEmpty(t, differences)
	}
}

func TestDeepEndsWithWhatIsTooDeepOrTooDifferent(t *testing.T) {
	t.Parallel()
	var old, new *record
	for range 100_000 {
		old, new = &record{Next: old}, &record{Next: new}
	}
	consistency, differences := explained(t, cutover.Deep[*record](), old, new)
	assert.Equal(t, cutover.Inconsistent, consistency, "what was not looked at is not taken for equal")
	assert.Len(t, differences, 1)

	consistency, differences = explained(t, cutover.Deep[[]int](), make([]int, 1000), nil)
	assert.Equal(t, cutover.Inconsistent, consistency)
	assert.Len(t, differences, 100)
}

func TestJSONComparesWhatDocumentsSay(t *testing.T) {
	t.Parallel()
	same := map[string]string{
		`{"a":1,"b":[true,null]}`: ` { "b" : [true, null], "a" : 1.0 } `,
		`12345678901234567`:       `12345678901234567`,
		`1e2`:                     `100`,
		`not JSON`:                `not JSON`,
		`[]`:                      `[ ]`,
	}
	for old, new := range same {
		consistency, _ := explained(t, cutover.JSON[string](), old, new)
		assert.Equal(t, cutover.Consistent, consistency, old)
	}
	different := map[[2]string][]cutover.Difference{
		{`{"lines":[{"unit_price":435}]}`, `{"lines":[{"unit_price":434}]}`}: {{Path: "lines[0].unit_price", Old: 435.0, New: 434.0}},
		{`{"a":null}`, `{}`}:                               {{Path: "a", Old: nil, New: cutover.Missing}},
		{`{"a":"1"}`, `{"a":1}`}:                           {{Path: "a", Old: "1", New: 1.0}},
		{`9007199254740993`, `9007199254740992`}:           {{Old: int64(9007199254740993), New: 9007199254740992.0}},
		{`123456789012345678901`, `123456789012345678902`}: {{Old: "123456789012345678901", New: "123456789012345678902"}},
		{`1e400`, `2e400`}:                                 {{Old: "1e400", New: "2e400"}},
		{`not JSON`, `{}`}:                                 {{Old: "not JSON", New: "{}"}},
		{`1 2`, `1`}:                                       {{Old: "1 2", New: "1"}},
	}
	for documents, want := range different {
		consistency, differences := explained(t, cutover.JSON[json.RawMessage](), json.RawMessage(documents[0]), json.RawMessage(documents[1]))
		assert.Equal(t, cutover.Inconsistent, consistency, documents)
		assert.Equal(t, want, differences)
	}
	consistency, _ := explained(t, cutover.JSON[string](cutover.Unordered("", "[*]"), cutover.NumbersWithin(0.1)), `[1,[2,3]]`, `[[3.05,2],1]`)
	assert.Equal(t, cutover.Consistent, consistency)
}

func TestComparisonsAreComposed(t *testing.T) {
	t.Parallel()
	bySKU := cutover.By(func(r record) []line { return r.Lines }, cutover.Deep[[]line](cutover.IgnorePaths("[*].Cents")))
	other := sample()
	other.ID, other.Lines[0].Cents = "o-2", 1
	consistency, _ := explained(t, bySKU, sample(), other)
	assert.Equal(t, cutover.Consistent, consistency)

	byID := cutover.By(func(r record) string { return r.ID }, cutover.Func(cutover.Equal[string]))
	other.Lines[1].SKU = "z"
	consistency, differences := explained(t, cutover.All(bySKU, byID), sample(), other)
	assert.Equal(t, cutover.Inconsistent, consistency)
	assert.Equal(t, []cutover.Difference{{Path: "[1].SKU", Old: "b", New: "z"}, {Old: "o-1", New: "o-2"}}, differences)
	consistency, _ = explained(t, cutover.All(bySKU, byID), sample(), sample())
	assert.Equal(t, cutover.Consistent, consistency)
	assert.Equal(t, "(missing)", cutover.Missing.String())
}

// FuzzDeep wants no panic of any two values, the same answer as reflect.DeepEqual of values in which nothing is relaxed,
// and no difference of a value with itself.
func FuzzDeep(f *testing.F) {
	f.Add([]byte(`{"a":[1,2,{"b":null}]}`), []byte(`{"a":[1,2,{"b":3}]}`), "a[*].b")
	f.Add([]byte(`[[],{},"",0]`), []byte(`[{},[],0,""]`), `["x"].y`)
	f.Fuzz(func(t *testing.T, left, right []byte, pattern string) {
		var old, new any
		if json.Unmarshal(left, &old) != nil || json.Unmarshal(right, &new) != nil {
			return
		}
		same, _ := explained(t, cutover.Deep[any](), old, new)
		require.Equal(t, reflect.DeepEqual(old, new), same == cutover.Consistent)
		itself, differences := explained(t, cutover.Deep[any](cutover.Unordered(pattern), cutover.IgnorePaths(pattern)), old, old)
		require.Equal(t, cutover.Consistent, itself)
		require.Empty(t, differences)
		relaxed, _ := explained(t, cutover.Deep[any](cutover.Unordered(pattern), cutover.IgnorePaths(pattern)), old, new)
		require.NotEqual(t, cutover.ComparisonPanicked, relaxed)
	})
}

// FuzzJSON wants no panic of any two texts, and a difference told wherever two do not agree.
func FuzzJSON(f *testing.F) {
	f.Add(`{"a":1}`, `{"a":1.0}`)
	f.Add(`[1e309,"x"]`, `not JSON`)
	f.Fuzz(func(t *testing.T, left, right string) {
		consistency, differences := explained(t, cutover.JSON[string](), left, right)
		require.NotEqual(t, cutover.ComparisonPanicked, consistency)
		require.Equal(t, consistency == cutover.Inconsistent, len(differences) > 0)
		itself, _ := explained(t, cutover.JSON[string](), left, left)
		require.Equal(t, cutover.Consistent, itself)
	})
}
