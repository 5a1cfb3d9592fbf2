package cutovertest_test

import (
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/gocutover/cutover/cutovertest"
)

type leaf struct {
	N    int
	next *leaf
}

type tree struct {
	Name string
	Left *tree
	Tags []*string
	Map  map[string]*leaf
	Any  any
	At   *time.Time
	fn   func()
	ch   chan int
}

func TestValuesAreShownAndNoAddresses(t *testing.T) {
	t.Parallel()
	text, at := "red", time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	full := &tree{
		Name: "a", Left: &tree{Name: "b"}, Tags: []*string{&text, nil}, Map: map[string]*leaf{"y": {N: 2, next: &leaf{N: 3}}, "x": nil},
		Any: &leaf{N: 4}, At: &at, fn: func() {}, ch: make(chan int),
	}
	loop := &tree{Name: "loop"}
	loop.Left = loop
	own := map[string]any{}
	own["own"] = own
	cases := map[string]struct {
		value any
		want  string
	}{
		"a tree": {full, "&{Name:a Left:&{Name:b Left:<nil> Tags:[] Map:map[] Any:<nil> At:<nil> fn:(func()) ch:(chan int)} " +
			"Tags:[&red <nil>] Map:map[x:<nil> y:&{N:2 next:&{N:3 next:<nil>}}] Any:&{N:4 next:<nil>} At:2026-01-02 03:04:05 +0000 UTC " +
			"fn:(func()) ch:(chan int)}"},
		"nothing":               {nil, "<nil>"},
		"a cycle":               {loop, "&{Name:loop Left:… Tags:[] Map:map[] Any:<nil> At:<nil> fn:(func()) ch:(chan int)}"},
		"a map that holds it":   {own, "map[own:…]"},
		"an error":              {errors.New("disk full"), "disk full"},
		"an error in a value":   {struct{ Err error }{errDisk}, "{Err:disk full}"},
		"a number of any size":  {big.NewInt(12), "12"},
		"an array":              {[2]bool{true}, "[true false]"},
		"a nil pointer":         {(*leaf)(nil), "<nil>"},
		"a nil pointer's error": {struct{ At *time.Time }{}, "{At:<nil>}"},
		"an unexported time":    {struct{ at time.Time }{at.In(time.FixedZone("here", 60))}, "loc:…"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := cutovertest.Shown(c.value)
			assert.NotContains(t, got, "0x")
			if name == "an unexported time" {
				assert.Contains(t, got, c.want)
				return
			}
			assert.Equal(t, c.want, got)
		})
	}
	for _, plain := range []any{item{"a", "b", 1}, 12, 1.5, "text", []int{1, 2}, map[string]int{"b": 2, "a": 1}, []byte("ab")} {
		assert.Equal(t, fmt.Sprintf("%+v", plain), cutovertest.Shown(plain))
	}
	var deep any
	for range 100_000 {
		deep = []any{deep}
	}
	assert.Less(t, len(cutovertest.Shown(deep)), 100)
	assert.Less(t, len(cutovertest.Shown(strings.Split(strings.Repeat("a ", 100_000), " "))), 10_000)
}
