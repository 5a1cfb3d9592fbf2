package cutover_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	ldevents "github.com/launchdarkly/go-sdk-events/v3"
	ld "github.com/launchdarkly/go-server-sdk/v7"
	"github.com/launchdarkly/go-server-sdk/v7/interfaces"
	"github.com/launchdarkly/go-server-sdk/v7/ldhooks"
	"github.com/launchdarkly/go-server-sdk/v7/testhelpers/ldtestdata"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
)

// ratioClient is a flag client at shadow with a check ratio. It counts draws and events with a
// consistency.
type ratioClient struct {
	ratio                  int
	draws, checked, events atomic.Int64
	otherRatio             atomic.Bool
}

func (c *ratioClient) MigrationVariation(
	key string, who ldcontext.Context, defaultStage ldmigration.Stage,
) (ldmigration.Stage, interfaces.LDMigrationOpTracker, error) {
	return ldmigration.Shadow, &drawCounter{cutover.NewOpTracker(cutover.OpTrackerParams{
		FlagKey: key, Context: who, Default: defaultStage, Stage: ldmigration.Shadow, CheckRatio: optional(c.ratio),
	}), &c.draws}, nil
}

func (c *ratioClient) TrackMigrationOp(event ldevents.MigrationOpEventData) error {
	c.events.Add(1)
	if check := event.ConsistencyCheck; check != nil {
		c.checked.Add(1)
		if check.SamplingRatio() != c.ratio {
			c.otherRatio.Store(true)
		}
	}
	return nil
}

// drawCounter is a tracker that counts its draws.
type drawCounter struct {
	*cutover.OpTracker
	draws *atomic.Int64
}

func (d *drawCounter) TrackConsistency(isConsistent func() bool) {
	d.draws.Add(1)
	d.OpTracker.TrackConsistency(isConsistent)
}

// assertDrawn requires about as many as a ratio draws of n. It fails by chance once in a hundred
// million runs.
func assertDrawn(t *testing.T, n, ratio int, got int64) {
	t.Helper()
	want := int64(n / ratio)
	require.GreaterOrEqual(t, want, int64(40), "too few to tell")
	assert.Greater(t, got, want/4, "of %d about %d", n, want)
	assert.Less(t, got, want*3, "of %d about %d", n, want)
}

// Pinned requests are compared as often as others, at any ratio.
func TestPinnedRequestsAreComparedAsOften(t *testing.T) {
	t.Parallel()
	for name, perRequest := range map[string]int{"one operation a request": 1, "a hundred operations a request": 100} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const ratio, n = 1000, 40_000
			client := &ratioClient{ratio: ratio}
			c := build(t, cutover.New(client, "flag").SecondaryInline().ReadOrder(ldmigration.Serial))
			reader := readerOf(t, c, value("v"), value("v"), equal)
			var request context.Context
			for i := range n {
				if i%perRequest == 0 {
					request = cutover.Pin(t.Context())
				}
				_, err := reader.Read(request, user, "id")
				require.NoError(t, err)
			}
			assert.Equal(t, int64(n), client.events.Load())
			assertDrawn(t, n, ratio, client.checked.Load())
			assert.False(t, client.otherRatio.Load(), "the event tells the flag's ratio")
			assert.LessOrEqual(t, client.draws.Load(), int64(17*n), "draws")
		})
	}
}

func TestAPinOfAFlagThatIsNeverCheckedCostsAFewDraws(t *testing.T) {
	t.Parallel()
	client := &ratioClient{ratio: 0}
	reader := readerOf(t, build(t, cutover.New(client, "flag")), value("v"), value("v"), equal)
	request := cutover.Pin(t.Context())
	for range 10 {
		_, err := reader.Read(request, user, "id")
		require.NoError(t, err)
	}
	assert.Equal(t, int64(16+10), client.draws.Load())
	assert.Zero(t, client.checked.Load())
}

// A service may have so few operations that each one learns about the flag.
func TestAQuietServiceIsComparedAsOften(t *testing.T) {
	t.Parallel()
	const ratio, n = 250, 10_000
	var sent opEvents
	data := ldtestdata.DataSource().UsePreconfiguredFlag(stageFlag("shadow").MigrationFlagParameters(checkRatio(ratio)).Build())
	client := customClient(t, ld.Config{DataSource: data, Events: &sent})
	synctest.Test(t, func(t *testing.T) {
		c := build(t, cutover.New(client, "flag").SecondaryInline().ReadOrder(ldmigration.Serial))
		reader := readerOf(t, c, value("v"), value("v"), equal)
		for range n {
			_, err := reader.Read(t.Context(), user, "id")
			require.NoError(t, err)
			time.Sleep(time.Second)
		}
	})
	assertDrawn(t, n, ratio, checksOf(t, &sent, n, ratio))
}

func TestABusyServiceIsComparedAsOften(t *testing.T) {
	t.Parallel()
	for name, ratio := range map[string]int{"often": 3, "sometimes": 40, "rarely": 500} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const workers, each = 4, 5_000
			var sent opEvents
			data := ldtestdata.DataSource().UsePreconfiguredFlag(stageFlag("shadow").MigrationFlagParameters(checkRatio(ratio)).Build())
			client := customClient(t, ld.Config{DataSource: data, Events: &sent})
			c := build(t, cutover.New(client, "flag").SecondaryInline().ReadOrder(ldmigration.Serial))
			reader := readerOf(t, c, value("v"), value("v"), equal)
			plain := readerOf(t, c, value("v"), value("v"), nil)
			var wg sync.WaitGroup
			for range workers {
				wg.Go(func() {
					for range each {
						_, err := reader.Read(t.Context(), user, "id")
						assert.NoError(t, err) //nolint:testifylint // not the test's goroutine
						_, err = plain.Read(t.Context(), user, "id")
						assert.NoError(t, err)
					}
				})
			}
			wg.Wait()
			assertDrawn(t, workers*each, ratio, checksOf(t, &sent, 2*workers*each, ratio))
		})
	}
}

// checksOf returns the number of events with a consistency, and requires the flag's ratio in each.
func checksOf(t *testing.T, sent *opEvents, events, ratio int) (n int64) {
	t.Helper()
	assert.Len(t, sent.events, events)
	for _, event := range sent.events {
		if check := event.ConsistencyCheck; check != nil {
			n++
			require.Equal(t, ratio, check.SamplingRatio())
		}
	}
	return n
}

// A reader without a comparison learns less about the flag than another reader needs.
func TestAReaderThatComparesIsNotMisledByOneThatDoesNot(t *testing.T) {
	t.Parallel()
	const ratio, n = 100, 4000
	flags, params := cohortFlags(true), checkRatio(ratio)
	flags[0].Migration = &params
	var sent opEvents
	var methods methodCounter
	data := ldtestdata.DataSource()
	for _, flag := range flags {
		data.UsePreconfiguredFlag(flag)
	}
	synctest.Test(t, func(t *testing.T) { // in which no time passes: what is learnt stays fresh
		client := customClient(t, ld.Config{DataSource: data, Events: &sent, Hooks: []ldhooks.Hook{&methods}})
		c := build(t, cutover.New(client, "flag").SecondaryInline().ReadOrder(ldmigration.Serial))
		plain := readerOf(t, c, value("v"), value("v"), nil)
		comparing := readerOf(t, c, value("v"), value("v"), equal)
		users := []ldcontext.Context{user, ldcontext.New("target-key")} // at shadow and live
		read := func(reader *cutover.Reader[string, string], n int) int {
			for i := range n {
				_, err := reader.Read(t.Context(), users[i%2], "id")
				require.NoError(t, err)
			}
			return methods.take()[slowMethod]
		}
		assert.Equal(t, 2, read(plain, 10), "once for each outcome")
		assert.Equal(t, 1, read(comparing, n), "once more, for the check ratio, and each outcome stays known")
		assert.Zero(t, read(plain, 10))
	})
	assertDrawn(t, n, ratio, checksOf(t, &sent, n+20, ratio))
}
