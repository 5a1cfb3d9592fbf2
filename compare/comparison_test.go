package compare_test

import (
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover/compare"
)

func TestAComparisonOfNothingIsAnError(t *testing.T) {
	t.Parallel()
	f := func(n int) int { return n }
	wrong := map[string]compare.Comparison[int]{
		"zero value":           {},
		"Func(nil)":            compare.Func[int](nil),
		"Explained(nil, f)":    compare.Explained(nil, func(int, int) []compare.Difference { return nil }),
		"Explained(f, nil)":    compare.Explained(func(int, int) compare.Answer { return compare.Same }, nil),
		"By(nil, Deep)":        compare.By[int](nil, compare.Deep[int]()),
		"By(f, Func(nil))":     compare.By(f, compare.Func[int](nil)),
		"By(f, Comparison{})":  compare.By(f, compare.Comparison[int]{}),
		"All()":                compare.All[int](),
		"All(Func(nil))":       compare.All(compare.Func[int](nil)),
		"All(Comparison{})":    compare.All(compare.Comparison[int]{}),
		"All(By(f, All()))":    compare.All(compare.By(f, compare.All[int]())),
		"By(f, Rows(nil, ..))": compare.By(func(n int) []int { return nil }, compare.Rows[int, int](nil, compare.Deep[int]())),
		"By(f, Rows(f, zero))": compare.By(func(n int) []int { return nil }, compare.Rows(f, compare.Comparison[int]{})),
	}
	for name, c := range wrong {
		require.ErrorIs(t, c.Err(), compare.ErrNoComparison, name)
		assert.Equal(t, compare.Undecided, c.Compare(1, 1), name)
		assert.Nil(t, c.Explain(1, 2), name)
		assert.False(t, c.HasRows(), name)
	}
	both := compare.All(compare.Deep[int](compare.Ignore("")), compare.Deep[int](), compare.Func[int](nil)).Err()
	require.ErrorIs(t, both, compare.ErrNoComparison)
	require.ErrorIs(t, both, compare.ErrInvalidRule)
	assert.Contains(t, both.Error(), "comparison 3")
}

func TestAnswersHaveNames(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "undecided same different",
		strings.Join([]string{compare.Undecided.String(), compare.Same.String(), compare.Different.String()}, " "))
	assert.Equal(t, compare.Undecided, compare.Answer(0))
	assert.Equal(t, "Email: (redacted)", compare.Difference{Path: "Email", Old: "x", Redacted: true}.String())
}

func TestEqualRefusesTypesOfWhichItComparesIdentity(t *testing.T) {
	t.Parallel()
	type holder struct {
		ID  string
		Ref struct{ At [2]*int }
	}
	type plain struct {
		A string
		B [2]float64
		c struct{ d bool } //nolint:unused // it is a field all the same
	}
	for name, err := range map[string]error{
		"*int":           compare.Equal[*int]().Err(),
		"chan":           compare.Equal[chan int]().Err(),
		"any":            compare.Equal[any]().Err(),
		"error":          compare.Equal[error]().Err(),
		"unsafe.Pointer": compare.Equal[unsafe.Pointer]().Err(),
		"time":           compare.Equal[time.Time]().Err(),
		"in an array":    compare.Equal[[1]*int]().Err(),
		"deep inside":    compare.Equal[holder]().Err(),
		"by value":       compare.ByValue[*int]().Err(),
		"by value, any":  compare.ByValue[any]().Err(),
		"rows":           compare.Rows(func(i int) *int { return &i }, compare.Deep[int]()).Err(),
	} {
		require.ErrorIs(t, err, compare.ErrComparesIdentity, name)
	}
	assert.Contains(t, compare.Equal[holder]().Err().Error(), "holds *int in Ref.At[*]")
	for name, err := range map[string]error{
		"slice":           compare.ByValue[[]int]().Err(),
		"map":             compare.ByValue[map[int]int]().Err(),
		"func":            compare.ByValue[func()]().Err(),
		"struct of slice": compare.ByValue[struct{ A []int }]().Err(),
	} {
		require.ErrorIs(t, err, compare.ErrNotComparable, name)
	}
	require.NoError(t, compare.Equal[plain]().Err())
	require.NoError(t, compare.ByValue[plain]().Err())
	assert.Equal(t, compare.Different, compare.Equal[plain]().Compare(plain{A: "a"}, plain{A: "b"}))
}

func TestComparingByValueAllocatesNothing(t *testing.T) { //nolint:paralleltest // counts allocations
	type small struct {
		ID    int
		Price float64
	}
	text, number, value := compare.ByValue[string](), compare.ByValue[int](), compare.ByValue[small]()
	equal := compare.Equal[small]()
	a, b := strings.Repeat("a", 100), strings.Repeat("a", 100)
	assert.Zero(t, testing.AllocsPerRun(100, func() { text.Compare(a, b) }))
	assert.Zero(t, testing.AllocsPerRun(100, func() { number.Compare(1<<29, 1<<30) }))
	assert.Zero(t, testing.AllocsPerRun(100, func() { value.Compare(small{1, 2}, small{1, 3}) }))
	assert.Zero(t, testing.AllocsPerRun(100, func() { equal.Compare(small{1, 2}, small{1, 3}) }))
}

func TestAllCountsEachComparison(t *testing.T) {
	t.Parallel()
	answers := func(a compare.Answer) compare.Comparison[int] {
		return compare.Explained(func(int, int) compare.Answer { return a }, func(int, int) (all []compare.Difference) {
			if a == compare.Different {
				all = make([]compare.Difference, 60)
			}
			return all
		})
	}
	same, different, undecided := answers(compare.Same), answers(compare.Different), answers(compare.Undecided)
	for _, c := range []struct {
		of   []compare.Comparison[int]
		want compare.Answer
	}{
		{[]compare.Comparison[int]{same, same}, compare.Same},
		{[]compare.Comparison[int]{same, undecided}, compare.Undecided},
		{[]compare.Comparison[int]{undecided, different, same}, compare.Different},
		{[]compare.Comparison[int]{different, undecided}, compare.Different},
	} {
		assert.Equal(t, c.want, compare.All(c.of...).Compare(1, 2))
	}
	assert.Len(t, compare.All(different, different, same).Explain(1, 2), 100)
	given := []compare.Comparison[int]{same}
	all := compare.All(given...)
	given[0] = different
	assert.Equal(t, compare.Same, all.Compare(1, 2))
}
