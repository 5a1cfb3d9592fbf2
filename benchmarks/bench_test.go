package benchmarks_test

import (
	"context"
	"testing"

	ld "github.com/launchdarkly/go-server-sdk/v7"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover/benchmarks"
)

// BenchmarkEventsOff runs every case on a client that makes no events, one operation after another.
func BenchmarkEventsOff(b *testing.B) {
	client := newClient(b, nil, "")
	for _, one := range startAll(b, client, benchmarks.Cases()) {
		b.Run(one.Name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := one.Do(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkParallel runs the cases that stand for the others on all cores at once; -cpu 1,2 shows
// how they scale.
func BenchmarkParallel(b *testing.B) {
	client := newClient(b, nil, "")
	for _, one := range startAll(b, client, benchmarks.FewCases()) {
		b.Run(one.Name, func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := one.Do(); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}

// BenchmarkEventsOn runs every case with the SDK's event processor posting to a sink, and waits for
// each batch of events. The sink's share is in the time; op-events/op is 1 if nothing was dropped.
func BenchmarkEventsOn(b *testing.B) {
	sink := benchmarks.NewSink()
	b.Cleanup(sink.Close)
	client := newClient(b, benchmarks.Processor(), sink.URL())
	for _, one := range startAll(b, client, benchmarks.Cases()) {
		b.Run(one.Name, func(b *testing.B) {
			b.ReportAllocs()
			received, pending := sink.Received(), 0
			for b.Loop() {
				if _, err := one.Do(); err != nil {
					b.Fatal(err)
				}
				if pending++; pending == benchmarks.Batch {
					require.NoError(b, benchmarks.Deliver(client))
					pending = 0
				}
			}
			if pending > 0 {
				require.NoError(b, benchmarks.Deliver(client))
			}
			b.ReportMetric(float64(sink.Received()-received)/float64(b.N), "op-events/op")
		})
	}
}

// newClient returns a client that is closed when the test or benchmark ends.
func newClient(tb testing.TB, events benchmarks.Events, url string) *ld.LDClient {
	tb.Helper()
	client, err := benchmarks.NewClient(events, url)
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, client.Close()) })
	return client
}

// startAll prepares all contenders for all cases, and names each after both, such as
// "read/shadow/serial/typed".
func startAll(b *testing.B, client *ld.LDClient, cases []benchmarks.Case) (all []benchmarks.Started) {
	b.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	b.Cleanup(cancel)
	for _, c := range cases {
		contenders, err := benchmarks.Start(ctx, client, c, benchmarks.Trivial())
		require.NoError(b, err)
		for _, contender := range contenders {
			contender.Name = c.String() + "/" + contender.Name
			all = append(all, contender)
		}
	}
	return all
}
