package benchmarks

import (
	"slices"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// Case is one kind of operation to measure.
type Case struct {
	Operation ldmigration.Operation
	Stage     ldmigration.Stage
	// Order is how both are read at the stages shadow and live, and empty for everything else.
	Order ldmigration.ExecutionOrder
}

// Stages are all six, in the order a migration goes through them.
var Stages = []ldmigration.Stage{
	ldmigration.Off, ldmigration.DualWrite, ldmigration.Shadow,
	ldmigration.Live, ldmigration.RampDown, ldmigration.Complete,
}

// Cases returns every case, reads first.
func Cases() []Case {
	var cases []Case
	for _, stage := range Stages {
		if stage != ldmigration.Shadow && stage != ldmigration.Live {
			cases = append(cases, Case{Operation: ldmigration.Read, Stage: stage})
			continue
		}
		for _, order := range []ldmigration.ExecutionOrder{ldmigration.Serial, ldmigration.Random, ldmigration.Concurrent} {
			cases = append(cases, Case{Operation: ldmigration.Read, Stage: stage, Order: order})
		}
	}
	for _, stage := range Stages {
		cases = append(cases, Case{Operation: ldmigration.Write, Stage: stage})
	}
	return cases
}

// FewCases returns the cases that stand for the others where a measurement is dear: one origin
// read, both read one after the other and at once, both written.
func FewCases() []Case {
	return []Case{
		{Operation: ldmigration.Read, Stage: ldmigration.Off},
		{Operation: ldmigration.Read, Stage: ldmigration.Shadow, Order: ldmigration.Serial},
		{Operation: ldmigration.Read, Stage: ldmigration.Shadow, Order: ldmigration.Concurrent},
		{Operation: ldmigration.Write, Stage: ldmigration.Shadow},
	}
}

// ReadsBoth reports whether the case is a read from both origins.
func (c Case) ReadsBoth() bool { return c.Order != "" }

// WritesBoth reports whether the case is a write to both origins.
func (c Case) WritesBoth() bool {
	ends := []ldmigration.Stage{ldmigration.Off, ldmigration.Complete}
	return c.Operation == ldmigration.Write && !slices.Contains(ends, c.Stage)
}

// AsksBoth reports whether the case calls both systems.
func (c Case) AsksBoth() bool { return c.ReadsBoth() || c.WritesBoth() }

// InTurn reports whether the case asks both, one after the other: the secondary can then run on the
// caller's goroutine.
func (c Case) InTurn() bool {
	return c.AsksBoth() && c.Order != ldmigration.Concurrent
}

// String returns the case's name, such as "read/shadow/serial" or "write/off".
func (c Case) String() string {
	name := string(c.Operation) + "/" + string(c.Stage)
	if c.ReadsBoth() {
		name += "/" + string(c.Order)
	}
	return name
}

// readOrder is what a builder is told; where it makes no difference, it is the simplest.
func (c Case) readOrder() ldmigration.ExecutionOrder {
	if c.ReadsBoth() {
		return c.Order
	}
	return ldmigration.Serial
}
