package main

import (
	"bytes"
	"context"
	"flag"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if played() {
		return
	}
	goleak.VerifyTestMain(m)
}

// In fake time nothing but the library and the SDK decide how long a read takes. The child process
// has its own time.
//
//nolint:paralleltest // it counts the goroutines of the process
func TestDetachedReadsKeepTheirPromisesInFakeTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, err := measure(t.Context(), 8*time.Second, io.Discard)
		require.NoError(t, err)
		require.Empty(t, r.broken)
		require.Empty(t, r.notes)
		require.Len(t, r.phases, len(behaviours))
		for _, p := range r.phases {
			require.Positive(t, p.tally.both, "%s: some reads ask the new system", p.behaviour)
			require.Equal(t, p.behaviour != panics, p.skipped > 0, "%s: some do without it", p.behaviour)
			require.Equal(t, oldAnswer, p.shadow.quantile(1), "%s: none takes longer than the old system", p.behaviour)
		}
		require.Equal(t, newAnswer, r.phases[0].sdk.p99)
		require.Contains(t, r.phases[1].sdk.String(), "never returned: 0 of 4 ")
		require.Contains(t, r.phases[2].sdk.String(), "never returned: 0 of 4 ")
		require.Equal(t, "process died: panic: the new system is broken (exit status 2)", r.phases[3].sdk.String())

		var out bytes.Buffer
		require.NoError(t, write(&out, options{markdown: true}, r))
		require.Contains(t, out.String(), "\n| panics | ")
		require.Contains(t, out.String(), "\nAll promises kept.\n")
	})
}

func TestLoadEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, run(ctx, nil, io.Discard, io.Discard), context.Canceled)
}

func TestLoadRefusesWhatItCannotMeasure(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"no time":             {[]string{"-duration", "0s"}, "must be positive"},
		"an unknown flag":     {[]string{"-fast"}, "flag provided but not defined"},
		"a call for the help": {[]string{"-h"}, flag.ErrHelp.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.ErrorContains(t, run(t.Context(), test.args, io.Discard, io.Discard), test.want)
		})
	}
}
