package cutover_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/compare"
)

// note is a payload and a result that can be modified through its pointer.
type note struct{ ID, Text string }

func clonedNote(n *note) *note { c := *n; return &c }

func joined(_ context.Context, ids []string) (string, error) { return strings.Join(ids, ","), nil }

func TestBothSystemsHaveAPayloadOfTheirOwn(t *testing.T) {
	t.Parallel()
	for _, order := range fourOrders {
		for _, stage := range []ldmigration.Stage{ldmigration.Shadow, ldmigration.Live} {
			t.Run(string(order)+" "+string(stage), func(t *testing.T) {
				t.Parallel()
				c := build(t, cutover.New(&stagedClient{stage: stage}, "flag").ReadOrder(order))
				sorted := func(_ context.Context, ids []string) (string, error) {
					slices.Sort(ids)
					return strings.Join(ids, ","), nil
				}
				old, new := joined, sorted
				if stage == ldmigration.Live {
					old, new = new, old
				}
				reader, err := cutover.NewReader(c, old, new).CompareEqual().ClonePayload(slices.Clone[[]string]).Build()
				require.NoError(t, err)
				for range 20 {
					ids := []string{"b", "a"}
					got, err := reader.Read(t.Context(), user, ids)
					require.NoError(t, err)
					assert.Equal(t, "b,a", got)
					assert.Equal(t, []string{"b", "a"}, ids)
				}
				require.NoError(t, c.Close(t.Context()))
			})
		}
	}
}

// Most inserts put the generated id into the record that they were given.
func TestTheCallerHasTheAuthoritativeSystemsID(t *testing.T) {
	t.Parallel()
	for stage, want := range map[ldmigration.Stage]string{ldmigration.DualWrite: "old-1", ldmigration.Live: "new-7"} {
		c := build(t, cutover.New(&stagedClient{stage: stage}, "flag"))
		insert := func(id string, got *string) func(context.Context, *note) error {
			return func(_ context.Context, n *note) error { *got, n.ID = n.ID, id; return nil }
		}
		var oldGot, newGot string
		writer, err := cutover.NewWriter(c, insert("old-1", &oldGot), insert("new-7", &newGot)).ClonePayload(clonedNote).Build()
		require.NoError(t, err)
		mine := &note{Text: "t"}
		require.NoError(t, writer.Write(t.Context(), user, mine))
		assert.Equal(t, want, mine.ID)
		assert.Empty(t, oldGot+newGot, "each got the record as the caller gave it")
	}
}

func TestALateSecondaryHasThePayloadAsItWas(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := build(t, cutover.New(&stagedClient{stage: ldmigration.DualWrite}, "flag").SecondaryTimeout(time.Millisecond))
		wrote := ""
		writer, err := cutover.NewWriter(c, func(context.Context, *note) error { return nil },
			func(_ context.Context, n *note) error { time.Sleep(time.Second); wrote = n.Text; return nil }).
			ClonePayload(clonedNote).Build()
		require.NoError(t, err)
		mine := &note{Text: "Ann"}
		require.NoError(t, writer.Write(t.Context(), user, mine))
		mine.Text = "Bob"
		require.NoError(t, c.Close(t.Context()))
		assert.Equal(t, "Ann", wrote)
	})
}

func TestReadsAgainHaveThePayloadAsItWas(t *testing.T) {
	t.Parallel()
	for _, order := range fourOrders {
		synctest.Test(t, func(t *testing.T) {
			observed := &seen{}
			c := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag").ReadOrder(order).Observe(observed))
			spoil := func(_ context.Context, ids []string) (string, error) {
				result := "new " + strings.Join(ids, ",")
				clear(ids)
				return result, nil
			}
			reader, err := cutover.NewReader(c, joined, spoil).CompareEqual().ClonePayload(slices.Clone[[]string]).
				Recheck(time.Second, time.Minute).Build()
			require.NoError(t, err)
			ids := []string{"b", "a"}
			_, err = reader.Read(t.Context(), user, ids)
			require.NoError(t, err)
			clear(ids)
			quiet(c)
			o := observed.only(t)
			assert.Equal(t, 2, o.Rechecks)
			assert.Equal(t, "b,a", o.Old.Value)
			assert.Equal(t, "new b,a", o.New.Value)
			assert.Equal(t, []string{"b", "a"}, o.Payload)
		})
	}
}

func TestAPayloadThatCannotBeCopiedCostsTheSecondaryAlone(t *testing.T) {
	t.Parallel()
	var log logBook
	for _, order := range fourOrders {
		client := &stagedClient{stage: ldmigration.Shadow}
		c := build(t, cutover.New(client, "flag").ReadOrder(order).Logger(log.logger()))
		noCopy := func([]string) []string { panic("no copy") }
		reader, err := cutover.NewReader(c, joined, joined).CompareEqual().ClonePayload(noCopy).Build()
		require.NoError(t, err)
		detail := reader.ReadDetail(t.Context(), user, []string{"a"})
		assert.Equal(t, cutover.SecondarySkipped, detail.Consistency)
		assert.Equal(t, "a", detail.Old.Value)
		require.ErrorIs(t, detail.New.Err, cutover.ErrSecondarySkipped)
		require.ErrorContains(t, detail.New.Err, "no copy")
		assert.Len(t, client.only(t).Invoked, 1)

		writer, err := cutover.NewReturningWriter(c, joined, joined).ClonePayload(noCopy).Build()
		require.NoError(t, err)
		written := writer.WriteDetail(t.Context(), user, []string{"a"})
		require.NoError(t, written.Old.Err)
		require.ErrorIs(t, written.New.Err, cutover.ErrSecondarySkipped)
		assert.Contains(t, log.String(), "clone of a payload panicked")
		require.NoError(t, c.Close(t.Context()))
		assert.Zero(t, c.Background().Running)
	}
}

func TestBuildWantsToKnowHowPayloadsAndResultsAreShared(t *testing.T) {
	t.Parallel()
	c := build(t, cutover.New(&stagedClient{}, "flag"))
	write := func(context.Context, *note) error { return nil }
	_, err := cutover.NewWriter(c, write, write).Build()
	require.ErrorIs(t, err, cutover.ErrCloneRequired)
	require.ErrorContains(t, err, "payloads of type *cutover_test.note")
	_, err = cutover.NewWriter(c, write, write).PayloadsAreNotModified().Build()
	require.NoError(t, err)
	_, err = cutover.NewWriter(c, write, write).ClonePayload(nil).Build()
	require.ErrorContains(t, err, "clone of payloads: function is nil")

	read := func(context.Context, string) (*note, error) { return &note{}, nil }
	_, err = cutover.NewReader(c, read, read).Build()
	require.NoError(t, err, "who waits for the secondary shares no result")
	revealed := func() *cutover.ReaderBuilder[string, *note] {
		return cutover.NewReader(c, read, read).Reveal(func(id string) any { return id }, clonedNote)
	}
	_, err = revealed().Build()
	require.ErrorIs(t, err, cutover.ErrCloneRequired)
	require.ErrorContains(t, err, "results of type *cutover_test.note")
	_, err = revealed().CloneResult(clonedNote).Build()
	require.NoError(t, err)
	_, err = revealed().ResultsAreNotModified().Build()
	require.NoError(t, err)
	_, err = cutover.NewReader(c, read, read).ReadOrder(cutover.Detached).Build()
	require.ErrorIs(t, err, cutover.ErrCloneRequired)
	leaving := build(t, cutover.New(&stagedClient{}, "flag").ReturnAtDeadline())
	_, err = cutover.NewReader(leaving, read, read).Build()
	require.ErrorIs(t, err, cutover.ErrCloneRequired)
}

func TestRevealGetsCopiesAndOnlyResults(t *testing.T) {
	t.Parallel()
	var log logBook
	observed := &seen{}
	c := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag").Observe(observed).Logger(log.logger()))
	censor := func(n *note) *note { n.Text = ""; return n }
	fine := func(context.Context, *note) (*note, error) { return &note{"1", "Ann"}, nil }
	fails := func(context.Context, *note) (*note, error) { return nil, errors.New("down") }
	reader, err := cutover.NewReader(c, fine, fails).CompareDeep().
		Reveal(func(n *note) any { return censor(n).ID }, censor).ClonePayload(clonedNote).CloneResult(clonedNote).Build()
	require.NoError(t, err)
	mine := &note{"1", "mine"}
	got, err := reader.Read(t.Context(), user, mine)
	require.NoError(t, err)
	assert.Equal(t, &note{"1", "Ann"}, got)
	assert.Equal(t, "mine", mine.Text)
	assert.Equal(t, cutover.Shown{Payload: "1", Old: &note{"1", ""}}, observed.only(t).Shown)
	assert.Empty(t, log.String())
}

func TestTheBackgroundSharesNothingOfAFailedReadEither(t *testing.T) {
	t.Parallel()
	observed := &seen{}
	c := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag").ReadOrder(cutover.Detached).Observe(observed))
	stale := func(context.Context, string) (*note, error) { return &note{"1", "Ann"}, errors.New("stale") }
	reader, err := cutover.NewReader(c, stale, stale).CloneResult(clonedNote).Build()
	require.NoError(t, err)
	got, err := reader.Read(t.Context(), user, "1")
	require.Error(t, err)
	require.NoError(t, c.Close(t.Context()))
	assert.NotSame(t, got, observed.only(t).Old.Value)
	assert.Equal(t, got, observed.only(t).Old.Value)
}

func TestAResultThatCannotBeCopiedIsNotShownAsNothing(t *testing.T) {
	t.Parallel()
	observed := &seen{}
	c := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag").ReadOrder(cutover.Detached).
		Observe(observed).Logger((&logBook{}).logger()))
	read := func(context.Context, string) (*note, error) { return &note{"1", "Ann"}, nil }
	reader, err := cutover.NewReader(c, read, read).CompareDeep().CloneResult(func(*note) *note { panic("no copy") }).Build()
	require.NoError(t, err)
	_, err = reader.Read(t.Context(), user, "1")
	require.NoError(t, err)
	require.NoError(t, c.Close(t.Context()))
	o := observed.only(t)
	assert.Nil(t, o.Old.Value)
	assert.Equal(t, &note{"1", "Ann"}, o.New.Value)
	assert.Equal(t, cutover.ComparisonPanicked, o.Consistency)
}

func TestAReturningWriterRevealsCopiesToo(t *testing.T) {
	t.Parallel()
	observed := &seen{}
	c := build(t, cutover.New(&stagedClient{stage: ldmigration.DualWrite}, "flag").Observe(observed))
	save := func(_ context.Context, text string) (*note, error) { return &note{"1", text}, nil }
	censor := func(n *note) *note { n.Text = ""; return n }
	revealing := func() *cutover.ReturningWriterBuilder[string, *note] {
		return cutover.NewReturningWriter(c, save, save).Reveal(func(string) any { return "shown" }, censor)
	}
	_, err := revealing().Build()
	require.ErrorIs(t, err, cutover.ErrCloneRequired)
	_, err = revealing().ResultsAreNotModified().Build()
	require.NoError(t, err)
	writer, err := revealing().CloneResult(clonedNote).Build()
	require.NoError(t, err)
	got, err := writer.Write(t.Context(), user, "mine")
	require.NoError(t, err)
	assert.Equal(t, "mine", got.Text)
	assert.Equal(t, cutover.Shown{Payload: "shown", Old: &note{"1", ""}, New: &note{"1", ""}}, observed.only(t).Shown)
}

// A copy that fails costs what it was for: what is shown, or the further reads. What was found is
// believed.
func TestACopyThatFailsLaterCostsNoMoreThanItsPurpose(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		observed := &seen{}
		c := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag").Observe(observed).Logger((&logBook{}).logger()))
		for failsAt := 1; failsAt <= 4; failsAt++ {
			copies := 0
			clone := func(ids []string) []string {
				if copies++; copies == failsAt {
					panic("no copy")
				}
				return slices.Clone(ids)
			}
			differ := func(context.Context, []string) (string, error) { return "other", nil }
			reader, err := cutover.NewReader(c, joined, differ).CompareEqual().ClonePayload(clone).Recheck(time.Second).Build()
			require.NoError(t, err)
			_, err = reader.Read(t.Context(), user, []string{"a"})
			require.NoError(t, err)
			quiet(c)
			o := observed.all[len(observed.all)-1]
			want := cutover.Inconsistent
			if failsAt == 1 { // the secondary's own
				want = cutover.SecondarySkipped
			}
			assert.Equal(t, want, o.Consistency, "copy %d", failsAt)
			assert.Zero(t, o.Rechecks)
		}
		assert.Zero(t, c.Background().Waiting)
	})
}

func TestARevealThatCannotCopyShowsNoValue(t *testing.T) {
	t.Parallel()
	observed := &seen{}
	c := build(t, cutover.New(&stagedClient{stage: ldmigration.Off}, "flag").Observe(observed).Logger((&logBook{}).logger()))
	for _, what := range []string{"payload", "result"} {
		clone := func(part string) func([]string) []string {
			return func(s []string) []string {
				if part == what {
					panic("no copy")
				}
				return slices.Clone(s)
			}
		}
		read := func(_ context.Context, ids []string) ([]string, error) { return ids, nil }
		reader, err := cutover.NewReader(c, read, read).ClonePayload(clone("payload")).CloneResult(clone("result")).
			Reveal(func(ids []string) any { return len(ids) }, func(ids []string) []string { return ids }).Build()
		require.NoError(t, err)
		_, err = reader.Read(t.Context(), user, []string{"a"})
		require.NoError(t, err)
		assert.Nil(t, observed.all[len(observed.all)-1].Shown.Old)
	}
}

// While a difference waits to be read again its caller may change the results: what is told at
// last is of copies.
func TestADifferenceThatWaitsSharesNothingWithItsCaller(t *testing.T) {
	t.Parallel()
	observed := &seen{}
	built := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag").Observe(observed))
	read := func(texts ...string) func(context.Context, string) (*[]note, error) {
		return func(context.Context, string) (*[]note, error) {
			notes := []note{{Text: texts[0]}}
			for _, text := range texts[1:] {
				notes = append(notes, note{Text: text})
			}
			return &notes, nil
		}
	}
	b := cutover.NewReader(built, read("a"), read("b", "c")).CompareDeep().Recheck(time.Hour)
	_, err := b.Build()
	require.ErrorIs(t, err, cutover.ErrCloneRequired)
	reader, err := b.CloneResult(func(notes *[]note) *[]note { c := slices.Clone(*notes); return &c }).Build()
	require.NoError(t, err)
	detail := reader.ReadDetail(t.Context(), user, "1")
	require.Equal(t, cutover.ComparedLater, detail.Consistency)
	changed := make(chan struct{})
	go func() {
		defer close(changed)
		(*detail.Old.Value)[0].Text, (*detail.New.Value)[0].Text = "mine", "mine"
		(*detail.New.Value)[1].Text = "mine"
	}()
	require.NoError(t, built.Close(t.Context()))
	<-changed
	o := observed.only(t)
	assert.Equal(t, cutover.Inconsistent, o.Consistency)
	assert.Equal(t, &[]note{{Text: "a"}}, o.Old.Value)
	assert.Equal(t, &[]note{{Text: "b"}, {Text: "c"}}, o.New.Value)
	assert.Equal(t, []compare.Difference{
		{Path: "[0].Text", Old: "a", New: "b"}, {Path: "[1]", Old: compare.Missing, New: note{Text: "c"}},
	}, o.Differences)
}

func TestADifferenceWhoseCopiesAreLostIsBelievedAndNotShown(t *testing.T) {
	t.Parallel()
	observed := &seen{}
	built := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag").Observe(observed).Logger((&logBook{}).logger()))
	reader, err := cutover.NewReader(built, value("a"), value("b")).CompareEqual().Recheck(time.Hour).
		CloneResult(func(string) string { panic("clone") }).Build()
	require.NoError(t, err)
	reader.ReadDetail(t.Context(), user, "1")
	require.NoError(t, built.Close(t.Context()))
	o := observed.only(t)
	assert.Equal(t, cutover.Inconsistent, o.Consistency)
	assert.Nil(t, o.ComparisonPanic)
	assert.Nil(t, o.Old.Value)
	assert.Nil(t, o.New.Value)
	require.Len(t, o.Differences, 1)
	assert.True(t, o.Differences[0].Redacted)
}

func TestAMissingRecordThatWaitsIsToldAsMissing(t *testing.T) {
	t.Parallel()
	observed := &seen{}
	built := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag").Observe(observed))
	reader, err := cutover.NewReader(built, finds(true), finds(false)).CompareEqual().NotFound(errNotFound).Recheck(time.Hour).Build()
	require.NoError(t, err)
	_, err = reader.Read(t.Context(), user, "1")
	require.NoError(t, err)
	require.NoError(t, built.Close(t.Context()))
	assert.Equal(t, []compare.Difference{{Old: "order 1", New: compare.Missing}}, observed.only(t).Differences)
}

// A write that returns at its caller's deadline goes on with the result that the caller has.
func TestAWriteThatMayReturnEarlyCopiesItsResult(t *testing.T) {
	t.Parallel()
	observed := &seen{}
	built := build(t, cutover.New(&stagedClient{stage: ldmigration.DualWrite}, "flag").ReturnAtDeadline().Observe(observed))
	save := func(_ context.Context, id string) (*note, error) { return &note{ID: id}, nil }
	release := make(chan struct{})
	slow := func(ctx context.Context, id string) (*note, error) { <-release; return save(ctx, id) }
	_, err := cutover.NewReturningWriter(built, save, slow).Build()
	require.ErrorIs(t, err, cutover.ErrCloneRequired)
	_, err = cutover.NewReturningWriter(built, save, slow).RequireBoth().Build()
	require.NoError(t, err, "it always waits")
	writer, err := cutover.NewReturningWriter(built, save, slow).CloneResult(clonedNote).Build()
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	got, err := writer.Write(ctx, user, "1")
	require.NoError(t, err)
	close(release)
	got.ID = "mine"
	require.NoError(t, built.Close(t.Context()))
	assert.Equal(t, &note{ID: "1"}, observed.only(t).Old.Value)
}
