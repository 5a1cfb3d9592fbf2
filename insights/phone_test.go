package insights_test

import (
	"errors"
	"net/http/httptest"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/insights"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// troubled is figures with something in every part of the page: mismatches, failed writes, two
// stages side by side.
func troubled(t *testing.T) *insights.Figures {
	t.Helper()
	f := figures(t, insights.Config{})
	observe(t, f, 3, write(ldmigration.DualWrite))
	turn(t, f, ldmigration.DualWrite, ldmigration.Shadow)
	observe(t, f, 1000, read(ldmigration.Shadow, cutover.Consistent))
	observe(t, f, 2, mismatch(1))
	for _, keys := range [][]string{{"a record with a rather long key"}, nil} {
		failed := write(ldmigration.Shadow)
		failed.New.Err, failed.Shown.Keys = errors.New("down"), keys
		observe(t, f, 1, failed)
	}
	f.ObserveStage(t.Context(), cutover.StageChange{
		Flag: flag, ContextKind: "user", From: ldmigration.Shadow, To: ldmigration.Live, SideBySide: true,
		Warning: "a record that is written at both at once may differ for good",
	})
	observe(t, f, 1234, read(ldmigration.Live, cutover.Consistent))
	return f
}

// cramped finds what is cut, touches its neighbour or sticks out, and names it.
const cramped = `(() => {
  const found = [];
  const box = (node) => {
    const range = document.createRange();
    range.selectNodeContents(node);
    return range.getBoundingClientRect();
  };
  const names = [...document.querySelectorAll("#track b")].map((node) => ({ name: node.textContent, box: box(node) }));
  for (const a of names) for (const b of names) {
    const apart = a.box.right + 3 <= b.box.left || b.box.right + 3 <= a.box.left || a.box.bottom <= b.box.top || b.box.bottom <= a.box.top;
    if (a.name < b.name && !apart) found.push(a.name + " touches " + b.name);
  }
  for (const node of document.querySelectorAll("main *, header *, footer *")) {
    if (node.closest(".unseen, .u-over, .uplot, thead, input") || node.closest("[hidden]")) continue;
    const b = node.getBoundingClientRect();
    if (b.width > 0 && !node.closest(".differences") && (b.left < -0.5 || b.right > innerWidth + 0.5)) {
      found.push((node.id || node.className || node.tagName) + " sticks out: " + node.textContent.slice(0, 30));
    }
  }
  if (document.documentElement.scrollWidth > innerWidth) found.push("the page scrolls sideways");
  return found;
})()`

func TestNothingIsCutOrTouchesOnAPhone(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(troubled(t).Handler())
	defer server.Close()
	defer server.CloseClientConnections()
	ctx := browse(t, server.URL)
	for _, width := range []int64{360, 641, 1280} {
		require.NoError(t, chromedp.Do(ctx, chromedp.EmulateViewport(width, 900)))
		sees(t, ctx, `document.querySelectorAll("#calls tr").length >= 6 && document.querySelectorAll("#track b").length === 6`)
		found, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](cramped))
		require.NoError(t, err)
		assert.Empty(t, found, "at %d pixels", width)
	}
}
