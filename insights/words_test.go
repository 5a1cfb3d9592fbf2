package insights_test

import (
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/gocutover/cutover/insights"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWords(t *testing.T) {
	t.Parallel()
	for share, want := range map[float64]string{
		0: "0%", 1: "100%", 0.5: "50.0%", 0.999: "99.9%", 0.9999: "99.99%", 0.99999: "99.999%", 0.001: "0.1%", 0.0001: "0.01%",
		0.00001: "0.001%", 1.0 / 3: "33.3%", 0.0000001: "1e-05%",
	} {
		assert.Equal(t, want, insights.Percent(share))
	}
	for d, want := range map[time.Duration]string{
		999: "999 ns", 1500: "1.50 µs", 12_340: "12.3 µs", 999_000: "999 µs", time.Millisecond: "1.00 ms", 90 * time.Second: "90.0 s",
		time.Hour: "3600 s",
	} {
		assert.Equal(t, want, insights.Brief(d))
	}
	for n, want := range map[uint64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		assert.Equal(t, want, insights.Number(n))
	}
}

// The page writes numbers, shares, durations and times as the server does, whatever the reader's
// language.
func TestThePageWritesAsTheServerDoes(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(figures(t, insights.Config{}).Handler())
	defer server.Close()
	defer server.CloseClientConnections()
	ctx := browse(t, server.URL)
	says := func(expression, want string) {
		got, err := chromedp.Run(ctx, chromedp.Evaluate[string](expression))
		require.NoError(t, err)
		assert.Equal(t, want, got, expression)
	}
	for _, share := range []float64{0, 1, 0.5, 0.999, 0.9999, 0.99999, 0.001, 0.0001, 1.0 / 3, 52.0 / 55, 0.945} {
		says(fmt.Sprintf("words.percent(%v)", share), insights.Percent(share))
	}
	for _, d := range []time.Duration{1, 999, 1500, 12_340, 999_000, time.Millisecond, 90 * time.Second, time.Hour} {
		says(fmt.Sprintf("words.duration(%d)", d), insights.Brief(d))
	}
	for _, n := range []uint64{0, 7, 999, 1000, 1234567} {
		says(fmt.Sprintf("words.count(%d)", n), insights.Number(n))
	}
	for rate, want := range map[string]string{"0": "0", "0.001": "<0.01", "0.25": "0.25", "1": "1.0", "9.5": "9.5", "12.4": "12", "1234.5": "1,235"} {
		says("words.rate("+rate+")", want)
	}
	says(`words.plural(1, "read") + ", " + words.plural(2000, "read")`, "1 read, 2,000 reads")
	says(`words.full(new Date(2026, 0, 2, 0, 4, 5))`, "2026-01-02 00:04:05")
	says(`words.time(new Date(2001, 10, 12, 13, 4, 5))`, "2001-11-12 13:04:05")
	says(`words.time(Date.now()).length + ""`, "8")
}
