//go:build unix

package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/gocutover/cutover/sqljournal/pgtest"
)

// TestMain is also the main function of the children, which are this binary.
func TestMain(m *testing.M) {
	if config := os.Getenv(childVariable); config != "" {
		if err := runChild(config); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

func TestTwoRoundsLoseNothingAndTheControlDoes(t *testing.T) {
	t.Parallel()
	if _, err := pgtest.Binaries(); err != nil {
		require.Empty(t, os.Getenv("CUTOVER_REQUIRE_POSTGRES"), err)
		t.Skipf("not run: %v", err)
	}
	// The race detector makes the children slow.
	o := options{rounds: 2, first: 1, seed: 1, out: t.TempDir(), least: 200}
	last, err := lastLine(t, o)
	require.NoError(t, err)
	require.Regexp(t, `^rounds 2, kills [1-9]\d*, writes \d+, lost 0, diverged 0$`, last)

	o.without = withoutJournal
	last, err = lastLine(t, o)
	require.NoError(t, err)
	require.NotRegexp(t, `lost 0, diverged 0$`, last)
}

func lastLine(t *testing.T, o options) (string, error) {
	t.Helper()
	var out strings.Builder
	err := run(t.Context(), o, &out)
	t.Log(out.String())
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	return lines[len(lines)-1], err
}

func TestAnUnknownControlIsRefused(t *testing.T) {
	t.Parallel()
	require.ErrorContains(t, run(t.Context(), options{without: "luck"}, t.Output()), "luck")
}
