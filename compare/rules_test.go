package compare_test

import (
	"math"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover/compare"
)

func TestWrongRulesAreErrors(t *testing.T) {
	t.Parallel()
	for name, rule := range map[string]compare.Rule{
		"nil":                       nil,
		"Ignore(empty)":             compare.Ignore(""),
		"Ignore(one of them empty)": compare.Ignore("A", ""),
		"Ignore(.)":                 compare.Ignore("."),
		"Ignore(A.)":                compare.Ignore("A."),
		"Ignore(.A)":                compare.Ignore(".A"),
		"Ignore(A..B)":              compare.Ignore("A..B"),
		"Ignore(A[)":                compare.Ignore("A["),
		"Ignore(A[*)":               compare.Ignore("A[*"),
		`Ignore(A["x)`:              compare.Ignore(`A["x`),
		`Ignore(A["x")`:             compare.Ignore(`A["x"`),
		`Ignore(A["x"y])`:           compare.Ignore(`A["x"y]`),
		"Ignore(A[*]B)":             compare.Ignore("A[*]B"),
		"Ignore(A*)":                compare.Ignore("A*"),
		"Ignore(A[x*])":             compare.Ignore("A[x*]"),
		"Ignore( A)":                compare.Ignore(" A"),
		"Unordered(.)":              compare.Unordered("."),
		"KeyedBy(., ID)":            compare.KeyedBy(".", "ID"),
		"KeyedBy(Lines, )":          compare.KeyedBy("Lines", ""),
		"TimesWithin(-1)":           compare.TimesWithin(-1),
		"NumbersWithin(-1)":         compare.NumbersWithin(-1),
		"NumbersWithin(NaN)":        compare.NumbersWithin(math.NaN()),
		"NumbersWithin(Inf)":        compare.NumbersWithin(math.Inf(1)),
		"Using(nil)":                compare.Using[int](nil),
		"more patterns than can be": compare.Ignore(make20k()...),
	} {
		deep := compare.Deep[any](rule)
		require.ErrorIs(t, deep.Err(), compare.ErrInvalidRule, name)
		assert.Equal(t, compare.Undecided, deep.Compare(1, 1), name)
		require.ErrorIs(t, compare.JSON[string](rule).Err(), compare.ErrInvalidRule, name)
	}
	for name, rule := range map[string]compare.Rule{
		"TimesWithin": compare.TimesWithin(1), "Using": compare.Using(func(a, b int) bool { return a == b }), "ExportedOnly": compare.ExportedOnly(),
	} {
		require.NoError(t, compare.Deep[any](rule).Err())
		require.ErrorContains(t, compare.JSON[string](rule).Err(), name+" does not apply to JSON")
	}
	both := compare.Deep[any](compare.Ignore("", "A"), compare.TimesWithin(-1)).Err()
	require.ErrorContains(t, both, "Ignore")
	require.ErrorContains(t, both, "TimesWithin")
	require.NoError(t, compare.Deep[any](compare.Unordered(""), compare.KeyedBy("", "ID"), compare.NumbersWithin(0), compare.TimesWithin(0), compare.Ignore()).Err())
}

func make20k() []string {
	all := make([]string, 20_000)
	for i := range all {
		all[i] = "A"
	}
	return all
}

func TestPatternsLeadToPlaces(t *testing.T) {
	t.Parallel()
	type prices struct {
		Of     map[string]int
		ByID   map[int]int
		ByFlag map[bool]int
		Odd    map[[2]int]int
		List   []map[string]int
	}
	old := prices{
		Of: map[string]int{"eur": 1}, ByID: map[int]int{7: 1}, ByFlag: map[bool]int{true: 1}, Odd: map[[2]int]int{{1, 2}: 1},
		List: []map[string]int{{"a]": 1}},
	}
	changed := func(change func(*prices)) prices {
		p := prices{
			Of: map[string]int{"eur": 1}, ByID: map[int]int{7: 1}, ByFlag: map[bool]int{true: 1}, Odd: map[[2]int]int{{1, 2}: 1},
			List: []map[string]int{{"a]": 1}},
		}
		change(&p)
		return p
	}
	for name, c := range map[string]struct {
		new    prices
		path   string // as it is told
		others []string
		not    []string
	}{
		"a key like a name": {
			changed(func(p *prices) { p.Of["eur"] = 2 }), "Of.eur",
			[]string{`Of["eur"]`, "Of[eur]", "Of[*]", "Of[]", "Of.*", "*[*]", "*.eur", "Of"},
			[]string{"[*].eur", "Of.usd", "eur", "Of.eur.x", "Of[*].x"},
		},
		"a key of another kind": {
			changed(func(p *prices) { p.ByID[7] = 2 }), "ByID[7]", []string{`ByID["7"]`, "ByID.7", "ByID[*]"}, []string{"ByID[8]", "ByID.*", "ByI"},
		},
		"a boolean key": {changed(func(p *prices) { p.ByFlag[true] = 2 }), "ByFlag[true]", []string{"ByFlag[]"}, []string{"ByFlag[false]"}},
		"a key of several values": {
			changed(func(p *prices) { p.Odd[[2]int{1, 2}] = 2 }), `Odd["[1 2]"]`, []string{"Odd[*]"}, []string{`Odd["[2 1]"]`},
		},
		"a key with a bracket": {
			changed(func(p *prices) { p.List[0]["a]"] = 2 }), `List[0]["a]"]`,
			[]string{"List[*][*]", "List[][]", `List[][` + "`a]`" + `]`, "List[0]"},
			[]string{"List[1]", `List["0"]`, "List.0", "List[*].*", "List[*].x"},
		},
	} {
		_, differences := explained(t, compare.Deep[prices](), old, c.new)
		require.Len(t, differences, 1, name)
		assert.Equal(t, c.path, differences[0].Path)
		for _, pattern := range append(c.others, c.path) {
			agree(t, compare.Same, compare.Deep[prices](compare.Ignore(pattern)), old, c.new)
		}
		for _, pattern := range c.not {
			agree(t, compare.Different, compare.Deep[prices](compare.Ignore(pattern)), old, c.new)
		}
	}
	agree(t, compare.Same, compare.Deep[prices](compare.Ignore("Of.*")), old, changed(func(p *prices) { p.Of["usd"] = 2 }))
	agree(t, compare.Same, compare.Deep[[]int](compare.Ignore("[*]")), []int{1}, []int{2, 3})
}

func TestTolerancesAreExact(t *testing.T) {
	t.Parallel()
	type price struct {
		ID     int64
		Amount float64
	}
	within := func(x float64) compare.Comparison[any] { return compare.Deep[any](compare.NumbersWithin(x)) }
	for _, c := range []struct {
		x        float64
		old, new any
		want     compare.Answer
	}{
		{0.001, price{1541815603606036480, 1}, price{1541815603606036481, 1}, compare.Different},
		{0.001, price{1, 1}, price{1, 1.0009}, compare.Same},
		{0.001, uint64(math.MaxUint64), uint64(math.MaxUint64 - 1000), compare.Different},
		{1000, uint64(math.MaxUint64), uint64(math.MaxUint64 - 1000), compare.Same},
		{999.5, uint64(math.MaxUint64), uint64(math.MaxUint64 - 1000), compare.Different},
		{1.5, -1, 0, compare.Same},
		{1.5, -1, 1, compare.Different},
		{1e19, int64(math.MinInt64), int64(math.MaxInt64), compare.Different},
		{1e20, int64(math.MinInt64), int64(math.MaxInt64), compare.Same},
		{1, math.Inf(1), math.Inf(-1), compare.Different},
		{1, math.Inf(1), math.Inf(1), compare.Same},
		{1, math.NaN(), 1.0, compare.Different},
		{0.5, complex(1, 2), complex(1.5, 2.5), compare.Same},
		{0.5, complex(1, 2), complex(1.5, 3), compare.Different},
		{1, byte(1), byte(2), compare.Same},
		{1, []byte{1, 2}, []byte{2, 1}, compare.Different},
		{1, [2]byte{1, 2}, [2]byte{1, 3}, compare.Different},
		{1, []struct{ B byte }{{1}}, []struct{ B byte }{{2}}, compare.Same},
		{1, [][]byte{{1}}, [][]byte{{2}}, compare.Different},
		{1, big.NewInt(1), big.NewInt(2), compare.Different},
		{1, new(big.Int).Lsh(big.NewInt(1), 64), new(big.Int).Lsh(big.NewInt(1), 65), compare.Different},
		{1, "1", "2", compare.Different},
	} {
		agree(t, c.want, within(c.x), c.old, c.new)
	}
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	agree(t, compare.Same, compare.Deep[stamped](compare.TimesWithin(time.Hour)), stamped{at}, stamped{at.Add(time.Hour)})
	agree(t, compare.Different, compare.Deep[stamped](compare.TimesWithin(time.Hour)), stamped{at}, stamped{at.Add(time.Hour + 1)})
	agree(t, compare.Different, compare.Deep[time.Time](compare.TimesWithin(math.MaxInt64)), at, at.AddDate(1000, 0, 0))
}

type stamped struct{ at time.Time }

func TestExportedOnlyLeavesOutUnexportedFields(t *testing.T) {
	t.Parallel()
	type internal struct{ a, b int }
	type base struct{ Name, secret string }
	type Pointed struct{ Value int }
	type whole struct {
		base
		*Pointed
		Exported internal
		state    any
	}
	of := func(name, secret string, value, a int, state any) whole {
		return whole{base{name, secret}, &Pointed{value}, internal{a, 1}, state}
	}
	c := compare.Deep[whole](compare.ExportedOnly())
	agree(t, compare.Same, c, of("n", "s", 1, 2, 3), of("n", "other", 1, 2, "other"))
	agree(t, compare.Different, c, of("n", "s", 1, 2, 3), of("other", "s", 1, 2, 3))
	agree(t, compare.Different, c, of("n", "s", 1, 2, 3), of("n", "s", 2, 2, 3))
	agree(t, compare.Different, c, of("n", "s", 1, 2, 3), of("n", "s", 1, 3, 3)) // a type with nothing exported is compared
	assert.Equal(t, "base.Name", c.Explain(of("n", "s", 1, 2, 3), of("other", "s", 1, 2, 3))[0].Path)
	assert.Equal(t, "other", c.Explain(of("n", "s", 1, 2, 3), of("other", "s", 1, 2, 3))[0].New)
}
