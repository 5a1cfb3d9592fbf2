package cutovertest

import (
	"context"
	"log/slog"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"

	"github.com/gocutover/cutover"
)

// side tells the two systems apart: an index into whatever is kept for each.
type side int

const (
	oldSide side = iota
	newSide
)

func (s side) other() side { return newSide - s }

// String names the system.
func (s side) String() string { return string(origins[s]) }

// plan says which systems an operation asks at a stage, and whose answer the caller gets.
type plan struct {
	first side
	both  bool
}

// order names the systems in the order in which a write goes to them.
func (p plan) order() string {
	if p.both {
		return p.first.String() + ", then " + p.first.other().String()
	}
	return p.first.String() + " alone"
}

type plans struct{ reads, writes plan }

// stageTable asks the library what each stage means, so that it is said in one place.
func stageTable() (map[ldmigration.Stage]plans, error) {
	table := map[ldmigration.Stage]plans{}
	nothing := func(context.Context, struct{}) (struct{}, error) { return struct{}{}, nil }
	for _, stage := range Stages() {
		c, err := cutover.New(NewClient(stage), "plan").Logger(slog.New(slog.DiscardHandler)).Build()
		if err != nil {
			return nil, err
		}
		reader, err := cutover.NewReader(c, nothing, nothing).Build()
		if err != nil {
			return nil, err
		}
		writer, err := cutover.NewReturningWriter(c, nothing, nothing).Build()
		if err != nil {
			return nil, err
		}
		table[stage] = plans{
			reads:  planOf(reader.ReadDetail(context.Background(), exerciser, struct{}{})),
			writes: planOf(writer.WriteDetail(context.Background(), exerciser, struct{}{})),
		}
	}
	return table, nil
}

func planOf(detail cutover.Detail[struct{}]) plan {
	p := plan{first: oldSide}
	if detail.Authoritative == ldmigration.New {
		p.first = newSide
	}
	_, p.both = detail.Secondary()
	return p
}
