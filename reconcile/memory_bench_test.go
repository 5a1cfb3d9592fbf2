package reconcile_test

import (
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/reconcile"
)

func BenchmarkMemory(b *testing.B) {
	b.Run("one key", func(b *testing.B) {
		m, w := reconcile.NewMemory(reconcile.MemoryConfig{}), write(ldmigration.Old, "1")
		b.ReportAllocs()
		for b.Loop() {
			in, err := m.Begin(b.Context(), w)
			if err != nil {
				b.Fatal(err)
			}
			in.End(cutover.IntentEnd{})
		}
	})
	b.Run("a key of each caller", func(b *testing.B) {
		m := reconcile.NewMemory(reconcile.MemoryConfig{})
		var callers atomic.Int64
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			w := write(ldmigration.Old, strconv.FormatInt(callers.Add(1), 10))
			for pb.Next() {
				in, err := m.Begin(b.Context(), w)
				if err != nil {
					b.Error(err)
					return
				}
				in.End(cutover.IntentEnd{})
			}
		})
	})
}

//nolint:paralleltest // allocations are counted of the whole process
func TestMemoryAllocatesLittle(t *testing.T) {
	m, w := reconcile.NewMemory(reconcile.MemoryConfig{}), write(ldmigration.Old, "1")
	assert.LessOrEqual(t, testing.AllocsPerRun(200, func() {
		in, err := m.Begin(t.Context(), w)
		assert.NoError(t, err)
		in.End(cutover.IntentEnd{})
	}), 4.0)
}
