package compare_test

import (
	"cmp"
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover/compare"
)

// asDeepDoes makes go-cmp compare as Deep promises to.
var asDeepDoes = gocmp.Options{
	gocmp.Exporter(func(reflect.Type) bool { return true }),
	gocmp.FilterPath(func(p gocmp.Path) bool { return p.Last().Type() != reflect.TypeFor[map[float64]int]() }, cmpopts.EquateEmpty()),
	cmpopts.EquateNaNs(),
	gocmp.Comparer(func(a, b complex64) bool {
		return sameFloat(float64(real(a)), float64(real(b))) && sameFloat(float64(imag(a)), float64(imag(b)))
	}),
	// go-cmp uses a method of a pointer for pointers alone.
	gocmp.Comparer(func(a, b pointerEqual) bool { return a.Equal(&b) }),
	// go-cmp panics on a key that is NaN.
	gocmp.Comparer(func(a, b map[float64]int) bool { return slices.Equal(entriesOf(a), entriesOf(b)) }),
}

func sameFloat(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }

type numberEntry struct {
	nan   bool
	key   float64
	value int
}

func entriesOf(m map[float64]int) (all []numberEntry) {
	for k, v := range m {
		e := numberEntry{key: k, value: v}
		if math.IsNaN(k) {
			e = numberEntry{nan: true, value: v}
		}
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b numberEntry) int {
		return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.value, b.value), cmp.Compare(boolInt(a.nan), boolInt(b.nan)))
	})
	return all
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// FuzzDeepAgainstGoCmp wants the answer of go-cmp for any two values, and the same with Explain. Of
// values with cycles go-cmp wants that they lead back to the same places, and Deep only that
// following them shows no difference: there the answer of a plain walk counts, that looks at each
// pair once.
func FuzzDeepAgainstGoCmp(f *testing.F) {
	f.Add([]byte{5, 7, 200, 3, 9, 2, 1, 2}, []byte{5, 7, 200, 3, 9, 2, 1, 3}, false)
	f.Add([]byte{3, 14, 3, 6, 1, 6, 2}, []byte{3, 14, 3, 6, 2, 6, 1}, true)
	f.Add([]byte{1, 8, 1}, []byte{1, 8, 200, 1, 8, 1}, false)
	f.Add([]byte{4, 11, 13, 12, 13, 22, 7, 7}, []byte{4, 11, 13, 12, 13, 22, 7, 7}, false)
	f.Fuzz(func(t *testing.T, left, right []byte, acyclic bool) {
		if len(left)+len(right) > 400 {
			return
		}
		old, new := generate(left, acyclic), generate(right, acyclic)
		checkDeep(t, old, new, acyclic)
		checkDeep(t, old, generate(left, acyclic), acyclic)
	})
}

func checkDeep(t *testing.T, old, new *node, acyclic bool) {
	t.Helper()
	deep := compare.Deep[*node]()
	answer, differences := deep.Compare(old, new), deep.Explain(old, new)
	require.NotEqual(t, compare.Undecided, answer)
	require.Equal(t, answer == compare.Different, len(differences) > 0, "%v", differences)
	same := gocmp.Equal(old, new, asDeepDoes)
	switch {
	case same:
		require.Equal(t, compare.Same, answer, "%v", differences)
	case acyclic:
		require.Equal(t, compare.Different, answer) // gocmp.Diff would say where, but panics on some
	default:
		walk := reference{steps: math.MaxInt, visited: map[visited]bool{}}
		require.Equal(t, walk.same(reflect.ValueOf(old), reflect.ValueOf(new), nil), answer == compare.Same, "%v", differences)
	}
	if unordered := compare.Deep[*node](compare.Unordered("nodes", "List", "Tree"), compare.KeyedBy("Left.List", "ID")); same {
		require.Equal(t, compare.Same, unordered.Compare(old, new), "%v", unordered.Explain(old, new))
	}
}

var times = []time.Duration{0, time.Second, time.Hour}
