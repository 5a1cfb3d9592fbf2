package cutover_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/compare"
	"github.com/gocutover/cutover/reconcile"
)

// A caller of background writes does not wait for a system that hangs.
func TestASecondaryInTheBackground(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, observed := &diaryJournal{}, &seen{}
		c := journaled(t, d, ldmigration.Shadow, func(b *cutover.Builder) *cutover.Builder {
			return b.MaxBackground(1).Observe(observed)
		})
		release := make(chan struct{})
		slow := func(ctx context.Context, _ string) error {
			select {
			case <-release:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		w, err := cutover.NewWriter(c, d.write("old"), slow).Records(whole).SecondaryInBackground().Build()
		require.NoError(t, err)

		began := time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		detail := w.WriteDetail(ctx, user, "1")
		cancel() // the caller is gone
		assert.Zero(t, time.Since(began))
		assert.Equal(t, cutover.ComparedLater, detail.Consistency)
		assert.Empty(t, observed.all, "not known yet")
		require.NoError(t, w.Write(t.Context(), user, "2"))
		assert.Zero(t, time.Since(began))
		assert.Equal(t, []string{
			"begin flag [order 1] from old", "write 1 to old (old): serving write true",
			"begin flag [order 2] from old", "write 2 to old (old): serving write true", "end secondary write skipped",
		}, d.take(), "the second one finds no place: it is left to the repair")
		close(release)
		quiet(c)
		assert.Equal(t, []string{"end"}, d.take())

		release = nil
		require.NoError(t, w.Write(t.Context(), user, "3"))
		quiet(c)
		assert.Equal(t, 5*time.Second, time.Since(began).Round(time.Second), "the background has the secondary's time")
		assert.Equal(t, "end secondary write timed out (late)", d.take()[2])
		for i, o := range observed.all {
			assert.Equal(t, i != 0, o.Detached, "of 2, 1 and 3")
			assert.Equal(t, cutover.DirtyReason([]string{"secondary write skipped", "", "secondary write timed out"}[i]), o.Journaled.Dirty)
		}
	})
}

// After a few failures in a row the secondary is left out, until a probe succeeds.
func TestABreakerLeavesSecondariesToTheRepair(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, changes := &diaryJournal{}, &journalDiary{}
		c := journaled(t, d, ldmigration.Shadow, func(b *cutover.Builder) *cutover.Builder {
			return b.Breaker(2, 10*time.Second).SecondaryTimeout(time.Second).Observe(changes)
		})
		hangs := true
		second := func(ctx context.Context, _ string) error {
			if hangs {
				<-ctx.Done()
			}
			return ctx.Err()
		}
		w, err := cutover.NewWriter(c, d.write("old"), second).Records(whole).Build()
		require.NoError(t, err)
		write := func() (took time.Duration, end string) {
			began := time.Now()
			require.NoError(t, w.Write(t.Context(), user, "1"))
			took = time.Since(began)
			synctest.Wait()
			for _, line := range d.take() {
				if strings.HasPrefix(line, "end") {
					end = line
				}
			}
			return took, end
		}
		wants := func(took time.Duration, end string) {
			t.Helper()
			gotTook, gotEnd := write()
			assert.Equal(t, took, gotTook)
			assert.Equal(t, end, gotEnd)
		}
		const timedOut, skipped = "end secondary write timed out (late)", "end secondary write skipped"
		wants(time.Second, timedOut)
		wants(time.Second, timedOut)
		assert.Equal(t, []string{"breaker opened new"}, changes.take())
		assert.Equal(t, cutover.JournalStats{Left: []ldmigration.Origin{ldmigration.New}}, c.JournalStats())
		for range 3 {
			wants(0, skipped)
		}
		time.Sleep(10 * time.Second)
		wants(time.Second, timedOut) // the probe
		wants(0, skipped)
		hangs = false
		time.Sleep(10 * time.Second)
		wants(0, "end")
		assert.Equal(t, []string{"breaker closed new"}, changes.take())
		assert.Empty(t, c.JournalStats())
		wants(0, "end")
		detail := w.WriteDetail(t.Context(), user, "1")
		require.NotErrorIs(t, detail.New.Err, cutover.ErrBreakerOpen)
		quiet(c)
	})
}

// A difference that a read finds marks its records: repair decides whether they really differ.
func TestADifferenceMarksItsRecords(t *testing.T) {
	t.Parallel()
	d, observed := &diaryJournal{}, &seen{}
	c := journaled(t, d, ldmigration.Live, func(b *cutover.Builder) *cutover.Builder { return b.Observe(observed) })
	for name, reads := range map[string]struct {
		b    *cutover.ReaderBuilder[string, string]
		want []string
	}{
		"differ":     {cutover.NewReader(c, value("a"), value("b")).CompareEqual().Records(whole), []string{"mark [order 1] from new: read found a difference, late false, written false"}},
		"agree":      {cutover.NewReader(c, value("a"), value("a")).CompareEqual().Records(whole), nil},
		"no records": {cutover.NewReader(c, value("a"), value("b")).CompareEqual(), nil},
	} {
		r, err := reads.b.Build()
		require.NoError(t, err)
		_, err = r.Read(t.Context(), user, "1")
		require.NoError(t, err)
		assert.Equal(t, reads.want, d.take(), name)
	}
	assert.Contains(t, []cutover.DirtyReason{"", cutover.SeenDifferent}, observed.all[0].Journaled.Dirty)
}

func TestADifferenceInAListMarksTheRowsThatDiffer(t *testing.T) {
	t.Parallel()
	type row struct {
		id   int
		text string
	}
	list := func(rows ...row) func(context.Context, struct{}) ([]row, error) {
		return func(context.Context, struct{}) ([]row, error) { return rows, nil }
	}
	d := &diaryJournal{}
	r, err := cutover.NewReader(journaled(t, d, ldmigration.Shadow, nil),
		list(row{1, "a"}, row{2, "b"}, row{3, "c"}), list(row{1, "a"}, row{2, "x"}, row{4, "d"})).
		Compare(compare.Rows(func(r row) int { return r.id }, compare.Equal[row]())).RowRecords("").Build()
	require.NoError(t, err)
	_, err = r.Read(t.Context(), user, struct{}{})
	require.NoError(t, err)
	assert.Equal(t, []string{"mark [order 2 order 3 order 4] from old: read found a difference, late false, written false"}, d.take())
}

// A recheck that finds that both agree marks nothing.
func TestADifferenceIsMarkedAfterTheLastRecheck(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &diaryJournal{}
		c := journaled(t, d, ldmigration.Shadow, nil)
		reads := 0
		second := func(context.Context, string) (string, error) {
			if reads++; reads == 1 {
				return "late", nil
			}
			return "a", nil
		}
		r, err := cutover.NewReader(c, value("a"), second).CompareEqual().Records(whole).Recheck(time.Second).Build()
		require.NoError(t, err)
		_, err = r.Read(t.Context(), user, "1")
		require.NoError(t, err)
		quiet(c)
		assert.Empty(t, d.take())
	})
}

func TestWhatBuildRefusesOfAJournal(t *testing.T) {
	t.Parallel()
	d := &diaryJournal{}
	client := &stagedClient{}
	var noJournal *diaryJournal
	for name, c := range map[string]struct {
		b    *cutover.Builder
		want error
	}{
		"nil":                    {cutover.New(client, "flag").Journal(nil, d), cutover.ErrNoJournal},
		"a nil pointer":          {cutover.New(client, "flag").Journal(noJournal, d), cutover.ErrNoJournal},
		"no kinds":               {cutover.New(client, "flag").Journal(d), cutover.ErrUnknownKind},
		"a nil kind":             {cutover.New(client, "flag").Journal(d, nil), cutover.ErrUnknownKind},
		"a kind without a name":  {cutover.New(client, "flag").Journal(d, kindNamed("")), cutover.ErrEmptyName},
		"two of a name":          {cutover.New(client, "flag").Journal(d, d, d), cutover.ErrUnknownKind},
		"required without":       {cutover.New(client, "flag").RequireJournal(), cutover.ErrNoJournal},
		"breaker without":        {cutover.New(client, "flag").Breaker(1, 0), cutover.ErrNoJournal},
		"a negative breaker":     {cutover.New(client, "flag").Journal(d, d).Breaker(-1, 0), cutover.ErrTooSmall},
		"a breaker's short rest": {cutover.New(client, "flag").Journal(d, d).Breaker(1, -1), cutover.ErrTooSmall},
	} {
		_, err := c.b.Build()
		require.ErrorIs(t, err, c.want, name)
	}

	with, without := journaled(t, d, ldmigration.Off, nil), build(t, cutover.New(client, "flag"))
	none := func(context.Context, string) error { return nil }
	numbers := cutover.Key(func(string) float64 { return 1 })
	writer := func(c *cutover.Cutover) *cutover.WriterBuilder[string] { return cutover.NewWriter(c, none, none) }
	for name, c := range map[string]struct {
		b    *cutover.WriterBuilder[string]
		want error
	}{
		"no records":           {writer(with), cutover.ErrNoRecords},
		"empty records":        {writer(with).Records(), cutover.ErrNoRecords},
		"both":                 {writer(with).Records(whole).Unjournaled(), cutover.ErrNoRecords},
		"no journal":           {writer(without).Records(whole), cutover.ErrNoJournal},
		"an unknown kind":      {writer(with).Records(whole.Of("parcel")), cutover.ErrUnknownKind},
		"the zero key":         {writer(with).Records(cutover.KeyFunc[string]{}), cutover.ErrNilFunction},
		"copies without":       {writer(with).Unjournaled().SecondaryCopies(), cutover.ErrNoJournal},
		"background without":   {writer(without).SecondaryInBackground(), cutover.ErrNoJournal},
		"joined without":       {writer(without).JoinTx(), cutover.ErrNoJournal},
		"joined elsewhere":     {writer(with).Records(whole).JoinTx("newer"), cutover.ErrUnknownOrigin},
		"background, and both": {writer(with).Records(whole).SecondaryInBackground().RequireBoth(), cutover.ErrRequiresBoth},
	} {
		_, err := c.b.Build()
		require.ErrorIs(t, err, c.want, name)
	}
	_, err := writer(with).Records(numbers).Build()
	require.ErrorContains(t, err, "cannot be kept as text")
	_, err = writer(with).Unjournaled().Build()
	require.NoError(t, err)
	_, err = cutover.NewReader(with, value("a"), value("a")).CompareEqual().RowRecords("order").Build()
	require.ErrorIs(t, err, cutover.ErrNoRows)
	_, err = cutover.NewReader(without, value("a"), value("a")).Records(whole).Build()
	require.ErrorIs(t, err, cutover.ErrNoJournal)
}

// With a journal in memory a write to both costs what it costs without, and at most four
// allocations for the journal.
//
//nolint:paralleltest // testing.AllocsPerRun counts the whole process's allocations
func TestAJournalCostsLittle(t *testing.T) {
	if underRaceDetector {
		t.Skip("not tested with the race detector: it allocates for itself")
	}
	client := quietClient(t, stageFlag(string(ldmigration.Shadow)).Build())
	d := &diaryJournal{}
	none := func(context.Context, string) error { return nil }
	allocs := func(b *cutover.Builder, records bool) float64 {
		wb := cutover.NewWriter(build(t, b), none, none)
		if records {
			wb.Records(whole)
		}
		w, err := wb.Build()
		require.NoError(t, err)
		return leastAllocs(func() { _ = w.Write(t.Context(), user, "1") })
	}
	bare := allocs(cutover.New(client, "flag"), false)
	protected := allocs(cutover.New(client, "flag").Journal(reconcile.NewMemory(reconcile.MemoryConfig{}), d), true)
	t.Log(bare, protected)
	assert.LessOrEqual(t, protected-bare, 4.0)
}

func TestFunctionsCanAskWhatTheyAreCalledFor(t *testing.T) {
	t.Parallel()
	for _, describes := range []bool{false, true} {
		b := cutover.New(&stagedClient{stage: ldmigration.Live}, "flag")
		if describes {
			b.DescribeCalls()
		}
		calls := make(chan string, 2)
		read := func(ctx context.Context, _ string) (string, error) {
			call, described := cutover.CallFrom(ctx)
			calls <- fmt.Sprint(call.Origin, " ", call.Purpose, " ", call.Authoritative, " ", described)
			return "", nil
		}
		r, err := cutover.NewReader(build(t, b), read, read).ReadOrder(ldmigration.Serial).Build()
		require.NoError(t, err)
		_, err = r.Read(t.Context(), user, "")
		require.NoError(t, err)
		if describes {
			assert.Equal(t, "new serving true true", <-calls)
			assert.Equal(t, "old following false true", <-calls)
		} else {
			assert.Equal(t, " serving false false", <-calls)
		}
	}
	call := cutover.Call{Flag: "flag", Purpose: cutover.Repairing}
	got, described := cutover.CallFrom(cutover.WithCall(t.Context(), call))
	assert.True(t, described)
	assert.Equal(t, call, got)
	assert.Nil(t, cutover.IntentFrom(t.Context()))
	assert.Equal(t, "unknown purpose", cutover.Purpose(99).String())
	assert.Equal(t, "unknown change", cutover.JournalChangeKind(99).String())
}

// A journal whose methods panic does no harm to the caller.
func TestAJournalThatPanicsIsContained(t *testing.T) {
	t.Parallel()
	d := &diaryJournal{beginErr: errors.New("outage"), onMark: func() { panic("mark") }}
	c := journaled(t, d, ldmigration.Shadow, nil)
	w, err := cutover.NewWriter(c, d.write("old"), d.write("new")).Records(whole).Build()
	require.NoError(t, err)
	require.NoError(t, w.Write(t.Context(), user, "1"))
	assert.True(t, c.JournalStats().Lost)
	r, err := cutover.NewReader(c, value("a"), value("b")).CompareEqual().Records(whole).Build()
	require.NoError(t, err)
	_, err = r.Read(t.Context(), user, "1")
	require.NoError(t, err)

	d = &diaryJournal{onCheck: func() { panic("check") }, onEnd: func() { panic("end") }}
	w, err = cutover.NewWriter(journaled(t, d, ldmigration.Shadow, nil), d.write("old"), d.write("new")).Records(whole).Build()
	require.NoError(t, err)
	detail := w.WriteDetail(t.Context(), user, "1")
	require.NoError(t, detail.Err)
	require.ErrorIs(t, detail.New.Err, cutover.ErrSecondarySkipped)
}

// Keys that panic reach the caller before anything is run; keys of a result are the journal's.
func TestKeysOfRecordsThatPanic(t *testing.T) {
	t.Parallel()
	d := &diaryJournal{}
	c := journaled(t, d, ldmigration.Shadow, nil)
	panics := cutover.Key(func(string) string { panic("key") })
	w, err := cutover.NewWriter(c, d.write("old"), d.write("new")).Records(panics).Build()
	require.NoError(t, err)
	assert.PanicsWithValue(t, "key", func() { _ = w.Write(t.Context(), user, "1") })
	assert.Empty(t, d.take())

	rw, err := cutover.NewReturningWriter(c, value("a"), value("b")).Records(whole).RecordsOfResult(panics).Build()
	require.NoError(t, err)
	detail := rw.WriteDetail(t.Context(), user, "1")
	require.NoError(t, detail.Err)
	require.ErrorIs(t, detail.Journaled.Err, cutover.ErrJournal)
}
