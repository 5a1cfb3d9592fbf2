package insights_test

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/compare"
	"github.com/gocutover/cutover/insights"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
)

type order struct {
	ID    int
	Lines []line
	note  *string
}

type line struct {
	Price float64
	Tags  map[string]bool
}

type broken struct{ N int }

func (broken) String() string { panic("no") }

type node struct {
	Name string
	Next *node
}

func (n *node) String() string { return n.Name + " then " + n.Next.String() } //nolint:staticcheck // it never ends, if it is asked

func TestValuesAreWrittenAsValues(t *testing.T) {
	t.Parallel()
	note, n := "fragile", 7
	pointer := &n
	for _, c := range []struct {
		value any
		want  string
	}{
		{nil, "<nil>"},
		{"plain", "plain"},
		{"", `""`},
		{" padded", `" padded"`},
		{"a\tb", `"a\tb"`},
		{true, "true"},
		{-3, "-3"},
		{uint8(200), "200"},
		{1.5, "1.5"},
		{float32(0.1), "0.1"},
		{2 + 3i, "(2+3i)"},
		{&pointer, "&&7"},
		{(*int)(nil), "<nil>"},
		{[]int(nil), "[]"},
		{[]any{1, "a", nil}, "[1 a <nil>]"},
		{[2]bool{true, false}, "[true false]"},
		{map[string]int{"b": 2, "a": 1, "c": 3}, "map[a:1 b:2 c:3]"},
		{order{7, []line{{9.5, map[string]bool{"new": true}}}, &note}, "{ID:7 Lines:[{Price:9.5 Tags:map[new:true]}] note:&fragile}"},
		{&order{ID: 1}, "&{ID:1 Lines:[] note:<nil>}"},
		{[]byte(`{"id":1}`), `{"id":1}`},
		{[]byte{0xff, 0x00}, "0xff00"},
		{time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC), "2026-01-02T03:04:05.000006Z"},
		{90 * time.Second, "1m30s"},
		{netip.MustParseAddr("10.0.0.7"), "10.0.0.7"},
		{struct{ At netip.Addr }{netip.MustParseAddr("::1")}, "{At:::1}"},
		{errors.New("no such order"), "no such order"},
		{compare.Missing, "(missing)"},
		{ldmigration.Shadow, "shadow"},
		{broken{3}, "{N:3}"},
		{make(chan int), "chan int"},
		{func(int) string { return "" }, "func(int) string"},
		{(func())(nil), "<nil>"},
	} {
		assert.Equal(t, c.want, insights.Text(c.value), "%T", c.value)
	}
}

// What holds itself would keep fmt, and a method that writes it, going until the process ends.
func TestValuesThatHoldThemselvesDoNoHarm(t *testing.T) {
	t.Parallel()
	list := []any{1}
	list[0] = list
	table := map[string]any{}
	table["self"] = table
	ring := &node{Name: "ring"}
	ring.Next = ring
	long := &node{Name: "first"}
	for range 100_000 {
		long = &node{Name: "one", Next: long}
	}
	f := figures(t, insights.Config{})
	for i, value := range []any{list, table, ring, long, []any{list, table, ring}} {
		o := read(ldmigration.Shadow, cutover.Inconsistent)
		o.Shown = cutover.Shown{Payload: value, Old: value, New: i}
		observe(t, f, 1, o)
		o.Shown = cutover.Shown{Keys: []string{"k"}, Differences: []compare.Difference{{Path: "x", Row: value, Old: value, New: 1}}}
		observe(t, f, 1, o)
		text := insights.Text(value)
		assert.LessOrEqual(t, len(text), insights.MaxText)
		assert.NotContains(t, text, "0x")
	}
	assert.Contains(t, insights.Text(table), "map[self:map[self:")
	assert.True(t, strings.HasPrefix(insights.Text(ring), "&{Name:ring Next:&{Name:ring"))
}

func TestLargeValuesAreWrittenInPart(t *testing.T) {
	t.Parallel()
	large := make([]int, 5_000_000)
	many := map[int]int{}
	for i := range 100_000 {
		many[i] = i
	}
	for _, value := range []any{
		large, many, strings.Repeat("x", 50<<20), []byte(strings.Repeat("世", 1<<20)), make([]byte, 1<<20),
		[][]int{large, large},
		[1000][1000]bool{},
	} {
		text := insights.Text(value)
		assert.LessOrEqual(t, len(text), insights.MaxText)
		assert.Greater(t, len(text), insights.MaxText-10)
		assert.True(t, utf8.ValidString(text))
		assert.True(t, strings.HasSuffix(text, "…"), text)
	}
	assert.Less(t, len(insights.Plain(large, 160)), 200, "no more is written than what is kept")
}

func FuzzTextIsBoundedAndUTF8(f *testing.F) {
	f.Add("a", []byte("b"), 3, 1.5)
	f.Add("\xff\xfe", []byte{0xff}, 300, -1.0)
	f.Add("世界", []byte("\xe4\xb8"), 80, 0.0)
	f.Fuzz(func(t *testing.T, s string, b []byte, n int, x float64) {
		n = min(max(n, 0), 1000)
		for _, value := range []any{
			s, b, strings.Repeat(s, n), []string{s, s}, map[string][]byte{s: b}, struct{ A, B any }{s, x}, fmt.Errorf("%s %d", s, n),
		} {
			text := insights.Text(value)
			if len(text) > insights.MaxText || !utf8.ValidString(text) {
				t.Errorf("%T: %d bytes, valid %v: %q", value, len(text), utf8.ValidString(text), text)
			}
		}
	})
}

// boxed writes itself by how much it holds, as many types of a domain do.
type boxed struct {
	Any   any
	Ints  []int
	Names []any
	Table map[string]any
	Next  *boxed
}

func (boxed) String() string { return "boxed" }

// A value that is small enough writes itself, whatever it is made of; one that is not is written
// by its parts.
func TestOnlyAValueThatEndsWritesItself(t *testing.T) {
	t.Parallel()
	wide := make([]any, 2000)
	deep := any(1)
	for range 50 {
		deep = []any{deep}
	}
	for name, c := range map[string]struct {
		value  boxed
		itself bool
	}{
		"nothing":          {boxed{}, true},
		"a little of each": {boxed{1, []int{1}, []any{1, "a"}, map[string]any{"a": nil}, &boxed{}}, true},
		"many numbers":     {boxed{Ints: make([]int, 1_000_000)}, true},
		"a wide list":      {boxed{Names: wide}, false},
		"a deep value":     {boxed{Any: deep}, false},
		"a deep table":     {boxed{Table: map[string]any{"a": deep}}, false},
	} {
		assert.Equal(t, c.itself, insights.Text(c.value) == "boxed", name)
	}
}
