package compare_test

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/gocutover/cutover/compare"
)

// With a tolerance the first element that fits need not be the right one.
func TestUnorderedMatchesWhateverTheOrder(t *testing.T) {
	t.Parallel()
	within := compare.Deep[[]float64](compare.Unordered(""), compare.NumbersWithin(1))
	agree(t, compare.Same, within, []float64{1, 2}, []float64{2, 3})
	agree(t, compare.Same, within, []float64{2, 1}, []float64{2, 3})
	agree(t, compare.Same, within, []float64{1, 2}, []float64{3, 2})
	agree(t, compare.Same, within, []float64{0, 1, 2, 3, 4}, []float64{5, 4, 3, 2, 1})
	agree(t, compare.Different, within, []float64{1, 2}, []float64{3, 3})
	agree(t, compare.Different, within, []float64{1, 1, 5}, []float64{1, 5, 5})
	assert.Equal(t, []compare.Difference{{Path: "[1]", Old: 9.0, New: compare.Missing}},
		within.Explain([]float64{1, 9, 2}, []float64{3, 2}), "as many as possible are matched")

	many := make([]float64, 500)
	for i := range many {
		many[i] = float64(i)
	}
	shuffled := slices.Clone(many)
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	agree(t, compare.Same, within, many, shuffled)
}

func TestUnorderedComparesElementsOfAnyKind(t *testing.T) {
	t.Parallel()
	type inner struct {
		Name  *string
		Tags  map[string]any
		Lists [][]int
		at    time.Time
		Money cents
		F     float64
		U     uint8
		B     bool
		C     complex128
		Any   any
	}
	of := func(name string, n int) inner {
		zone := time.FixedZone(name, n)
		return inner{
			&name,
			map[string]any{"a": n, "b": nil},
			[][]int{{n}, {n, n}},
			time.Unix(int64(n), 0).In(zone),
			cents{n, name},
			float64(n), uint8(n), n%2 == 0, complex(float64(n), 1),
			[]any{name, n},
		}
	}
	c := compare.Deep[[]inner](compare.Unordered("", "[*].Lists"))
	old, new := []inner{of("a", 1), of("b", 2), of("c", 3)}, []inner{of("c", 3), of("a", 1), of("b", 2)}
	agree(t, compare.Same, c, old, new)
	slices.Reverse(new[0].Lists)
	agree(t, compare.Same, c, old, new)
	new[0].at = new[0].at.Add(1)
	agree(t, compare.Different, c, old, new)
	agree(t, compare.Same, compare.Deep[[]inner](compare.Unordered("", "[*].Lists"), compare.Ignore("[*].at")), old, new)
	agree(t, compare.Same, compare.Deep[[]inner](compare.Unordered("", "[*].Lists"), compare.TimesWithin(1)), old, new)
	new[0].Tags["extra"] = true
	agree(t, compare.Same, compare.Deep[[]inner](compare.Unordered("", "[*].Lists"), compare.Ignore("[*].at", "[*].Tags.extra")), old, new)

	zeros := compare.Deep[[]float64](compare.Unordered(""))
	agree(t, compare.Same, zeros, []float64{0, math.NaN(), 1}, []float64{-math.NaN(), 1, math.Copysign(0, -1)})
	numbers := compare.JSON[string](compare.Unordered("", "[*]"), compare.NumbersWithin(0.1))
	agree(t, compare.Same, numbers, `[1,[2,3]]`, `[[3.05,2],1]`)
	exact := compare.JSON[string](compare.Unordered(""))
	agree(t, compare.Same, exact, `[1,{"id":1.0,"a":[]},2e1]`, `[20,{"a":[],"id":1},1.00]`)
	agree(t, compare.Different, exact, `[1,{"id":1}]`, `[{"id":2},1]`)
	agree(t, compare.Same, compare.Deep[[2]int](compare.Unordered("")), [2]int{1, 2}, [2]int{2, 1})
	agree(t, compare.Same, compare.Deep[[]any](compare.Unordered("")), []any{nil, 1, (*int)(nil)}, []any{1, (*int)(nil), nil})
}

func TestIgnoredElementsAreNotMatched(t *testing.T) {
	t.Parallel()
	agree(t, compare.Same, compare.Deep[[]int](compare.Unordered(""), compare.Ignore("[2]")), []int{1, 2, 9}, []int{2, 1})
	agree(t, compare.Same, compare.Deep[[]int](compare.Unordered(""), compare.Ignore("[*]")), []int{1, 2, 9}, nil)
}

// An index in a pattern is that of the old list, wherever the element stands in the new one.
func TestUnorderedWithAnIndexInAPattern(t *testing.T) {
	t.Parallel()
	c := compare.Deep[[]orderLine](compare.Unordered(""), compare.Ignore("[0].Cents"))
	assert.Equal(t, compare.Same, c.Compare([]orderLine{{"a", 1}, {"b", 2}}, []orderLine{{"b", 2}, {"a", 9}}))
	assert.Equal(t, compare.Different, c.Compare([]orderLine{{"a", 1}, {"b", 2}}, []orderLine{{"b", 9}, {"a", 1}}))
}

// The number of entries is near that up to which maps are told apart before they are compared.
func TestIgnoredEntriesAreNotMatched(t *testing.T) {
	t.Parallel()
	c := compare.Deep[[]map[string]int](compare.Unordered(""), compare.Ignore("[*].seen"))
	for n := range 20 {
		bare, seen := map[string]int{}, map[string]int{"seen": 1}
		for i := range n {
			bare[strconv.Itoa(i)], seen[strconv.Itoa(i)] = i, i
		}
		other := map[string]int{"other": 1}
		agree(t, compare.Same, c, []map[string]int{seen, other}, []map[string]int{other, bare})
	}
}

func TestUnorderedElementsWithMapsAndCycles(t *testing.T) {
	t.Parallel()
	type item struct {
		M map[int]int
		N *item
		A any
	}
	of := func(n int) item {
		i := &item{M: manyEntries(n), A: map[any]int{nil: 1}}
		i.N = i
		return item{i.M, &item{N: i, A: []any{nil}}, nil}
	}
	agree(t, compare.Same, compare.Deep[[]item](compare.Unordered("")), []item{of(20), of(21), of(2)}, []item{of(2), of(20), of(21)})
	agree(t, compare.Different, compare.Deep[[]item](compare.Unordered("")), []item{of(20), of(21), of(2)}, []item{of(2), of(20), of(22)})
}

// What differs for its length is told as a whole where nobody can say which of many it is.
func TestTooManyToBeMatchedAreExplainedByWhatIsLeftOver(t *testing.T) {
	t.Parallel()
	n := 3000
	times := make([]time.Time, n)
	for i := range times {
		times[i] = time.Unix(int64(i), 0)
	}
	_, differences := explained(t, compare.Deep[[]time.Time](compare.Unordered("")), times, reversed(times[:n-2]))
	assert.Len(t, differences, 2)
	_, differences = explained(t, compare.Deep[[]time.Time](compare.Unordered("")), reversed(times[:n-2]), times)
	assert.Len(t, differences, 2)

	odd := func(from int) map[float64]*chained {
		m := map[float64]*chained{}
		for i := range 3 {
			m[math.NaN()] = chain(20_000 + from + i)
		}
		return m
	}
	agree(t, compare.Undecided, compare.Deep[map[float64]*chained](), odd(0), odd(0))
	agree(t, compare.Same, compare.Deep[map[float64]*chained](compare.Ignore("[NaN]")), odd(0), odd(1))
	agree(t, compare.Different, compare.Deep[map[[2]float64]int](), map[[2]float64]int{{math.NaN(), 1}: 1}, map[[2]float64]int{{math.NaN(), 2}: 1})
}

// Which of two lists of unequal length has too much is found by a walk that gives up: it is told
// anyway.
func TestWhatIsKnownToDifferIsExplained(t *testing.T) {
	t.Parallel()
	type list struct{ Slow []slow }
	n := 1500
	old, new := list{make([]slow, n)}, list{make([]slow, n-1)}
	for i := range n {
		old.Slow[i].At = time.Unix(int64(i), 0)
	}
	for i := range n - 1 {
		new.Slow[i].At = time.Unix(int64(n-i), 0)
	}
	differences := compare.Deep[list](compare.Unordered("Slow")).Explain(old, new)
	assert.Len(t, differences, 1)
	assert.Empty(t, differences[0].Path)
}

// slow takes many steps to compare.
type slow struct{ A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P, Q, R, At time.Time }

func TestUnorderedIsUndecidedRatherThanSlow(t *testing.T) {
	t.Parallel()
	// Each may be the same as each other one, and no two lists are in one order.
	n := 5000
	old, new := make([]time.Time, n), make([]time.Time, n)
	for i := range old {
		old[i], new[n-1-i] = time.Unix(int64(i), 0), time.Unix(int64(i), 0)
	}
	c := compare.Deep[[]time.Time](compare.Unordered(""))
	agree(t, compare.Undecided, c, old, new)
	agree(t, compare.Same, c, old, slices.Clone(old))
	agree(t, compare.Different, c, old, new[1:])
	type item struct{ A, B, C, D, E, F, G, H, At time.Time }
	items := make([]item, 2000)
	for i := range items {
		items[i].At = old[i]
	}
	assert.Equal(t, compare.Undecided, compare.Deep[[]item](compare.Unordered("")).Compare(items, reversed(items)))

	// Of some hundred it is known.
	agree(t, compare.Same, c, old[:100], reversed(old[:100]))
	agree(t, compare.Different, c, old[:100], reversed(old[1:101]))
}

func reversed[E any](list []E) []E {
	list = slices.Clone(list)
	slices.Reverse(list)
	return list
}

// A list of rows that differ in plain fields takes no time by the square of its length.
func TestUnorderedOfManyRows(t *testing.T) {
	t.Parallel()
	n := 50_000
	old := make([]orderLine, n)
	for i := range old {
		old[i] = orderLine{"sku", i}
	}
	c := compare.Deep[[]orderLine](compare.Unordered(""))
	agree(t, compare.Same, c, old, reversed(old))
	changed := reversed(old)
	changed[7].SKU = "other"
	_, differences := explained(t, c, old, changed)
	assert.Len(t, differences, 2)
	agree(t, compare.Different, c, old, changed[1:])
}

func TestUnorderedIsUndecidedWhereAnElementIs(t *testing.T) {
	t.Parallel()
	type item struct {
		At    time.Time
		Chain *chained
	}
	c := compare.Deep[[]item](compare.Unordered(""))
	at := func(n int64, of *chained) item { return item{time.Unix(n, 0), of} }
	deep := func() *chained { return chain(20_000) }
	agree(t, compare.Undecided, c, []item{at(1, deep()), at(2, nil)}, []item{at(2, nil), at(1, deep())})
	agree(t, compare.Different, c, []item{at(1, deep()), at(2, nil)}, []item{at(3, nil), at(1, deep())})
	agree(t, compare.Different, c, []item{at(1, deep()), at(2, nil)}, []item{at(2, nil)})
}

func TestKeyedByFindsKeysInElementsOfAnyKind(t *testing.T) {
	t.Parallel()
	documents := compare.JSON[json.RawMessage](compare.KeyedBy("lines", "id"), compare.Ignore("lines[*].at"))
	raw := func(s string) json.RawMessage { return json.RawMessage(s) }
	agree(t, compare.Same, documents, raw(`{"lines":[{"id":1,"at":1},{"id":2}]}`), raw(`{"lines":[{"id":2},{"id":1.0}]}`))
	_, differences := explained(t, documents, raw(`{"lines":[{"id":1,"n":1},{"id":"x"},5]}`), raw(`{"lines":[6,{"id":1,"n":2}]}`))
	assert.Equal(t, []compare.Difference{
		{Path: "lines[1].n", Old: json.Number("1"), New: json.Number("2")},
		{Path: `lines["x"]`, Old: map[string]any{"id": "x"}, New: compare.Missing},
		{Path: "lines[2]", Old: json.Number("5"), New: json.Number("6")},
	}, differences)

	type id struct {
		Tenant [2]uint8
		number int64
	}
	type base struct{ Key any }
	type item struct {
		*base
		N int
	}
	type keyed struct{ Items []*item }
	c := compare.Deep[keyed](compare.KeyedBy("Items", "Key"))
	text, at := "t", time.Unix(1, 0)
	for name, key := range map[string]any{
		"text": "a", "number": 7, "unsigned": uint(7), "float": 1.5, "NaN": math.NaN(), "bool": true, "bytes": []byte("ab"), "time": at.UTC(),
		"pointer": &text, "struct": id{[2]uint8{1, 2}, 3}, "array": [1]string{"a"},
	} {
		of := func(n int) *item { return &item{&base{key}, n} }
		other := &item{&base{"other"}, 2}
		agree(t, compare.Same, c, keyed{[]*item{of(1), other}}, keyed{[]*item{other, of(1)}})
		_, differences := explained(t, c, keyed{[]*item{of(1), other}}, keyed{[]*item{other, of(2)}})
		assert.Len(t, differences, 1, name)
	}
	// Without a key they are compared in their order.
	for name, without := range map[string]func(n int) *item{
		"nil":            func(int) *item { return nil },
		"nil embedded":   func(n int) *item { return &item{nil, n} },
		"nil key":        func(n int) *item { return &item{&base{nil}, n} },
		"map as a key":   func(n int) *item { return &item{&base{map[int]int{}}, n} },
		"list in a key":  func(n int) *item { return &item{&base{[1]any{[]int{}}}, n} },
		"list in struct": func(n int) *item { return &item{&base{struct{ A []int }{}}, n} },
	} {
		keyedItem := &item{&base{"k"}, 9}
		agree(t, compare.Same, c, keyed{[]*item{without(1), keyedItem, without(2)}}, keyed{[]*item{keyedItem, without(1), without(2)}})
		if name != "nil" {
			agree(t, compare.Different, c, keyed{[]*item{without(1), without(2)}}, keyed{[]*item{without(2), without(1)}})
		}
	}
	agree(t, compare.Different, compare.Deep[[]line](compare.KeyedBy("", "Nowhere")), []line{{SKU: "a"}, {SKU: "b"}}, []line{{SKU: "b"}, {SKU: "a"}})
	agree(t, compare.Same, compare.Deep[[]line](compare.KeyedBy("", "note")), []line{{note: "a"}, {note: "b"}}, []line{{note: "b"}, {note: "a"}})
}

func TestBytesAreComparedAtOnce(t *testing.T) {
	t.Parallel()
	old := bytes.Repeat([]byte("x"), 4<<20)
	new := slices.Clone(old)
	plain := shortest(func() { bytes.Equal(old, new) })
	c := compare.Deep[[]byte]()
	assert.Equal(t, compare.Same, c.Compare(old, new))
	assert.Less(t, shortest(func() { c.Compare(old, new) }), 100*plain+time.Millisecond)
	new[len(new)-1], new[5000] = 'y', 'y'
	_, differences := explained(t, c, old, new)
	assert.Equal(t, []compare.Difference{{Path: "[5000]", Old: byte('x'), New: byte('y')}, {Path: "[4194303]", Old: byte('x'), New: byte('y')}}, differences)
}

func shortest(run func()) time.Duration {
	least := time.Duration(math.MaxInt64)
	for range 10 {
		begun := time.Now()
		run()
		least = min(least, time.Since(begun))
	}
	return least
}

// Unequal lengths are told at once, and so is that an element has no partner.
func TestUnorderedStopsWhenItKnows(t *testing.T) {
	t.Parallel()
	calls := 0
	count := compare.Using(func(a, b cents) bool { calls++; return a == b })
	c := compare.Deep[[]cents](compare.Unordered(""), count)
	old, new := make([]cents, 1500), make([]cents, 1500)
	for i := range old {
		old[i].n, new[i].n = i, i+len(old)
	}
	assert.Equal(t, compare.Different, c.Compare(old, new))
	assert.LessOrEqual(t, calls, 2*len(old))
	calls = 0
	assert.Equal(t, compare.Different, c.Compare(old[:1], new))
	assert.Zero(t, calls)
}
