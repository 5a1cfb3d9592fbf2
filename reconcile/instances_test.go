package reconcile_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/reconcile"
)

// rush is two instances, each with two writers of every one of many hot records, and up to 4 ms
// between the two writes of an operation.
func rush(t *testing.T, seed uint64, journaled bool, stages [2]ldmigration.Stage) (s *stores, first *process) {
	t.Helper()
	const records, writes = 200, 3
	s = newStores()
	random := rand.New(rand.NewPCG(seed, 0))
	var mu sync.Mutex
	draw := func(limit time.Duration) time.Duration {
		mu.Lock()
		defer mu.Unlock()
		return time.Duration(random.Int64N(int64(limit) + 1))
	}
	s.before = func(_ context.Context, c storeCall) error {
		if c.purpose == cutover.Following {
			time.Sleep(draw(4 * time.Millisecond))
		}
		return nil
	}
	storage := reconcile.NewMemory(reconcile.MemoryConfig{})
	processes := [2]*process{
		s.process(t, storage, at(stages[0])), s.process(t, storage.Join("other"), at(stages[1])),
	}
	if !journaled {
		for i := range processes {
			processes[i].write = s.bareWrite(t, stages[i])
		}
	}
	var all sync.WaitGroup
	for record := range records {
		for i, p := range processes {
			for w := range 2 {
				all.Go(func() {
					for n := range writes {
						time.Sleep(draw(4 * time.Millisecond))
						assert.NoError(t, p.write(t.Context(), strconv.Itoa(record), fmt.Sprint(i, w, n)))
					}
				})
			}
		}
	}
	all.Wait()
	return s, processes[0]
}

// bareWrite writes without a journal.
func (s *stores) bareWrite(t *testing.T, stage ldmigration.Stage) func(context.Context, string, string) error {
	t.Helper()
	c, err := cutover.New(fixedStage(stage), flagKey).DescribeCalls().Logger(quiet).Build()
	require.NoError(t, err)
	write := func(o ldmigration.Origin) func(context.Context, entry) error {
		return func(ctx context.Context, e entry) error { return s.system(o).Put(ctx, e.key, e.value) }
	}
	w, err := cutover.NewWriter(c, write(ldmigration.Old), write(ldmigration.New)).Build()
	require.NoError(t, err)
	return func(ctx context.Context, key, value string) error { return w.Write(ctx, who, entry{key, value}) }
}

var sideBySide = map[string][2]ldmigration.Stage{
	"at one stage":       {ldmigration.Shadow, ldmigration.Shadow},
	"shadow beside live": {ldmigration.Shadow, ldmigration.Live},
}

func TestTwoInstancesThatWriteTheSameRecordsEndEqual(t *testing.T) {
	t.Parallel()
	seeds := uint64(10)
	if large {
		seeds = 50
	}
	for name, stages := range sideBySide {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range seeds {
				synctest.Test(t, func(t *testing.T) {
					s, p := rush(t, seed, true, stages)
					s.drained(t, p)
				})
			}
		})
	}
}

// The control: without a journal both writes of every operation succeed, and many records differ
// for ever.
func TestTwoInstancesWithoutAJournalEndDifferent(t *testing.T) {
	t.Parallel()
	for name, stages := range sideBySide {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, _ := rush(t, 1, false, stages)
				t.Logf("%d of 200 records differ", s.differ())
				assert.Greater(t, s.differ(), 20)
			})
		})
	}
}
