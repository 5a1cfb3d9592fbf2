package main

import (
	"context"
	"regexp"
	"testing"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestACrashByHandIsRepaired(t *testing.T) {
	t.Parallel()
	s := startServing(t)
	assert.Contains(t, s.post(t, "/crash", nil), "no write goes to both databases, so none can end between two")
	s.post(t, "/fix", nil)
	_, _ = s.move(t, ldmigration.Off, ldmigration.DualWrite, false)
	page := s.post(t, "/crash", nil)
	assert.Regexp(t, `A second instance crashed between its two writes of order \d+\.`, page)
	assert.Regexp(t, `When its lease was over the order was repaired, [\d.]+m?s after the crash\.`, page)
	assert.Regexp(t, `(?s)id="noticed"[^>]*>nothing<`, page)
}

func TestTheControlShowsTheBacklog(t *testing.T) {
	t.Parallel()
	s := startServing(t)
	s.post(t, "/fix", nil)
	_, page := s.move(t, ldmigration.Off, ldmigration.DualWrite, false)
	assert.Contains(t, page, "No order may differ. 0 orders repaired since the start.")
	s.post(t, "/stop", nil)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	shows := func(pattern string) {
		t.Helper()
		wanted := regexp.MustCompile(pattern)
		require.NoError(t, await(ctx, func() bool {
			_, page = s.get(t, "/")
			return wanted.MatchString(page)
		}), pattern)
	}
	shows(`[\d,]+ orders? may differ, the oldest for [\d.]+`)
	shows(`No order may differ\..* [1-9][\d,]* orders? repaired since the start`)
	assert.Regexp(t, `(?s)id="noticed"[^>]*>nothing<`, page)
}
