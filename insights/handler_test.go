package insights_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/insights"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func ask(h http.Handler, method, target string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(method, target, nil)
	r.Host = "localhost:8080"
	h.ServeHTTP(w, r)
	return w
}

func TestEveryAnswerHasTheHeaders(t *testing.T) {
	t.Parallel()
	h := figures(t, insights.Config{}).Handler()
	for _, c := range []struct{ method, path string }{
		{"GET", "/"}, {"GET", "/page.js"}, {"GET", "/data.json"}, {"GET", "/nothing"}, {"POST", "/"},
	} {
		header := ask(h, c.method, c.path).Header()
		policy := header.Get("Content-Security-Policy")
		assert.Contains(t, policy, "default-src 'none'")
		assert.Contains(t, policy, "frame-ancestors 'none'")
		assert.NotContains(t, policy, "unsafe")
		assert.Equal(t, "no-store", header.Get("Cache-Control"))
		assert.Equal(t, "nosniff", header.Get("X-Content-Type-Options"))
		assert.Equal(t, "no-referrer", header.Get("Referrer-Policy"))
	}
}

func TestThePageIsReadOnly(t *testing.T) {
	t.Parallel()
	h := figures(t, insights.Config{}).Handler()
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"} {
		w := ask(h, method, "/data.json")
		assert.Equal(t, http.StatusMethodNotAllowed, w.Code)
		assert.Equal(t, "GET, HEAD", w.Header().Get("Allow"))
	}
	assert.Equal(t, http.StatusOK, ask(h, "HEAD", "/").Code)
}

func TestThePageNeedsNothingFromElsewhere(t *testing.T) {
	t.Parallel()
	h := figures(t, insights.Config{}).Handler()
	page := ask(h, "GET", "/").Body.String()
	assert.NotContains(t, page, "://")
	assert.NotRegexp(t, `<style|<script>| style=| on\w+=`, page)
	linked := regexp.MustCompile(`(?:src|href)="([^"#]+)"`).FindAllStringSubmatch(page, -1)
	assert.Greater(t, len(linked), 8)
	for _, link := range linked {
		assert.Equal(t, http.StatusOK, ask(h, "GET", "/"+link[1]).Code, link[1])
	}
	assert.Contains(t, ask(h, "GET", "/uPlot.LICENSE").Body.String(), "MIT License")
	assert.Equal(t, http.StatusNotFound, ask(h, "GET", "/page/index.html2").Code)
}

func TestThePagesScriptsWriteTextAndNeverHTML(t *testing.T) {
	t.Parallel()
	h := figures(t, insights.Config{}).Handler()
	for _, file := range []string{"page.js", "dom.js", "words.js", "charts.js", "figures.js", "mismatches.js"} {
		script := ask(h, "GET", "/"+file).Body.String()
		assert.NotRegexp(t, `innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|setTimeout\("`, script, file)
	}
}

func TestTheHandlerWorksUnderAnyPrefix(t *testing.T) {
	t.Parallel()
	f := figures(t, insights.Config{})
	mux := http.NewServeMux()
	mux.Handle("/with/prefix/", f.Handler())
	mux.Handle("/stripped/", http.StripPrefix("/stripped", f.Handler()))
	mux.Handle("/bare", http.StripPrefix("/bare", f.Handler()))
	for _, prefix := range []string{"/with/prefix/", "/stripped/"} {
		assert.Contains(t, ask(mux, "GET", prefix).Body.String(), "<!doctype html>")
		assert.Contains(t, ask(mux, "GET", prefix+"data.json").Header().Get("Content-Type"), "application/json")
		assert.Contains(t, ask(mux, "GET", prefix+"?format=json").Header().Get("Content-Type"), "application/json")
		assert.Contains(t, ask(mux, "GET", prefix+"page.css").Header().Get("Content-Type"), "text/css")
	}
	w := ask(mux, "GET", "/bare?window=hour")
	assert.Equal(t, http.StatusTemporaryRedirect, w.Code)
	assert.Equal(t, "./bare/?window=hour", w.Header().Get("Location"))
}

func TestTheJSONTellsWhatThePageShows(t *testing.T) {
	t.Parallel()
	f := figures(t, insights.Config{})
	empty := ask(f.Handler(), "GET", "/data.json")
	assert.JSONEq(t, `{"flags":[],"report":null,"refused":0}`, empty.Body.String())

	hostile := mismatch(1)
	hostile.Shown.Payload = `</script><img src=x onerror=alert(1)>`
	observe(t, f, 1, hostile)
	observe(t, f, 3, read(ldmigration.Shadow, cutover.Consistent))
	other := read(ldmigration.Off, cutover.SingleOrigin)
	other.Flag = "another"
	observe(t, f, 1, other)

	body := ask(f.Handler(), "GET", "/data.json?flag=orders&window=hour").Body.String()
	assert.NotContains(t, body, "<")
	var got struct {
		Flags  []struct{ Flag string }
		Report insights.Report
	}
	require.NoError(t, json.NewDecoder(strings.NewReader(body)).Decode(&got))
	assert.Len(t, got.Flags, 2)
	assert.Equal(t, insights.LastHour, got.Report.Window)
	assert.InDelta(t, 0.75, got.Report.Stages[0].Checks.Consistency, 1e-9)
	assert.Equal(t, hostile.Shown.Payload, got.Report.Mismatches[0].Key.Key)
	assert.Contains(t, ask(f.Handler(), "GET", "/keys.json?flag=orders").Body.String(), "onerror")
}
