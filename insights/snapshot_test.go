package insights_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/insights"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The verdict, the tiles and the table stand on one page. They must count the same operations, also
// while more arrive.
func TestAReportCountsTheSameEverywhere(t *testing.T) {
	t.Parallel()
	f := figures(t, asking(func(is *insights.Thresholds) {
		is.Window, is.Checks, is.Consistency = insights.LastMinute, 0, insights.NotJudged
	}))
	observe(t, f, 1, read(ldmigration.Shadow, cutover.Consistent))
	quit := make(chan struct{})
	var traffic sync.WaitGroup
	for range 2 {
		traffic.Go(func() {
			for {
				select {
				case <-quit:
					return
				default:
					observe(t, f, 1, read(ldmigration.Shadow, cutover.Consistent))
					observe(t, f, 1, missing(ldmigration.Shadow))
				}
			}
		})
	}
	for range 300 {
		r := report(t, f, insights.LastMinute)
		said := texts(r.Verdict.Forward, insights.Safe)
		require.NotEmpty(t, said)
		compared, _, _ := strings.Cut(said[0], " compared, none wanted")
		if !assert.Equal(t, counted(r.Stages[0].Checks.Checked, "read"), compared) {
			break
		}
		missed, _, _ := strings.Cut(strings.Join(texts(r.Verdict.Forward, insights.Unsafe), ""), " did not reach")
		if r.MissedByNew.Writes > 0 && !assert.Equal(t, counted(r.MissedByNew.Writes, "write"), missed) {
			break
		}
	}
	close(quit)
	traffic.Wait()
}

// counted writes a number of things as the page does.
func counted(n uint64, what string) string {
	digits := []byte{}
	for i := 0; n > 0 || i == 0; i++ {
		if i > 0 && i%3 == 0 {
			digits = append([]byte{','}, digits...)
		}
		digits = append([]byte{byte('0' + n%10)}, digits...)
		n /= 10
	}
	if string(digits) != "1" {
		what += "s"
	}
	return string(digits) + " " + what
}
