package compare_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
	"unsafe"

	"github.com/stretchr/testify/assert"

	"github.com/gocutover/cutover/compare"
)

type loud struct{ A int }

func (loud) String() string   { panic("it is not called") }
func (loud) Error() string    { panic("it is not called") }
func (loud) GoString() string { panic("it is not called") }

func TestValuesAreWrittenAsValues(t *testing.T) {
	t.Parallel()
	seven := 7
	pointer := &seven
	type hidden struct {
		at   time.Time
		list []*int
		m    map[any]any
		err  error
		b    [2]byte
	}
	at := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	for want, value := range map[string]any{
		"nil":                            nil,
		"(missing)":                      compare.Missing,
		"a text":                         "a text",
		"7":                              &pointer,
		"-7":                             int8(-7),
		"8":                              uint8(8),
		"1.5":                            float32(1.5),
		"(1+2i)":                         complex(1, 2),
		"true":                           true,
		"2026-01-02T03:04:05.000000006Z": at,
		"1.5s":                           1500 * time.Millisecond,
		"1.50":                           json.Number("1.50"),
		"{A:1}":                          loud{1},
		`["a" "b"]`:                      []string{"a", "b"},
		"[]":                             []int(nil),
		"{}":                             map[string]int(nil),
		`{"a":1 "b":2}`:                  map[string]int{"b": 2, "a": 1},
		"bytes":                          []byte("bytes"),
		`["é"]`:                          [][]byte{[]byte("é")},
		"0xff":                           []byte{0xff},
		"0x0102":                         [2]byte{1, 2},
		"(func())":                       func() {},
		"(chan int)":                     make(chan int),
		"(unsafe.Pointer)":               unsafe.Pointer(pointer),
		"(1001 entries)":                 manyEntries(1001),
		`{at:2026-01-02T03:04:05.000000006Z list:[7 nil] m:{7:[1] nil:nil} err:{s:"x"} b:0x0102}`: hidden{at, []*int{pointer, nil}, map[any]any{nil: nil, 7: []any{1}}, errors.New("x"), [2]byte{1, 2}},
	} {
		assert.Equal(t, want, compare.Text(value))
	}
	for _, value := range []any{(func())(nil), (chan int)(nil), (*int)(nil), error((*textError)(nil)), unsafe.Pointer(nil)} {
		assert.Equal(t, "nil", compare.Text(value))
	}
}

func manyEntries(n int) map[int]int {
	m := map[int]int{}
	for i := range n {
		m[i] = i
	}
	return m
}

type keyed map[*keyed]int

func TestTextsOfKeysWithinKeysAreBounded(t *testing.T) {
	t.Parallel()
	m := keyed{}
	for i := range 200 {
		same := m
		m[&same] = i
	}
	begun := time.Now()
	assert.NotEmpty(t, compare.Text(m))
	assert.Less(t, time.Since(begun), 20*time.Second)
}

func TestTextsAreBounded(t *testing.T) {
	t.Parallel()
	type wide struct{ A, B []string }
	long := strings.Repeat("é", 5000)
	texts := make([]string, 5000)
	for i := range texts {
		texts[i] = long
	}
	tree := any("leaf")
	for range 20 {
		tree = []any{tree, tree, tree, tree, tree, tree, tree, tree, tree}
	}
	for name, value := range map[string]any{
		"text": long, "bytes": []byte("x" + long), "odd bytes": []byte(long), "list": texts, "struct": wide{texts, texts}, "map": map[string]any{"a": texts, "b": texts},
		"tree": tree, "numbers": make([]int, 1<<20), "zeros": make([]byte, 1<<20), "broken": strings.Repeat("\xff", 5000), "broken bytes": append([]byte(long), 0xff),
		"key": map[string]int{long: 1}, "hexadecimal": [5000]byte{}, "continued": strings.Repeat("\x80", 5000), "continued bytes": []byte(strings.Repeat("\x80", 5000)),
	} {
		text := compare.Text(value)
		assert.LessOrEqual(t, len(text), 3100, name)
		assert.True(t, strings.HasSuffix(text, "…"), "%s: %s", name, text)
		assert.True(t, utf8.ValidString(text), name)
	}
	assert.Equal(t, "\uFFFD", compare.Text("\xff"))
	assert.Equal(t, compare.Text(long), fmt.Sprint(compare.Difference{Old: long, New: nil})[:len(compare.Text(long))])
	assert.Len(t, []rune(compare.Text([]byte(long))), 501)
}
