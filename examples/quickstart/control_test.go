package main

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gocutover/cutover/insights"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	missingPattern = regexp.MustCompile(`In the old database, which would answer, .*orders? .*(missing|last change)`)
	noticedPattern = regexp.MustCompile(`[\d,]+ wrong answers or errors, the last one: reading: .*no such order`)
)

func TestASafeMoveNeedsNoConfirmation(t *testing.T) {
	t.Parallel()
	s := startServing(t)
	status, page := s.move(t, ldmigration.Off, ldmigration.DualWrite, false)
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, page, "The stage is dualwrite")
	assert.Regexp(t, `\d+ orders were copied to the new one`, page)
}

func TestThePageHasAWayBackToTheFiguresAndToTheStageBefore(t *testing.T) {
	t.Parallel()
	s := startServing(t)
	_, page := s.get(t, "/")
	assert.Contains(t, page, `href="/insights/"`)
	assert.NotContains(t, page, "Go back to")
	assert.Contains(t, page, "Go on to dualwrite")
	_, page = s.move(t, ldmigration.Off, ldmigration.DualWrite, false)
	assert.Contains(t, page, "Go back to off")
	assert.Contains(t, page, "Go on to shadow")
	_, page = s.move(t, ldmigration.DualWrite, ldmigration.Off, false)
	assert.Contains(t, page, "The stage is off")
}

func TestAnUnsafeMoveIsMadeOnlyWhenItIsConfirmed(t *testing.T) {
	t.Parallel()
	s := startServing(t)
	_, _ = s.move(t, ldmigration.Off, ldmigration.DualWrite, false)
	_, _ = s.move(t, ldmigration.DualWrite, ldmigration.Shadow, false)

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var status int
	var page string
	require.NoError(t, await(ctx, func() bool {
		status, page = s.move(t, ldmigration.Shadow, ldmigration.Live, false)
		return strings.Contains(page, `<li class="unsafe">`)
	}), "the reasons of the figures are on the page")
	assert.Equal(t, http.StatusConflict, status)
	assert.Contains(t, page, "It is unsafe to go from shadow to live")
	assert.Regexp(t, `In the new database, which would answer, \d+ orders? differs? in a field\.`, page)
	assert.Contains(t, page, "Stay at shadow")
	_, page = s.get(t, "/")
	assert.Contains(t, page, "The stage is shadow")

	status, _ = s.send(t, "/stage", url.Values{"stage": {"live"}, "confirm": {"dualwrite>shadow"}})
	assert.Equal(t, http.StatusConflict, status, "a confirmation is for one move")
	status, page = s.move(t, ldmigration.Shadow, ldmigration.Live, true)
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, page, "The stage is live")
}

func TestTheControlSaysWhatGoesMissing(t *testing.T) {
	t.Parallel()
	s := startServing(t)
	s.post(t, "/fix", nil)
	status, page := s.move(t, ldmigration.Off, ldmigration.Complete, false)
	assert.Equal(t, http.StatusConflict, status)
	assert.Regexp(t, `In the new database, which would answer, \d+ orders are missing\.`, page)
	assert.Contains(t, page, "dualwrite, shadow, live and rampdown would be skipped")

	_, _ = s.move(t, ldmigration.Off, ldmigration.DualWrite, false)
	_, page = s.move(t, ldmigration.DualWrite, ldmigration.Complete, false)
	assert.Contains(t, page, "Nothing, because the new database has every order as it was last saved.")
	_, page = s.move(t, ldmigration.DualWrite, ldmigration.Complete, true)
	assert.Contains(t, page, "Copy back")

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	require.NoError(t, await(ctx, func() bool {
		_, page = s.move(t, ldmigration.Complete, ldmigration.Shadow, false)
		return missingPattern.MatchString(page)
	}), "what is written at complete is missing in the old database")
	_, page = s.move(t, ldmigration.Complete, ldmigration.RampDown, false)
	assert.Contains(t, page, "do not go back further: in the old database")
}

func TestWhatWasWrittenAtCompleteCanBeCopiedBack(t *testing.T) {
	t.Parallel()
	s := startServing(t)
	s.post(t, "/fix", nil)
	_, _ = s.move(t, ldmigration.Off, ldmigration.DualWrite, false)
	_, _ = s.move(t, ldmigration.DualWrite, ldmigration.Complete, true)
	assert.Contains(t, s.post(t, "/copy-back", nil), "It still gets no writes at this stage")
	_, _ = s.move(t, ldmigration.Complete, ldmigration.Live, true)
	_, page := s.move(t, ldmigration.Live, ldmigration.Shadow, false)
	assert.Contains(t, page, "the old database has not got what was written without it")

	page = s.post(t, "/copy-back", nil)
	assert.Regexp(t, `Copied \d+ orders to the old database\.`, page)
	assert.NotContains(t, page, "Copy back")
	// The figures may still advise against it: they do not know that somebody copied.
	status, page := s.move(t, ldmigration.Live, ldmigration.Shadow, false)
	if status == http.StatusConflict {
		assert.Contains(t, page, "Nothing, because the old database has every order as it was last saved.")
	} else {
		assert.Contains(t, page, "The stage is shadow")
	}
}

func TestTheFiguresAreToldOfTheCopy(t *testing.T) {
	t.Parallel()
	s := startServing(t)
	s.post(t, "/fix", nil)
	_, _ = s.move(t, ldmigration.Off, ldmigration.DualWrite, false)
	_, _ = s.move(t, ldmigration.DualWrite, ldmigration.Off, false)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	count := func() (writes uint64) {
		for _, stage := range s.report(t).Stages {
			for _, o := range stage.Operations {
				if stage.Stage == ldmigration.Off && o.Operation == ldmigration.Write {
					writes += o.Count
				}
			}
		}
		return writes
	}
	before := count()
	require.NoError(t, await(ctx, func() bool { return count() > before }), "writes at off, which the new database misses")
	_, _ = s.move(t, ldmigration.Off, ldmigration.DualWrite, false)
	require.NoError(t, await(ctx, func() bool {
		v := s.report(t).Verdict
		return v.Stage == ldmigration.DualWrite && len(v.Forward.Reasons) > 0
	}))
	for _, r := range s.report(t).Verdict.Forward.Reasons {
		assert.NotEqual(t, insights.Unsafe, r.Answer, r.Text)
	}
}

func TestTheControlTellsWhatCallersNoticed(t *testing.T) {
	t.Parallel()
	s := startServing(t)
	_, page := s.get(t, "/")
	assert.Regexp(t, `(?s)id="noticed"[^>]*>nothing<`, page)
	_, _ = s.move(t, ldmigration.Off, ldmigration.Complete, true)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	require.NoError(t, await(ctx, func() bool {
		_, page = s.get(t, "/")
		return noticedPattern.MatchString(page)
	}))
}

func TestTheControlServesItsFilesAndNothingElse(t *testing.T) {
	t.Parallel()
	s := startServing(t)
	for path, want := range map[string]int{
		"/control.css": http.StatusOK, "/control.js": http.StatusOK, "/insights/": http.StatusOK,
		"/control.html": http.StatusNotFound, "/control/control.css": http.StatusNotFound,
	} {
		status, _ := s.get(t, path)
		assert.Equal(t, want, status, path)
	}
	status, body := s.send(t, "/stage", url.Values{"stage": {"sideways"}})
	assert.Equal(t, http.StatusBadRequest, status)
	assert.Contains(t, body, `"sideways": unknown stage`)
	_, page := s.move(t, ldmigration.Off, ldmigration.Off, false)
	assert.Contains(t, page, "The stage is off")
}

func TestTheControlIsForItsOwnPageAlone(t *testing.T) {
	t.Parallel()
	s := startServing(t)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/fix", nil)
	require.NoError(t, err)
	request.Header.Set("Origin", "http://elsewhere.example")
	status, _ := s.do(t, request)
	assert.Equal(t, http.StatusForbidden, status)

	request, err = http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/", nil)
	require.NoError(t, err)
	request.Host = "rebound.example:8080"
	status, _ = s.do(t, request)
	assert.Equal(t, http.StatusForbidden, status)
}
