package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gocutover/cutover/insights"
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
	found := regexp.MustCompile(`http://[\d.:]+`).FindString(<-said)
	require.NotEmpty(t, found)
	return &served{url: found, client: &http.Client{Transport: transport}}
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

func (s *served) post(t *testing.T, path string, form url.Values) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+path, strings.NewReader(form.Encode()))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	status, body := s.do(t, request)
	require.Equal(t, http.StatusOK, status, body)
	return body
}

func (s *served) report(t *testing.T) insights.Report {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/insights/data.json", nil)
	require.NoError(t, err)
	_, body := s.do(t, request)
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
	s.post(t, "/stage", url.Values{"stage": {"shadow"}})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	require.NoError(t, await(ctx, func() bool { return len(s.report(t).Fields) > 0 }))
	r := s.report(t)
	assert.Equal(t, "Lines[].UnitPrice", r.Fields[0].Path)
	assert.NotEqual(t, insights.Safe, r.Verdict.Forward.Answer)
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
