package cutover_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
)

// diaryJournal is a journal, a kind of record and both systems, and writes down what is called.
type diaryJournal struct {
	mu    sync.Mutex
	lines []string

	beginErr error
	onBegin  func(ctx context.Context, w cutover.JournalWrite) error
	checkErr error // of an intent
	onMark   func()
	onCheck  func()
	onEnd    func()
	copyErr  error
}

func (d *diaryJournal) note(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, fmt.Sprintf(format, args...))
}

func (d *diaryJournal) take() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	lines := d.lines
	d.lines = nil
	return lines
}

func (d *diaryJournal) Begin(ctx context.Context, w cutover.JournalWrite) (cutover.Intent, error) {
	d.note("begin %s %v from %s%s", w.Flag, w.Records, w.From, map[bool]string{true: " joining"}[w.Join])
	if d.onBegin != nil {
		if err := d.onBegin(ctx, w); err != nil {
			return nil, err
		}
	}
	if d.beginErr != nil {
		return nil, d.beginErr
	}
	return diaryIntent{d}, nil
}

func (d *diaryJournal) Mark(_ context.Context, m cutover.JournalMark) {
	if d.onMark != nil {
		d.onMark()
	}
	d.note("mark %v from %s: %s, late %v, written %v", m.Records, m.From, m.Dirty, m.Late, m.Written)
}

type diaryIntent struct{ d *diaryJournal }

func (in diaryIntent) Check() error {
	if in.d.onCheck != nil {
		in.d.onCheck()
	}
	return in.d.checkErr
}

func (in diaryIntent) End(end cutover.IntentEnd) {
	if in.d.onEnd != nil {
		in.d.onEnd()
	}
	in.d.note("%s", strings.TrimSpace("end "+string(end.Dirty)+map[bool]string{true: " (late)"}[end.Late]))
}

func (in diaryIntent) Epoch() cutover.Epoch { return cutover.Epoch{Number: 7, From: ldmigration.Old} }

func (d *diaryJournal) Name() string { return "order" }

func (d *diaryJournal) Copy(ctx context.Context, key string, from ldmigration.Origin, permit func() error) error {
	call, _ := cutover.CallFrom(ctx)
	d.note("copy %s from %s, %s at %s", key, from, call.Purpose, call.Stage)
	if err := permit(); err != nil {
		return err
	}
	return d.copyErr
}

// write returns a function that writes down what it is called for.
func (d *diaryJournal) write(system string) func(context.Context, string) error {
	return func(ctx context.Context, payload string) error {
		call, described := cutover.CallFrom(ctx)
		d.note("write %s to %s (%s): %s %s %v", payload, system, call.Origin, call.Purpose, call.Operation, described)
		return nil
	}
}

var whole = cutover.Key(func(payload string) string { return payload })

func journaled(t *testing.T, d *diaryJournal, stage ldmigration.Stage, more func(*cutover.Builder) *cutover.Builder) *cutover.Cutover {
	t.Helper()
	b := cutover.New(&stagedClient{stage: stage}, "flag").Journal(d, d).Logger((&logBook{}).logger())
	if more != nil {
		b = more(b)
	}
	return build(t, b)
}

func TestAWriteIsJournaledWhereItGoesToBoth(t *testing.T) {
	t.Parallel()
	for _, stage := range allStages {
		t.Run(string(stage), func(t *testing.T) {
			t.Parallel()
			d := &diaryJournal{}
			w, err := cutover.NewWriter(journaled(t, d, stage, nil), d.write("old"), d.write("new")).Records(whole).Build()
			require.NoError(t, err)
			detail := w.WriteDetail(t.Context(), user, "1")
			require.NoError(t, detail.Err)
			second := design[stage][ldmigration.Write].secondary
			if second == "" {
				assert.Len(t, d.take(), 1, "only the write")
				assert.Empty(t, detail.Journaled)
				return
			}
			first := design[stage][ldmigration.Write].authoritative
			assert.Equal(t, []string{
				fmt.Sprintf("begin flag [order 1] from %s", first),
				fmt.Sprintf("write 1 to %s (%s): serving write true", first, first),
				fmt.Sprintf("write 1 to %s (%s): following write true", second, second),
				"end",
			}, d.take())
			assert.Equal(t, cutover.Journaled{
				Records: []cutover.RecordKey{{Kind: "order", Key: "1"}}, Epoch: cutover.Epoch{Number: 7, From: ldmigration.Old},
			}, detail.Journaled)
		})
	}
}

// What is not known to have succeeded leaves the record dirty.
func TestHowAWriteEndsInTheJournal(t *testing.T) {
	t.Parallel()
	fault := errors.New("fault")
	ok := func(context.Context) error { return nil }
	fails := func(context.Context) error { return fault }
	panics := func(context.Context) error { panic(fault) }
	exits := func(context.Context) error { runtime.Goexit(); return nil }
	hangs := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	sleeps := func(context.Context) error { time.Sleep(time.Minute); return fault }
	late := func(why cutover.DirtyReason) string { return "end " + string(why) + " (late)" }
	const landed = "mark [order 1] from old: secondary write returned after its timeout, late true, written true"
	for name, c := range map[string]struct {
		old, new func(context.Context) error
		want     []string
	}{
		"both succeed":            {ok, ok, []string{"end"}},
		"authoritative fails":     {fails, ok, []string{late(cutover.AuthoritativeFailed)}},
		"authoritative panics":    {panics, ok, []string{late(cutover.AuthoritativeFailed)}},
		"authoritative exits":     {exits, ok, []string{late(cutover.AuthoritativeFailed)}},
		"secondary fails":         {ok, fails, []string{late(cutover.SecondaryFailed)}},
		"secondary panics":        {ok, panics, []string{late(cutover.SecondaryFailed)}},
		"secondary exits":         {ok, exits, []string{late(cutover.SecondaryFailed)}},
		"secondary has no time":   {ok, hangs, []string{late(cutover.SecondaryLate), landed}},
		"secondary returns later": {ok, sleeps, []string{late(cutover.SecondaryLate), landed}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d, observed := &diaryJournal{}, &seen{}
				built := journaled(t, d, ldmigration.Shadow, func(b *cutover.Builder) *cutover.Builder { return b.Observe(observed) })
				w, err := cutover.NewWriter(built,
					func(ctx context.Context, _ string) error { return c.old(ctx) },
					func(ctx context.Context, _ string) error { return c.new(ctx) }).Records(whole).Build()
				require.NoError(t, err)
				var caller sync.WaitGroup
				caller.Go(func() {
					defer func() { _ = recover() }()
					_ = w.Write(t.Context(), user, "1")
				})
				caller.Wait()
				why := strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(c.want[0], "end"), " "), " (late)")
				assert.Equal(t, cutover.DirtyReason(why), observed.only(t).Journaled.Dirty)
				quiet(built)
				got := d.take()
				want := append([]string{"begin flag [order 1] from old"}, c.want...)
				if name == "secondary has no time" { // it returns in the very moment of its timeout
					if len(got) == 2 {
						got = append(got, landed)
					}
					assert.ElementsMatch(t, want, got)
					return
				}
				assert.Equal(t, want, got)
			})
		})
	}
}

func TestASecondaryIsNotWrittenUnderALostIntent(t *testing.T) {
	t.Parallel()
	for _, lost := range []error{cutover.ErrLeaseLost, cutover.ErrNotJoined} {
		d := &diaryJournal{checkErr: lost}
		w, err := cutover.NewWriter(journaled(t, d, ldmigration.Live, nil), d.write("old"), d.write("new")).
			Records(whole).JoinTx(ldmigration.New).Build()
		require.NoError(t, err)
		detail := w.WriteDetail(t.Context(), user, "1")
		second, called := detail.Secondary()
		assert.False(t, called)
		require.ErrorIs(t, second.Err, lost)
		require.ErrorIs(t, second.Err, cutover.ErrSecondarySkipped)
		assert.Equal(t, cutover.SecondaryLeftOut, detail.Journaled.Dirty)
		assert.Equal(t, []string{
			"begin flag [order 1] from new joining", "write 1 to new (new): serving write true", "end secondary write skipped",
		}, d.take())
	}
}

// By default a write goes on without a journal that fails, and its records are marked afterwards.
func TestAJournalThatFails(t *testing.T) {
	t.Parallel()
	outage := errors.New("outage")
	for name, fail := range map[string]func(*diaryJournal){
		"an error": func(d *diaryJournal) { d.beginErr = outage },
		"a panic": func(d *diaryJournal) {
			d.onBegin = func(context.Context, cutover.JournalWrite) error { panic(outage) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, changes := &diaryJournal{}, &journalDiary{}
			built := journaled(t, d, ldmigration.Shadow, func(b *cutover.Builder) *cutover.Builder { return b.Observe(changes) })
			w, err := cutover.NewWriter(built, d.write("old"), d.write("new")).Records(whole).Build()
			require.NoError(t, err)
			fail(d)
			for range 2 {
				detail := w.WriteDetail(t.Context(), user, "1")
				require.NoError(t, detail.Err)
				require.ErrorIs(t, detail.Journaled.Err, cutover.ErrJournal)
				assert.Equal(t, cutover.NotJournaled, detail.Journaled.Dirty)
				assert.Equal(t, "mark [order 1] from old: written without the journal, late false, written true", d.take()[3])
			}
			d.beginErr, d.onBegin = nil, nil
			detail := w.WriteDetail(t.Context(), user, "1")
			require.NoError(t, detail.Journaled.Err)
			assert.Equal(t, []string{"journal lost", "journal found"}, changes.take(), "once each")

			refusing := journaled(t, d, ldmigration.Shadow, (*cutover.Builder).RequireJournal)
			w, err = cutover.NewWriter(refusing, d.write("old"), d.write("new")).Records(whole).Build()
			require.NoError(t, err)
			fail(d)
			d.take()
			err = w.Write(t.Context(), user, "1")
			require.ErrorIs(t, err, cutover.ErrNotRun)
			require.ErrorIs(t, err, cutover.ErrJournal)
			assert.Len(t, d.take(), 1, "nothing was written")
		})
	}
}

// journalDiary observes changes of what protects writes.
type journalDiary struct {
	seen
	mu    sync.Mutex
	lines []string
}

func (d *journalDiary) ObserveJournal(_ context.Context, change cutover.JournalChange) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, strings.TrimSpace(fmt.Sprint(change.Kind, " ", change.Origin)))
}

func (d *journalDiary) take() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	lines := d.lines
	d.lines = nil
	return lines
}

// A record that is dirty from the other direction is made equal first; if that fails, nothing runs.
func TestARecordOfTheOtherDirectionIsSettledFirst(t *testing.T) {
	t.Parallel()
	d := &diaryJournal{}
	d.onBegin = func(ctx context.Context, w cutover.JournalWrite) error {
		if err := w.Settle(ctx, w.Records[0], ldmigration.New, func() error { return nil }); err != nil {
			return fmt.Errorf("%w: %w", cutover.ErrUnsettled, err)
		}
		return nil
	}
	w, err := cutover.NewWriter(journaled(t, d, ldmigration.Shadow, nil), d.write("old"), d.write("new")).Records(whole).Build()
	require.NoError(t, err)
	require.NoError(t, w.Write(t.Context(), user, "1"))
	assert.Equal(t, "copy 1 from new, settling at shadow", d.take()[1])

	d.copyErr = errors.New("down")
	err = w.Write(t.Context(), user, "1")
	for _, want := range []error{cutover.ErrNotRun, cutover.ErrUnsettled, d.copyErr} {
		require.ErrorIs(t, err, want)
	}
	assert.Len(t, d.take(), 2, "nothing was written")

	d.onBegin = func(ctx context.Context, w cutover.JournalWrite) error {
		return w.Settle(ctx, cutover.RecordKey{Kind: "parcel"}, ldmigration.New, nil)
	}
	require.NoError(t, w.Write(t.Context(), user, "1"), "another error is the journal's")
}

func TestAWriteThatWaitsForTheJournalEndsWithItsContext(t *testing.T) {
	t.Parallel()
	d := &diaryJournal{}
	d.onBegin = func(ctx context.Context, _ cutover.JournalWrite) error { <-ctx.Done(); return ctx.Err() }
	w, err := cutover.NewWriter(journaled(t, d, ldmigration.Shadow, nil), d.write("old"), d.write("new")).Records(whole).Build()
	require.NoError(t, err)
	cause := errors.New("shutting down")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	err = w.Write(ctx, user, "1")
	require.ErrorIs(t, err, cutover.ErrNotRun)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, cause)
	assert.Len(t, d.take(), 1)
}

func TestThePayloadsRecordsAreSortedAndNamedOnce(t *testing.T) {
	t.Parallel()
	type transfer struct{ from, to, order int }
	d := &diaryJournal{}
	accounts := cutover.Keys(func(tr transfer) []int { return []int{tr.from, tr.to} })
	order := cutover.OptionalKey(func(tr transfer) (int, bool) { return tr.order, tr.order != 0 })
	c := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag").Journal(d, d, kindNamed("account")))
	none := func(context.Context, transfer) error { return nil }
	w, err := cutover.NewWriter(c, none, none).Records(order.Of("order"), accounts.Of("account")).SerializeBy(accounts).Build()
	require.NoError(t, err)
	require.NoError(t, w.Write(t.Context(), user, transfer{from: 2, to: 1, order: 3}))
	require.NoError(t, w.Write(t.Context(), user, transfer{from: 2, to: 2}))
	assert.Equal(t, []string{
		"begin flag [account 1 account 2 order 3] from old", "end", "begin flag [account 2] from old", "end",
	}, d.take())

	w, err = cutover.NewWriter(c, none, none).Records(order.Of("order")).Build()
	require.NoError(t, err)
	detail := w.WriteDetail(t.Context(), user, transfer{})
	require.ErrorIs(t, detail.Journaled.Err, cutover.ErrJournal, "no record is known")
	require.NoError(t, detail.Err)
}

type kindNamed string

func (k kindNamed) Name() string { return string(k) }
func (k kindNamed) Copy(context.Context, string, ldmigration.Origin, func() error) error {
	return nil
}

// Writers of several records take their turns in one order, so that two never wait for each other.
func TestWritersOfSeveralRecordsTakeTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		type transfer [2]int
		c := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag"))
		var mu sync.Mutex
		busy := map[int]int{}
		write := func(_ context.Context, tr transfer) error {
			for _, account := range tr {
				mu.Lock()
				busy[account]++
				assert.Equal(t, 1, busy[account])
				mu.Unlock()
			}
			time.Sleep(time.Millisecond)
			for _, account := range tr {
				mu.Lock()
				busy[account]--
				mu.Unlock()
			}
			return nil
		}
		w, err := cutover.NewWriter(c, write, write).SerializeBy(cutover.Keys(func(tr transfer) []int { return tr[:] })).Build()
		require.NoError(t, err)
		var all sync.WaitGroup
		for _, tr := range []transfer{{1, 2}, {2, 1}, {2, 3}, {3, 1}} {
			for range 5 {
				all.Go(func() { assert.NoError(t, w.Write(t.Context(), user, tr)) })
			}
		}
		all.Wait()
	})
}

func TestASecondaryThatIsACopy(t *testing.T) {
	t.Parallel()
	d := &diaryJournal{}
	writer := func(stage ldmigration.Stage) *cutover.Writer[string] {
		w, err := cutover.NewWriter(journaled(t, d, stage, nil), d.write("old"), d.write("new")).
			Records(whole).SecondaryCopies().Build()
		require.NoError(t, err)
		return w
	}
	require.NoError(t, writer(ldmigration.Shadow).Write(t.Context(), user, "1"))
	assert.Equal(t, []string{
		"begin flag [order 1] from old", "write 1 to old (old): serving write true", "copy 1 from old, copying at shadow", "end",
	}, d.take())
	require.NoError(t, writer(ldmigration.Live).Write(t.Context(), user, "1"))
	assert.Equal(t, "copy 1 from new, copying at live", d.take()[2])

	d.copyErr = errors.New("down")
	detail := writer(ldmigration.Live).WriteDetail(t.Context(), user, "1")
	require.ErrorIs(t, detail.Old.Err, d.copyErr)
	assert.Equal(t, cutover.SecondaryFailed, detail.Journaled.Dirty)
}

// A record whose key the authoritative write makes is protected from then on.
func TestRecordsThatOnlyTheResultNames(t *testing.T) {
	t.Parallel()
	d := &diaryJournal{}
	create := func(system, id string) func(context.Context, string) (string, error) {
		return func(ctx context.Context, payload string) (string, error) {
			return id, d.write(system)(ctx, payload)
		}
	}
	writer := func(stage ldmigration.Stage) *cutover.ReturningWriter[string, string] {
		w, err := cutover.NewReturningWriter(journaled(t, d, stage, nil), create("old", "7"), create("new", "8")).
			RecordsOfResult(whole).SecondaryCopies().Build()
		require.NoError(t, err)
		return w
	}
	id, err := writer(ldmigration.Shadow).Write(t.Context(), user, "an order")
	require.NoError(t, err)
	assert.Equal(t, "7", id)
	assert.Equal(t, []string{
		"write an order to old (old): serving write true", "begin flag [order 7] from old", "copy 7 from old, copying at shadow", "end",
	}, d.take())

	d.beginErr = errors.New("outage")
	detail := writer(ldmigration.Live).WriteDetail(t.Context(), user, "an order")
	require.NoError(t, detail.Err, "it is written already")
	assert.Equal(t, "mark [order 8] from new: written without the journal, late false, written true", d.take()[3])
}
