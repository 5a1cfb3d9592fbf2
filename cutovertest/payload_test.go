package cutovertest_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/cutovertest"
)

// note is a payload that can be changed by whoever has it.
type note struct {
	Key  string
	ID   int // the database's own
	Tags []string
	More map[string]string
	size int // a cache, as generated types keep one
}

func (n *note) clone() *note {
	return &note{n.Key, n.ID, slices.Clone(n.Tags), maps.Clone(n.More), n.size}
}

// text is what is read of a note.
type text struct{ Tags, More string }

func textOf(n *note) text {
	t := text{}
	for _, tag := range n.Tags {
		t.Tags += tag + ","
	}
	for _, key := range slices.Sorted(maps.Keys(n.More)) {
		t.More += key + "=" + n.More[key] + ","
	}
	return t
}

type (
	noteSystem  = cutovertest.System[string, *note, text]
	noteSystems = cutovertest.Systems[string, *note, text]
	noteService = cutovertest.Service[string, *note, text]
	noteHarness = cutovertest.Harness[string, *note, text]
)

// desk is a system that keeps what it is given.
type desk struct {
	mu    sync.Mutex
	notes map[string]*note
}

func (d *desk) Put(_ context.Context, n *note) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.notes[n.Key] = n
	return nil
}

func (d *desk) Get(_ context.Context, key string) (text, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n, ok := d.notes[key]
	if !ok {
		return text{}, errNoItem
	}
	return textOf(n), nil
}

func (d *desk) All(context.Context) (map[string]text, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := map[string]text{}
	for key, n := range d.notes {
		all[key] = textOf(n)
	}
	return all, nil
}

func newDesk() (*desk, noteSystem) {
	d := &desk{notes: map[string]*note{}}
	return d, noteSystem{Read: d.Get, Write: d.Put, List: d.All}
}

// changing makes desks that change the payloads that they are given.
func changing(inOld, inNew func(*note)) func() noteSystems {
	return func() noteSystems {
		d, before := newDesk()
		e, after := newDesk()
		before.Write = func(ctx context.Context, n *note) error {
			defer inOld(n)
			return d.Put(ctx, n.clone())
		}
		after.Write = func(ctx context.Context, n *note) error {
			defer inNew(n)
			return e.Put(ctx, n.clone())
		}
		return noteSystems{Old: before, New: after}
	}
}

// notes is a harness of two desks, with a service that every payload goes through.
func notes(write func(client cutover.FlagClient, old, new noteSystem) func(context.Context, *note) error) noteHarness {
	return noteHarness{
		NewSystems: func() noteSystems {
			_, before := newDesk()
			_, after := newDesk()
			return noteSystems{Old: before, New: after}
		},
		Payload: cutovertest.Samples(
			&note{Key: "a", Tags: []string{"red"}, More: map[string]string{"x": "1"}},
			&note{Key: "b", Tags: []string{"blue", "dark"}},
			&note{Key: "c", Tags: []string{"green"}},
		),
		Key:      func(n *note) string { return n.Key },
		ResultOf: textOf,
		HangFor:  time.Minute,
		NewService: func(client cutover.FlagClient, old, new noteSystem) (noteService, error) {
			c, err := cutover.New(client, "notes").Logger(quiet).Build()
			if err != nil {
				return noteService{}, err
			}
			get, err := cutover.NewReader(c, old.Read, new.Read).CompareEqual().Build()
			return noteService{
				Read:  func(ctx context.Context, key string) (text, error) { return get.Read(ctx, anybody, key) },
				Write: write(client, old, new),
				Close: c.Close,
			}, err
		},
	}
}

// inOne writes with a writer that gives both systems the same payload.
func inOne(client cutover.FlagClient, old, new noteSystem) func(context.Context, *note) error {
	c, err := cutover.New(client, "notes").Logger(quiet).Build()
	if err != nil {
		panic(err)
	}
	put, err := cutover.NewWriter(c, old.Write, new.Write).PayloadsAreNotModified().Build()
	if err != nil {
		panic(err)
	}
	return func(ctx context.Context, n *note) error { return put.Write(ctx, anybody, n) }
}

// inTwo writes with a writer whose payload holds one for each system.
func inTwo(client cutover.FlagClient, old, new noteSystem) func(context.Context, *note) error {
	type both struct{ old, new *note }
	c, err := cutover.New(client, "notes").Logger(quiet).Build()
	if err != nil {
		panic(err)
	}
	put, err := cutover.NewWriter(c,
		func(ctx context.Context, b both) error { return old.Write(ctx, b.old) },
		func(ctx context.Context, b both) error { return new.Write(ctx, b.new) },
	).PayloadsAreNotModified().Build()
	if err != nil {
		panic(err)
	}
	return func(ctx context.Context, n *note) error {
		b := both{n, n.clone()}
		if stage, _, _ := client.MigrationVariation("notes", anybody, ldmigration.Off); newFirst(stage) {
			b = both{n.clone(), n}
		}
		return put.Write(ctx, anybody, b)
	}
}

func newFirst(stage ldmigration.Stage) bool {
	return slices.Index(cutovertest.Stages(), stage) >= slices.Index(cutovertest.Stages(), ldmigration.Live)
}

// byHand is a dual write without the library: the secondary runs for a second at most, and ours
// says what it is given.
func byHand(
	ours func(*note) *note,
) func(client cutover.FlagClient, old, new noteSystem) func(context.Context, *note) error {
	return func(client cutover.FlagClient, old, new noteSystem) func(context.Context, *note) error {
		return func(ctx context.Context, n *note) error {
			stage, tracker, _ := client.MigrationVariation("notes", anybody, ldmigration.Off)
			tracker.Operation(ldmigration.Write)
			calls := []func(context.Context, *note) error{old.Write, new.Write}
			called := []ldmigration.Origin{ldmigration.Old, ldmigration.New}
			switch stage {
			case ldmigration.Off:
				calls, called = calls[:1], called[:1]
			case ldmigration.Complete:
				calls, called = calls[1:], called[1:]
			case ldmigration.Live, ldmigration.RampDown:
				slices.Reverse(calls)
				slices.Reverse(called)
			default:
			}
			second := ours(n)
			tracker.TrackInvoked(called[0])
			err := calls[0](ctx, n)
			if err == nil && len(calls) > 1 {
				tracker.TrackInvoked(called[1])
				ended, late := make(chan struct{}), time.NewTimer(time.Second)
				go func() {
					defer close(ended)
					defer func() { _ = recover() }()
					limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
					defer cancel()
					_ = calls[1](limited, second)
				}()
				select {
				case <-ended:
				case <-late.C:
				}
			}
			event, buildErr := tracker.Build()
			if buildErr == nil {
				_ = client.TrackMigrationOp(*event)
			}
			return errors.Join(err, buildErr)
		}
	}
}

func shared(n *note) *note { return n }

func TestPayloadsThatAreNotSharedPass(t *testing.T) {
	t.Parallel()
	number := func(write func(context.Context, *note) error, id int) func(context.Context, *note) error {
		return func(ctx context.Context, n *note) error {
			n.ID = id
			return write(ctx, n)
		}
	}
	alike := notes(byHand((*note).clone)) // both databases make the same identifiers
	alike.NewSystems = changing(func(n *note) { n.ID = 7 }, func(n *note) { n.ID = 7 })
	cases := map[string]noteHarness{
		"and are numbered alike":           alike,
		"under a writer of two payloads":   notes(inTwo),
		"as a hand-written service clones": notes(byHand((*note).clone)),
		"and the caller gets what the authoritative system made of it": notes(
			func(client cutover.FlagClient, old, new noteSystem) func(context.Context, *note) error {
				old.Write, new.Write = number(old.Write, 7), number(new.Write, 8)
				return byHand((*note).clone)(client, old, new)
			}),
	}
	for name, m := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { assert.True(t, cutovertest.Exercise(t, m)) })
		})
	}
}

func TestExerciseFindsPayloadsThatAreShared(t *testing.T) {
	t.Parallel()
	const promise = "the secondary has a payload of its own: nobody sees what becomes of another's payload"
	// An insert puts the identifier that its database made into the record that it was given.
	scanning := notes(inOne)
	scanning.NewSystems = changing(func(*note) {}, func(n *note) { n.ID = 8 })
	cases := map[string]struct {
		harness noteHarness
		script  string // of the fault to find it by; without one, whatever Exercise finds first
		want    []string
	}{
		"with a secondary that changes its payload, under PayloadsAreNotModified": {
			scanning, "", []string{
				"in the caller's payload, as the secondary left it", "want     &{Key:c ID:0", "got      &{Key:c ID:8", "'dualwrite write:5'",
			},
		},
		"under PayloadsAreNotModified": {
			notes(inOne), "", []string{"set PayloadsAreNotModified in the Harness", "@authoritative-scribbles'", "changed by cutovertest"},
		},
		"with the secondary": {
			notes(byHand(shared)), "dualwrite write:0@secondary-scribbles",
			[]string{"the secondary changes its payload after it wrote it", "in the caller's payload, as the secondary left it"},
		},
		"with the authoritative system": {
			notes(byHand(shared)), "dualwrite write:0@authoritative-scribbles",
			[]string{"the authoritative function changes its payload after it wrote it", "the new system holds"},
		},
		"with the caller": {
			notes(byHand(shared)), "dualwrite write:0@caller-scribbles",
			[]string{"the secondary is late, and the caller changes its payload meanwhile", "the new system holds"},
		},
		"with the secondary, at live": {
			notes(byHand(shared)), "backfill shadow backfill live write:0@secondary-scribbles", []string{"stage    live"},
		},
		"in its slices": {
			notes(byHand(func(n *note) *note {
				own := *n
				return &own
			})), "dualwrite write:1@caller-scribbles", []string{"blue (changed by cutovertest)"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c.harness.Script = c.script
				got := catch(func(tb *caughtTest) { assert.False(t, cutovertest.Exercise(tb, c.harness)) })
				assert.Len(t, got.messages, 1)
				for _, want := range append(c.want, promise) {
					assert.Contains(t, got.String(), want)
				}
			})
		})
	}
}

func TestPayloadsThatNobodyChangesNeedNotBeCloned(t *testing.T) {
	t.Parallel()
	m := notes(inOne)
	m.PayloadsAreNotModified = true
	m.NewSystems = changing(func(n *note) { n.size = 1 }, func(n *note) { n.size = 2 })
	synctest.Test(t, func(t *testing.T) { assert.True(t, cutovertest.Exercise(t, m)) })

	m.Script = "dualwrite write:0@caller-scribbles"
	got := catch(func(tb *caughtTest) { assert.False(t, cutovertest.Exercise(tb, m)) })
	assert.Contains(t, got.String(), "script: it changes payloads, which the harness says are not modified")
}

func TestAFunctionThatChangesItsPayloadBreaksWhatTheHarnessSays(t *testing.T) {
	t.Parallel()
	for _, which := range []string{"old", "new"} {
		t.Run(which, func(t *testing.T) {
			t.Parallel()
			m := notes(inOne)
			m.PayloadsAreNotModified = true
			number, none := func(n *note) { n.ID = 8 }, func(*note) {}
			m.NewSystems = changing(none, number)
			if which == "old" {
				m.NewSystems = changing(number, none)
			}
			m.Script = "dualwrite write:0"
			got := catch(func(tb *caughtTest) { assert.False(t, cutovertest.Exercise(tb, m)) })
			assert.Contains(t, got.String(), "payloads are not modified, as the harness says")
			assert.Contains(t, got.String(), "ID:8")
			assert.Contains(t, got.String(), "as the "+which+" system's function left it")
		})
	}
}

func TestTheDefaultServiceClonesByTheHarness(t *testing.T) {
	t.Parallel()
	m := notes(nil)
	m.NewService = nil
	var mu sync.Mutex
	cloned := 0
	m.ClonePayload = func(n *note) *note {
		mu.Lock()
		defer mu.Unlock()
		cloned++
		return n.clone()
	}
	m.Scribble = func(*note) {}
	m.HangFor = time.Millisecond
	m.Script = "write:0 dualwrite write:1"
	assert.True(t, cutovertest.Exercise(t, m))
	assert.Positive(t, cloned)
}

func TestACloneThatSharesIsRefused(t *testing.T) {
	t.Parallel()
	m := notes(byHand((*note).clone))
	m.ClonePayload = shared
	got := catch(func(tb *caughtTest) { assert.False(t, cutovertest.Exercise(tb, m)) })
	assert.Contains(t, got.String(), "the harness needs another ClonePayload: Scribble of a copy changed {Tags:red,")
}

func TestPayloadsOfPlainValuesAreNotScribbledOver(t *testing.T) {
	t.Parallel()
	m := shelves()
	m.Script = "dualwrite write:0@caller-scribbles write:0@secondary-scribbles write:0@authoritative-scribbles"
	assert.True(t, cutovertest.Exercise(t, m))

	pairs := func(change func(m *shelfHarness)) (n int) {
		m := shelves()
		fresh := m.NewSystems
		m.NewSystems = func() shelfSystems { n++; return fresh() }
		change(&m)
		synctest.Test(t, func(t *testing.T) { assert.True(t, cutovertest.Exercise(t, m)) })
		return n
	}
	plain := pairs(func(*shelfHarness) {})
	assert.Equal(t, plain+3, pairs(func(m *shelfHarness) { m.Scribble = func(item) {} }))
}
