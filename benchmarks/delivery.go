package benchmarks

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	ld "github.com/launchdarkly/go-server-sdk/v7"
	"github.com/launchdarkly/go-server-sdk/v7/ldcomponents"
)

// Batch is how many operations run before their events are awaited. They make twice as many events,
// which must fit into the event processor's capacity, or it drops what its own goroutine has not
// come round to.
const Batch = 2000

const deliveryTimeout = 30 * time.Second

// ErrNotDelivered means that the event processor did not get its events to the sink in time.
var ErrNotDelivered = errors.New("events were not delivered in time")

// ErrNoProcessCPU means that this platform does not tell the CPU time of a process.
var ErrNoProcessCPU = errors.New("the CPU time of the process is unknown on this platform")

// Processor returns the SDK's own event processor, at its default capacity, which delivers when it
// is told to.
func Processor() Events { return ldcomponents.SendEvents().FlushInterval(time.Hour) }

// Deliver waits until the client's events have reached the sink.
func Deliver(client *ld.LDClient) error {
	if !client.FlushAndWait(deliveryTimeout) {
		return ErrNotDelivered
	}
	return nil
}

// Delivery is what operations cost whose events are delivered.
type Delivery struct {
	Operations int
	Received   int           // op events that reached the sink
	CPU        time.Duration // user and system time of the whole process, all goroutines and the sink included
}

// PerOperation returns the CPU time of one operation in nanoseconds.
func (d Delivery) PerOperation() float64 { return float64(d.CPU) / float64(d.Operations) }

// MeasureDelivery does a number of operations on a fresh client whose events go to the sink, and
// waits for them. No one else may post to the sink meanwhile.
func MeasureDelivery(ctx context.Context, contender Contender, c Case, operations int, sink *Sink) (Delivery, error) {
	client, err := NewClient(Processor(), sink.URL())
	if err != nil {
		return Delivery{}, err
	}
	defer client.Close() //nolint:errcheck // it always returns nil
	do, err := contender.Prepare(ctx, client, c, Trivial())
	if err != nil {
		return Delivery{}, err
	}
	if err := deliverBatches(client, do, min(Batch, operations)); err != nil {
		return Delivery{}, fmt.Errorf("warming up %s for %s: %w", contender.Name, c, err)
	}
	runtime.GC()

	received := sink.Received()
	before, known := processCPU()
	if !known {
		return Delivery{}, ErrNoProcessCPU
	}
	if err := deliverBatches(client, do, operations); err != nil {
		return Delivery{}, fmt.Errorf("running %s for %s: %w", contender.Name, c, err)
	}
	after, _ := processCPU()
	return Delivery{Operations: operations, Received: sink.Received() - received, CPU: after - before}, nil
}

func deliverBatches(client *ld.LDClient, do Operation, operations int) error {
	for done := 0; done < operations; {
		for range min(Batch, operations-done) {
			if _, err := do(); err != nil {
				return err
			}
			done++
		}
		if err := Deliver(client); err != nil {
			return err
		}
	}
	return nil
}
