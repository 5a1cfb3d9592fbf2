//go:build unix

package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestConclusion(t *testing.T) {
	t.Parallel()
	o := options{seed: 7, least: 1000, out: "folder"}
	for name, test := range map[string]struct {
		without string
		found   result
		fails   string
	}{
		"nothing found":                     {found: result{writes: 2000}},
		"a lost write":                      {found: result{writes: 2000, lost: []string{"k"}}, fails: "see folder"},
		"a record that differs":             {found: result{writes: 2000, diverged: []string{"k"}}, fails: "see folder"},
		"a problem":                         {found: result{writes: 2000, problems: []string{"p"}}, fails: "see folder"},
		"too little traffic":                {found: result{writes: 1999}, fails: "too few"},
		"a control that finds something":    {without: withoutJournal, found: result{writes: 2000, diverged: []string{"k"}}},
		"a control that finds nothing":      {without: withoutJournal, found: result{writes: 2000}, fails: "finds nothing"},
		"a control that may find nothing":   {without: withoutBound, found: result{writes: 2000}},
		"a control with too little traffic": {without: withoutBound, found: result{writes: 1}, fails: "too few"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o.without = test.without
			var out strings.Builder
			err := o.conclude(lines{&out}, 2, &test.found)
			if test.fails == "" {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, errFound)
				require.ErrorContains(t, err, test.fails)
			}
			require.Contains(t, out.String(), "\nrounds 2, kills 0, writes ")
		})
	}
}

func TestAFailedRoundTellsHowToRunItAgain(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	r := &result{plan: plan{Round: 3}, writes: 5000, lost: []string{"hot1"}, diverged: []string{"cold2"}}
	options{seed: 7, least: 1000}.tell(lines{&out}, r, "folder")
	for _, text := range []string{"hot1", "cold2", "folder", "go run ./robustness -rounds 1 -first 3 -seed 7\n"} {
		require.Contains(t, out.String(), text)
	}
}
