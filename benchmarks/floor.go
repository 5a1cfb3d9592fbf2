package benchmarks

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/launchdarkly/go-sdk-common/v3/ldreason"
	ld "github.com/launchdarkly/go-server-sdk/v7"
)

// floor is the least that a careful team writes by hand for one migration: a switch over the
// stages, the calls, the comparison, the op event. Without a guard it contains no panics, bounds no
// time, and does not keep a cancellation from splitting a write.
type floor struct {
	client  *ld.LDClient
	systems Systems
	flag    string
	order   ldmigration.ExecutionOrder
	guard   *guard // of secondaries; nil for the bare floor
}

// answer is what one call came back with.
type answer struct {
	value int
	err   error
	took  time.Duration
}

func (f *floor) read(ctx context.Context, user ldcontext.Context, key string) (int, error) {
	stage, detail := f.stage(user)
	switch stage {
	case ldmigration.Shadow:
		old, new := f.readBoth(ctx, f.systems.OldRead, f.systems.NewRead, key)
		f.sendBoth(ldmigration.Read, user, detail, old, new, compared(old, new))
		return old.value, old.err
	case ldmigration.Live:
		new, old := f.readBoth(ctx, f.systems.NewRead, f.systems.OldRead, key)
		f.sendBoth(ldmigration.Read, user, detail, old, new, compared(old, new))
		return new.value, new.err
	case ldmigration.RampDown, ldmigration.Complete:
		new := readOne(ctx, f.systems.NewRead, key)
		f.sendOne(ldmigration.Read, user, detail, ldmigration.New, new)
		return new.value, new.err
	default:
		old := readOne(ctx, f.systems.OldRead, key)
		f.sendOne(ldmigration.Read, user, detail, ldmigration.Old, old)
		return old.value, old.err
	}
}

func (f *floor) write(ctx context.Context, user ldcontext.Context, key string) error {
	stage, detail := f.stage(user)
	switch stage {
	case ldmigration.DualWrite, ldmigration.Shadow:
		old := writeOne(ctx, f.systems.OldWrite, key)
		if old.err != nil {
			f.sendOne(ldmigration.Write, user, detail, ldmigration.Old, old)
			return old.err
		}
		new := f.writeSecond(ctx, f.systems.NewWrite, key)
		f.sendBoth(ldmigration.Write, user, detail, old, new, nil)
		return nil
	case ldmigration.Live, ldmigration.RampDown:
		new := writeOne(ctx, f.systems.NewWrite, key)
		if new.err != nil {
			f.sendOne(ldmigration.Write, user, detail, ldmigration.New, new)
			return new.err
		}
		old := f.writeSecond(ctx, f.systems.OldWrite, key)
		f.sendBoth(ldmigration.Write, user, detail, old, new, nil)
		return nil
	case ldmigration.Complete:
		new := writeOne(ctx, f.systems.NewWrite, key)
		f.sendOne(ldmigration.Write, user, detail, ldmigration.New, new)
		return new.err
	default:
		old := writeOne(ctx, f.systems.OldWrite, key)
		f.sendOne(ldmigration.Write, user, detail, ldmigration.Old, old)
		return old.err
	}
}

func (f *floor) stage(user ldcontext.Context) (ldmigration.Stage, ldreason.EvaluationDetail) {
	value, detail, err := f.client.StringVariationDetail(f.flag, user, string(ldmigration.Off))
	if err != nil {
		slog.Error("evaluating the stage", "flag", f.flag, "error", err)
	}
	stage, err := ldmigration.ParseStage(value)
	if err != nil {
		slog.Error("evaluating the stage", "flag", f.flag, "error", err)
	}
	return stage, detail
}

type (
	readFunc  = func(ctx context.Context, key string) (int, error)
	writeFunc = func(ctx context.Context, key string) error
)

func (f *floor) readBoth(ctx context.Context, authoritative, secondary readFunc, key string) (first, second answer) {
	switch {
	case f.order == ldmigration.Concurrent && f.guard != nil:
		other := f.guard.launch(ctx, secondary, nil, key)
		first = readOne(ctx, authoritative, key)
		second = other.wait()
	case f.order == ldmigration.Concurrent:
		other := make(chan answer, 1)
		go func() { other <- readOne(ctx, secondary, key) }()
		first = readOne(ctx, authoritative, key)
		second = <-other
	case f.order == ldmigration.Random && rand.IntN(2) == 0:
		second = f.readSecond(ctx, secondary, key)
		first = readOne(ctx, authoritative, key)
	default:
		first = readOne(ctx, authoritative, key)
		second = f.readSecond(ctx, secondary, key)
	}
	return first, second
}

func (f *floor) readSecond(ctx context.Context, read readFunc, key string) answer {
	if f.guard != nil {
		return f.guard.launch(ctx, read, nil, key).wait()
	}
	return readOne(ctx, read, key)
}

func (f *floor) writeSecond(ctx context.Context, write writeFunc, key string) answer {
	if f.guard != nil {
		return f.guard.launch(ctx, nil, write, key).wait()
	}
	return writeOne(ctx, write, key)
}

func readOne(ctx context.Context, read readFunc, key string) answer {
	start := time.Now()
	value, err := read(ctx, key)
	return answer{value, err, time.Since(start)}
}

func writeOne(ctx context.Context, write writeFunc, key string) answer {
	start := time.Now()
	err := write(ctx, key)
	return answer{0, err, time.Since(start)}
}

// compared returns what the op event tells of the consistency: nothing if a read failed or the
// check ratio did not draw this one.
func compared(old, new answer) *ldmigration.ConsistencyCheck {
	if old.err != nil || new.err != nil || rand.IntN(checkRatio) != 0 {
		return nil
	}
	return ldmigration.NewConsistencyCheck(old.value == new.value, checkRatio)
}
