package sqljournal_test

import (
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/sqljournal"
)

func TestBeginsThatComeTogetherShareAStatement(t *testing.T) {
	t.Parallel()
	dialects(t, func(t *testing.T, w *world) {
		t.Helper()
		j := w.journal("a")
		begin(t, j, ldmigration.Old, "first").End(cutover.IntentEnd{})
		ran := j.Ran()
		const many = 400
		var all sync.WaitGroup
		for i := range many {
			all.Go(func() {
				in, err := j.Begin(t.Context(), write(ldmigration.Old, strconv.Itoa(i)))
				if assert.NoError(t, err) {
					in.End(cutover.IntentEnd{})
				}
			})
		}
		all.Wait()
		eventually(t, func() bool { return j.Holds() == 0 })
		assert.Less(t, j.Ran()-ran, many/2)
		assert.Empty(t, entries(t, j))
	})
}

func TestARecordThatIsWrittenOftenCostsFewStatements(t *testing.T) {
	t.Parallel()
	dialects(t, func(t *testing.T, w *world) {
		t.Helper()
		j := w.journal("a", func(c *sqljournal.Config) { c.MaxOpen = time.Hour })
		begin(t, j, ldmigration.Old, "1").End(cutover.IntentEnd{})
		ran := j.Ran()
		for range 1000 {
			begin(t, j, ldmigration.Old, "1").End(cutover.IntentEnd{})
		}
		assert.Less(t, j.Ran()-ran, 100)
		eventually(t, func() bool { return len(entries(t, j)) == 0 })
	})
}

func TestARecordIsBegunAnewWhenItWasOpenForLong(t *testing.T) {
	t.Parallel()
	dialects(t, func(t *testing.T, w *world) {
		t.Helper()
		j := w.journal("a", func(c *sqljournal.Config) { c.Linger = time.Hour })
		begin(t, j, ldmigration.Old, "1").End(cutover.IntentEnd{})
		ran := j.Ran()
		begin(t, j, ldmigration.Old, "1").End(cutover.IntentEnd{})
		assert.Equal(t, ran, j.Ran())
		w.clock.Advance(2 * time.Second)
		begin(t, j, ldmigration.Old, "1").End(cutover.IntentEnd{})
		assert.Equal(t, ran+1, j.Ran())
	})
}

func TestManyWritersOfTheSameRecordsNeverFail(t *testing.T) {
	t.Parallel()
	dialects(t, func(t *testing.T, w *world) {
		t.Helper()
		var all sync.WaitGroup
		var done atomic.Int64
		for p := range 2 {
			j := w.journal(strconv.Itoa(p))
			for range 6 {
				all.Go(func() {
					for range 40 {
						keys := rand.Perm(10)
						in, err := j.Begin(t.Context(), write(ldmigration.Old,
							strconv.Itoa(keys[0]), strconv.Itoa(keys[1]), strconv.Itoa(keys[2])))
						if err != nil {
							t.Error(err)
							return
						}
						end := cutover.IntentEnd{}
						if rand.IntN(10) == 0 {
							end.Dirty = cutover.SecondaryFailed
						}
						in.End(end)
						done.Add(1)
					}
				})
			}
		}
		all.Wait()
		require.EqualValues(t, 2*6*40, done.Load())
		j := w.journal("last")
		eventually(t, func() bool {
			b, err := j.Backlog(t.Context(), "flag")
			return err == nil && b.Open == 0
		})
	})
}
