package insights_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/insights"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const patience = time.Minute

// chromium finds a browser, by the environment variable CHROMIUM or by its usual names.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CUTOVER_REQUIRE_BROWSER") != "" {
		t.Fatal("no Chromium was found, although CUTOVER_REQUIRE_BROWSER asks for one")
	}
	t.Skip("no Chromium was found: not tested that the page shows in a browser what the JSON says, follows a stage change " +
		"and a mismatch, and writes no error to the console. CHROMIUM may name one")
	return ""
}

// browse opens the page in a headless browser. What it writes to the console fails the test.
func browse(t *testing.T, url string) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	ctx, stop := chromedp.NewExecAllocator(ctx,
		chromedp.ExecPath(chromium(t)), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
	)
	ctx, closeTab := chromedp.NewContext(ctx)
	messages := chromedp.Console(ctx)
	var reading sync.WaitGroup
	reading.Go(func() {
		for message, err := range messages {
			if err != nil {
				return
			}
			t.Errorf("the page wrote to the console: %s (%s)", message, message.URL)
		}
	})
	t.Cleanup(func() {
		closeTab()
		stop()
		cancel()
		reading.Wait()
	})
	require.NoError(t, chromedp.Do(ctx, chromedp.Navigate(url)))
	return ctx
}

// sees waits until a JavaScript expression is true.
func sees(t *testing.T, ctx context.Context, expression string) { //nolint:revive // t comes first in every fixture
	t.Helper()
	_, err := chromedp.Run(ctx, chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(patience/4)))
	require.NoError(t, err, expression)
}

func TestThePageFollowsTheMigration(t *testing.T) {
	t.Parallel()
	f := figures(t, asking(func(is *insights.Thresholds) { is.Checks = 100 }))
	mux := http.NewServeMux()
	mux.Handle("/some/prefix/", http.StripPrefix("/some/prefix", f.Handler()))
	server := httptest.NewServer(mux)
	defer server.Close()
	defer server.CloseClientConnections()
	ctx := browse(t, server.URL+"/some/prefix/")

	sees(t, ctx, `!document.getElementById("empty").hidden`)
	observe(t, f, 50, read(ldmigration.DualWrite, cutover.SingleOrigin))
	observe(t, f, 50, write(ldmigration.DualWrite))
	sees(t, ctx, `document.querySelector("[aria-current=step] b")?.textContent === "dualwrite"`)
	sees(t, ctx, `document.querySelector("#forward h3").textContent === "Forward to shadow: not yet"`)

	turn(t, f, ldmigration.DualWrite, ldmigration.Shadow)
	observe(t, f, 50, read(ldmigration.Shadow, cutover.Consistent))
	sees(t, ctx, `document.querySelector("[aria-current=step] b").textContent === "shadow"`)
	sees(t, ctx, `document.getElementById("mismatches-note").textContent.startsWith("No record")`)

	hostile := mismatch(4711)
	hostile.Shown.Differences[0].Old = `<img src=x onerror="console.error('ran')">`
	observe(t, f, 1, hostile)
	sees(t, ctx, `document.querySelector(".mismatch .record")?.textContent === "order 4711"`)
	sees(t, ctx, `document.querySelector(".mismatch .paths").textContent === "lines[2].unitPrice"`)
	sees(t, ctx, `document.querySelector(".mismatch td.old").textContent.startsWith("<img")`)
	sees(t, ctx, `document.getElementById("headline").textContent.includes("do not go on to live")`)

	// It is opened by keyboard, and stays open and focused while the figures go on.
	require.NoError(t, chromedp.Do(ctx, chromedp.Focus(".mismatch summary"), chromedp.KeyEvent("\r")))
	sees(t, ctx, `document.querySelector(".mismatch").open`)
	observe(t, f, 1, hostile)
	sees(t, ctx, `document.querySelector(".mismatch .times").textContent.startsWith("2 times")`)
	sees(t, ctx, `document.querySelector(".mismatch").open && document.activeElement.tagName === "SUMMARY"`)
	sees(t, ctx, `document.querySelectorAll("canvas").length === 4`)

	wide, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.documentElement.scrollWidth > innerWidth`))
	require.NoError(t, err)
	assert.False(t, wide, "it does not scroll sideways")
}
