package reconcile_test

import (
	"context"
	"errors"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	ldevents "github.com/launchdarkly/go-sdk-events/v3"
	"github.com/launchdarkly/go-server-sdk/v7/interfaces"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/reconcile"
)

// stores are an old and a new system in memory, whose calls a test can hold up or fail.
type stores struct {
	mu   sync.Mutex
	data [2]map[string]string
	// before is called before each call takes effect, under no lock. Its error is the call's.
	before func(ctx context.Context, c storeCall) error
}

type storeCall struct {
	origin  ldmigration.Origin
	what    string // get, put or delete
	key     string
	value   string
	purpose cutover.Purpose
}

func newStores() *stores { return &stores{data: [2]map[string]string{{}, {}}} }

func index(o ldmigration.Origin) int {
	if o == ldmigration.New {
		return 1
	}
	return 0
}

func (s *stores) call(ctx context.Context, c storeCall, do func(map[string]string)) error {
	described, _ := cutover.CallFrom(ctx)
	c.purpose = described.Purpose
	if s.before != nil {
		if err := s.before(ctx, c); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	do(s.data[index(c.origin)])
	return nil
}

func (s *stores) system(o ldmigration.Origin) reconcile.System[string, string] {
	return reconcile.System[string, string]{
		Get: func(ctx context.Context, key string) (value string, found bool, err error) {
			err = s.call(ctx, storeCall{origin: o, what: "get", key: key}, func(m map[string]string) { value, found = m[key] })
			return value, found, err
		},
		Put: func(ctx context.Context, key, value string) error {
			return s.call(ctx, storeCall{origin: o, what: "put", key: key, value: value}, func(m map[string]string) { m[key] = value })
		},
		Delete: func(ctx context.Context, key string) error {
			return s.call(ctx, storeCall{origin: o, what: "delete", key: key}, func(m map[string]string) { delete(m, key) })
		},
	}
}

func (s *stores) kind(tb testing.TB) *reconcile.Kind[string, string] {
	tb.Helper()
	kind, err := reconcile.NewKind("order", reconcile.Pair[string, string]{Old: s.system(ldmigration.Old), New: s.system(ldmigration.New)})
	require.NoError(tb, err)
	return kind
}

// differ returns how many records are not the same in both.
func (s *stores) differ() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := maps.Clone(s.data[0])
	maps.Copy(all, s.data[1])
	for key := range all {
		before, inOld := s.data[0][key]
		after, inNew := s.data[1][key]
		if inOld != inNew || before != after {
			n++
		}
	}
	return n
}

func (s *stores) at(o ldmigration.Origin, key string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.data[index(o)][key]
}

// entry is a payload: a record that is to be put, or deleted for an empty value.
type entry struct{ key, value string }

// process is an instance of a service that writes under a journal.
type process struct {
	*cutover.Cutover
	journal *reconcile.Memory
	write   func(ctx context.Context, key, value string) error
	repair  *reconcile.Repair
}

// process makes an instance at a stage. The stage can be moved.
func (s *stores) process(tb testing.TB, journal *reconcile.Memory, stage *ldmigration.Stage) *process {
	tb.Helper()
	kind := s.kind(tb)
	c, err := cutover.New(stageAt{stage}, flagKey).Journal(journal, kind).Breaker(0, 0).Logger(quiet).Build()
	require.NoError(tb, err)
	write := func(o ldmigration.Origin) func(context.Context, entry) error {
		system := s.system(o)
		return func(ctx context.Context, e entry) error {
			if e.value == "" {
				return system.Delete(ctx, e.key)
			}
			return system.Put(ctx, e.key, e.value)
		}
	}
	b := cutover.NewWriter(c, write(ldmigration.Old), write(ldmigration.New)).Records(cutover.Key(func(e entry) string { return e.key }))
	w, err := b.Build()
	require.NoError(tb, err)
	p := &process{Cutover: c, journal: journal}
	p.write = func(ctx context.Context, key, value string) error { return w.Write(ctx, who, entry{key, value}) }
	p.repair, err = reconcile.NewRepair(journal, flagKey, reconcile.RepairConfig{Logger: quiet, Workers: 1}, kind)
	require.NoError(tb, err)
	return p
}

// stageAt is a flag client with the stage that a variable has.
type stageAt struct{ stage *ldmigration.Stage }

func (s stageAt) MigrationVariation(
	key string, context ldcontext.Context, defaultStage ldmigration.Stage,
) (ldmigration.Stage, interfaces.LDMigrationOpTracker, error) {
	return fixedStage(*s.stage).MigrationVariation(key, context, defaultStage)
}

func (s stageAt) TrackMigrationOp(ldevents.MigrationOpEventData) error { return nil }

func at(stage ldmigration.Stage) *ldmigration.Stage { return &stage }

// drained drains, and requires that both systems hold the same then.
func (s *stores) drained(tb testing.TB, p *process) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), time.Hour)
	defer cancel()
	require.NoError(tb, p.repair.Drain(ctx))
	require.Zero(tb, s.differ())
	backlog, err := p.journal.Backlog(ctx, flagKey)
	require.NoError(tb, err)
	require.True(tb, backlog.Empty(), "%+v", backlog)
}

var errKilled = errors.New("killed")
