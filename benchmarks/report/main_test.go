package main

import (
	"bytes"
	"context"
	"flag"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// The case has neither a row in the scaling table nor one in that of delivered events, so it is
// quick.
func TestReportPrintsOneRowForEachMatchingCase(t *testing.T) {
	t.Parallel()
	var out, progress bytes.Buffer
	args := []string{"-reps", "2", "-benchtime", "1ms", "-case", "^write/off$", "-markdown"}
	require.NoError(t, run(context.Background(), args, &out, &progress))
	require.Contains(t, out.String(), "\n### Typed API, events off\n\n| case | its floor | floor ns/op | typed ns/op |")
	require.Equal(t, 2, bytes.Count(out.Bytes(), []byte("\n| write/off | ")), "one row a table")
	require.NotContains(t, out.String(), "| read/", "the filter leaves the others out")
	require.Equal(t, "repetition 1 of 2\nrepetition 2 of 2\n", progress.String())
}

func TestReportEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err := run(ctx, []string{"-reps", "1", "-case", "^write/off$"}, io.Discard, io.Discard)
	require.ErrorIs(t, err, context.Canceled)
}

func TestReportRefusesWhatItCannotMeasure(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"no repetition":       {[]string{"-reps", "0"}, "both must be positive"},
		"no time":             {[]string{"-benchtime", "0s"}, "both must be positive"},
		"no case":             {[]string{"-case", "^nothing$"}, `no case matches "^nothing$"`},
		"no regexp":           {[]string{"-case", "("}, "-case: error parsing regexp"},
		"an unknown flag":     {[]string{"-fast"}, "flag provided but not defined"},
		"a call for the help": {[]string{"-h"}, flag.ErrHelp.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.ErrorContains(t, run(context.Background(), test.args, io.Discard, io.Discard), test.want)
		})
	}
}
