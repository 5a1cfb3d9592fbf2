package main

import (
	"context"
	"encoding/json"
	"io"
	"net"
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

// served is a quickstart that is kept running, as a browser would see it.
type served struct {
	url    string
	client *http.Client
}

func startServing(t *testing.T) *served {
	t.Helper()
	cfg := small()
	cfg.serve, cfg.addr = true, "127.0.0.1:0"
	reader, writer := io.Pipe()
	ctx, interrupt := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- serve(ctx, cfg, writer)
		_ = writer.Close()
	}()
	said := make(chan string, 100)
	go func() {
		defer close(said)
		buffer := make([]byte, 4096)
		for {
			n, err := reader.Read(buffer)
			if err != nil {
				return
			}
			said <- string(buffer[:n])
		}
	}()
	transport := &http.Transport{}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		interrupt()
		assert.NoError(t, <-ended)
		for range said { // until the output has ended
		}
	})
	for line := range said {
		if found := regexp.MustCompile(`http://[\d.:]+`).FindString(line); found != "" {
			return &served{url: found, client: &http.Client{Transport: transport}}
		}
	}
	require.FailNow(t, "it never said where it listens")
	return nil
}

func (s *served) do(t *testing.T, request *http.Request) (status int, body string) {
	t.Helper()
	response, err := s.client.Do(request)
	require.NoError(t, err)
	defer func() { assert.NoError(t, response.Body.Close()) }()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(text)
}

func (s *served) get(t *testing.T, path string) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+path, nil)
	require.NoError(t, err)
	return s.do(t, request)
}

func (s *served) post(t *testing.T, path string, form url.Values) string {
	t.Helper()
	status, body := s.send(t, path, form)
	require.Equal(t, http.StatusOK, status, body)
	return body
}

func (s *served) send(t *testing.T, path string, form url.Values) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+path, strings.NewReader(form.Encode()))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return s.do(t, request)
}

// move posts a move of the stage, confirmed if the page asked for it, and returns what it said
// then.
func (s *served) move(t *testing.T, from, to ldmigration.Stage, confirmed bool) (status int, body string) {
	t.Helper()
	form := url.Values{"stage": {string(to)}}
	if confirmed {
		form.Set("confirm", string(from)+">"+string(to))
	}
	return s.send(t, "/stage", form)
}

func (s *served) report(t *testing.T) insights.Report {
	t.Helper()
	_, body := s.get(t, "/insights/data.json")
	var data struct{ Report *insights.Report }
	require.NoError(t, json.Unmarshal([]byte(body), &data))
	if data.Report == nil {
		return insights.Report{}
	}
	return *data.Report
}

func TestASpoiledRecordShowsByItsKeyAndFieldWithinTwoSeconds(t *testing.T) {
	t.Parallel()
	s := startServing(t)
	s.post(t, "/stage", url.Values{"stage": {"dualwrite"}})
	s.post(t, "/fix", nil)
	s.post(t, "/stage", url.Values{"stage": {"shadow"}})
	said := regexp.MustCompile(`status of order (\d+)`).FindStringSubmatch(s.post(t, "/spoil", nil))
	require.Len(t, said, 2)

	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	var found insights.Mismatch
	require.NoError(t, await(ctx, func() bool {
		for _, m := range s.report(t).Mismatches {
			if m.Key.Key == said[1] {
				found = m
			}
		}
		return found.Count > 0
	}))
	require.Len(t, found.Differences, 1)
	assert.Equal(t, "Status", found.Differences[0].Path)
	assert.Equal(t, "lost", found.Differences[0].New)
}

func TestThePlantedBugShowsByItsField(t *testing.T) {
	t.Parallel()
	s := startServing(t)
	s.post(t, "/stage", url.Values{"stage": {"dualwrite"}})
	s.post(t, "/stage", url.Values{"stage": {"shadow"}})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	require.NoError(t, await(ctx, func() bool { return len(s.report(t).Fields) > 0 }))
	r := s.report(t)
	assert.Equal(t, "Lines[].UnitPrice", r.Fields[0].Path)
	assert.NotEqual(t, insights.Safe, r.Verdict.Forward.Answer)
}

func TestABusyPortGetsAnErrorThatSuggestsAnother(t *testing.T) {
	t.Parallel()
	busy, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, busy.Close()) })
	cfg := small()
	cfg.serve, cfg.addr = true, busy.Addr().String()
	err = serve(t.Context(), cfg, io.Discard)
	require.EqualError(t, err, "another program listens on "+cfg.addr+": choose another address, "+
		"such as -addr 127.0.0.1:8081, or a free one with -addr 127.0.0.1:0")

	cfg.addr = "127.0.0.1:http-of-nobody"
	assert.ErrorContains(t, serve(t.Context(), cfg, io.Discard), "choose another address, such as -addr 127.0.0.1:0")
}
