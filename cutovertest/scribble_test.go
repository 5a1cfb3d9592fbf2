package cutovertest_test

import (
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/gocutover/cutover/cutovertest"
)

// everything holds a value of each kind that can be copied and changed.
type everything struct {
	B     bool
	I     int8
	U     uint16
	F     float32
	C     complex64
	S     string
	At    time.Time
	Slice []int
	Bytes []byte
	Array [2]*int
	Map   map[string][]string
	Ptr   *everything
	Any   any
	When  *time.Time
	Inner struct{ Deep []string }
}

func whole() *everything {
	one, at := 1, time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	e := &everything{
		true, -3, 4, 1.5, 2, "text", at,
		[]int{1, 2},
		[]byte("ab"),
		[2]*int{&one, &one},
		map[string][]string{"k": {"v"}},
		nil, &struct{ N []int }{[]int{5}}, &at,
		struct{ Deep []string }{[]string{"x"}},
	}
	e.Ptr = e
	return e
}

func TestAPayloadIsChangedAndItsCopyIsNot(t *testing.T) {
	t.Parallel()
	original := whole()
	own := cutovertest.Copied(original)
	assert.Equal(t, original, own)
	assert.Same(t, own, own.Ptr, "a cycle is one in the copy too")
	assert.Same(t, own.Array[0], own.Array[1])

	cutovertest.Scribble(original)
	assert.Equal(t, whole(), own)
	changed, same := reflect.ValueOf(*original), reflect.ValueOf(*own)
	for i := range changed.NumField() {
		if name := changed.Type().Field(i).Name; name != "Ptr" {
			assert.NotEqual(t, same.Field(i).Interface(), changed.Field(i).Interface(), name)
		}
	}
	assert.Contains(t, original.S, "changed by cutovertest")
	assert.NotEqual(t, []string{"v"}, original.Map["k"])
}

func TestOnlyWhatIsSharedIsChanged(t *testing.T) {
	t.Parallel()
	payload := struct {
		Key  string
		Tags []string
	}{"a", []string{"red"}}
	other := payload
	cutovertest.Scribble(payload)
	assert.Equal(t, "a", payload.Key)
	assert.NotEqual(t, []string{"red"}, other.Tags)
	cutovertest.Scribble(12)
	cutovertest.Scribble[any](nil)
	assert.Nil(t, cutovertest.Copied[any](nil))
	assert.Equal(t, 12, cutovertest.Copied(12))
}

func TestWhatIsOpaqueIsLeftAlone(t *testing.T) {
	t.Parallel()
	type guarded struct {
		Lock  *sync.Mutex
		Watch chan int
		Do    func()
		own   []int
	}
	before := &guarded{Lock: &sync.Mutex{}, Watch: make(chan int), own: []int{1}}
	before.Lock.Lock()
	own := cutovertest.Copied(before)
	assert.NotSame(t, before, own)
	assert.Same(t, before.Lock, own.Lock)
	cutovertest.Scribble(own)
	assert.Equal(t, []int{1}, before.own)
	assert.False(t, before.Lock.TryLock())
}

func FuzzCopied(f *testing.F) {
	f.Add("a", "b", 3)
	f.Fuzz(func(t *testing.T, key, value string, n int) {
		n = min(max(n, 0), 10)
		filled := func() *everything {
			e := whole()
			e.S, e.Map = key, map[string][]string{key: slices.Repeat([]string{value}, n), value: nil}
			e.Any = strings.Split(value, key)
			return e
		}
		original := filled()
		own := cutovertest.Copied(original)
		cutovertest.Scribble(original)
		if !reflect.DeepEqual(filled(), own) {
			t.Fatalf("%s", cutovertest.Shown(own))
		}
	})
}
