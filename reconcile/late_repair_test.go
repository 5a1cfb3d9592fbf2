package reconcile_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/reconcile"
)

// twoMaps are two systems of one kind of record.
type twoMaps struct {
	mu      sync.Mutex
	records [2]map[string]int
}

func (m *twoMaps) system(side int) reconcile.System[string, int] {
	return reconcile.System[string, int]{
		Get: func(_ context.Context, key string) (int, bool, error) {
			m.mu.Lock()
			defer m.mu.Unlock()
			value, found := m.records[side][key]
			return value, found, nil
		},
		Put: func(_ context.Context, key string, value int) error {
			m.put(side, key, value)
			return nil
		},
		Delete: func(_ context.Context, key string) error {
			m.mu.Lock()
			defer m.mu.Unlock()
			delete(m.records[side], key)
			return nil
		},
	}
}

func (m *twoMaps) put(side int, key string, value int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.records[side][key] = value
}

// A repair's own write may time out and take effect late, as any write may.
func TestARepairWaitsForItsOwnLateWrite(t *testing.T) {
	t.Parallel()
	for name, many := range map[string]bool{"one by one": false, "many at once": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { repairLate(t, many) })
		})
	}
}

func repairLate(t *testing.T, many bool) {
	t.Helper()
	const lateBound = 10 * time.Second
	m := &twoMaps{records: [2]map[string]int{{"a": 1, "b": 1}, {}}}
	old, new := m.system(0), m.system(1)
	landings := make(chan func(), 10)
	fails := errors.New("timed out")
	var once sync.Once
	late := func(key string, value int) (err error) {
		once.Do(func() {
			err = fails
			landings <- func() { m.put(1, key, value) }
		})
		return err
	}
	put := new.Put
	new.Put = func(ctx context.Context, key string, value int) error {
		if err := late(key, value); err != nil {
			return err
		}
		return put(ctx, key, value)
	}
	if many {
		old.GetMany, new.GetMany = m.getMany(0), m.getMany(1)
		new.PutMany = func(ctx context.Context, keys []string, values []int) error {
			for i, key := range keys {
				if err := late(key, values[i]); err != nil {
					return err
				}
				m.put(1, key, values[i])
			}
			return nil
		}
	}
	kind, err := reconcile.NewKind("n", reconcile.Pair[string, int]{Old: old, New: new})
	require.NoError(t, err)
	journal := reconcile.NewMemory(reconcile.MemoryConfig{LateBound: lateBound})
	records := []cutover.RecordKey{{Kind: "n", Key: "a"}, {Kind: "n", Key: "b"}}
	journal.Mark(t.Context(), cutover.JournalMark{
		Flag: "f", Records: records, From: ldmigration.Old, Dirty: cutover.SecondaryFailed, Written: true,
	})
	repair, err := reconcile.NewRepair(journal, "f", reconcile.RepairConfig{Workers: 1, Logger: slog.New(slog.DiscardHandler)}, kind)
	require.NoError(t, err)
	began := time.Now()
	require.NoError(t, repair.Drain(t.Context()))

	// A clean write of the value 2, once the journal says that both systems are equal.
	for _, record := range records {
		intent, err := journal.Begin(t.Context(), cutover.JournalWrite{Flag: "f", Records: []cutover.RecordKey{record}, From: ldmigration.Old})
		require.NoError(t, err)
		m.put(0, record.Key, 2)
		m.put(1, record.Key, 2)
		intent.End(cutover.IntentEnd{})
	}
	if time.Since(began) < lateBound { // otherwise the bound forbids it
		(<-landings)()
	}
	backlog, err := journal.Backlog(t.Context(), "f")
	require.NoError(t, err)
	require.True(t, backlog.Empty())
	require.Equal(t, m.records[0], m.records[1], "the journal is empty, so both systems are equal")
	require.NoError(t, journal.Close(t.Context()))
}

func (m *twoMaps) getMany(side int) func(context.Context, []string) (map[string]int, error) {
	return func(_ context.Context, keys []string) (map[string]int, error) {
		m.mu.Lock()
		defer m.mu.Unlock()
		found := map[string]int{}
		for _, key := range keys {
			if value, ok := m.records[side][key]; ok {
				found[key] = value
			}
		}
		return found, nil
	}
}
