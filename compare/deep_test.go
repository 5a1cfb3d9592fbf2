package compare_test

import (
	"encoding/json"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover/compare"
)

// explained compares two values, says where they differ, and wants that both go together.
func explained[R any](t *testing.T, c compare.Comparison[R], old, new R) (compare.Answer, []compare.Difference) {
	t.Helper()
	require.NoError(t, c.Err())
	answer, differences := c.Compare(old, new), c.Explain(old, new)
	assert.Equal(t, answer == compare.Different, len(differences) > 0, "%v: %v", answer, differences)
	return answer, differences
}

// agree wants an answer of two values, either way round.
func agree[R any](t *testing.T, want compare.Answer, c compare.Comparison[R], old, new R) {
	t.Helper()
	answer, differences := explained(t, c, old, new)
	assert.Equal(t, want, answer, "%v", differences)
	answer, differences = explained(t, c, new, old)
	assert.Equal(t, want, answer, "the other way round: %v", differences)
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
	type difference = compare.Difference
	utc := sample().At
	cases := map[string]struct {
		change func(*record)
		rules  []compare.Rule
		want   []difference
	}{
		"nowhere":              {change: func(*record) {}},
		"in a field":           {change: func(r *record) { r.ID = "o-2" }, want: []difference{{Path: "ID", Old: "o-1", New: "o-2"}}},
		"in an unexported one": {change: func(r *record) { r.Lines[1].note = "z" }, want: []difference{{Path: "Lines[1].note", Old: "y", New: "z"}}},
		"in a hidden time": {
			change: func(r *record) { r.since = utc },
			want:   []difference{{Path: "since", Old: "0001-01-01T00:00:00Z", New: "2026-01-02T03:04:05.000000006Z"}},
		},
		"below a hidden field": {
			change: func(r *record) { r.err = errors.New("x") }, want: []difference{{Path: "err", New: `{s:"x"}`}},
		},
		"in several": {
			change: func(r *record) { r.ID, r.Lines[0].Cents = "o-2", 101 },
			want:   []difference{{Path: "ID", Old: "o-1", New: "o-2"}, {Path: "Lines[0].Cents", Old: 100, New: 101}},
		},
		"where a list is longer": {
			change: func(r *record) { r.Lines = append(r.Lines, line{SKU: "c"}) },
			want:   []difference{{Path: "Lines[2]", Old: compare.Missing, New: line{SKU: "c"}}},
		},
		"where a list is shorter": {
			change: func(r *record) { r.Lines = r.Lines[:1] },
			want:   []difference{{Path: "Lines[1]", Old: line{"b", 200, "y"}, New: compare.Missing}},
		},
		"where a key is missing": {
			change: func(r *record) { delete(r.Tags, "vip") },
			want:   []difference{{Path: "Tags.vip", Old: true, New: compare.Missing}},
		},
		"where a key was added": {
			change: func(r *record) { r.Tags["e mail"] = 1 },
			want:   []difference{{Path: `Tags["e mail"]`, Old: compare.Missing, New: 1}},
		},
		"in a value of another type": {
			change: func(r *record) { r.Tags["vip"] = "yes" },
			want:   []difference{{Path: "Tags.vip", Old: true, New: "yes"}},
		},
		"in a nil":                 {change: func(r *record) { r.Next = &record{} }, want: []difference{{Path: "Next", Old: (*record)(nil), New: &record{}}}},
		"in a nil of an interface": {change: func(r *record) { r.Tags["vip"] = nil }, want: []difference{{Path: "Tags.vip", Old: true, New: nil}}},
		"not in another zone":      {change: func(r *record) { r.At = utc.In(time.FixedZone("", 3600)) }},
		"in a time":                {change: func(r *record) { r.At = utc.Add(time.Second) }, want: []difference{{Path: "At", Old: utc, New: utc.Add(time.Second)}}},
		"not within a time":        {change: func(r *record) { r.At = utc.Add(-time.Second) }, rules: []compare.Rule{compare.TimesWithin(time.Second)}},
		"beyond that time": {
			change: func(r *record) { r.At = utc.Add(2 * time.Second) }, rules: []compare.Rule{compare.TimesWithin(time.Second)},
			want: []difference{{Path: "At", Old: utc, New: utc.Add(2 * time.Second)}},
		},
		"not within a number": {
			change: func(r *record) { r.Ratio, r.Lines[0].Cents = 0.51, 99 },
			rules:  []compare.Rule{compare.NumbersWithin(1)},
		},
		"not where it is ignored": {
			change: func(r *record) { r.ID, r.Lines[0].SKU, r.Lines[1].SKU, r.Tags["e.mail"] = "", "", "", "" },
			rules:  []compare.Rule{compare.Ignore("ID", "Lines[*].SKU", `Tags["e.mail"]`)},
		},
		"not where it is ignored without an index": {
			change: func(r *record) { r.Lines[0].SKU, r.Lines[1].SKU = "", "" },
			rules:  []compare.Rule{compare.Ignore("Lines[].SKU")},
		},
		"not where what is missing is ignored": {
			change: func(r *record) { delete(r.Tags, "vip"); r.Lines = r.Lines[:1] },
			rules:  []compare.Rule{compare.Ignore("Tags.vip", "Lines[1]")},
		},
		"not below what is ignored": {
			change: func(r *record) { r.Lines[0].SKU, r.Tags = "", nil },
			rules:  []compare.Rule{compare.Ignore("Lines[0]", "Tags")},
		},
		"not where any name is ignored": {
			change: func(r *record) { r.ID, r.Ratio = "", 0 },
			rules:  []compare.Rule{compare.Ignore("*")},
		},
		"beside what is ignored": {
			change: func(r *record) { r.Lines[1].SKU = "z" }, rules: []compare.Rule{compare.Ignore("Lines[0].SKU", "Lines.SKU", "SKU", `["Lines"]`)},
			want: []difference{{Path: "Lines[1].SKU", Old: "b", New: "z"}},
		},
		"not in an order that does not matter": {
			change: func(r *record) { r.Lines[0], r.Lines[1] = r.Lines[1], r.Lines[0] },
			rules:  []compare.Rule{compare.Unordered("Lines")},
		},
		"in an element, whatever the order": {
			change: func(r *record) { r.Lines = []line{{"b", 200, "y"}, {"a", 101, "x"}} },
			rules:  []compare.Rule{compare.Unordered("Lines")},
			want: []difference{
				{Path: "Lines[0]", Old: line{"a", 100, "x"}, New: compare.Missing},
				{Path: "Lines[1]", Old: compare.Missing, New: line{"a", 101, "x"}},
			},
		},
		"in an element with a key": {
			change: func(r *record) { r.Lines = []line{{"b", 200, "y"}, {"a", 101, "x"}, {"c", 1, ""}} },
			rules:  []compare.Rule{compare.KeyedBy("Lines", "SKU"), compare.Ignore(`Lines["b"]`)},
			want: []difference{
				{Path: `Lines["a"].Cents`, Old: 100, New: 101},
				{Path: `Lines["c"]`, Old: compare.Missing, New: line{"c", 1, ""}},
			},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			changed := sample()
			c.change(&changed)
			answer, differences := explained(t, compare.Deep[record](c.rules...), sample(), changed)
			assert.Equal(t, c.want, differences)
			assert.Equal(t, len(c.want) == 0, answer == compare.Same)
		})
	}
}

type named struct{ time.Time }

type definedTime time.Time

func TestDeepTakesForEqualWhatMeansTheSame(t *testing.T) {
	t.Parallel()
	type pair struct{ old, new any }
	var nilSlice []int
	var nilMap map[string]int
	cycle := func() *record { r := &record{ID: "loop"}; r.Next = r; return r }
	at := time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)
	elsewhere, now := at.In(time.FixedZone("", 3600)), time.Now()
	same := map[string]pair{
		"a nil list and an empty one": {nilSlice, []int{}},
		"a nil map and an empty one":  {nilMap, map[string]int{}},
		"not a number":                {math.NaN(), math.NaN()},
		"not a number, in a list":     {[]float64{1, math.NaN()}, []float64{1, -math.NaN()}},
		"zeros, in a list":            {[]float64{1, 0}, []float64{1, math.Copysign(0, -1)}},
		"under what is not a number":  {map[float64]int{math.NaN(): 1, 2: 2}, map[float64]int{2: 2, math.NaN(): 1}},
		"two cycles":                  {cycle(), cycle()},
		"a cycle and a longer one":    {cycle(), &record{ID: "loop", Next: cycle()}},
		"two nils":                    {nil, nil},
		"complex numbers":             {complex(1, 2), complex(1, 2)},
		"nil functions":               {(func())(nil), (func())(nil)},
		"arrays":                      {[2]uint8{1, 2}, [2]uint8{1, 2}},
		"empty arrays":                {[0]int{}, [0]int{}},
		"errors":                      {errors.New("x"), errors.New("x")},
		"hidden times":                {record{since: at}, record{since: elsewhere}},
		"hidden times of this moment": {record{since: now}, record{since: now.Round(0)}},
		"times within a struct":       {named{at}, named{elsewhere}},
		"times by another name":       {definedTime(at), definedTime(elsewhere)},
		"times as values of a map":    {map[int]record{1: {since: at}}, map[int]record{1: {since: elsewhere}}},
		"typed nils":                  {(*record)(nil), (*record)(nil)},
		"what is blank":               {struct{ _, A int }{A: 1}, struct{ _, A int }{A: 1}},
	}
	for name, p := range same {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			agree[any](t, compare.Same, compare.Deep[any](), p.old, p.new)
		})
	}
	channel := make(chan int)
	different := map[string]pair{
		"functions":                 {func() {}, func() {}},
		"types":                     {1, int64(1)},
		"nothing and something":     {nil, 1},
		"nil and a typed nil":       {nil, (*record)(nil)},
		"channels":                  {channel, make(chan int)},
		"booleans":                  {true, false},
		"unsigned numbers":          {uint(1), uint(2)},
		"a cycle and none":          {cycle(), &record{ID: "loop"}},
		"hidden times":              {record{since: time.Unix(1, 0)}, record{since: time.Unix(2, 0)}},
		"hidden errors":             {record{err: errors.New("a")}, record{err: errors.New("b")}},
		"odd entries":               {map[float64]int{math.NaN(): 1}, map[float64]int{math.NaN(): 2}},
		"odd entries and none":      {map[float64]int{math.NaN(): 1}, map[float64]int{}},
		"odd entries and others":    {map[float64]int{math.NaN(): 1}, map[float64]int{1: 1}},
		"keys":                      {map[any]int{1: 1}, map[any]int{"1": 1}},
		"nil keys":                  {map[any]int{nil: 1}, map[any]int{"nil": 1}},
		"arrays":                    {[2]uint8{1, 2}, [2]uint8{1, 3}},
		"arrays in an array":        {[2][2]bool{{true}}, [2][2]bool{{}, {true}}},
		"large numbers":             {uint64(math.MaxUint64), uint64(0)},
		"numbers of either sign":    {int64(math.MinInt64), int64(math.MaxInt64)},
		"defined times":             {definedTime(at), definedTime(at.Add(1))},
		"lists of unequal length":   {[]int{1}, []int{1, 2}},
		"maps of unequal length":    {map[int]int{1: 1}, map[int]int{1: 1, 2: 2}},
		"complex numbers":           {complex(1, 2), complex(1, 3)},
		"a number and not a number": {1.0, math.NaN()},
	}
	for name, p := range different {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			agree[any](t, compare.Different, compare.Deep[any](), p.old, p.new)
		})
	}
}

type chained struct {
	Value int
	Next  *chained
}

func chain(n int) (first *chained) {
	for i := range n {
		first = &chained{i, first}
	}
	return first
}

func TestDeepIsUndecidedWhereItGivesUp(t *testing.T) {
	t.Parallel()
	agree(t, compare.Same, compare.Deep[*chained](), chain(300), chain(300))
	agree(t, compare.Same, compare.Deep[*chained](), chain(4900), chain(4900))
	agree(t, compare.Undecided, compare.Deep[*chained](), chain(100_000), chain(100_000))

	type headed struct {
		Chain *chained
		Name  string
	}
	agree(t, compare.Different, compare.Deep[headed](), headed{chain(100_000), "a"}, headed{chain(100_000), "b"})
	agree(t, compare.Undecided, compare.Deep[headed](compare.Ignore("Name")), headed{chain(100_000), "a"}, headed{chain(100_000), "b"})
	agree(t, compare.Same, compare.Deep[headed](compare.Ignore("Chain")), headed{chain(100_000), "a"}, headed{chain(1), "a"})
	agree(t, compare.Undecided, compare.Deep[[]*chained](compare.Unordered("")),
		[]*chained{chain(100_000), nil}, []*chained{nil, chain(100_000)})

	differences := compare.Deep[[]int]().Explain(make([]int, 1000), nil)
	assert.Len(t, differences, 100)
}

func TestDeepEndsWithCyclesAndChainsOfAnyKind(t *testing.T) {
	t.Parallel()
	pointers := func() any {
		var v any = 1
		for range 2_000_000 {
			w := v
			v = &w
		}
		return v
	}
	agree[any](t, compare.Undecided, compare.Deep[any](), pointers(), pointers())

	type hidden struct{ m map[string]any }
	cyclic := func(more ...string) hidden {
		m := map[string]any{}
		m["self"] = m
		for _, key := range more {
			m[key] = m
		}
		return hidden{m}
	}
	agree(t, compare.Different, compare.Deep[hidden](), hidden{map[string]any{}}, cyclic())
	agree(t, compare.Different, compare.Deep[hidden](), cyclic("a"), cyclic())
	agree(t, compare.Same, compare.Deep[hidden](), cyclic("a"), cyclic("a"))

	type branch struct {
		name string
		kids []branch
	}
	tree := func(n int) *branch {
		b := &branch{name: "b", kids: make([]branch, n)}
		for i := range b.kids {
			b.kids[i] = branch{name: "k", kids: b.kids}
		}
		return b
	}
	agree(t, compare.Different, compare.Deep[*branch](), tree(1), tree(2))
	agree(t, compare.Same, compare.Deep[*branch](), tree(2), tree(2))

	type pointer *pointer
	loop := func() *pointer {
		var p pointer
		p = &p
		return &p
	}
	agree(t, compare.Same, compare.Deep[*pointer](), loop(), loop())
	agree(t, compare.Same, compare.Deep[[]*pointer](compare.KeyedBy("", "ID")), []*pointer{loop()}, []*pointer{loop()})
	self := []any{nil}
	self[0] = self
	agree(t, compare.Same, compare.Deep[[]any](compare.Unordered("", "[*]")), self, []any{self})
	assert.NotEmpty(t, compare.Text(loop())+compare.Text(self)+compare.Text(pointers()))
}

func TestDeepFuzzedSeedsOfJSON(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`{"a":[1,2,{"b":null}]}`, `[[],{},"",0]`, `null`} {
		var old, new any
		require.NoError(t, json.Unmarshal([]byte(text), &old))
		require.NoError(t, json.Unmarshal([]byte(text), &new))
		agree[any](t, compare.Same, compare.Deep[any](), old, new)
	}
}
