package benchmarks

import (
	"context"
	"fmt"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	ld "github.com/launchdarkly/go-server-sdk/v7"

	"github.com/gocutover/cutover"
)

// Operation does one operation of a case: it evaluates the stage, calls the systems, compares, and
// sends the op event. It returns the authoritative result. It is safe for concurrent use.
type Operation func() (int, error)

// Contender is one way to write a migration.
type Contender struct {
	Name string
	// Prepare returns the operation of a case. All that can be done once is done here.
	Prepare preparing

	only func(Case) bool // nil for every case
}

// Enters reports whether the contender does anything in this case that no other one does.
func (one Contender) Enters(c Case) bool { return one.only == nil || one.only(c) }

// The names of the contenders.
const (
	Floor         = "bare floor"
	Protected     = "protected floor"
	Typed         = "typed"
	TypedInline   = "typed inline"
	Dynamic       = "dynamic"
	DynamicInline = "dynamic inline"
	SDK           = "sdk"
)

// Contenders returns all of them: the switch written by hand, the same with protection where both
// systems are asked, cutover's typed and dynamic API, both with SecondaryInline where that makes a
// difference, and the SDK's migrator.
func Contenders() []Contender {
	return []Contender{
		{Name: Floor, Prepare: byHand(false)},
		{Name: Protected, Prepare: byHand(true), only: Case.AsksBoth},
		{Name: Typed, Prepare: typed(false)},
		{Name: TypedInline, Prepare: typed(true), only: Case.InTurn},
		{Name: Dynamic, Prepare: dynamic(false)},
		{Name: DynamicInline, Prepare: dynamic(true), only: Case.InTurn},
		{Name: SDK, Prepare: prepareSDK},
	}
}

// Started is a contender at the start line.
type Started struct {
	Name string
	Do   Operation
}

// Start prepares every contender that enters a case, on one client.
func Start(ctx context.Context, client *ld.LDClient, c Case, s Systems) ([]Started, error) {
	var all []Started
	for _, contender := range Contenders() {
		if !contender.Enters(c) {
			continue
		}
		do, err := contender.Prepare(ctx, client, c, s)
		if err != nil {
			return nil, fmt.Errorf("preparing %s for %s: %w", contender.Name, c, err)
		}
		all = append(all, Started{Name: contender.Name, Do: do})
	}
	return all, nil
}

// FloorOf returns the name of the floor that a contender is to be compared with in a case: the
// protected one where the contender gives that protection too.
func FloorOf(c Case, contender string) string {
	if c.AsksBoth() && contender != TypedInline && contender != DynamicInline {
		return Protected
	}
	return Floor
}

type preparing = func(ctx context.Context, client *ld.LDClient, c Case, s Systems) (Operation, error)

func byHand(protected bool) preparing {
	return func(ctx context.Context, client *ld.LDClient, c Case, s Systems) (Operation, error) {
		f := &floor{client: client, systems: s, flag: flagFor(c.Stage), order: c.readOrder()}
		if protected {
			f.guard = &guard{limit: secondaryTimeout}
		}
		if c.Operation == ldmigration.Write {
			return func() (int, error) { return 0, f.write(ctx, user, payload) }, nil
		}
		return func() (int, error) { return f.read(ctx, user, payload) }, nil
	}
}

func typed(inline bool) preparing {
	return func(ctx context.Context, client *ld.LDClient, c Case, s Systems) (Operation, error) {
		builder := cutover.New(client, flagFor(c.Stage)).ReadOrder(c.readOrder())
		if inline {
			builder.SecondaryInline()
		}
		orders, err := builder.Build()
		if err != nil {
			return nil, err
		}
		if c.Operation == ldmigration.Write {
			save, err := cutover.NewWriter(orders, s.OldWrite, s.NewWrite).Build()
			if err != nil {
				return nil, err
			}
			return func() (int, error) { return 0, save.Write(ctx, user, payload) }, nil
		}
		read, err := cutover.NewReader(orders, s.OldRead, s.NewRead).CompareEqual().Build()
		if err != nil {
			return nil, err
		}
		return func() (int, error) { return read.Read(ctx, user, payload) }, nil
	}
}
