package cutovertest_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover/cutovertest"
)

var errDisk = errors.New("disk full")

// double is a read that counts its calls.
func double(calls *int) func(context.Context, int) (int, error) {
	return func(ctx context.Context, n int) (int, error) {
		*calls++
		return 2 * n, ctx.Err()
	}
}

func TestFaultsHappenToReadsAndWrites(t *testing.T) {
	t.Parallel()
	released := make(chan struct{})
	close(released)
	second := time.Second
	cases := map[string]struct {
		faults []cutovertest.Fault
		calls  int
		err    error
		takes  time.Duration // before the deadline of 5 s, or after it
	}{
		"none":                           {nil, 1, nil, 0},
		"it fails":                       {list(cutovertest.Fail(errDisk)), 0, errDisk, 0},
		"it loses its answer":            {list(cutovertest.LoseAnswer(errDisk)), 1, errDisk, 0},
		"it hangs":                       {list(cutovertest.Hang()), 0, context.DeadlineExceeded, 5 * second},
		"it hangs until it is released":  {list(cutovertest.HangUntil(released)), 1, nil, 0},
		"it is slow":                     {list(cutovertest.Slow(second)), 1, nil, second},
		"it is too slow":                 {list(cutovertest.Slow(time.Minute)), 0, context.DeadlineExceeded, 5 * second},
		"it is slow and ignores context": {list(cutovertest.IgnoreContext(), cutovertest.Slow(time.Minute)), 1, nil, time.Minute},
		"it is late":                     {list(cutovertest.Late(time.Minute)), 1, nil, time.Minute},
		"it is slow and then fails":      {list(cutovertest.Slow(second), cutovertest.Fail(errDisk)), 0, errDisk, second},
		"the outermost comes first":      {list(cutovertest.Fail(errDisk), cutovertest.Slow(second)), 0, errDisk, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 5*second)
				defer cancel()
				var calls int
				began := time.Now()
				n, err := cutovertest.Read(double(&calls), c.faults...)(ctx, 21)
				assert.Equal(t, c.takes, time.Since(began))
				require.ErrorIs(t, err, c.err)
				assert.Equal(t, c.calls, calls)
				assert.Equal(t, 42*calls, n)
			})
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 5*second)
				defer cancel()
				var calls int
				write := func(ctx context.Context, _ string) error { calls++; return ctx.Err() }
				require.ErrorIs(t, cutovertest.Write(write, c.faults...)(ctx, "a"), c.err)
				assert.Equal(t, c.calls, calls)
			})
		})
	}
}

func list(faults ...cutovertest.Fault) []cutovertest.Fault { return faults }

func TestAFaultMayUnwindItsGoroutine(t *testing.T) {
	t.Parallel()
	var calls int
	assert.PanicsWithValue(t, "out of order", func() {
		_, _ = cutovertest.Read(double(&calls), cutovertest.Panic("out of order"))(t.Context(), 1)
	})
	returned := false
	catch(func(*caughtTest) {
		_, _ = cutovertest.Read(double(&calls), cutovertest.Exit())(t.Context(), 1)
		returned = true
	})
	assert.False(t, returned)
	assert.Zero(t, calls)
}

func TestFaultsHappenWhenTheyAreToldTo(t *testing.T) {
	t.Parallel()
	var on, off cutovertest.Switch
	on.Set(cutovertest.Fail(errDisk))
	off.Set(cutovertest.Fail(errDisk))
	off.Set()
	odd := func(n int) bool { return n%2 == 1 }
	fail := cutovertest.Fail(errDisk)
	cases := map[string]struct {
		fault cutovertest.Fault
		want  []int // of the calls with 0 to 6, those that succeed
	}{
		"every third time":      {cutovertest.EveryNth(3, fail), []int{0, 1, 3, 4, 6}},
		"the first two times":   {cutovertest.First(2, fail), []int{2, 3, 4, 5, 6}},
		"when it matches":       {cutovertest.When(odd, fail), []int{0, 2, 4, 6}},
		"for some payloads":     {cutovertest.ForPayloads(fail, 1, 6), []int{0, 2, 3, 4, 5}},
		"every second odd time": {cutovertest.When(odd, cutovertest.EveryNth(2, fail)), []int{0, 1, 2, 4, 5, 6}},
		"while it is on":        {on.Fault(), nil},
		"while it is off":       {off.Fault(), []int{0, 1, 2, 3, 4, 5, 6}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var calls int
			read := cutovertest.Read(double(&calls), c.fault)
			var got []int
			for n := range 7 {
				if _, err := read(t.Context(), n); err == nil {
					got = append(got, n)
				}
			}
			assert.Equal(t, c.want, got)
		})
	}
}

func TestAFaultThatCannotHappenPanics(t *testing.T) {
	t.Parallel()
	assert.PanicsWithValue(t, "cutovertest: EveryNth(0): want 1 or more", func() { cutovertest.EveryNth(0, cutovertest.Hang()) })
	var calls int
	read := cutovertest.Read(double(&calls), cutovertest.ForPayloads(cutovertest.Hang(), "a"))
	assert.PanicsWithValue(t, "cutovertest: a fault for payloads of type string is around a function of int",
		func() { _, _ = read(t.Context(), 1) })
}

func TestAStaleReadAnswersWhatItFoundBefore(t *testing.T) {
	t.Parallel()
	s := newShelf()
	read := cutovertest.Stale(s.Get)
	_, err := read(t.Context(), "a")
	require.ErrorIs(t, err, errNoItem)
	for count := range 3 {
		require.NoError(t, s.Put(t.Context(), item{Key: "a", Count: count + 1}))
		got, err := read(t.Context(), "a")
		if count == 0 {
			require.ErrorIs(t, err, errNoItem)
			continue
		}
		require.NoError(t, err)
		assert.Equal(t, count, got.Count)
	}
}

// oddFinder is a function of a shape that no wrapper fits.
type oddFinder struct {
	fault cutovertest.Fault
	calls int
}

func (f *oddFinder) Find(ctx context.Context, shop string, id int) (name string, found bool, err error) {
	err = f.fault.DoFor(ctx, id, func(ctx context.Context) error {
		f.calls++
		name, found = shop, true
		return ctx.Err()
	})
	return name, found, err
}

func TestFaultsHappenInFunctionsOfAnyShape(t *testing.T) {
	t.Parallel()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	cases := map[string]struct {
		ctx   context.Context //nolint:containedctx // of one call
		fault cutovertest.Fault
		found bool
		err   error
		calls int
	}{
		"no fault":              {t.Context(), cutovertest.Fault{}, true, nil, 1},
		"an ended context":      {ended, cutovertest.Fault{}, true, context.Canceled, 1},
		"a context it ignores":  {ended, cutovertest.IgnoreContext(), true, nil, 1},
		"it fails":              {t.Context(), cutovertest.Fail(errDisk), false, errDisk, 0},
		"it loses its answer":   {t.Context(), cutovertest.LoseAnswer(errDisk), true, errDisk, 1},
		"for this payload":      {t.Context(), cutovertest.ForPayloads(cutovertest.Fail(errDisk), 7), false, errDisk, 0},
		"for another payload":   {t.Context(), cutovertest.ForPayloads(cutovertest.Fail(errDisk), 8), true, nil, 1},
		"one behind the other":  {ended, cutovertest.Chain(cutovertest.IgnoreContext(), cutovertest.LoseAnswer(errDisk)), true, errDisk, 1},
		"the first one only":    {t.Context(), cutovertest.Chain(cutovertest.Fail(errDisk), cutovertest.Panic("no")), false, errDisk, 0},
		"a chain of none":       {t.Context(), cutovertest.Chain(), true, nil, 1},
		"nothing, the nth time": {t.Context(), cutovertest.EveryNth(1, cutovertest.Fault{}), true, nil, 1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &oddFinder{fault: c.fault}
			_, found, err := f.Find(c.ctx, "shop", 7)
			require.ErrorIs(t, err, c.err)
			assert.Equal(t, c.found, found)
			assert.Equal(t, c.calls, f.calls)
		})
	}
	assert.PanicsWithValue(t, "cutovertest: a fault that looks at payloads is around a call without one: see Fault.DoFor", func() {
		_ = cutovertest.ForPayloads(cutovertest.Hang(), 1).Do(t.Context(), func(context.Context) error { return nil })
	})
}

func TestFaultsHappenToReturningWrites(t *testing.T) {
	t.Parallel()
	var calls int
	insert := cutovertest.ReturningWrite(double(&calls), cutovertest.LoseAnswer(errDisk))
	id, err := insert(t.Context(), 21)
	require.ErrorIs(t, err, errDisk)
	assert.Equal(t, 42, id)
}
