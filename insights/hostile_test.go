package insights_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/compare"
	"github.com/gocutover/cutover/insights"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
)

// hostile is an operation that no library would tell of.
func hostile(r *rand.Rand) cutover.Observation {
	pick := func(n int) string { return fmt.Sprintf("%d\xff%d", r.IntN(n), r.IntN(n)) }
	errs := []error{nil, errors.New("x"), fmt.Errorf("%w", cutover.ErrSecondaryTimeout), cutover.ErrSecondarySkipped, &cutover.PanicError{}}
	outcome := func() cutover.Outcome[any] {
		return cutover.Outcome[any]{
			Invoked: r.IntN(2) == 0, NotFound: r.IntN(5) == 0, Err: errs[r.IntN(len(errs))],
			Latency: time.Duration(r.Int64()) * time.Duration(1-2*r.IntN(2)), Start: time.Now().Add(time.Duration(r.Int64N(1e12) - 5e11)),
		}
	}
	o := cutover.Observation{
		Operation: []ldmigration.Operation{ldmigration.Read, ldmigration.Write, "other"}[r.IntN(3)],
		Flag:      "flag" + pick(12), Stage: append(six, "nonsense")[r.IntN(7)],
		Old: outcome(), New: outcome(), Consistency: cutover.Consistency(r.IntN(256)), IgnoredBy: pick(10),
		Rechecks: r.IntN(2), FellBack: r.IntN(2) == 0,
	}
	for range r.IntN(4) {
		o.Shown.Keys = append(o.Shown.Keys, pick(5))
		o.Shown.Differences = append(o.Shown.Differences, compare.Difference{Path: pick(5), Row: r.IntN(3), Old: o, New: compare.Missing})
		o.Differences = append(o.Differences, compare.Difference{New: compare.Missing})
	}
	if r.IntN(2) == 0 {
		o.Shown.Payload = pick(20)
	}
	if r.IntN(2) == 0 {
		o.Consistency = cutover.Consistency(8 + r.IntN(4))
	}
	return o
}

// Whatever is told by whom at once: the page is there, its JSON is well formed, and what counts
// down never goes below zero.
func TestHostileOperationsAtOnce(t *testing.T) {
	t.Parallel()
	f := figures(t, insights.Config{Keys: 8, Mismatches: 3})
	var writers, readers sync.WaitGroup
	done := make(chan struct{})
	for seed := range uint64(4) {
		writers.Go(func() {
			r := rand.New(rand.NewPCG(seed, 1))
			for range 5000 {
				o := hostile(r)
				f.Observe(t.Context(), o)
				switch r.IntN(20) {
				case 0:
					f.ObserveStage(t.Context(), cutover.StageChange{
						Flag: o.Flag, From: o.Stage, To: six[r.IntN(6)], SideBySide: r.IntN(2) == 0, Warning: o.IgnoredBy,
					})
				case 1:
					f.Repaired(o.Flag, o.Shown.Keys...)
				}
			}
		})
	}
	readers.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			default:
			}
			w := ask(f.Handler(), "GET", "/data.json?window="+[]string{"minute", "hour", "start", "x"}[i%4])
			assert.Equal(t, http.StatusOK, w.Code)
			assert.True(t, json.Valid(w.Body.Bytes()))
		}
	})
	writers.Wait()
	close(done)
	readers.Wait()

	assert.NotEmpty(t, f.Flags())
	for _, flag := range f.Flags() {
		r, _ := f.Report(flag, insights.SinceStart)
		lacking := [2]int{}
		for _, k := range f.Keys(flag) {
			if k.What == insights.WriteFailed {
				switch k.System {
				case ldmigration.Old:
					lacking[0]++
				case ldmigration.New:
					lacking[1]++
				default:
					lacking[0]++
					lacking[1]++
				}
			}
		}
		assert.Equal(t, [2]int{r.MissedByOld.Records, r.MissedByNew.Records}, lacking)
		assert.LessOrEqual(t, len(f.Keys(flag)), 8)
		assert.LessOrEqual(t, len(r.Mismatches), 3)
	}
}
