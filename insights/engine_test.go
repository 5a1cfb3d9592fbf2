package insights_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/cutovertest"
	"github.com/gocutover/cutover/insights"
	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// One write of a thousand does not reach the old system, below every rate: the record is missing
// there all the same.
func TestOneWriteOfAThousandIsMissed(t *testing.T) {
	t.Parallel()
	f := figures(t, insights.Config{})
	c, err := cutover.New(cutovertest.NewClient(ldmigration.Live), flag).Observe(f).Build()
	require.NoError(t, err)
	w, err := cutover.NewWriter(c,
		func(_ context.Context, n int) error {
			if n == 0 {
				return context.DeadlineExceeded
			}
			return nil
		}, func(context.Context, int) error { return nil }).Build()
	require.NoError(t, err)
	for n := range 1000 {
		require.NoError(t, w.Write(t.Context(), ldcontext.New("user"), n))
	}
	v := verdict(t, f)
	assert.Equal(t, insights.Unsafe, v.Back.Answer)
	assert.Equal(t, []string{"1 write did not reach the old system, and it still lacks some: 1 write of records without a known key"},
		texts(v.Back, insights.Unsafe))
	assert.NotContains(t, texts(v.Forward, insights.Unsafe), "old", "the way forward does not rely on it")
	require.NoError(t, c.Close(t.Context()))
}

// An operation that fails in the system that answers loses nothing: its caller knows.
func TestAWriteThatFailedForTheCallerIsNotMissed(t *testing.T) {
	t.Parallel()
	f := figures(t, insights.Config{})
	c, err := cutover.New(cutovertest.NewClient(ldmigration.Shadow), flag).Observe(f).Build()
	require.NoError(t, err)
	w, err := cutover.NewWriter(c,
		func(context.Context, int) error { return errors.New("down") },
		func(context.Context, int) error { return nil }).Build()
	require.NoError(t, err)
	require.Error(t, w.Write(t.Context(), ldcontext.New("user"), 1))
	r := report(t, f, insights.LastMinute)
	assert.Zero(t, r.MissedByNew)
	assert.Zero(t, r.MissedByOld)
	require.NoError(t, c.Close(t.Context()))
}

// shows waits until an element has a text.
func shows(t *testing.T, ctx context.Context, selector, text string) { //nolint:revive // t comes first in every fixture
	t.Helper()
	sees(t, ctx, `[...document.querySelectorAll("`+selector+`")].some((node) => node.textContent.trim() === "`+text+`")`)
}

// What the page says in words, from off to a repaired record.
func TestThePageSaysWhatIsToBeRepaired(t *testing.T) {
	t.Parallel()
	f := figures(t, insights.Config{FlagStages: map[string][]ldmigration.Stage{flag: four}})
	server := httptest.NewServer(f.Handler())
	defer server.Close()
	defer server.CloseClientConnections()
	ctx := browse(t, server.URL)

	observe(t, f, 3, read(ldmigration.Off, cutover.SingleOrigin))
	observe(t, f, 1, read("canary", cutover.SingleOrigin))
	shows(t, ctx, "#headline", "Nothing is known of the new system yet; you may go on to shadow.")
	sees(t, ctx, `document.getElementById("headline").className === "neutral"`)
	sees(t, ctx, `[...document.querySelectorAll("#track b")].map((b) => b.textContent).join() === "off,shadow,live,complete"`)
	shows(t, ctx, "#refused", "1 operation not counted: of more than 128 flags, or at an unknown stage.")
	shows(t, ctx, "#unchecked li", "No read was due to be compared: only shadow and live compare.")
	shows(t, ctx, "#mismatches-note", "No record is known to differ.")
	shows(t, ctx, "#judged", "Judged over the last hour at off; missed writes and records that differ over everything since the start.")

	turn(t, f, ldmigration.Off, ldmigration.Shadow)
	observe(t, f, 2, missing(ldmigration.Shadow, "order 7"))
	observe(t, f, 1, missing(ldmigration.Shadow))
	observe(t, f, 2, about(read(ldmigration.Shadow, cutover.Inconsistent), "order 8"))
	observe(t, f, 4, read(ldmigration.Shadow, cutover.NotSampled))
	shows(t, ctx, "#headline", "Not going well: do not go on to live.")
	sees(t, ctx, `document.getElementById("headline").className === "unsafe" && document.getElementById("forward").className === "move unsafe"`)
	shows(t, ctx, "#notes li.bad-text",
		"3 writes did not reach the new system since the start: 1 record to repair, 1 write of records without a known key.")
	sees(t, ctx, `document.querySelector("#failed-writes li").textContent.startsWith("order 7 write failed in new, 2 times, last ")`)
	shows(t, ctx, "#mismatches-note", "1 record differed when compared last.")
	shows(t, ctx, "#unchecked li", "4 reads at shadow: the flag's check ratio did not draw them")
	sees(t, ctx, `document.querySelector("#changes li").textContent.includes("off → shadow (context kind user)")`)
	sees(t, ctx, `document.querySelectorAll("#tiles .value")[2].textContent === "100%"`)

	observe(t, f, 1, about(read(ldmigration.Shadow, cutover.Consistent), "order 8"))
	observe(t, f, 1, about(write(ldmigration.Shadow), "order 7"))
	shows(t, ctx, "#mismatches-note", "No record is known to differ. 2 records were healed since the start.")
	shows(t, ctx, "#notes li", "1 of 2 differences had vanished when the record was read again: see Recheck.")
	f.Repaired(flag)
	shows(t, ctx, "#notes li", "3 writes did not reach the new system since the start: all were repaired.")
	sees(t, ctx, `document.querySelectorAll("#failed-writes li").length === 0`)
}

// The page's words are its readers', not the library's: who is moved, and why a read was not
// compared.
func TestThePageKnowsEveryReasonWhyAReadWasNotCompared(t *testing.T) {
	t.Parallel()
	h := figures(t, insights.Config{}).Handler()
	words := ask(h, http.MethodGet, "/words.js").Body.String()
	for c := range cutover.Consistency(20) {
		if name := c.String(); name != "unknown consistency" && !c.Checked() && c != cutover.Ignored {
			assert.Contains(t, words, `"`+name+`": "`)
		}
	}
	for file := range map[string]bool{"words.js": true, "figures.js": true, "lists.js": true, "records.js": true, "mismatches.js": true, "": true} {
		page := ask(h, http.MethodGet, "/"+file).Body.String()
		for _, word := range []string{"customer", "both read\"", "toLocaleString()", "toLocaleTimeString", "toLocaleDateString", "Redact"} {
			assert.NotContains(t, page, word, file)
		}
	}
}

func TestNothingOnThePageRefersToWhatIsNotThere(t *testing.T) {
	t.Parallel()
	f := figures(t, insights.Config{})
	server := httptest.NewServer(f.Handler())
	defer server.Close()
	defer server.CloseClientConnections()
	ctx := browse(t, server.URL)
	observe(t, f, 1, read(ldmigration.Off, cutover.SingleOrigin))
	sees(t, ctx, `!document.getElementById("main").hidden`)
	lost, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](`[...document.querySelectorAll("[aria-labelledby]")]
		.map((node) => node.getAttribute("aria-labelledby")).filter((id) => !document.getElementById(id))
		.concat([...document.querySelectorAll("a[href^='#']")].filter((a) => !document.querySelector(a.getAttribute("href"))).map((a) => a.href))`))
	require.NoError(t, err)
	assert.Empty(t, lost)
}
