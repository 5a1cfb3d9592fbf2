package cutover

import (
	"context"
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/launchdarkly/go-sdk-common/v3/ldreason"
	"github.com/launchdarkly/go-sdk-common/v3/ldtime"
	"github.com/launchdarkly/go-sdk-common/v3/ldvalue"
	"github.com/launchdarkly/go-server-sdk/v7/interfaces"
)

// The SDK's MigrationVariation makes a tracker, and each tracker seeds a random source: nearly all
// that an operation costs. StringVariationDetail gives the same stage, variation and reason for
// next to nothing. What it lacks is the same for every evaluation context: one operation now and
// then learns it for the next ones, from a client that sends no events, beside its own evaluation.
// So all operations evaluate alike, and send the same evaluation events.

// flagFacts is what an op event has of a flag besides its evaluation.
type flagFacts struct {
	version       ldvalue.OptionalInt
	samplingRatio ldvalue.OptionalInt
	check         sampler

	seen   atomic.Uint64 // the outcomes of evaluations since the facts were learnt; see sightOf
	learnt time.Duration // by the monotonic clock
	wall   int64         // what the wall clock said then, in nanoseconds
}

// factsFresh is how long facts are used if nothing contradicts them.
const factsFresh = 500 * time.Millisecond

// flagMemory has the last facts of one flag, and the facts of evaluations that found no flag.
type flagMemory struct {
	facts  atomic.Pointer[flagFacts]
	absent atomic.Pointer[flagFacts]
}

func newFacts(at time.Duration) *flagFacts {
	return &flagFacts{learnt: at, wall: time.Now().UnixNano()}
}

// fresh reports whether the facts may be used. A clock that ran backwards, as after a
// testing/synctest bubble, makes them stale too.
func (f *flagFacts) fresh(at time.Duration) bool {
	return f != nil && at >= f.learnt && at-f.learnt < factsFresh
}

// factsFor returns the facts that belong to an evaluation. It learns them again if they are old,
// and at once if the evaluation has an outcome that was not seen with them: the flag may have
// changed.
func (e *evaluator) factsFor(ctx context.Context, req *request, compares bool, ev *evaluation) *flagFacts {
	at := now()
	if !ev.flagFound() {
		return req.memory.withoutFlag(ev, at)
	}
	known, sight := req.memory.facts.Load(), sightOf(ev.stage, &ev.detail)
	if known.fresh(at) && known.seen.Load()&sight == sight && (!compares || known.check.ready()) {
		return known
	}
	return e.learn(ctx, req, compares, ev, known, sight)
}

func (e *evaluator) learn(
	ctx context.Context, req *request, compares bool, ev *evaluation, known *flagFacts, sight uint64,
) *flagFacts {
	at := now()
	_, tracker, _ := e.teacher.MigrationVariationCtx(ctx, req.flag, req.user, req.defaultStage)
	facts, detail, _ := factsFrom(tracker, compares, at)
	if !sameOutcome(&detail, &ev.detail) { // the flag was changed between the two evaluations
		facts.seen.Store(sight | sightOf(ldmigration.Stage(detail.Value.StringValue()), &detail))
		req.memory.facts.Store(facts)
		if known != nil {
			return known
		}
		return facts
	}
	if known.fresh(at) && known.version == facts.version && known.samplingRatio == facts.samplingRatio {
		sight |= known.seen.Or(sight)
		if !compares || known.check.ready() {
			return known
		}
	}
	facts.seen.Store(sight)
	req.memory.facts.Store(facts)
	return facts
}

// factsFrom takes what a tracker knows of the flag. The tracker must not be used for an event
// afterwards. The error says that it cannot build one, because the evaluation context is invalid or
// the flag's key is empty.
func factsFrom(
	tracker interfaces.LDMigrationOpTracker, compares bool, at time.Duration,
) (*flagFacts, ldreason.EvaluationDetail, error) {
	facts := newFacts(at)
	tracker.Operation(ldmigration.Read)
	tracker.TrackInvoked(ldmigration.Old)
	tracker.TrackInvoked(ldmigration.New)
	if !facts.check.learn(tracker, compares) && compares {
		facts.check.tracker = tracker
	}
	event, err := tracker.Build()
	if err != nil {
		return facts, ldreason.EvaluationDetail{}, err
	}
	facts.version, facts.samplingRatio = event.Version, event.SamplingRatio
	return facts, event.Evaluation, nil
}

// withoutFlag returns the facts of an evaluation that found no flag: what the SDK reports of a
// missing flag. A flag that was gone is learnt again when it is back.
func (m *flagMemory) withoutFlag(ev *evaluation, at time.Duration) *flagFacts {
	if ev.detail.Reason.GetErrorKind() == ldreason.EvalErrorFlagNotFound && m.facts.Load() != nil {
		m.facts.Store(nil)
	}
	absent := m.absent.Load()
	if !absent.fresh(at) {
		absent = newFacts(at)
		absent.check.ratio.Store(1)
		m.absent.Store(absent)
	}
	return absent
}

// checkRatio returns the flag's check ratio, for an operation that it selected.
func (f *flagFacts) checkRatio() int { return int(f.check.ratio.Load()) }

// wallAt converts a time of the monotonic clock to the wall clock. Old facts do not know how that
// stands by now.
func (f *flagFacts) wallAt(at time.Duration) ldtime.UnixMillisecondTime {
	wall, since := f.wall, max(at-f.learnt, 0)
	if since >= factsFresh {
		wall, since = time.Now().UnixNano(), at-now()
	}
	return ldtime.UnixMillisecondTime(uint64(max(wall+int64(since), 0)) / uint64(time.Millisecond))
}

// flagFound reports whether there was a flag to evaluate, by the reasons that the SDK gives if
// there is none.
func (ev *evaluation) flagFound() bool {
	switch ev.detail.Reason.GetErrorKind() {
	case ldreason.EvalErrorFlagNotFound, ldreason.EvalErrorClientNotReady,
		ldreason.EvalErrorUserNotSpecified, ldreason.EvalErrorException:
		return false
	default:
		return true
	}
}

// reasonKinds are the reasons that evaluations of a flag have.
var reasonKinds = [...]ldreason.EvalReasonKind{
	ldreason.EvalReasonFallthrough, ldreason.EvalReasonTargetMatch, ldreason.EvalReasonRuleMatch,
	ldreason.EvalReasonOff, ldreason.EvalReasonPrerequisiteFailed, ldreason.EvalReasonError,
}

// sightOf returns two bits for the outcome of an evaluation. One is for the stage and the kind of
// reason, and is unique; the other is for variation and rule, and may be shared.
func sightOf(stage ldmigration.Stage, detail *ldreason.EvaluationDetail) uint64 {
	kind := 0
	for ; kind < len(reasonKinds)-1 && reasonKinds[kind] != detail.Reason.GetKind(); kind++ {
	}
	const pairs = uint(len(stages) * len(reasonKinds))
	pair := max(stageRowOf(stage), 0)*len(reasonKinds) + kind
	place := uint(detail.VariationIndex.OrElse(-1)+1) + 7*uint(detail.Reason.GetRuleIndex()+1)
	return 1<<pair | 1<<(pairs+place%(64-pairs))
}

func sameOutcome(a, b *ldreason.EvaluationDetail) bool {
	return a.VariationIndex == b.VariationIndex && a.Reason == b.Reason && a.Value.StringValue() == b.Value.StringValue()
}

// flagMemories finds the memory of a flag whose key comes with each call. It is bounded, and costs
// as much for thousands of flags as for one: flags are spread over shards, and a full shard drops
// any flag for a new one. The first flag, often the only one, is found without a lock.
type flagMemories struct {
	first  atomic.Pointer[namedMemory]
	seed   maphash.Seed
	shards [memoryShards]memoryShard
}

type namedMemory struct {
	flag   string
	memory flagMemory
}

type memoryShard struct {
	mu    sync.RWMutex
	flags map[string]*flagMemory
}

const (
	memoryShards   = 64
	memoryPerShard = 1024
)

// newFlagMemories returns nil for an evaluator that learns nothing.
func newFlagMemories(e *evaluator) *flagMemories {
	if e.detail == nil {
		return nil
	}
	return &flagMemories{seed: maphash.MakeSeed()}
}

func (m *flagMemories) of(flag string) *flagMemory {
	if m == nil {
		return nil
	}
	first := m.first.Load()
	if first == nil {
		m.first.CompareAndSwap(nil, &namedMemory{flag: flag})
		first = m.first.Load()
	}
	if first.flag == flag {
		return &first.memory
	}
	return m.shards[maphash.String(m.seed, flag)%memoryShards].of(flag)
}

func (s *memoryShard) of(flag string) *flagMemory {
	s.mu.RLock()
	memory := s.flags[flag]
	s.mu.RUnlock()
	if memory != nil {
		return memory
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if memory := s.flags[flag]; memory != nil {
		return memory
	}
	if s.flags == nil {
		s.flags = make(map[string]*flagMemory)
	}
	if len(s.flags) >= memoryPerShard {
		for one := range s.flags {
			delete(s.flags, one)
			break
		}
	}
	memory = &flagMemory{}
	s.flags[flag] = memory
	return memory
}
