package journaltest

import (
	"context"
	"slices"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/reconcile"
)

const (
	before = ldmigration.Old
	after  = ldmigration.New
)

var writeChecks = []Check{
	{"a write that ended well leaves nothing", func(w *world) {
		a := w.open("a")
		in := w.begin(a, before, "1")
		in.End(cutover.IntentEnd{})
		w.gone(a, "1")
		assert.Equal(w.tb, reconcile.Backlog{}, w.backlog(a))
	}},
	{"a record is open while it is written, for every process", func(w *world) {
		a, b := w.open("a"), w.open("b")
		in := w.begin(a, after, "1")
		e := w.isOpen(b, "1")
		assert.Equal(w.tb, after, e.From)
		assert.Empty(w.tb, e.Dirty)
		assert.Equal(w.tb, w.flag, e.Flag)
		assert.Equal(w.tb, 1, w.backlog(b).Open)
		in.End(cutover.IntentEnd{})
		w.gone(b, "1")
	}},
	{"the records of a write begin all or none", func(w *world) {
		a, b := w.open("a"), w.open("b")
		in := w.begin(a, before, "2")
		blocked := w.starts(b, w.write(after, "1", "2", "3"))
		w.waits(blocked)
		blocked.cancel()
		_, err := w.returns(blocked)
		require.ErrorIs(w.tb, err, context.Canceled)
		w.gone(a, "1", "3")
		in.End(cutover.IntentEnd{})
		w.gone(a, "2")
	}},
	{"the records of a write end together", func(w *world) {
		a := w.open("a")
		w.begin(a, before, "1", "2", "3").End(cutover.IntentEnd{Dirty: cutover.AuthoritativeFailed})
		for _, key := range []string{"1", "2", "3"} {
			w.dirty(a, key, cutover.AuthoritativeFailed)
		}
	}},
	{"flags do not see each other's records", func(w *world) {
		a, b := w.open("a"), w.open("b")
		in := w.begin(a, before, "1")
		write := w.write(after, "1")
		write.Flag = "another flag"
		another := w.begins(b, write)
		assert.Equal(w.tb, cutover.Epoch{Number: 1, From: after}, another.Epoch())
		another.End(cutover.IntentEnd{Dirty: cutover.SecondaryFailed})
		in.End(cutover.IntentEnd{})
		w.gone(a, "1")
		w.eventually("the other flag's record is dirty", func() bool {
			left := w.entries(a, reconcile.Filter{})
			return len(left) == 1 && left[0].Flag == "another flag" && left[0].State == reconcile.Dirty
		})
	}},
	{"kinds do not see each other's records", func(w *world) {
		a, b := w.open("a"), w.open("b")
		in := w.begin(a, before, "1")
		write := w.write(after)
		write.Records = []cutover.RecordKey{{Kind: "customer", Key: "1"}}
		w.begins(b, write).End(cutover.IntentEnd{})
		in.End(cutover.IntentEnd{})
		w.gone(a, "1")
		w.rests(a)
		assert.Empty(w.tb, w.entries(a, reconcile.Filter{}))
	}},
	{"keys are any text", anyKeys},
}

func anyKeys(w *world) {
	a := w.open("a")
	keys := []string{
		"", " ", "a", "A", "a ", "ä", "a\u0308", "'", `"`, `\`, `\0`, `\\`, `\x00`, "\x00", "\xff", "\xfe", "\ufffd", "%", "_", ",", "\n",
		"{}", "null", "日本", "a\x00b", `\u0000`,
	}
	ends := make([]cutover.Intent, len(keys))
	for i, key := range keys {
		ends[i] = w.begin(a, before, key)
	}
	for _, in := range ends {
		in.End(cutover.IntentEnd{Dirty: cutover.SecondaryFailed})
	}
	w.eventually("all keys are dirty", func() bool { return w.backlog(a).Dirty == len(keys) && w.backlog(a).Open == 0 })
	listed := make([]string, 0, len(keys))
	for _, e := range w.entries(a, reconcile.Filter{Flag: w.flag}) {
		assert.Equal(w.tb, cutover.SecondaryFailed, e.Dirty, "%q", e.Record.Key)
		listed = append(listed, e.Record.Key)
	}
	assert.ElementsMatch(w.tb, keys, listed)
	claimed := make([]string, 0, len(keys))
	for _, c := range w.claim(a, len(keys)) {
		claimed = append(claimed, c.Record.Key)
		assert.True(w.tb, w.release(a, equal(c)), "%q leaves the journal", c.Record.Key)
	}
	assert.ElementsMatch(w.tb, keys, claimed)
	assert.False(w.tb, slices.ContainsFunc(w.entries(a, reconcile.Filter{}), func(reconcile.Entry) bool { return true }))
}
