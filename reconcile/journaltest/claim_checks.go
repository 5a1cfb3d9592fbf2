package journaltest

import (
	"strconv"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/reconcile"
)

var claimChecks = []Check{
	{"a claim tells what is known of its record", func(w *world) {
		a := w.open("a")
		w.stain(a, after, "1")
		was, _ := w.entry(a, order("1"))
		c := w.claim(a, 1)[0]
		require.NoError(w.tb, a.Held(c))
		assert.Positive(w.tb, c.Generation)
		c.Generation, c.Owner = 0, 0
		assert.Equal(w.tb, reconcile.Claim{
			Flag: w.flag, Record: order("1"), From: after, Epoch: cutover.Epoch{Number: 1, From: after}, Written: true,
			Dirty: cutover.SecondaryFailed, Since: was.Since,
		}, c)
	}},
	{"a claimed record is open, and is not claimed again", func(w *world) {
		a, b := w.open("a"), w.open("b")
		w.stain(a, before, "1")
		c := w.claim(a, 1)[0]
		assert.Equal(w.tb, cutover.SecondaryFailed, w.isOpen(b, "1").Dirty)
		assert.Empty(w.tb, w.due(a))
		assert.Empty(w.tb, w.due(b))
		require.NoError(w.tb, a.Held(c))
	}},
	{"records are claimed by one process only", claimTogether},
	{"a record that is being written is not claimed", func(w *world) {
		a, b := w.open("a"), w.open("b")
		w.stain(a, before, "1")
		in := w.begin(a, before, "1")
		w.isOpen(b, "1")
		assert.Empty(w.tb, w.due(a))
		assert.Empty(w.tb, w.due(b))
		in.End(cutover.IntentEnd{})
		w.claim(b, 1)
	}},
	{"the oldest record is claimed first", func(w *world) {
		a := w.open("a")
		for _, key := range []string{"3", "1", "4", "2"} {
			w.stain(a, before, key)
			w.pass(0)
		}
		var order []string
		for range 4 {
			claims, err := a.Claim(w.ctx(), reconcile.ClaimRequest{Flag: w.flag, Kinds: []string{"order"}, Limit: 1})
			require.NoError(w.tb, err)
			require.Len(w.tb, claims, 1)
			order = append(order, claims[0].Record.Key)
		}
		assert.Equal(w.tb, []string{"3", "1", "4", "2"}, order)
	}},
	{"only what is asked for is claimed", func(w *world) {
		a := w.open("a")
		mark := cutover.JournalMark{Flag: w.flag, From: before, Dirty: cutover.SeenDifferent}
		mark.Records = []cutover.RecordKey{{Kind: "customer", Key: "1"}, order("1"), order("2"), order("3"), {Kind: "item", Key: "1"}}
		a.Mark(w.ctx(), mark)
		w.eventually("all are dirty", func() bool { return w.backlog(a).Dirty == 5 })
		claim := func(flag string, limit int, kinds ...string) int {
			claims, err := a.Claim(w.ctx(), reconcile.ClaimRequest{Flag: flag, Kinds: kinds, Limit: limit})
			require.NoError(w.tb, err)
			return len(claims)
		}
		assert.Equal(w.tb, 0, claim("another flag", 10, "order", "customer", "item"))
		assert.Equal(w.tb, 0, claim(w.flag, 10))
		assert.Equal(w.tb, 0, claim(w.flag, 10, "another kind"))
		assert.Equal(w.tb, 2, claim(w.flag, 2, "order"))
		assert.Equal(w.tb, 1, claim(w.flag, 2, "order"))
		assert.Equal(w.tb, 2, claim(w.flag, 10, "item", "order", "customer"))
	}},
	{"a write begins while its record is repaired", func(w *world) {
		a, b := w.open("a"), w.open("b")
		w.stain(a, before, "1")
		c := w.claim(b, 1)[0]
		in := w.begin(a, before, "1")
		require.NoError(w.tb, b.Held(c))
		assert.False(w.tb, w.release(b, equal(c)), "a write is open")
		in.End(cutover.IntentEnd{})
		w.rests(a)
		w.dirty(a, "1", cutover.Overlapped)
	}},
}

// claimTogether lets two processes claim at the same time.
func claimTogether(w *world) {
	const count = 40
	a, b := w.open("a"), w.open("b")
	keys := make([]string, count)
	for i := range keys {
		keys[i] = strconv.Itoa(i)
	}
	a.Mark(w.ctx(), cutover.JournalMark{Flag: w.flag, Records: orders(keys...), From: before, Dirty: cutover.SeenDifferent})
	w.eventually("all are dirty", func() bool { return w.backlog(b).Dirty == count })
	type result struct {
		claims []reconcile.Claim
		err    error
	}
	results := make(chan result)
	end := time.Now().Add(w.Patience)
	for _, j := range []reconcile.Journal{a, b, a, b} {
		go func() {
			var r result
			for len(r.claims) < count && time.Now().Before(end) {
				claims, err := j.Claim(w.ctx(), reconcile.ClaimRequest{Flag: w.flag, Kinds: []string{"order"}, Limit: 3})
				r.claims, r.err = append(r.claims, claims...), err
				if err != nil || len(claims) == 0 {
					break
				}
			}
			results <- r
		}()
	}
	times := map[string]int{}
	for range 4 {
		r := <-results
		require.NoError(w.tb, r.err)
		for _, c := range r.claims {
			times[c.Record.Key]++
		}
	}
	w.eventually("the rest is claimed", func() bool {
		for _, c := range w.due(a) {
			times[c.Record.Key]++
		}
		return len(times) >= count
	})
	for key, n := range times {
		assert.Equal(w.tb, 1, n, "claims of order %s", key)
	}
}
