package insights_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/compare"
	"github.com/gocutover/cutover/cutovertest"
	"github.com/gocutover/cutover/insights"
	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	errAbsent = errors.New("no such item")
	errDown   = errors.New("down")
)

// item is a record of the tests with the engine.
type item struct {
	ID    string
	Price int
}

// store is a system: its items, and an error for all that is asked of it.
type store struct {
	mu    sync.Mutex
	items map[string]item
	fails error
}

func storeOf(items ...item) *store {
	s := &store{items: map[string]item{}}
	for _, one := range items {
		s.items[one.ID] = one
	}
	return s
}

func (s *store) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails = err
}

func (s *store) get(_ context.Context, id string) (item, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, is := s.items[id]
	switch {
	case s.fails != nil:
		return item{}, s.fails
	case !is:
		return item{}, fmt.Errorf("item %s: %w", id, errAbsent)
	}
	return found, nil
}

func (s *store) put(_ context.Context, one item) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fails == nil {
		s.items[one.ID] = one
	}
	return s.fails
}

// list returns the items of these ids.
func (s *store) list(_ context.Context, ids [3]string) ([]item, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []item{}
	for _, id := range ids {
		if one, is := s.items[id]; is {
			list = append(list, one)
		}
	}
	return list, s.fails
}

// engine is the library with both stores, and figures that observe it.
type engine struct {
	*insights.Figures
	old, new *store
	client   *cutovertest.Client
	cutover  *cutover.Cutover
	reader   *cutover.Reader[string, item]
	writer   *cutover.Writer[item]
}

var whose = ldcontext.New("service")

// engineAt is an engine at a stage. Both stores have the items a, b and c.
func engineAt(t *testing.T, stage ldmigration.Stage) *engine {
	t.Helper()
	e := &engine{Figures: figures(t, insights.Config{}), client: cutovertest.NewClient(stage)}
	e.old, e.new = storeOf(item{"a", 1}, item{"b", 2}, item{"c", 3}), storeOf(item{"a", 1}, item{"b", 2}, item{"c", 3})
	var err error
	e.cutover, err = cutover.New(e.client, flag).Observe(e).Build()
	require.NoError(t, err)
	id := func(id string) string { return id }
	e.reader, err = cutover.NewReader(e.cutover, e.old.get, e.new.get).CompareDeep().NotFound(errAbsent).
		RevealKey(cutover.Key(id)).Build()
	require.NoError(t, err)
	e.writer, err = cutover.NewWriter(e.cutover, e.old.put, e.new.put).
		RevealKey(cutover.Key(func(one item) string { return one.ID })).Build()
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, e.cutover.Close(context.WithoutCancel(t.Context()))) })
	return e
}

func (e *engine) read(t *testing.T, id string) {
	t.Helper()
	if _, err := e.reader.Read(t.Context(), whose, id); !errors.Is(err, errAbsent) && !errors.Is(err, errDown) {
		require.NoError(t, err)
	}
}

func (e *engine) write(t *testing.T, one item) {
	t.Helper()
	require.NoError(t, e.writer.Write(t.Context(), whose, one))
}

// calls is the figures of the reads at the only stage that was seen.
func (e *engine) calls(t *testing.T) insights.OperationFigures {
	t.Helper()
	r := report(t, e.Figures, insights.LastMinute)
	require.Len(t, r.Stages, 1)
	return r.Stages[0].Operations[0]
}

// A record that is not there is no failure at any stage, not at those of one system either: else
// the failure rates of the stages tell different things.
func TestNotFoundIsNoFailureAtAnyStage(t *testing.T) {
	t.Parallel()
	for _, stage := range []ldmigration.Stage{"off", "dualwrite", "shadow", "live", "rampdown", "complete"} {
		e := engineAt(t, stage)
		e.read(t, "a")
		e.read(t, "nobody's")
		calls := e.calls(t)
		for origin, is := range map[ldmigration.Origin]insights.CallsFigures{ldmigration.Old: calls.Old, ldmigration.New: calls.New} {
			assert.Zero(t, is.Errors, "%s at %s", origin, stage)
			assert.Equal(t, is.Calls/2, is.NotFound, "%s at %s", origin, stage)
		}
		assert.Empty(t, e.Keys(flag))
	}
}

func TestARecordThatOneStoreLacksIsHealedByItsCopy(t *testing.T) {
	t.Parallel()
	e := engineAt(t, ldmigration.Shadow)
	delete(e.new.items, "b")
	e.read(t, "a")
	e.read(t, "b")
	keys := e.Keys(flag)
	require.Len(t, keys, 1)
	assert.Equal(t, []any{"b", insights.MissingInNew, ldmigration.New}, []any{keys[0].Key, keys[0].What, keys[0].System})
	require.NoError(t, e.new.put(t.Context(), item{"b", 2}))
	e.read(t, "b")
	assert.Empty(t, e.Keys(flag))

	// A record that lives on in the new store alone is gone once it is deleted there too.
	delete(e.old.items, "c")
	e.read(t, "c")
	require.Len(t, e.Keys(flag), 1)
	assert.Equal(t, insights.MissingInOld, e.Keys(flag)[0].What)
	delete(e.new.items, "c")
	e.read(t, "c")
	assert.Empty(t, e.Keys(flag))
	assert.Equal(t, uint64(2), report(t, e.Figures, insights.LastMinute).Healed)
}

func TestAFailedWriteIsHealedByALaterWriteOrRead(t *testing.T) {
	t.Parallel()
	for name, heal := range map[string]func(e *engine){
		"write": func(e *engine) { e.write(t, item{"a", 8}) },
		"read": func(e *engine) {
			require.NoError(t, e.new.put(t.Context(), item{"a", 7}))
			e.read(t, "a")
		},
	} {
		e := engineAt(t, ldmigration.Shadow)
		e.new.fail(errDown)
		e.write(t, item{"a", 7})
		e.write(t, item{"b", 7})
		e.new.fail(nil)
		assert.Equal(t, []string{"b", "a"}, names(e.Keys(flag)), name)
		assert.Equal(t, insights.Unsafe, verdict(t, e.Figures).Forward.Answer, name)
		e.read(t, "a") // 7 and 1: it differs as well
		assert.Equal(t, 1, report(t, e.Figures, insights.LastMinute).Differing, name)
		heal(e)
		missed := report(t, e.Figures, insights.LastMinute).MissedByNew
		assert.Equal(t, insights.Missed{Writes: 2, Records: 1}, missed, name)
		e.read(t, "a")
		assert.Equal(t, []string{"b"}, names(e.Keys(flag)), name)
	}
}

func TestAWriteThatIsSkippedIsMissed(t *testing.T) {
	t.Parallel()
	e := engineAt(t, ldmigration.Live)
	w, err := cutover.NewWriter(e.cutover, e.old.put, e.new.put).
		ClonePayload(func(item) item { panic("no copy") }).
		RevealKey(cutover.Key(func(one item) string { return one.ID })).Build()
	require.NoError(t, err)
	require.NoError(t, w.Write(t.Context(), whose, item{"a", 2}))
	calls := e.calls(t).Old
	assert.Equal(t, []uint64{0, 0, 1}, []uint64{calls.Calls, calls.Errors, calls.Skipped})
	assert.Equal(t, insights.WriteFailed, e.Keys(flag)[0].What)
	assert.Equal(t, []string{"1 write did not reach the old system, and it still lacks some: 1 record to repair"},
		texts(verdict(t, e.Figures).Back, insights.Unsafe))
	e.read(t, "a")
	assert.Equal(t, 1, report(t, e.Figures, insights.LastMinute).Differing)
}

// A list is told by its rows under the names that single reads have, whatever the type of the key.
func TestRowsHaveTheNamesOfSingleReads(t *testing.T) {
	t.Parallel()
	type composed struct{ Shop, Number string }
	for name, of := range map[string]func(*engine) (err error){
		"text":   func(e *engine) error { return listed(t, e, func(one item) string { return one.ID }) },
		"number": func(e *engine) error { return listed(t, e, func(one item) int { return int(one.ID[0]) }) },
		"struct": func(e *engine) error { return listed(t, e, func(one item) composed { return composed{one.ID, "1"} }) },
		"bytes":  func(e *engine) error { return listed(t, e, func(one item) [2]byte { return [2]byte{one.ID[0], 0xff} }) },
		"odd":    func(e *engine) error { return listed(t, e, func(one item) string { return one.ID + `]."[x]` }) },
	} {
		e := engineAt(t, ldmigration.Shadow)
		e.new.items["a"] = item{"a", 9}
		delete(e.new.items, "b")
		delete(e.old.items, "c")
		require.NoError(t, of(e), name)
		what := map[insights.What][]insights.Difference{}
		r := report(t, e.Figures, insights.LastMinute)
		for _, m := range r.Mismatches {
			what[m.What] = m.Differences
			require.Len(t, m.Differences, 1, name)
		}
		require.Len(t, what, 3, "%s: %v", name, r.Mismatches)
		assert.Equal(t, []string{"1", "9"}, []string{what[insights.Different][0].Old, what[insights.Different][0].New}, name)
		var fields []string
		for _, f := range r.Fields {
			fields = append(fields, f.Path)
		}
		assert.ElementsMatch(t, []string{"[].Price", "[]"}, fields, "%s: whichever the rows", name)
	}
}

// listed reads the list of all items once, by rows of that key.
func listed[K comparable](t *testing.T, e *engine, key func(item) K) error {
	t.Helper()
	reader, err := cutover.NewReader(e.cutover, e.old.list, e.new.list).Compare(compare.Rows(key, compare.Deep[item]())).
		ResultsAreNotModified().Reveal(func(ids [3]string) any { return ids }, func(list []item) []item { return list }).Build()
	require.NoError(t, err)
	_, err = reader.Read(t.Context(), whose, [3]string{"a", "b", "c"})
	return err
}

// A row that differed in a list is healed by the read of it alone.
func TestARowIsHealedByASingleRead(t *testing.T) {
	t.Parallel()
	e := engineAt(t, ldmigration.Shadow)
	e.new.items["a"] = item{"a", 9}
	require.NoError(t, listed(t, e, func(one item) string { return one.ID }))
	assert.Equal(t, []string{"a"}, names(e.Keys(flag)))
	e.read(t, "b")
	assert.Equal(t, []string{"a"}, names(e.Keys(flag)))
	e.new.items["a"] = item{"a", 1}
	e.read(t, "a")
	assert.Empty(t, e.Keys(flag))
}

// A detached read, and one that is read again, tell of records that are still wrong at the end.
func TestReadsThatAreReadAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := engineAt(t, ldmigration.Shadow)
		again, err := cutover.NewReader(e.cutover, e.old.get, e.new.get).CompareDeep().NotFound(errAbsent).
			RevealKey(cutover.Key(func(id string) string { return id })).ReadOrder(cutover.Detached).
			Recheck(time.Second, time.Second).Build()
		require.NoError(t, err)
		e.new.items["a"], e.new.items["b"] = item{"a", 9}, item{"b", 9}
		for _, id := range []string{"a", "b", "c"} {
			_, err = again.Read(t.Context(), whose, id)
			require.NoError(t, err)
		}
		time.Sleep(time.Second / 2)
		require.NoError(t, e.new.put(t.Context(), item{"a", 1}))
		assert.Empty(t, e.Keys(flag), "it is not believed yet")
		time.Sleep(3 * time.Second)
		r := report(t, e.Figures, insights.LastMinute)
		assert.Equal(t, []string{"b"}, names(e.Keys(flag)))
		checks := r.Stages[0].Checks
		assert.Equal(t, []uint64{3, 1}, []uint64{checks.Checked, checks.Inconsistent})
		calls := r.Stages[0].Operations[0]
		assert.Equal(t, []uint64{3, 3, 3}, []uint64{calls.Count, calls.Old.Calls, calls.New.Calls}, "an operation counts once")
		require.NoError(t, e.new.put(t.Context(), item{"b", 2}))
		e.read(t, "b")
		r = report(t, e.Figures, insights.LastMinute)
		assert.Equal(t, []uint64{0, 0}, []uint64{r.Vanished, r.ReadAgain}, "what was read again at once is no case for Recheck")
		assert.Empty(t, e.Keys(flag))
	})
}

// A read that began before a write failed says nothing of the record after it.
func TestAnEarlierReadHealsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := engineAt(t, ldmigration.Shadow)
		slow := func(ctx context.Context, id string) (item, error) {
			found, err := e.new.get(ctx, id)
			time.Sleep(time.Second)
			return found, err
		}
		r, err := cutover.NewReader(e.cutover, e.old.get, slow).CompareDeep().
			RevealKey(cutover.Key(func(id string) string { return id })).ReadOrder(cutover.Detached).Build()
		require.NoError(t, err)
		_, err = r.Read(t.Context(), whose, "a")
		require.NoError(t, err)
		time.Sleep(time.Second / 2)
		e.new.fail(errDown)
		e.write(t, item{"a", 7})
		e.new.fail(nil)
		time.Sleep(2 * time.Second)
		assert.Equal(t, uint64(1), report(t, e.Figures, insights.LastMinute).Stages[0].Checks.Checked)
		assert.Equal(t, []string{"a"}, names(e.Keys(flag)))
	})
}

// What the engine warns of when two stages are in use side by side, and when a stage is left too
// early, reaches the verdict.
func TestTheEnginesWarningsReachTheVerdict(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := engineAt(t, ldmigration.Shadow)
		e.write(t, item{"a", 7})
		for range 6 {
			for _, stage := range []ldmigration.Stage{ldmigration.Live, ldmigration.Shadow} {
				e.client.SetStage(stage)
				e.write(t, item{"a", 7})
				time.Sleep(time.Second)
			}
		}
		r := report(t, e.Figures, insights.LastMinute)
		assert.Equal(t, []ldmigration.Stage{ldmigration.Shadow, ldmigration.Live}, r.InUse)
		assert.True(t, r.Changes[0].SideBySide)
		assert.Contains(t, r.Changes[0].Warning, "opposite orders")
		assert.Equal(t, insights.Unsafe, r.Verdict.Forward.Answer)
		assert.Equal(t, insights.Unsafe, r.Verdict.Back.Answer)
	})
}

func TestALossByAMoveStaysUntilItIsRepaired(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := engineAt(t, ldmigration.Off)
		e.write(t, item{"a", 7})
		e.client.SetStage(ldmigration.Live)
		e.write(t, item{"b", 7})
		time.Sleep(3 * time.Hour)
		e.write(t, item{"b", 8})
		lost := texts(verdict(t, e.Figures).Forward, insights.Unsafe)
		require.Len(t, lost, 1)
		assert.Contains(t, lost[0], "off → live: what was written at off is missing in the new system")
		e.Repaired(flag)
		assert.Empty(t, texts(verdict(t, e.Figures).Forward, insights.Unsafe))
	})
}

// Going back relies on the old system: not if its reads fail, nor if it lacks records.
func TestGoingBackFromLiveReliesOnTheOldSystem(t *testing.T) {
	t.Parallel()
	e := engineAt(t, ldmigration.Live)
	e.read(t, "a")
	assert.Equal(t, insights.Safe, verdict(t, e.Figures).Back.Answer)
	delete(e.old.items, "b")
	e.read(t, "b")
	assert.Contains(t, texts(verdict(t, e.Figures).Back, insights.Safe),
		"1 record is missing in the old system, which would answer: at most 1 tolerated", "one may be on its way")
	delete(e.old.items, "c")
	e.read(t, "c")
	assert.Equal(t, []string{"2 records are missing in the old system, which would answer: at most 1 tolerated"},
		texts(verdict(t, e.Figures).Back, insights.Unsafe))
	require.NoError(t, e.old.put(t.Context(), item{"b", 2}))
	require.NoError(t, e.old.put(t.Context(), item{"c", 3}))
	e.read(t, "b")
	e.read(t, "c")
	assert.Equal(t, insights.Safe, verdict(t, e.Figures).Back.Answer)
	e.old.fail(errDown)
	e.read(t, "a")
	assert.Equal(t, []string{"1 of 6 old reads failed, at most 0.1% tolerated"}, texts(verdict(t, e.Figures).Back, insights.Unsafe))
}

// Without RevealKey and Reveal no record is named, and the paths are told all the same.
func TestAListThatShowsNothingTellsPaths(t *testing.T) {
	t.Parallel()
	e := engineAt(t, ldmigration.Shadow)
	e.new.items["a"] = item{"a", 9}
	delete(e.new.items, "b")
	reader, err := cutover.NewReader(e.cutover, e.old.list, e.new.list).
		Compare(compare.Rows(func(one item) string { return one.ID }, compare.Deep[item]())).Build()
	require.NoError(t, err)
	_, err = reader.Read(t.Context(), whose, [3]string{"a", "b", "c"})
	require.NoError(t, err)
	r := report(t, e.Figures, insights.LastMinute)
	require.Len(t, r.Mismatches, 1)
	assert.Equal(t, insights.Different, r.Mismatches[0].What)
	assert.Equal(t, []insights.Difference{{Path: `["a"].Price`, Redacted: true}, {Path: `["b"]`, Redacted: true}}, r.Mismatches[0].Differences)
}

// A record may miss a write in both systems, one after the other. It is one record all the same.
func TestARecordThatMissedWritesInBothIsOneRecord(t *testing.T) {
	t.Parallel()
	e := engineAt(t, ldmigration.Shadow)
	e.new.fail(errDown)
	e.write(t, item{"a", 7})
	e.new.fail(nil)
	e.client.SetStage(ldmigration.Live)
	e.old.fail(errDown)
	e.write(t, item{"a", 8})
	e.old.fail(nil)
	r := report(t, e.Figures, insights.LastMinute)
	assert.Equal(t, []int{1, 1, 1}, []int{r.MissedByNew.Records, r.MissedByOld.Records, r.FailedRecords})
	require.Len(t, r.FailedWrites, 1)
	assert.Equal(t, insights.Key{
		Key: "a", What: insights.WriteFailed, Count: 2, First: r.FailedWrites[0].First, Last: r.FailedWrites[0].Last,
	}, r.FailedWrites[0])
	v := verdict(t, e.Figures)
	assert.Equal(t, []insights.Answer{insights.Unsafe, insights.Unsafe}, []insights.Answer{v.Forward.Answer, v.Back.Answer})
	e.write(t, item{"a", 9})
	r = report(t, e.Figures, insights.LastMinute)
	assert.Equal(t, []int{0, 0, 0}, []int{r.MissedByNew.Records, r.MissedByOld.Records, r.FailedRecords})
	assert.Empty(t, e.Keys(flag))
}

// A migration is not over while the new system lacks what only the old one has.
func TestAMoveIsNotCompleteWhileRecordsAreMissing(t *testing.T) {
	t.Parallel()
	e := engineAt(t, ldmigration.Shadow)
	e.new.fail(errDown)
	e.write(t, item{"a", 7})
	e.new.fail(nil)
	e.client.SetStage(ldmigration.Complete)
	e.write(t, item{"b", 7})
	e.write(t, item{"a", 8}) // it may be a part of the record
	assert.Equal(t, "All stages are passed, but the new system lacks records: repair them.", report(t, e.Figures, insights.LastMinute).Headline)
	e.Repaired(flag, "a")
	assert.Equal(t, "The move is complete.", report(t, e.Figures, insights.LastMinute).Headline)
}
