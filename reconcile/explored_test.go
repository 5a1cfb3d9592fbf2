package reconcile_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	ldevents "github.com/launchdarkly/go-sdk-events/v3"
	"github.com/launchdarkly/go-server-sdk/v7/interfaces"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/internal/explore"
	"github.com/gocutover/cutover/reconcile"
)

// What is explored: processes that write one record at shadow and at live, and repair it, with
// crashes, pauses and writes that fail, hang or land late.
type scenario struct {
	writers   []writerSpec
	repairers int
	passes    int // of each repairer
	crashes   int
	faults    int
	pauses    int
	journal   reconcile.Mutant // the rules that the journal breaks
	engine    engineMutant
	copies    bool // the secondary write is a copy
}

type writerSpec struct {
	stage ldmigration.Stage
	value int // to write; zero deletes
}

// engineMutant is a rule that the operations break.
type engineMutant uint8

const (
	noEngineMutant engineMutant = iota
	failedFirstIsClean
	failedSecondIsClean
)

const (
	flagKey   = "flag"
	lease     = 10 * time.Second
	lateBound = 10 * time.Second
	afterAll  = time.Minute
)

var (
	errFault = errors.New("fault")
	record   = cutover.RecordKey{Kind: "order", Key: "1"}
	who      = ldcontext.New("user")
	quiet    = slog.New(slog.NewTextHandler(io.Discard, nil))
)

// race is one run of a scenario.
type race struct {
	scenario
	r       *explore.Run
	clock   time.Time
	values  [2]int // of the record in both systems; zero is none
	storage *reconcile.Memory
	actors  map[string]*racer
	names   []string
	pending []delivery // writes that land late
	hung    map[string]bool
	fault   string // of the next write
	paused  string // the process that stands still
	ticks   int
}

// racer is one process.
type racer struct {
	name   string
	spec   *writerSpec
	handle *reconcile.Memory
	began  int // the step at which its write began, or zero
	acked  int // the step at which the caller had the result, or zero
	failed bool
	dead   bool
}

type delivery struct {
	system int
	value  int
}

func (s scenario) program() explore.Program {
	p := &race{scenario: s, clock: time.Unix(1e9, 0), actors: make(map[string]*racer), hung: make(map[string]bool)}
	p.storage = reconcile.NewMutant(reconcile.MemoryConfig{
		Name: "storage", Lease: lease, LateBound: lateBound, TurnAfter: time.Hour,
		Now: func() time.Time { return p.clock },
	}, s.journal)
	return p
}

func (p *race) Start(r *explore.Run) {
	p.r = r
	for i := range p.writers {
		p.add(fmt.Sprintf("w%d", i+1), &p.writers[i])
	}
	for i := range p.repairers {
		p.add(fmt.Sprintf("r%d", i+1), nil)
	}
	for _, name := range p.names {
		a := p.actors[name]
		if a.spec != nil {
			r.Go(name, func() { p.write(a) })
		} else {
			r.Go(name, func() { p.repair(a) })
		}
	}
}

func (p *race) add(name string, spec *writerSpec) {
	p.actors[name] = &racer{name: name, spec: spec, handle: p.storage.Join(name)}
	p.names = append(p.names, name)
	p.r.Register(name + "'") // the secondary call, which may outlive its operation
}

// write is one operation of the real engine.
func (p *race) write(a *racer) {
	j := &steppedJournal{Memory: a.handle, race: p, name: a.name}
	c, err := cutover.New(fixedStage(a.spec.stage), flagKey).Journal(j, p.kind(a.name)).Breaker(0, 0).Logger(quiet).Build()
	must(err)
	function := func(system int) func(context.Context, int) error {
		return func(ctx context.Context, value int) error { return p.put(ctx, a.name, system, value) }
	}
	b := cutover.NewWriter(c, function(0), function(1)).Records(cutover.Key(func(int) int { return 1 }))
	if p.copies {
		b.SecondaryCopies()
	}
	w, err := b.Build()
	must(err)
	err = w.Write(context.Background(), who, a.spec.value)
	a.failed = err != nil
	a.acked = p.r.Steps()
	p.r.Note(a.name, fmt.Sprint("returned ", err != nil))
}

// repair is a few passes of the real repair.
func (p *race) repair(a *racer) {
	j := &steppedJournal{Memory: a.handle, race: p, name: a.name}
	repair, err := reconcile.NewRepair(j, flagKey, reconcile.RepairConfig{Workers: 1, Batch: 1, Logger: quiet, Backoff: time.Second}, p.kind(a.name))
	must(err)
	for passes := 0; passes < p.passes; {
		passes += repair.Pass(context.Background())
	}
}

func (p *race) kind(name string) *reconcile.Kind[int, int] {
	system := func(s int) reconcile.System[int, int] {
		return reconcile.System[int, int]{
			Get: func(ctx context.Context, _ int) (int, bool, error) {
				if name != drainer {
					actor := actorOf(ctx, name)
					p.r.Step(actor, fmt.Sprint("get ", s))
					p.r.Note(actor, strconv.Itoa(p.values[s]))
				}
				return p.values[s], p.values[s] != 0, nil
			},
			Put:    func(ctx context.Context, _, value int) error { return p.put(ctx, name, s, value) },
			Delete: func(ctx context.Context, _ int) error { return p.put(ctx, name, s, 0) },
		}
	}
	kind, err := reconcile.NewKind(record.Kind, reconcile.Pair[int, int]{Old: system(0), New: system(1)})
	must(err)
	return kind
}

const drainer = "drainer"

// actorOf returns the name of who calls: a secondary call may outlive its operation.
func actorOf(ctx context.Context, name string) string {
	if call, _ := cutover.CallFrom(ctx); call.Purpose == cutover.Following || call.Purpose == cutover.Copying {
		return name + "'"
	}
	return name
}

// put is a write of one system, with the fault that was chosen.
func (p *race) put(ctx context.Context, name string, system, value int) error {
	if name == drainer {
		p.values[system] = value
		return nil
	}
	actor := actorOf(ctx, name)
	p.r.Step(actor, fmt.Sprintf("put %d in %d", value, system))
	fault := p.fault
	p.fault = ""
	delete(p.hung, actor)
	switch fault {
	case "":
		p.values[system] = value
		return nil
	case "unknown":
		p.values[system] = value
	case "late":
		p.pending = append(p.pending, delivery{system, value})
	}
	p.r.Note(actor, fault)
	return errFault
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// fixedStage is a flag client with one stage.
type fixedStage ldmigration.Stage

func (s fixedStage) MigrationVariation(
	key string, context ldcontext.Context, defaultStage ldmigration.Stage,
) (ldmigration.Stage, interfaces.LDMigrationOpTracker, error) {
	stage := ldmigration.Stage(s)
	return stage, cutover.NewOpTracker(cutover.OpTrackerParams{FlagKey: key, Context: context, Default: defaultStage, Stage: stage}), nil
}

func (s fixedStage) TrackMigrationOp(ldevents.MigrationOpEventData) error { return nil }

// Choices are the crashes, pauses and faults that are left, and the passing of time.
func (p *race) Choices(r *explore.Run) (choices []explore.Choice) {
	do := func(name string, do func()) { choices = append(choices, explore.Choice{Name: name, Do: do}) }
	for i, d := range p.pending {
		do(fmt.Sprintf("%d lands late in %d", d.value, d.system), func() {
			p.values[d.system] = d.value
			p.pending = append(p.pending[:i:i], p.pending[i+1:]...)
		})
	}
	stuck := false
	for _, name := range p.names {
		a := p.actors[name]
		stuck = stuck || a.spec != nil && !a.dead && !r.Ended(name)
		if a.dead {
			continue
		}
		if p.crashes > 0 && !r.Ended(name) && (a.began > 0 || a.spec == nil) {
			do("crash "+name, func() {
				p.crashes--
				a.dead = true
				a.handle.Crash()
				r.Kill(name)
				r.Kill(name + "'")
				delete(p.hung, name+"'")
			})
		}
		for _, actor := range []string{name, name + "'"} {
			p.faultsOf(r, actor, do)
		}
		if p.pauses > 0 && p.paused == "" && r.At(name) == "check" {
			do("pause "+name, func() {
				p.pauses--
				p.paused = name
				a.handle.Pause()
				p.tick()
				a.handle.Resume()
				p.paused = ""
			})
		}
	}
	if quietTime := len(p.pending) == 0 && len(p.hung) == 0; quietTime && (p.ticks > 0 || stuck) {
		do("time passes", func() { p.ticks = max(p.ticks-1, 0); p.tick() })
	}
	return choices
}

func (p *race) faultsOf(r *explore.Run, actor string, do func(string, func())) {
	if p.faults == 0 || p.hung[actor] || !strings.HasPrefix(r.At(actor), "put ") || r.Ended(actor) {
		return
	}
	for _, fault := range []string{"lost", "unknown", "late"} {
		do(actor+": "+r.At(actor)+" "+fault, func() {
			p.faults--
			p.ticks++
			p.fault = fault
			r.Proceed(actor)
		})
	}
	if strings.HasSuffix(actor, "'") {
		do(actor+" hangs", func() {
			p.faults--
			p.ticks++
			for _, name := range p.names {
				if call := name + "'"; strings.HasPrefix(r.At(call), "put ") && !r.Ended(call) {
					p.hung[call] = true // all that are under way
				}
			}
			time.Sleep(time.Minute) // beyond the secondary's timeout, in the bubble
		})
	}
}

func (p *race) tick() { p.clock = p.clock.Add(afterAll) }

// State is what the rest of a run depends on.
func (p *race) State() string {
	var s strings.Builder
	fmt.Fprint(&s, p.values, p.pending, p.hung, p.crashes, p.faults, p.pauses, p.ticks, reconcile.Snapshot(p.storage, p.handles()...))
	for _, name := range p.names {
		a := p.actors[name]
		fmt.Fprint(&s, "|", a.dead, a.failed, a.began > 0, a.acked > 0)
		for _, other := range p.names {
			b := p.actors[other]
			fmt.Fprint(&s, a.acked > 0 && b.began > 0 && a.acked < b.began)
		}
	}
	return s.String()
}

func (p *race) handles() (handles []*reconcile.Memory) {
	for _, name := range p.names {
		handles = append(handles, p.actors[name].handle)
	}
	return handles
}

// Check is the promise: no row means that both systems hold the same, and that nothing is in
// flight.
func (p *race) Check(*explore.Run) error {
	backlog, err := p.storage.Backlog(context.Background(), flagKey)
	if err != nil {
		return err
	}
	if !backlog.Empty() {
		return nil
	}
	if p.values[0] != p.values[1] {
		return fmt.Errorf("no row, and the systems hold %v", p.values)
	}
	if len(p.pending)+len(p.hung) > 0 {
		return errors.New("no row, and a write is in flight")
	}
	return nil
}

// End drains, and checks that both are equal and no acknowledged write is lost.
func (p *race) End(r *explore.Run) error {
	for _, name := range p.names {
		if a := p.actors[name]; a.spec != nil && !a.dead && !r.Ended(name) {
			return fmt.Errorf("%s waits for ever at %q", name, r.At(name))
		}
	}
	repair, err := reconcile.NewRepair(p.storage, flagKey, reconcile.RepairConfig{Workers: 1, Logger: quiet}, p.kind(drainer))
	must(err)
	for range 10 {
		p.tick()
		repair.Pass(context.Background())
	}
	backlog, err := p.storage.Backlog(context.Background(), flagKey)
	must(err)
	switch {
	case !backlog.Empty():
		return fmt.Errorf("not empty after a drain: %+v", backlog)
	case p.values[0] != p.values[1]:
		return fmt.Errorf("drained, and the systems hold %v", p.values)
	default:
		return p.lost()
	}
}

// lost returns an error if the value that is left is none that the writes can have led to one after
// the other: a write whose caller had its result before another one began came before that.
func (p *race) lost() error {
	left := p.values[0]
	anyAcked := false
	for _, name := range p.names {
		a := p.actors[name]
		if a.spec == nil {
			continue
		}
		acked := a.acked > 0 && !a.failed
		anyAcked = anyAcked || acked
		if a.began > 0 && a.spec.value == left && !p.overtaken(a) {
			return nil
		}
	}
	if !anyAcked && left == 0 {
		return nil
	}
	return fmt.Errorf("an acknowledged write is lost: %d is left", left)
}

// overtaken reports whether an acknowledged write began after this one was over.
func (p *race) overtaken(a *racer) bool {
	if a.acked == 0 || a.failed {
		return false // it may take effect at any time
	}
	for _, name := range p.names {
		b := p.actors[name]
		if b.spec != nil && b.acked > 0 && !b.failed && b.began > a.acked {
			return true
		}
	}
	return false
}

// steppedJournal makes a step of each call.
type steppedJournal struct {
	*reconcile.Memory
	race *race
	name string
}

func (j *steppedJournal) Begin(_ context.Context, w cutover.JournalWrite) (cutover.Intent, error) {
	p := j.race
	p.r.Step(j.name, "begin")
	for {
		if a := p.actors[j.name]; a.began == 0 {
			a.began = p.r.Steps()
		}
		in, err := j.Memory.Begin(&impatient{Context: context.Background()}, w)
		if err == nil {
			p.r.Note(j.name, "began")
			return &steppedIntent{Intent: in, journal: j}, nil
		}
		if !errors.Is(err, errImpatient) {
			p.r.Note(j.name, "not begun")
			return nil, err
		}
		p.r.StepWhen(j.name, "begin again", func() bool { return reconcile.Beginnable(j.Memory, w) })
	}
}

var errImpatient = errors.New("impatient")

// impatient is a context that ends as soon as somebody waits for it.
type impatient struct {
	context.Context //nolint:containedctx // this is a context
	asked           bool
}

func (c *impatient) Done() <-chan struct{} {
	c.asked = true
	done := make(chan struct{})
	close(done)
	return done
}

func (c *impatient) Err() error {
	if c.asked {
		return errImpatient
	}
	return nil
}

func (j *steppedJournal) Claim(ctx context.Context, want reconcile.ClaimRequest) ([]reconcile.Claim, error) {
	for {
		j.race.r.StepWhen(j.name, "claim", func() bool { return reconcile.Claimable(j.Memory, flagKey) })
		claims, err := j.Memory.Claim(ctx, want)
		if err != nil || len(claims) > 0 {
			for _, c := range claims {
				j.race.r.Note(j.name, fmt.Sprint(c.Generation, c.From, c.Written, c.Attempts))
			}
			return claims, err
		}
	}
}

func (j *steppedJournal) Held(c reconcile.Claim) error {
	j.race.r.Step(j.name, "check")
	err := j.Memory.Held(c)
	j.race.r.Note(j.name, fmt.Sprint(err))
	return err
}

func (j *steppedJournal) Release(ctx context.Context, releases []reconcile.Release) ([]bool, error) {
	j.race.r.Step(j.name, "release")
	return j.Memory.Release(ctx, releases)
}

type steppedIntent struct {
	cutover.Intent
	journal *steppedJournal
	checked bool
	ended   bool
}

func (in *steppedIntent) Check() error {
	if !in.checked && !in.ended {
		in.checked = true
		in.journal.race.r.Step(in.journal.name, "check")
	}
	err := in.Intent.Check()
	in.journal.race.r.Note(in.journal.name, fmt.Sprint(err))
	return err
}

func (in *steppedIntent) End(end cutover.IntentEnd) {
	j := in.journal
	in.ended = true
	j.race.r.Step(j.name, "end "+string(end.Dirty))
	switch j.race.engine {
	case failedFirstIsClean:
		if end.Dirty == cutover.AuthoritativeFailed {
			end = cutover.IntentEnd{}
		}
	case failedSecondIsClean:
		if end.Dirty == cutover.SecondaryFailed || end.Dirty == cutover.SecondaryLate {
			end = cutover.IntentEnd{}
		}
	case noEngineMutant:
	}
	in.Intent.End(end)
}
