package cutover_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/launchdarkly/go-server-sdk/v7/interfaces"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
)

// movingClient is a stagedClient whose stage can be moved while operations run.
type movingClient struct {
	stagedClient
	at sync.Mutex
}

func (c *movingClient) move(stage ldmigration.Stage) {
	c.at.Lock()
	defer c.at.Unlock()
	c.stage = stage
}

func (c *movingClient) MigrationVariation(
	key string, context ldcontext.Context, defaultStage ldmigration.Stage,
) (ldmigration.Stage, interfaces.LDMigrationOpTracker, error) {
	c.at.Lock()
	defer c.at.Unlock()
	return c.stagedClient.MigrationVariation(key, context, defaultStage)
}

// access is a payload: a read or write of one record, and how long each system takes for it.
type access struct {
	record, value int
	pause         time.Duration // before it
	takes         map[ldmigration.Origin]time.Duration
}

func recordOf(a access) int { return a.record }

// drawn returns n random accesses of the first records.
func drawn(random *rand.Rand, n, records int) []access {
	drawn := make([]access, n)
	for i := range drawn {
		drawn[i] = access{
			record: random.IntN(records), value: random.Int(), pause: upTo(random, time.Millisecond),
			takes: map[ldmigration.Origin]time.Duration{
				ldmigration.Old: upTo(random, 5*time.Millisecond), ldmigration.New: upTo(random, 5*time.Millisecond),
			},
		}
	}
	return drawn
}

// upTo returns a random time, so fine that hardly two things happen at once: a seed always gives
// the same run.
func upTo(random *rand.Rand, limit time.Duration) time.Duration {
	return time.Duration(1 + random.Int64N(int64(limit)))
}

// twoSystems keeps the last value written of each record.
type twoSystems struct {
	mu      sync.Mutex
	records map[ldmigration.Origin]map[int]int
}

func newTwoSystems() *twoSystems {
	return &twoSystems{records: map[ldmigration.Origin]map[int]int{ldmigration.Old: {}, ldmigration.New: {}}}
}

func (s *twoSystems) write(origin ldmigration.Origin) func(context.Context, access) error {
	return func(_ context.Context, a access) error {
		time.Sleep(a.takes[origin])
		s.mu.Lock()
		defer s.mu.Unlock()
		s.records[origin][a.record] = a.value
		return nil
	}
}

func (s *twoSystems) read(origin ldmigration.Origin) func(context.Context, access) (int, error) {
	return func(_ context.Context, a access) (int, error) {
		time.Sleep(a.takes[origin])
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.records[origin][a.record], nil
	}
}

func (s *twoSystems) equal() bool {
	return assert.ObjectsAreEqual(s.records[ldmigration.Old], s.records[ldmigration.New])
}

func (s *twoSystems) writer(t *testing.T, c *cutover.Cutover, serialized bool) *cutover.Writer[access] {
	t.Helper()
	b := cutover.NewWriter(c, s.write(ldmigration.Old), s.write(ldmigration.New)).PayloadsAreNotModified()
	if serialized {
		b.SerializeBy(cutover.Key(recordOf))
	}
	writer, err := b.Build()
	require.NoError(t, err)
	return writer
}

const seededRuns = 1000

func TestWritesThatCannotInterleaveLeaveBothSystemsEqual(t *testing.T) {
	t.Parallel()
	for seed := range uint64(seededRuns) {
		// Run one of them by its name.
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			assert.True(t, endEqual(t, seed, true), "seed %d: the systems differ", seed)
		})
	}
}

func TestWritesThatCanInterleaveDoNotLeaveBothSystemsEqual(t *testing.T) {
	t.Parallel()
	runs, differ := seededRuns, 0
	if underRaceDetector {
		runs /= 5 // it has nothing to find here
	}
	for seed := range uint64(runs) {
		if !endEqual(t, seed, false) {
			differ++
		}
	}
	t.Logf("the systems differ after %d of %d runs", differ, runs)
	assert.Greater(t, differ, runs/2)
}

// endEqual has 8 writers write 64 records while the stage walks among those that write to both, and
// reports whether the two systems end equal.
func endEqual(t *testing.T, seed uint64, serialized bool) (equal bool) {
	t.Helper()
	const writers, writes, records = 8, 12, 64
	synctest.Test(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(seed, 0))
		client := &movingClient{}
		stopWalking := client.walk(random)
		systems := newTwoSystems()
		c := build(t, cutover.New(client, "flag").Logger(slog.New(slog.DiscardHandler)))
		writer := systems.writer(t, c, serialized)
		var callers sync.WaitGroup
		for range writers {
			script := drawn(random, writes, records)
			callers.Go(func() {
				for _, a := range script {
					time.Sleep(a.pause)
					assert.NoError(t, writer.Write(t.Context(), user, a))
				}
			})
		}
		callers.Wait()
		stopWalking()
		require.Equal(t, writers*writes, client.count())
		require.Zero(t, cutover.BusyKeys(c))
		equal = systems.equal()
	})
	return equal
}

// walk moves the stage back and forth between neighbours that write to both, until it is stopped.
func (c *movingClient) walk(random *rand.Rand) (stop func()) {
	way := []ldmigration.Stage{ldmigration.DualWrite, ldmigration.Shadow, ldmigration.Live, ldmigration.RampDown}
	random = rand.New(rand.NewPCG(random.Uint64(), 0))
	at, stopped := random.IntN(len(way)), make(chan struct{})
	c.move(way[at])
	go func() {
		for {
			select {
			case <-stopped:
				return
			case <-time.After(upTo(random, 3*time.Millisecond)):
			}
			at = min(max(at+2*random.IntN(2)-1, 0), len(way)-1)
			c.move(way[at])
		}
	}()
	return func() { close(stopped) }
}

// noted returns a write function that notes when it begins, and takes a time of the bubble's clock.
func noted(j *journal, origin ldmigration.Origin, takes time.Duration) func(context.Context, string) error {
	return func(_ context.Context, payload string) error {
		j.note(fmt.Sprint(origin, " ", payload))
		time.Sleep(takes)
		return nil
	}
}

func itself(payload string) string { return payload }

func oneRecord(string) string { return "the one record" }

func serializedBy(
	t *testing.T, c *cutover.Cutover, key func(string) string, old, new func(context.Context, string) error,
) *cutover.Writer[string] {
	t.Helper()
	writer, err := cutover.NewWriter(c, old, new).SerializeBy(cutover.Key(key)).Build()
	require.NoError(t, err)
	return writer
}

func TestWritesOfOneKeyRunOneAfterTheOtherInOrderOfArrival(t *testing.T) {
	t.Parallel()
	for _, stage := range allStages {
		t.Run(string(stage), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				const writes, takes = 20, 30 * time.Millisecond
				var began journal
				c := build(t, cutover.New(&stagedClient{stage: stage}, "flag"))
				writer := serializedBy(t, c, oneRecord, noted(&began, "old", takes), noted(&began, "new", takes))
				var callers sync.WaitGroup
				var want []string
				start := time.Now()
				for i := range writes {
					callers.Go(func() {
						err := writer.Write(t.Context(), user, strconv.Itoa(i))
						each := takes
						if design[stage][ldmigration.Write].secondary != "" {
							each *= 2
						}
						assert.Equal(t, time.Duration(i+1)*each, time.Since(start))
						assert.NoError(t, err)
					})
					for _, origin := range []ldmigration.Origin{
						design[stage][ldmigration.Write].authoritative, design[stage][ldmigration.Write].secondary,
					} {
						if origin != "" {
							want = append(want, fmt.Sprint(origin, " ", i))
						}
					}
					time.Sleep(time.Millisecond)
				}
				callers.Wait()
				assert.Equal(t, want, began.lines)
			})
		})
	}
}

func TestWritesOfDifferentKeysDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const writes, takes = 300, 10 * time.Millisecond // more than there could be locks for
		c := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag"))
		slow := noted(&journal{}, "", takes)
		writer := serializedBy(t, c, itself, slow, slow)
		start := time.Now()
		var callers sync.WaitGroup
		for i := range writes {
			callers.Go(func() {
				err := writer.Write(t.Context(), user, strconv.Itoa(i))
				assert.Equal(t, 2*takes, time.Since(start))
				assert.NoError(t, err)
			})
		}
		synctest.Wait()
		assert.Equal(t, writes, cutover.BusyKeys(c))
		callers.Wait()
		assert.Zero(t, cutover.BusyKeys(c))
	})
}

func TestTheWaitForAKeyEndsWithTheCallersContext(t *testing.T) {
	t.Parallel()
	const patience, takes = 3 * time.Millisecond, 50 * time.Millisecond
	errShutdown := errors.New("shutting down")
	cases := map[string]struct {
		ctx  func(context.Context) (context.Context, func())
		errs []error
	}{
		"cancelled": {func(ctx context.Context) (context.Context, func()) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(patience, cancel)
			return ctx, cancel
		}, []error{context.Canceled}},
		"past its deadline": {func(ctx context.Context) (context.Context, func()) {
			return context.WithTimeout(ctx, patience)
		}, []error{context.DeadlineExceeded}},
		"cancelled for a cause": {func(ctx context.Context) (context.Context, func()) {
			ctx, cancel := context.WithCancelCause(ctx)
			time.AfterFunc(patience, func() { cancel(errShutdown) })
			return ctx, func() { cancel(nil) }
		}, []error{errShutdown}},
		"past its deadline for a cause": {func(ctx context.Context) (context.Context, func()) {
			return context.WithTimeoutCause(ctx, patience, errShutdown)
		}, []error{errShutdown}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var began journal
				client := &stagedClient{stage: ldmigration.Shadow}
				observed := &seenOperations{}
				built := build(t, cutover.New(client, "flag").Observe(observed))
				writer := serializedBy(t, built, oneRecord, noted(&began, "old", takes), noted(&began, "new", takes))
				start := time.Now()
				var callers sync.WaitGroup
				patient := func(payload string) {
					callers.Go(func() { assert.NoError(t, writer.Write(t.Context(), user, payload)) })
					synctest.Wait()
				}
				patient("first")
				for _, impatient := range []func(ctx context.Context) error{
					func(ctx context.Context) error { return writer.Write(ctx, user, "impatient") },
					func(ctx context.Context) error {
						detail := writer.WriteDetail(ctx, user, "impatient")
						assert.Equal(t, cutover.Detail[struct{}]{Err: detail.Err}, detail, "nothing else is known")
						_, err := detail.Result()
						assert.Equal(t, detail.Err, err)
						return detail.Err
					},
				} {
					callers.Go(func() {
						ctx, cancel := c.ctx(t.Context())
						defer cancel()
						err := impatient(ctx)
						assert.Equal(t, patience, time.Since(start))
						for _, want := range c.errs {
							assert.ErrorIs(t, err, want)
						}
					})
				}
				synctest.Wait()
				patient("last")
				assert.Equal(t, 1, cutover.BusyKeys(built))
				callers.Wait()
				assert.Equal(t, 4*takes, time.Since(start), "the one behind has lost no time")
				assert.Equal(t, []string{"old first", "new first", "old last", "new last"}, began.lines)
				assert.Equal(t, 2, client.count())
				assert.Equal(t, 2, observed.count())
				assert.Zero(t, cutover.BusyKeys(built))
			})
		})
	}
}

// seenOperations counts an observer's observations.
type seenOperations struct {
	mu sync.Mutex
	of map[cutover.Consistency]int
}

func (s *seenOperations) Observe(_ context.Context, o cutover.Observation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of == nil {
		s.of = map[cutover.Consistency]int{}
	}
	s.of[o.Consistency]++
}

func (s *seenOperations) count() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, of := range s.of {
		n += of
	}
	return n
}

func TestOnlyKeysInUseTakeMemory(t *testing.T) {
	t.Parallel()
	for _, order := range []ldmigration.ExecutionOrder{ldmigration.Concurrent, cutover.Detached} {
		t.Run(string(order), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				const takes = 10 * time.Millisecond
				c := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag").ReadOrder(order))
				slow := noted(&journal{}, "", takes)
				writer := serializedBy(t, c, itself, slow, slow)
				reader, err := cutover.NewReader(c, after(takes, "v"), after(2*takes, "v")).
					CompareEqual().CompareBetweenWrites(cutover.Key(itself)).Build()
				require.NoError(t, err)
				for i := range 100 {
					require.NoError(t, writer.Write(t.Context(), user, strconv.Itoa(i)))
					_, err := reader.Read(t.Context(), user, strconv.Itoa(i))
					require.NoError(t, err)
				}
				time.Sleep(2 * takes) // a detached read ends after its caller
				assert.Zero(t, cutover.BusyKeys(c), "of keys that were in use")

				var callers sync.WaitGroup
				for i := range 30 {
					callers.Go(func() { assert.NoError(t, writer.Write(t.Context(), user, strconv.Itoa(i%3))) })
					callers.Go(func() {
						_, err := reader.Read(t.Context(), user, strconv.Itoa(i%3+2))
						assert.NoError(t, err)
					})
				}
				synctest.Wait()
				assert.Equal(t, 3, cutover.BusyKeys(c), "those that are written")
				time.Sleep(3 * takes)
				assert.Equal(t, 3, cutover.BusyKeys(c), "writes wait")
				callers.Wait()
				assert.Zero(t, cutover.BusyKeys(c))
				require.NoError(t, c.Close(t.Context()))
			})
		})
	}
}

func TestAKeyIsReleasedHoweverItsWriteEnds(t *testing.T) {
	t.Parallel()
	const takes, hangs = time.Millisecond, ending("hangs")
	inWays := func(end ending) func(context.Context, string) error {
		return func(_ context.Context, payload string) error {
			time.Sleep(takes)
			switch {
			case payload != "troubled", end == succeeds:
			case end == fails:
				return errOfOrigin[ldmigration.Old]
			case end == panics:
				panic("a panic of its own")
			case end == exits:
				runtime.Goexit()
			case end == hangs:
				time.Sleep(time.Hour)
			}
			return nil
		}
	}
	cases := map[string]struct {
		stage    ldmigration.Stage
		old, new ending
		held     time.Duration
	}{
		"the authoritative write fails":         {ldmigration.Shadow, fails, succeeds, takes},
		"the authoritative write panics":        {ldmigration.Shadow, panics, succeeds, takes},
		"the authoritative write exits":         {ldmigration.Shadow, exits, succeeds, takes},
		"the only write panics":                 {ldmigration.Off, panics, succeeds, takes},
		"the secondary write fails":             {ldmigration.Shadow, succeeds, fails, 2 * takes},
		"the secondary write panics":            {ldmigration.Shadow, succeeds, panics, 2 * takes},
		"the secondary write exits":             {ldmigration.Shadow, succeeds, exits, 2 * takes},
		"the secondary write outlives its time": {ldmigration.Shadow, succeeds, hangs, takes + time.Second},
		"the stage is none":                     {"none", succeeds, succeeds, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client := &movingClient{stagedClient: stagedClient{stage: c.stage}}
				built := build(t, cutover.New(client, "flag").
					SecondaryTimeout(time.Second).Logger(slog.New(slog.DiscardHandler)))
				writer := serializedBy(t, built, oneRecord, inWays(c.old), inWays(c.new))
				start := time.Now()
				var callers sync.WaitGroup
				callers.Go(func() {
					defer func() { _ = recover() }()
					_ = writer.Write(t.Context(), user, "troubled")
				})
				synctest.Wait()
				client.move(ldmigration.Shadow)
				callers.Go(func() {
					ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
					defer cancel()
					err := writer.Write(ctx, user, "next")
					if c.new == hangs { // what it wrote to the secondary's system, the late write would undo
						assert.Equal(t, c.held+takes, time.Since(start))
					} else {
						assert.Equal(t, c.held+2*takes, time.Since(start))
					}
					assert.NoError(t, err)
				})
				callers.Wait()
				if c.new == hangs {
					assert.Equal(t, 1, cutover.BusyKeys(built), "it is still being written")
				}
				require.NoError(t, built.Close(t.Context()))
				assert.Zero(t, cutover.BusyKeys(built))
			})
		})
	}
}

func TestAPanicOfTheKeyFunctionHoldsNoKey(t *testing.T) {
	t.Parallel()
	client := &stagedClient{stage: ldmigration.Shadow}
	c := build(t, cutover.New(client, "flag"))
	var began journal
	writer := serializedBy(t, c, func(string) string { panic("no key") }, noted(&began, "old", 0), noted(&began, "new", 0))
	assert.PanicsWithValue(t, "no key", func() { _ = writer.Write(t.Context(), user, "id") })
	assert.Zero(t, cutover.BusyKeys(c))
	assert.Empty(t, began.lines)
	assert.Zero(t, client.count())
}

func TestAllWritersOfOneCutoverShareItsKeys(t *testing.T) {
	t.Parallel()
	const takes = 10 * time.Millisecond
	type order struct{ id, customer string }
	slow := noted(&journal{}, "", takes)
	slowOrder := func(ctx context.Context, o order) (string, error) { return after(takes, "saved")(ctx, o.id) }
	cases := map[string]struct {
		other func(c *cutover.Cutover) *cutover.Cutover
		id    string
		took  time.Duration
	}{
		"and wait for each other":                          {func(c *cutover.Cutover) *cutover.Cutover { return c }, "7", 4 * takes},
		"and not for another key":                          {func(c *cutover.Cutover) *cutover.Cutover { return c }, "8", 2 * takes},
		"and not for a key that another one of theirs has": {func(*cutover.Cutover) *cutover.Cutover { return nil }, "7", 2 * takes},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client := &stagedClient{stage: ldmigration.Shadow}
				first := build(t, cutover.New(client, "flag"))
				second := c.other(first)
				if second == nil {
					second = build(t, cutover.New(client, "flag"))
				}
				remover := serializedBy(t, first, itself, slow, slow)
				saver, err := cutover.NewReturningWriter(second, slowOrder, slowOrder).
					SerializeBy(cutover.Key(func(o order) string { return o.id })).Build()
				require.NoError(t, err)
				start := time.Now()
				var removal sync.WaitGroup
				removal.Go(func() { assert.NoError(t, remover.Write(t.Context(), user, "7")) })
				synctest.Wait()
				_, err = saver.Write(t.Context(), user, order{id: c.id, customer: "c"})
				require.NoError(t, err)
				assert.Equal(t, c.took, time.Since(start))
				removal.Wait()
			})
		})
	}
}

func TestTheStageIsEvaluatedOnceTheTurnHasCome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const takes = 10 * time.Millisecond
		var began journal
		client := &movingClient{stagedClient: stagedClient{stage: ldmigration.Shadow}}
		c := build(t, cutover.New(client, "flag").Logger(slog.New(slog.DiscardHandler)))
		writer := serializedBy(t, c, oneRecord, noted(&began, "old", takes), noted(&began, "new", takes))
		var callers sync.WaitGroup
		for payload, stage := range []ldmigration.Stage{ldmigration.Shadow, ldmigration.Live} {
			callers.Go(func() {
				assert.Equal(t, stage, writer.WriteDetail(t.Context(), user, strconv.Itoa(payload)).Stage)
			})
			synctest.Wait()
		}
		time.Sleep(takes)
		client.move(ldmigration.Live) // while the second waits
		callers.Wait()
		assert.Equal(t, []string{"old 0", "new 0", "new 1", "old 1"}, began.lines)
	})
}

func TestComparingBetweenWritesRemovesFalseMismatches(t *testing.T) {
	t.Parallel()
	const rounds = 25
	for _, order := range fourReadOrders {
		t.Run(string(order), func(t *testing.T) {
			t.Parallel()
			var without, with seenOperations
			for seed := range uint64(rounds) {
				readAndWrite(t, seed, order, false, &without)
				readAndWrite(t, seed, order, true, &with)
			}
			t.Logf("of %d reads each: without %v, with %v", without.count(), without.of, with.of)
			assert.Equal(t, without.count(), with.count())

			assert.Positive(t, without.of[cutover.Inconsistent], "though the systems are equal at rest")
			assert.Zero(t, without.of[cutover.WrittenMeanwhile])
			assert.Zero(t, with.of[cutover.Inconsistent])
			assert.Positive(t, with.of[cutover.WrittenMeanwhile])
			assert.Greater(t, with.of[cutover.Consistent], with.count()/4, "what nobody writes is compared")
			assert.Equal(t, with.count(), with.of[cutover.Consistent]+with.of[cutover.WrittenMeanwhile])
		})
	}
}

var fourReadOrders = append([]ldmigration.ExecutionOrder{cutover.Detached}, allOrders...)

// readAndWrite has readers and serialized writers use the same few records at the same time.
func readAndWrite(
	t *testing.T, seed uint64, order ldmigration.ExecutionOrder, betweenWrites bool, seen *seenOperations,
) {
	t.Helper()
	const writers, writes, readers, reads, records = 2, 15, 4, 20, 8
	synctest.Test(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(seed, 0))
		client := &stagedClient{stage: []ldmigration.Stage{ldmigration.Shadow, ldmigration.Live}[seed%2]}
		c := build(t, cutover.New(client, "flag").ReadOrder(order).Observe(readsOnly{seen}))
		systems := newTwoSystems()
		writer := systems.writer(t, c, true)
		b := cutover.NewReader(c, systems.read(ldmigration.Old), systems.read(ldmigration.New)).CompareEqual()
		if betweenWrites {
			b.CompareBetweenWrites(cutover.Key(recordOf))
		}
		reader, err := b.PayloadsAreNotModified().Build()
		require.NoError(t, err)

		var callers sync.WaitGroup
		for range writers {
			script := drawn(random, writes, records)
			callers.Go(func() {
				for _, a := range script {
					time.Sleep(a.pause)
					assert.NoError(t, writer.Write(t.Context(), user, a))
				}
			})
		}
		for range readers {
			script := drawn(random, reads, records)
			callers.Go(func() {
				for _, a := range script {
					time.Sleep(a.pause)
					_, err := reader.Read(t.Context(), user, a)
					assert.NoError(t, err)
				}
			})
		}
		callers.Wait()
		require.NoError(t, c.Close(t.Context()))
		assert.True(t, systems.equal(), "seed %d: at rest the systems are equal", seed)
		assert.Equal(t, writers*writes+readers*reads, client.count())
		assert.Zero(t, cutover.BusyKeys(c))
	})
}

// readsOnly is an observer that gets reads only.
type readsOnly struct{ to cutover.Observer }

func (r readsOnly) Observe(ctx context.Context, o cutover.Observation) {
	if o.Operation == ldmigration.Read {
		r.to.Observe(ctx, o)
	}
}

func TestAReadIsNotComparedAroundAWriteAndNeitherWaits(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	const readAt, quick, slow = 10 * ms, ms, 10 * ms // reads: authoritative 10 to 11, other to 20
	cases := map[string]struct {
		from, to time.Duration
		by       string
		compared bool
	}{
		"which has ended before":               {from: 2 * ms, to: 8 * ms, compared: true},
		"which it begins in":                   {from: 5 * ms, to: 15 * ms},
		"which is under way all the while":     {from: 5 * ms, to: 25 * ms},
		"which it encloses":                    {from: 12 * ms, to: 18 * ms},
		"which begins with it":                 {from: 15 * ms, to: 25 * ms},
		"which begins after it":                {from: 22 * ms, to: 28 * ms, compared: true},
		"unless it is of another record":       {from: 5 * ms, to: 15 * ms, by: "another record", compared: true},
		"unless another cutover's writer does": {from: 5 * ms, to: 15 * ms, by: "another cutover", compared: true},
		"unless the writer is not serialized":  {from: 5 * ms, to: 15 * ms, by: "no key", compared: true},
	}
	for name, c := range cases {
		for _, order := range []ldmigration.ExecutionOrder{ldmigration.Concurrent, cutover.Detached} {
			for _, stage := range []ldmigration.Stage{ldmigration.Shadow, ldmigration.Live} {
				for _, equal := range []bool{true, false} {
					t.Run(fmt.Sprintf("%s, %s %s %t", name, stage, order, equal), func(t *testing.T) {
						t.Parallel()
						synctest.Test(t, func(t *testing.T) {
							client := &stagedClient{stage: stage}
							seen := &seenOperations{}
							builder := cutover.New(client, "flag").ReadOrder(order).Observe(readsOnly{seen})
							built := build(t, builder)
							old, new := after(quick, "v"), after(slow, "v")
							if stage == ldmigration.Live {
								old, new = new, old
							}
							reader, err := cutover.NewReader(built, old, new).
								CompareFunc(func(_, _ string) bool { return equal }).
								CompareBetweenWrites(cutover.Key(itself)).Build()
							require.NoError(t, err)
							writers, record, half := built, "record", noted(&journal{}, "", (c.to-c.from)/2)
							if c.by == "another cutover" {
								writers = build(t, builder)
							}
							if c.by == "another record" {
								record = c.by
							}
							writer := serializedBy(t, writers, itself, half, half)
							if c.by == "no key" {
								writer = writerOf(t, writers, half, half)
							}

							var callers sync.WaitGroup
							callers.Go(func() {
								time.Sleep(c.from)
								began := time.Now()
								err := writer.Write(t.Context(), user, record)
								assert.Equal(t, c.to-c.from, time.Since(began))
								assert.NoError(t, err)
							})
							time.Sleep(readAt)
							began := time.Now()
							_, err = reader.Read(t.Context(), user, "record")
							require.NoError(t, err)
							if order == cutover.Detached {
								assert.Equal(t, quick, time.Since(began))
							} else {
								assert.Equal(t, slow, time.Since(began))
							}
							callers.Wait()
							require.NoError(t, built.Close(t.Context()))

							want := cutover.WrittenMeanwhile
							if c.compared && equal {
								want = cutover.Consistent
							} else if c.compared {
								want = cutover.Inconsistent
							}
							assert.Equal(t, map[cutover.Consistency]int{want: 1}, seen.of)
							for _, event := range client.events {
								if event.Op == ldmigration.Read {
									assert.Equal(t, c.compared, event.ConsistencyCheck != nil)
								}
							}
							assert.Zero(t, cutover.BusyKeys(built))
						})
					})
				}
			}
		}
	}
}

func TestAFreeKeyIsTakenWhateverTheContext(t *testing.T) {
	t.Parallel()
	c := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag"))
	var calls journal
	writer := serializedBy(t, c, oneRecord, noted(&calls, "old", 0), noted(&calls, "new", 0))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 100 { // a coin toss would show
		require.NoError(t, writer.Write(ctx, user, "id"), "whether to write is the function's to say")
	}
}

func TestTheEndOfAWaitTellsTheContextsErrorAndItsCause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := build(t, cutover.New(&stagedClient{stage: ldmigration.Off}, "flag"))
		var calls journal
		writer := serializedBy(t, c, oneRecord, noted(&calls, "old", time.Second), noted(&calls, "new", 0))
		go func() { assert.NoError(t, writer.Write(t.Context(), user, "id")) }()
		synctest.Wait()
		shutdown := errors.New("shutting down")
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Millisecond, shutdown)
		defer cancel()
		err := writer.Write(ctx, user, "id")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, err, shutdown)
		time.Sleep(time.Hour)
	})
}

func TestAPanickingKeyOfAReaderCostsTheComparisonAlone(t *testing.T) {
	t.Parallel()
	for _, order := range fourOrders {
		var log logBook
		client := &stagedClient{stage: ldmigration.Shadow}
		c := build(t, cutover.New(client, "flag").ReadOrder(order).Logger(log.logger()))
		reader, err := cutover.NewReader(c, value("a"), value("a")).CompareEqual().
			CompareBetweenWrites(cutover.Key(func(string) string { panic("no key") })).Build()
		require.NoError(t, err)
		got, err := reader.Read(t.Context(), user, "id")
		require.NoError(t, err)
		assert.Equal(t, "a", got)
		require.NoError(t, c.Close(t.Context()))
		assert.Nil(t, client.only(t).ConsistencyCheck)
		assert.Contains(t, log.String(), "no key")
	}
}
