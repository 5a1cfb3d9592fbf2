package compare_test

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover/compare"
)

// places are those at which rules are tried: where the same object may stand, above all.
var places = []string{
	"Left", "Left.Left", "right", "nodes[]", "nodes[].Name", "nodes[].nodes", "Left.Name", "List", "List[].Value", "Left.List",
	"Left.List[].Price", "Map[]", "Map[].Name", "Tree", "Tree[]", "Any", "At", "hidden", "nodes", "Numbers", "Left.nodes[].List",
	"Left.Tree", "right.Left.Ratio", "Array", "Array[].ID", "byKey[]", "Left.Numbers", "right.List", "anything", "Any.Left", "nodes[].List",
}

// FuzzDeepAgainstReference wants, of any two finite values under any rules, the answer of a walk
// that remembers nothing; and of Explain that its paths, ignored, leave nothing that differs.
func FuzzDeepAgainstReference(f *testing.F) {
	f.Add([]byte{5, 7, 200, 3, 9, 2, 1, 2}, []byte{5, 7, 200, 3, 9, 2, 1, 3}, []byte{1, 7})
	f.Add([]byte{4, 10, 3, 200, 1, 0, 1, 1}, []byte{4, 10, 3, 1, 0, 200}, []byte{34, 5, 18})
	f.Add([]byte{2, 7, 90, 1, 0, 1, 8, 0}, []byte{2, 7, 90, 1, 0, 2, 8, 0}, []byte{6})
	f.Fuzz(func(t *testing.T, left, right, rules []byte) {
		if len(left)+len(right) > 400 || len(rules) > 6 {
			return
		}
		old, new := generate(left, true), generate(right, true)
		given, naive := rulesOf(rules)
		naive.steps = 300_000
		same := naive.same(reflect.ValueOf(old), reflect.ValueOf(new), nil)
		if naive.steps <= 0 {
			return
		}
		deep := compare.Deep[*node](given...)
		require.NoError(t, deep.Err())
		answer, differences := deep.Compare(old, new), deep.Explain(old, new)
		require.Equal(t, same, answer == compare.Same, "%v", differences)
		require.Equal(t, answer == compare.Different, len(differences) > 0, "%v", differences)
		require.NotEqual(t, compare.Undecided, answer)
		if len(naive.unordered)+len(naive.keyedBy) == 0 && len(differences) < 100 {
			checkPaths(t, old, new, given, differences)
		}
	})
}

// checkPaths wants that all differences were told, by paths that are patterns.
func checkPaths(t *testing.T, old, new *node, given []compare.Rule, differences []compare.Difference) {
	t.Helper()
	for _, d := range differences {
		if d.Path == "" {
			return
		}
		given = append(given, compare.Ignore(d.Path))
	}
	rest := compare.Deep[*node](given...)
	require.NoError(t, rest.Err())
	require.Equal(t, compare.Same, rest.Compare(old, new), "%v, and then %v", differences, rest.Explain(old, new))
}

// rulesOf makes rules of bytes, for Deep and for the reference.
func rulesOf(data []byte) (given []compare.Rule, naive *reference) {
	naive = &reference{ignored: map[string]bool{}, unordered: map[string]bool{}, keyedBy: map[string]string{}}
	for _, b := range data {
		at := places[int(b)%len(places)]
		switch int(b) / len(places) {
		case 0, 1:
			given, naive.ignored[at] = append(given, compare.Ignore(at)), true
		case 2, 3, 4:
			given, naive.unordered[at] = append(given, compare.Unordered(at)), true
		case 5:
			for _, list := range []string{"List", "Left.List", "Array"} {
				given, naive.keyedBy[list] = append(given, compare.KeyedBy(list, "ID")), "ID"
			}
		case 6:
			naive.numbersWithin = float64(b%4) / 2
			given = append(given, compare.NumbersWithin(naive.numbersWithin))
		case 7:
			naive.timesWithin = times[int(b)%len(times)]
			given = append(given, compare.TimesWithin(naive.timesWithin))
		default:
			if b%2 == 0 {
				given, naive.exportedOnly = append(given, compare.ExportedOnly()), true
			} else {
				given, naive.using = append(given, compare.Using(func(a, b leaf) bool { return a.Value == b.Value })), true
			}
		}
	}
	return given, naive
}
