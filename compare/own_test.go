package compare_test

import (
	"crypto/ed25519"
	"errors"
	"math/big"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover/compare"
)

// cents is equal to another if both are, whatever its unit.
type cents struct {
	n    int
	unit string
}

func (c cents) Equal(other cents) bool { return c.n == other.n }

// byPointer panics for a nil pointer.
type byPointer struct {
	n    int
	unit string
}

func (c *byPointer) Equal(other *byPointer) bool { return c.n == other.n }

type pointerToValue struct{ n, unit int }

func (c *pointerToValue) Equal(other pointerToValue) bool { return c.n == other.n }

type shape interface{ Area() int }

type square struct{ side, color int }

func (s square) Area() int              { return s.side * s.side }
func (s square) Equal(other shape) bool { return s.Area() == other.Area() }

type equalFunc func() int

func (f equalFunc) Equal(other equalFunc) bool { return f() == other() }

// None of these is an equality of its type.
type (
	noBool    struct{ n int }
	twoValues struct{ n int }
	otherType struct{ n int }
	pointerTo struct{ n int }
	variadic  struct{ n int }
)

func (noBool) Equal(noBool) int                 { return 1 }
func (twoValues) Equal(twoValues) (bool, error) { return true, nil }
func (otherType) Equal(int) bool                { return true }
func (*pointerTo) Equal(int) bool               { return true }
func (variadic) Equal(...variadic) bool         { return true }

func TestTypesAreComparedByTheirOwnEquality(t *testing.T) {
	t.Parallel()
	type holder struct {
		Value   cents
		hidden  cents
		Pointer *cents
		pointed *byPointer
		direct  byPointer
		mixed   pointerToValue
		shape   shape
		call    equalFunc
		byKey   map[string]byPointer
	}
	one := func() int { return 1 }
	of := func(n int, unit string) holder {
		return holder{
			cents{n, unit},
			cents{n, unit},
			&cents{n, unit}, &byPointer{n, unit},
			byPointer{n, unit},
			pointerToValue{n, len(unit)},
			square{n, len(unit)},
			func() int { return n },
			map[string]byPointer{"a": {n, unit}},
		}
	}
	c := compare.Deep[holder]()
	agree(t, compare.Same, c, of(1, "eur"), of(1, "pesos"))
	assert.Len(t, c.Explain(of(1, "eur"), of(2, "eur")), 9, "each field differs")
	agree(t, compare.Same, c, holder{}, holder{})
	for _, change := range []func(*holder){
		func(h *holder) { h.Pointer = nil }, func(h *holder) { h.pointed = nil }, func(h *holder) { h.shape = nil }, func(h *holder) { h.call = nil },
	} {
		changed := of(1, "eur")
		change(&changed)
		_, differences := explained(t, c, of(1, "eur"), changed)
		assert.Len(t, differences, 1)
		explained(t, c, changed, of(1, "eur"))
	}
	agree(t, compare.Same, compare.Deep[[]equalFunc](), []equalFunc{one}, []equalFunc{func() int { return 1 }})
	for _, p := range [][2]any{
		{noBool{1}, noBool{2}},
		{twoValues{1}, twoValues{2}},
		{otherType{1}, otherType{2}},
		{pointerTo{1}, pointerTo{2}},
		{variadic{1}, variadic{2}},
		{(*byPointer)(nil), &byPointer{}},
		{square{1, 1}, cents{1, ""}},
	} {
		agree[any](t, compare.Different, compare.Deep[any](), p[0], p[1])
	}
	agree[any](t, compare.Same, compare.Deep[any](), (*byPointer)(nil), (*byPointer)(nil))
}

// identified says for all that embed it whether they are equal.
type identified struct{ ID int }

func (i identified) Equal(other any) bool {
	o, ok := other.(interface{ id() int })
	return ok && i.ID == o.id()
}

func (i identified) id() int { return i.ID }

type likeness interface{ Equal(other likeness) bool }

type (
	embedsValue struct {
		identified
		Total int
	}
	embedsPointer struct {
		*identified
		Total int
	}
	embedsDeeper struct {
		embedsValue
		Note string
	}
	embedsAny struct {
		likeness
		Total int
	}
	refined struct {
		*cents
		Total int
	}
)

func (r refined) Equal(other refined) bool { return r.Total == other.Total }

func TestTheEqualityOfAnEmbeddedFieldIsNotThatOfTheWhole(t *testing.T) {
	t.Parallel()
	one := identified{1}
	for _, p := range []struct {
		want compare.Answer
		a, b any
	}{
		{compare.Different, embedsValue{one, 1}, embedsValue{one, 2}},
		{compare.Same, embedsValue{one, 1}, embedsValue{one, 1}},
		{compare.Different, embedsPointer{&one, 1}, embedsPointer{&identified{1}, 2}},
		{compare.Same, embedsPointer{&one, 1}, embedsPointer{&identified{1}, 1}},
		{compare.Different, embedsPointer{nil, 1}, embedsPointer{nil, 2}},
		{compare.Same, embedsPointer{nil, 1}, embedsPointer{nil, 1}},
		{compare.Different, embedsPointer{nil, 1}, embedsPointer{&one, 1}},
		{compare.Different, embedsDeeper{embedsValue{one, 1}, "a"}, embedsDeeper{embedsValue{one, 1}, "b"}},
		{compare.Different, embedsAny{nil, 1}, embedsAny{nil, 2}},
		{compare.Same, embedsAny{nil, 1}, embedsAny{nil, 1}},
		{compare.Same, refined{nil, 1}, refined{&cents{}, 1}},
	} {
		agree(t, p.want, compare.Deep[any](), p.a, p.b)
	}
}

func TestTypesOfTheStandardLibraryAreComparedByValue(t *testing.T) {
	t.Parallel()
	key := func(seed byte) ed25519.PrivateKey { return ed25519.NewKeyFromSeed(append(make([]byte, 31), seed)) }
	type pair struct{ a, b, c any }
	for name, p := range map[string]pair{
		"net.IP":     {net.IPv4(1, 2, 3, 4), net.IPv4(1, 2, 3, 4).To4(), net.IPv4(1, 2, 3, 5)},
		"netip.Addr": {netip.MustParseAddr("fe80::1%a"), netip.MustParseAddr("fe80::1%a"), netip.MustParseAddr("fe80::1%b")},
		"big.Int":    {big.NewInt(7), big.NewInt(7), big.NewInt(8)},
		"big.Rat":    {big.NewRat(1, 2), big.NewRat(2, 4), big.NewRat(1, 3)},
		"big.Float":  {big.NewFloat(1.5), new(big.Float).SetPrec(200).SetFloat64(1.5), big.NewFloat(2)},
		"ed25519":    {key(1), key(1), key(2)},
		"public key": {key(1).Public(), key(1).Public(), key(2).Public()},
	} {
		for _, rules := range [][]compare.Rule{nil, {compare.ExportedOnly()}} {
			c := compare.Deep[any](rules...)
			require.NoError(t, c.Err(), name)
			agree(t, compare.Same, c, p.a, p.b)
			agree(t, compare.Different, c, p.a, p.c)
		}
	}
}

func TestUsingGoesBeforeAllElse(t *testing.T) {
	t.Parallel()
	units := compare.Using(func(a, b cents) bool { return a.unit == b.unit })
	agree(t, compare.Same, compare.Deep[[]cents](units), []cents{{1, "a"}}, []cents{{2, "a"}})
	agree(t, compare.Different, compare.Deep[[]cents](units), []cents{{1, "a"}}, []cents{{1, "b"}})
	agree(t, compare.Same, compare.Deep[*cents](units), &cents{1, "a"}, &cents{2, "a"})
	agree[any](t, compare.Same, compare.Deep[any](units), cents{1, "a"}, cents{2, "a"})

	days := compare.Using(func(a, b time.Time) bool { return a.YearDay() == b.YearDay() })
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	agree(t, compare.Same, compare.Deep[stamped](days), stamped{at}, stamped{at.Add(time.Hour)})

	never := compare.Using(func(cents, cents) bool { return false })
	agree(t, compare.Same, compare.Deep[cents](units, never), cents{1, "a"}, cents{2, "a"})

	texts := compare.Using(func(a, b error) bool { return a.Error() == b.Error() })
	joined := errors.Join(errors.New("x"))
	agree[error](t, compare.Same, compare.Deep[error](texts), errors.New("x"), joined)
	agree[any](t, compare.Same, compare.Deep[any](texts), errors.New("x"), joined)
	agree[error](t, compare.Different, compare.Deep[error](texts), errors.New("x"), errors.New("y"))
	agree[error](t, compare.Different, compare.Deep[error](texts), errors.New("x"), nil)
	agree[error](t, compare.Different, compare.Deep[error](texts), errors.New("x"), (*textError)(nil))
	agree[error](t, compare.Same, compare.Deep[error](texts), (*textError)(nil), (*textError)(nil))
	agree[any](t, compare.Different, compare.Deep[any](texts), errors.New("x"), "x")

	agree(t, compare.Different, compare.Deep[*reply](compare.Using(equalMessages)), nil, &reply{})
	agree(t, compare.Same, compare.Deep[*reply](compare.Using(equalMessages)), nil, nil)

	agree(t, compare.Same, compare.Deep[[]int](compare.Using(func(a, b int) bool { return a%2 == b%2 }), compare.Unordered("")),
		[]int{1, 2, 3}, []int{4, 5, 7})
	agree(t, compare.Different, compare.Deep[[]int](compare.Using(func(int, int) bool { return false })), []int{1}, []int{1})
}
