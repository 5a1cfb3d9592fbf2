package insights_test

import (
	"errors"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/insights"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// naive knows what is to be repaired in the plainest way: it keeps all that was told, and for each
// record asks of its whole past whether it was healed since.
type naive struct{ past []told }

type told struct {
	at, began int
	key       string
	kind      kind
}

type kind int

const (
	differs kind = iota
	agrees
	newMissed
	oldMissed
	bothWrote
	oneWrote
	saidRepaired
	kinds
)

func (n *naive) wrong(key string) (differing, lacksOld, lacksNew bool) {
	for _, e := range n.past {
		if e.key != key {
			continue
		}
		healedAfter := func(by ...kind) bool {
			return slices.ContainsFunc(n.past, func(later told) bool {
				return later.key == key && slices.Contains(by, later.kind) && later.at > e.at && later.began >= n.lastWrong(e, later)
			})
		}
		switch e.kind {
		case differs:
			differing = differing || !healedAfter(agrees, saidRepaired)
		case newMissed:
			lacksNew = lacksNew || !healedAfter(agrees, bothWrote, saidRepaired)
		case oldMissed:
			lacksOld = lacksOld || !healedAfter(agrees, bothWrote, saidRepaired)
		default:
		}
	}
	return differing, lacksOld, lacksNew
}

// lastWrong is when a record was last seen to be wrong in the same way before something said that
// it was healed: by that time it must have begun, but for the team, who says what it knows.
func (n *naive) lastWrong(wrong, later told) (at int) {
	for _, e := range n.past {
		same := (e.kind == differs) == (wrong.kind == differs) && (e.kind == differs || e.kind == newMissed || e.kind == oldMissed)
		if e.key == wrong.key && same && e.at < later.at && later.kind != saidRepaired {
			at = max(at, e.at)
		}
	}
	return at
}

// FuzzRecords holds the records to repair against the naive ones, over any sequence of operations
// on three records.
func FuzzRecords(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6})
	f.Add([]byte{2, 4, 34, 36, 0, 33, 1, 2, 68, 100})
	for seed := range 60 {
		script := make([]byte, 40)
		for i := range script {
			script[i] = byte(seed*131 + i*(2*seed+37) + i*i*seed)
		}
		f.Add(script)
	}
	f.Fuzz(func(t *testing.T, script []byte) {
		if len(script) > 60 {
			t.Skip()
		}
		synctest.Test(t, func(t *testing.T) {
			fig, oracle, begin := figures(t, insights.Config{}), &naive{}, time.Now()
			for i, b := range script {
				time.Sleep(time.Second)
				e := told{at: i + 1, key: strconv.Itoa(int(b>>5) % 3), kind: kind(b&31) % kinds}
				e.began = max(e.at-int(b>>3)%4, 0)
				oracle.past = append(oracle.past, e)
				tell(t, fig, e, begin.Add(time.Duration(e.began)*time.Second))
				agreeWith(t, fig, oracle)
			}
		})
	})
}

func tell(t *testing.T, f *insights.Figures, e told, began time.Time) {
	t.Helper()
	var o cutover.Observation
	switch e.kind {
	case differs:
		o = read(ldmigration.Shadow, cutover.Inconsistent)
	case agrees:
		o = read(ldmigration.Shadow, cutover.Consistent)
	case newMissed:
		o = write(ldmigration.Shadow)
		o.New.Err = errors.New("down")
	case oldMissed:
		o = write(ldmigration.Live)
		o.Old.Err = errors.New("down")
	case bothWrote:
		o = write(ldmigration.DualWrite)
	case oneWrote:
		o = write(ldmigration.Complete)
	default:
		f.Repaired(flag, e.key)
		return
	}
	o = begun(o, began)
	o.Shown.Keys = []string{e.key}
	observe(t, f, 1, o)
}

func agreeWith(t *testing.T, f *insights.Figures, oracle *naive) {
	t.Helper()
	var want, got [3]int
	listed := 0
	for key := range 3 {
		differing, lacksOld, lacksNew := oracle.wrong(strconv.Itoa(key))
		for i, is := range []bool{differing, lacksOld, lacksNew} {
			if is {
				want[i]++
			}
		}
		if differing || lacksOld || lacksNew {
			listed++
		}
	}
	r, known := f.Report(flag, insights.SinceStart)
	if known {
		got = [3]int{r.Differing, r.MissedByOld.Records, r.MissedByNew.Records}
	}
	if got != want || len(f.Keys(flag)) != listed {
		t.Fatalf("after %v: differing, missed by old, missed by new %v, want %v; %d listed, want %d",
			oracle.past, got, want, len(f.Keys(flag)), listed)
	}
}
