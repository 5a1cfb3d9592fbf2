//go:build unix

package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/require"
)

func wrote(value string, call, ret time.Duration, how outcome) *operation {
	op := &operation{keys: []string{"k"}, value: value, absent: value == "", call: call, ret: ret, outcome: how}
	if how == uncertain {
		op.ret = forever
	}
	return op
}

func didRead(value string, call, ret time.Duration) *operation {
	return &operation{
		read: true, keys: []string{"k"}, value: value, absent: value == "", call: call, ret: ret,
		outcome: acknowledged, origin: ldmigration.Old,
	}
}

func TestTheCheckerFindsWhatIsLost(t *testing.T) {
	t.Parallel()
	calm := []span{{from: 0, to: 100, origin: ldmigration.Old}}
	for name, test := range map[string]struct {
		ops   []*operation
		final string
		calm  []span
		lost  bool
	}{
		"the last write is there":                           {ops: []*operation{wrote("1", 0, 1, acknowledged), wrote("2", 2, 3, acknowledged)}, final: "2"},
		"the last write is lost":                            {ops: []*operation{wrote("1", 0, 1, acknowledged), wrote("2", 2, 3, acknowledged)}, final: "1", lost: true},
		"an insert is lost":                                 {ops: []*operation{wrote("1", 0, 1, acknowledged)}, lost: true},
		"a delete is there":                                 {ops: []*operation{wrote("1", 0, 1, acknowledged), wrote("", 2, 3, acknowledged)}},
		"a deleted record reappears":                        {ops: []*operation{wrote("1", 0, 1, acknowledged), wrote("", 2, 3, acknowledged)}, final: "1", lost: true},
		"a value that nobody wrote":                         {final: "3", lost: true},
		"either of two writes at once may be the last":      {ops: []*operation{wrote("1", 0, 5, acknowledged), wrote("2", 1, 4, acknowledged)}, final: "1"},
		"a write of unknown outcome took effect":            {ops: []*operation{wrote("1", 0, 1, acknowledged), wrote("2", 2, 0, uncertain)}, final: "2"},
		"a write of unknown outcome took effect late":       {ops: []*operation{wrote("1", 0, 0, uncertain), wrote("2", 2, 3, acknowledged)}, final: "1"},
		"a write of unknown outcome took no effect":         {ops: []*operation{wrote("1", 0, 1, acknowledged), wrote("2", 2, 0, uncertain)}, final: "1"},
		"a delete of unknown outcome took effect":           {ops: []*operation{wrote("1", 0, 1, acknowledged), wrote("", 2, 0, uncertain)}},
		"a write that was refused took effect":              {ops: []*operation{wrote("1", 0, 1, notRun)}, final: "1", lost: true},
		"a write that was refused did not":                  {ops: []*operation{wrote("1", 0, 1, notRun)}},
		"a read that is behind":                             {ops: []*operation{wrote("1", 0, 1, acknowledged), wrote("2", 2, 3, acknowledged), didRead("1", 4, 5)}, final: "2", calm: calm, lost: true},
		"a read that is behind while the direction changes": {ops: []*operation{wrote("1", 0, 1, acknowledged), wrote("2", 2, 3, acknowledged), didRead("1", 4, 5)}, final: "2"},
		"a read of the other system":                        {ops: []*operation{wrote("1", 0, 1, acknowledged), didRead("", 4, 5)}, final: "1", calm: []span{{0, 100, ldmigration.New}}},
		"a value that was read and is gone":                 {ops: []*operation{wrote("1", 0, 0, uncertain), didRead("1", 2, 3), didRead("", 4, 5)}, calm: calm, lost: true},
		"a value that was read before it was written":       {ops: []*operation{didRead("1", 2, 3), wrote("1", 4, 0, uncertain)}, final: "1", calm: calm, lost: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			finals := map[string]string{}
			if test.final != "" {
				finals["k"] = test.final
			}
			r, folder := &result{}, t.TempDir()
			require.NoError(t, history{ops: test.ops, finals: finals, calm: test.calm}.check(r, folder))
			require.Empty(t, r.problems)
			_, err := os.Stat(filepath.Join(folder, "k.html"))
			if test.lost {
				require.Equal(t, []string{"k"}, r.lost)
				require.NoError(t, err, "the visualisation is kept")
			} else {
				require.Empty(t, r.lost)
				require.ErrorIs(t, err, os.ErrNotExist)
			}
		})
	}
}

func TestEachKeyIsCheckedAlone(t *testing.T) {
	t.Parallel()
	both := wrote("1", 0, 1, acknowledged)
	both.keys = []string{"a", "b", "c"}
	r := &result{}
	h := history{ops: []*operation{both}, finals: map[string]string{"a": "1", "c": "1", "d": "2"}}
	require.NoError(t, h.check(r, t.TempDir()))
	require.ElementsMatch(t, []string{"b", "d"}, r.lost)
}

func TestDivergedFindsEveryDifference(t *testing.T) {
	t.Parallel()
	old := map[string]string{"same": "1", "differs": "1", "missing": "1"}
	require.Equal(t, []string{"added", "differs", "missing"}, diverged(old, map[string]string{"same": "1", "differs": "2", "added": "1"}))
	require.Empty(t, diverged(old, old))
}

func TestAHistoryOutlivesItsProcess(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "history")
	w, err := newHistoryWriter(path)
	require.NoError(t, err)
	w.event(event{Kind: beganWrite, Op: 1, Client: 3, Keys: []string{"a"}, Value: "1"})
	w.event(event{Kind: beganRead, Op: 2, Client: 4, Keys: []string{"a"}})
	w.event(event{Kind: ended, Op: 2, Outcome: acknowledged, Value: "0", Origin: ldmigration.New})
	w.event(event{Kind: died, Value: afterFirst})
	w.event(event{Kind: landed})
	h, err := readHistory(path, "child")
	require.NoError(t, err)
	require.NoError(t, w.file.Close())
	require.Equal(t, afterFirst, h.diedAt)
	require.Equal(t, 1, h.landed)
	ops := h.ops
	require.Len(t, ops, 2)
	require.Equal(t, uncertain, ops[0].outcome)
	require.Equal(t, forever, ops[0].ret)
	require.True(t, ops[1].read)
	require.Equal(t, "0", ops[1].value)
	require.Greater(t, ops[1].ret, ops[1].call)
}

func TestASpanIsCalmUntilTheNextMove(t *testing.T) {
	t.Parallel()
	var c calm
	turn := c.turns()
	c.end()
	c.begin(1, ldmigration.Old, turn)
	require.Empty(t, c.spans, "a move came first")
	c.begin(2, ldmigration.New, c.turns())
	c.begin(3, ldmigration.New, c.turns())
	require.Equal(t, []span{{2, forever, ldmigration.New}}, c.spans)
	c.end()
	require.Less(t, c.spans[0].to, forever)
}
