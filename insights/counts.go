package insights

import (
	"errors"

	"github.com/gocutover/cutover"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// consistencies is room for every [cutover.Consistency] and a few that are yet to come.
const consistencies = 16

// counts is what is counted of the operations of one kind at one stage.
type counts struct {
	operations  uint64
	fellBack    uint64
	consistency [consistencies]uint64
	calls       [2]callCounts
}

// callCounts is what is counted of one origin's calls.
type callCounts struct {
	calls, errors, notFound, timeouts, panics, skipped uint64
}

func (c *counts) add(o *cutover.Observation) {
	c.operations++
	if o.FellBack {
		c.fellBack++
	}
	if int(o.Consistency) < consistencies {
		c.consistency[o.Consistency]++
	}
	c.calls[0].add(&o.Old)
	c.calls[1].add(&o.New)
}

func (c *callCounts) add(out *cutover.Outcome[any]) {
	if out.Invoked {
		c.calls++
	}
	if out.NotFound {
		c.notFound++
		return
	}
	if out.Err == nil {
		return
	}
	switch {
	case errors.Is(out.Err, cutover.ErrSecondarySkipped):
		c.skipped++
		return
	case errors.Is(out.Err, cutover.ErrSecondaryTimeout):
		c.timeouts++
	case errors.Is(out.Err, cutover.ErrUnwound):
		c.panics++
	}
	c.errors++
}

func (c *counts) merge(from *counts) {
	c.operations += from.operations
	c.fellBack += from.fellBack
	for i := range c.consistency {
		c.consistency[i] += from.consistency[i]
	}
	for i := range c.calls {
		to, more := &c.calls[i], &from.calls[i]
		to.calls += more.calls
		to.errors += more.errors
		to.notFound += more.notFound
		to.timeouts += more.timeouts
		to.panics += more.panics
		to.skipped += more.skipped
	}
}

func (c *counts) checked() uint64 {
	return c.consistency[cutover.Consistent] + c.consistency[cutover.Inconsistent]
}

// unanswered is how many comparisons ran and gave no answer.
func (c *counts) unanswered() uint64 {
	return c.consistency[cutover.ComparisonPanicked] + c.consistency[cutover.Undecided]
}

// bucket is everything of one kind of operation at one stage in one stretch of time.
type bucket struct {
	tick int64
	counts
	latency [2]sketch
}

func (b *bucket) add(o *cutover.Observation) {
	b.counts.add(o)
	if o.Old.Invoked {
		b.latency[0].add(o.Old.Latency)
	}
	if o.New.Invoked {
		b.latency[1].add(o.New.Latency)
	}
}

func (b *bucket) merge(from *bucket) {
	b.counts.merge(&from.counts)
	for i := range b.latency {
		b.latency[i].merge(&from.latency[i])
	}
}

// reset empties a bucket for another stretch of time. Its memory is used again.
func (b *bucket) reset(tick int64) {
	b.tick, b.counts = tick, counts{}
	for i := range b.latency {
		b.latency[i].clear()
	}
}

var origins = [2]ldmigration.Origin{ldmigration.Old, ldmigration.New}

var operations = [2]ldmigration.Operation{ldmigration.Read, ldmigration.Write}

func operationIndex(operation ldmigration.Operation) int {
	if operation == ldmigration.Write {
		return 1
	}
	return 0
}

var stages = [...]ldmigration.Stage{
	ldmigration.Off, ldmigration.DualWrite, ldmigration.Shadow,
	ldmigration.Live, ldmigration.RampDown, ldmigration.Complete,
}

// stageIndex returns -1 for an unknown stage.
func stageIndex(stage ldmigration.Stage) int {
	for i, known := range stages {
		if known == stage {
			return i
		}
	}
	return -1
}
