package cutovertest_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/cutovertest"
)

func byKey(it item) string { return it.Key }

func TestAMigrationInWhichNothingIsWrongPasses(t *testing.T) {
	t.Parallel()
	withBuilder := func(build func(b *cutover.Builder)) func(*shelfHarness) {
		return func(m *shelfHarness) {
			m.HangFor = time.Minute
			m.NewService = func(client cutover.FlagClient, old, new shelfSystem) (shelfService, error) {
				b := cutover.New(client, "shelves").Logger(quiet)
				build(b)
				return wireUnder(b, old, new)
			}
		}
	}
	variants := map[string]func(*shelfHarness){
		"by default":        func(*shelfHarness) {},
		"with another seed": func(m *shelfHarness) { m.Seed = 4711 },
		"in several rounds": func(m *shelfHarness) { m.Rounds = 3 },
		"of its own wiring": func(m *shelfHarness) { m.NewService = wire },
		"in which each is another record": func(m *shelfHarness) {
			m.Payload = func(n int) item { return item{Key: strings.Repeat("x", n)} }
			m.NotFound = func(_ item, err error) bool { return errors.Is(err, errNoItem) }
		},
		"of the same few payloads": func(m *shelfHarness) {
			m.Payload = cutovertest.Samples(item{"a", "1", 1}, item{"a", "2", 1}, item{"b", "1", 1})
		},
		"with deletes that refuse what is not there": func(m *shelfHarness) {
			inBoth(func(s *shelfSystems, before, after *shelf) {
				s.Old.Delete, s.New.Delete = before.removeKnown, after.removeKnown
			})(m)
			m.Script = "dualwrite delete:0 backfill shadow delete:1 live delete:2 rampdown complete delete:3"
		},
		"with deletes that one system refuses": func(m *shelfHarness) {
			inBoth(func(s *shelfSystems, _, after *shelf) { s.New.Delete = after.removeKnown })(m)
			m.Script = "delete:0 dualwrite delete:0 backfill shadow delete:1 live delete:2 rampdown complete delete:3"
		},
		"without deletes":                inBoth(func(s *shelfSystems, _, _ *shelf) { s.Old.Delete, s.New.Delete = nil, nil }),
		"with detached reads":            withBuilder(func(b *cutover.Builder) { b.ReadOrder(cutover.Detached) }),
		"with serial reads":              withBuilder(func(b *cutover.Builder) { b.ReadOrder(ldmigration.Serial) }),
		"with reads in random order":     withBuilder(func(b *cutover.Builder) { b.ReadOrder(ldmigration.Random) }),
		"with a short secondary timeout": withBuilder(func(b *cutover.Builder) { b.SecondaryTimeout(5 * time.Millisecond) }),
		"with secondaries inline": func(m *shelfHarness) {
			withBuilder(func(b *cutover.Builder) { b.ReadOrder(ldmigration.Random).SecondaryInline() })(m)
			m.SecondaryInline = true
		},
		"with writers that require both": func(m *shelfHarness) {
			m.RequireBoth = true
			m.NewService = func(client cutover.FlagClient, old, new shelfSystem) (shelfService, error) {
				service, err := wire(client, old, new)
				c, buildErr := cutover.New(client, "shelves").Logger(quiet).Build()
				put, putErr := cutover.NewWriter(c, old.Write, new.Write).RequireBoth().SerializeBy(cutover.Key(byKey)).Build()
				service.Write = func(ctx context.Context, it item) error { return put.Write(ctx, anybody, it) }
				return service, errors.Join(err, buildErr, putErr)
			}
		},
	}
	for name, change := range variants {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m := shelves()
				change(&m)
				assert.True(t, cutovertest.Exercise(t, m))
			})
		})
	}
	t.Run("outside of a bubble", func(t *testing.T) {
		t.Parallel()
		cutovertest.Exercise(t, shelves())
	})
}

// sheet is a record that has the same content in more than one form.
type sheet struct {
	Key   string
	Lines []string
	At    time.Time
}

// sheets is a migration to a system that reads what it wrote in another form.
func sheets(equal func(a, b sheet) bool) cutovertest.Harness[string, sheet, sheet] {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	system := func(zone *time.Location, lines []string) cutovertest.System[string, sheet, sheet] {
		held := map[string]sheet{}
		return cutovertest.System[string, sheet, sheet]{
			Read: func(_ context.Context, key string) (sheet, error) { return held[key], nil },
			Write: func(_ context.Context, s sheet) error {
				held[s.Key] = sheet{s.Key, lines, s.At.In(zone)}
				return nil
			},
			List: func(context.Context) (map[string]sheet, error) { return maps.Clone(held), nil },
		}
	}
	return cutovertest.Harness[string, sheet, sheet]{
		NewSystems: func() cutovertest.Systems[string, sheet, sheet] {
			return cutovertest.Systems[string, sheet, sheet]{
				Old: system(time.UTC, nil), New: system(time.FixedZone("CET", 3600), []string{}),
			}
		},
		Payload: cutovertest.Samples(sheet{"a", nil, at}, sheet{"b", []string{}, at}),
		Key:     func(s sheet) string { return s.Key },
		Equal:   equal,
	}
}

func TestResultsAreComparedByWhatTheyMean(t *testing.T) {
	t.Parallel()
	assert.True(t, cutovertest.Exercise(t, sheets(nil)))
	got := catch(func(tb *caughtTest) {
		cutovertest.Exercise(tb, sheets(func(a, b sheet) bool { return (a.Lines == nil) == (b.Lines == nil) }))
	})
	assert.Contains(t, got.String(), "though they are written alike")
}

func TestAnOperationThatEndsItsCallersGoroutineIsToldAndDoesNotEndTheTest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := shelves()
		m.NewService = func(client cutover.FlagClient, old, new shelfSystem) (shelfService, error) {
			return wireUnder(cutover.New(client, "shelves").Logger(quiet).SecondaryInline(), old, new)
		}
		got := catch(func(tb *caughtTest) { assert.False(t, cutovertest.Exercise(tb, m)) })
		assert.Contains(t, got.String(), "ended its caller's goroutine")
		assert.Contains(t, got.String(), "@exits")
	})
}

// wireUnder is wire under a builder's settings, with reads that fall back.
func wireUnder(b *cutover.Builder, old, new shelfSystem) (shelfService, error) {
	c, err := b.Build()
	if err != nil {
		return shelfService{}, err
	}
	get, getErr := cutover.NewReader(c, old.Read, new.Read).CompareEqual().FallBack(func(ldmigration.Origin, error) bool { return true }).Recheck(time.Millisecond).Build()
	put, putErr := cutover.NewWriter(c, old.Write, new.Write).SerializeBy(cutover.Key(byKey)).Build()
	return shelfService{
		Read:  func(ctx context.Context, key string) (item, error) { return get.Read(ctx, anybody, key) },
		Write: func(ctx context.Context, it item) error { return put.Write(ctx, anybody, it) },
		Close: c.Close,
	}, errors.Join(getErr, putErr)
}

func TestRequireBothIsHeldToWhatItSays(t *testing.T) {
	t.Parallel()
	m := shelves()
	m.RequireBoth = true
	got := catch(func(tb *caughtTest) { cutovertest.Exercise(tb, m) })
	assert.Contains(t, got.String(), "a write that requires both systems fails if the secondary does")
}

// Every stage, move and fault is to be met, whatever the seed.
func TestExerciseGoesEverywhere(t *testing.T) {
	t.Parallel()
	for seed := range uint64(5) {
		m := shelves()
		m.Seed = seed
		scripts, err := cutovertest.Scripts(m)
		require.NoError(t, err)
		met := map[string]bool{}
		for _, script := range scripts {
			stage := "off"
			for _, word := range strings.Fields(script) {
				step, to, during := strings.Cut(word, ">")
				verb, rest, numbered := strings.Cut(step, ":")
				_, fault, _ := strings.Cut(rest, "@")
				met[stage+" "+verb] = true
				met[stage+" "+verb+"@"+fault] = true
				if during {
					met[stage+" to "+to], met[stage+" during "+to], stage = true, true, to
				} else if !numbered && verb != "backfill" {
					met[stage+" to "+verb], stage = true, verb
				}
			}
		}
		stages := cutovertest.Stages()
		for i, stage := range stages {
			for _, verb := range []string{"write", "read", "delete"} {
				assert.True(t, met[string(stage)+" "+verb], "%s at %s", verb, stage)
			}
			assert.True(t, met[string(stage)+" write@refuses"])
			for _, fault := range []string{"fails", "panics", "exits", "hangs", "sticks", "slows", "loses-answer"} {
				dual := stage != ldmigration.Off && stage != ldmigration.Complete
				assert.Equal(t, dual, met[string(stage)+" write@"+fault], "%s at %s", fault, stage)
				both := stage == ldmigration.Shadow || stage == ldmigration.Live
				assert.Equal(t, both, met[string(stage)+" read@"+fault], "%s at %s", fault, stage)
			}
			if i > 0 {
				assert.True(t, met[string(stages[i-1])+" during "+string(stage)], "to %s", stage)
				assert.True(t, met[string(stage)+" during "+string(stages[i-1])], "back from %s", stage)
			}
		}
		for _, move := range []string{
			"off to complete", "complete to off", "off to shadow", "shadow to off", "live to complete", "complete to live",
			"dualwrite backfill", "shadow backfill", "off backfill",
		} {
			assert.True(t, met[move], move)
		}
	}
}

func TestWhatOnlyTheNewSystemGotIsSavedAgainWhileWritesGoToBoth(t *testing.T) {
	t.Parallel()
	m := shelves()
	m.Payload = func(n int) item { return item{Key: strconv.Itoa(n)} }
	scripts, err := cutovertest.Scripts(m)
	require.NoError(t, err)
	before, from, _ := strings.Cut(scripts["six stages, there and back"], ">complete ")
	atComplete, from, _ := strings.Cut(from, ">rampdown ")
	back, _, _ := strings.Cut(from, ">live ")
	for word := range strings.FieldsSeq(atComplete) {
		if strings.HasPrefix(word, "write:") && !slices.Contains(strings.Fields(before), word) {
			assert.Contains(t, strings.Fields(back), word)
		}
	}
}

func TestTheSameSeedMakesTheSameScripts(t *testing.T) {
	t.Parallel()
	one, err := cutovertest.Scripts(shelves())
	require.NoError(t, err)
	again, err := cutovertest.Scripts(shelves())
	require.NoError(t, err)
	assert.Equal(t, one, again)
	m := shelves()
	m.Seed = 2
	other, err := cutovertest.Scripts(m)
	require.NoError(t, err)
	assert.NotEqual(t, one, other)
}

func TestAScriptRunsAlone(t *testing.T) {
	t.Parallel()
	m := shelves()
	plantedBugs["a new writer that drops a field"].plant(&m)
	m.Script = "write:1 dualwrite write:1@fails write:1>shadow delete:1"
	got := catch(func(tb *caughtTest) { assert.False(t, cutovertest.Exercise(tb, m)) })
	assert.Contains(t, got.String(), "stage    dualwrite, after the move from off, during the move to shadow")
	assert.Contains(t, got.String(), "CUTOVERTEST_SCRIPT='write:1 dualwrite write:1@fails write:1>shadow'")
	assert.NotContains(t, got.String(), "found in")

	m.Script = "write:1 read:1"
	assert.True(t, cutovertest.Exercise(t, m))
}

func TestTheScriptOfTheEnvironmentGoesFirst(t *testing.T) {
	t.Setenv("CUTOVERTEST_SCRIPT", "dualwrite backfill write:7")
	m := shelves()
	m.Script = "write:1"
	plantedBugs["a new writer that drops a field"].plant(&m)
	got := catch(func(tb *caughtTest) { cutovertest.Exercise(tb, m) })
	assert.Contains(t, got.String(), "step     write:7")
}

func TestAHarnessIsRefusedWithEverythingThatIsMissing(t *testing.T) {
	t.Parallel()
	refusals := map[string]struct {
		change func(*shelfHarness)
		want   []string
	}{
		"nothing given": {func(m *shelfHarness) { *m = shelfHarness{} }, []string{"needs NewSystems", "needs Payload", "needs Key"}},
		"no functions":  {inBoth(func(s *shelfSystems, _, _ *shelf) { *s = shelfSystems{} }), []string{"needs Old.Read", "needs New.List"}},
		"a system that is not empty": {
			inBoth(func(_ *shelfSystems, _, after *shelf) { after.items["z"] = item{Key: "z"} }), []string{"new systems must be empty", "z:"},
		},
		"a script of nonsense": {func(m *shelfHarness) { m.Script = "write:x" }, []string{`script: "write:x": "x" is not the number of a payload`}},
		"a wiring that fails": {func(m *shelfHarness) {
			m.NewService = func(cutover.FlagClient, shelfSystem, shelfSystem) (shelfService, error) {
				return shelfService{}, errNoItem
			}
		}, []string{"making the service: no such item"}},
		"a wiring of nothing": {func(m *shelfHarness) {
			m.NewService = func(cutover.FlagClient, shelfSystem, shelfSystem) (shelfService, error) { return shelfService{}, nil }
		}, []string{"needs Service.Read", "needs Service.Write"}},
		"a pair that cannot be closed": {inBoth(func(s *shelfSystems, _, _ *shelf) { s.Close = func() error { return errDisk } }), []string{"disk full"}},
	}
	for name, c := range refusals {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := shelves()
			c.change(&m)
			got := catch(func(tb *caughtTest) { assert.False(t, cutovertest.Exercise(tb, m)) })
			for _, want := range c.want {
				assert.Contains(t, got.String(), want)
			}
		})
	}
	got := catch(func(tb *caughtTest) { cutovertest.Exercise(tb, cutovertest.Harness[string, item, string]{}) })
	assert.Contains(t, got.String(), "needs ResultOf, as P is not R")
	assert.Panics(t, func() { cutovertest.Samples[int]() })
}

func TestEveryPairIsClosed(t *testing.T) {
	t.Parallel()
	m := shelves()
	open := 0
	fresh := m.NewSystems
	m.NewSystems = func() shelfSystems {
		open++
		s := fresh()
		s.Close = func() error {
			open--
			return nil
		}
		return s
	}
	cutovertest.Exercise(t, m)
	assert.Zero(t, open)
}

func TestAScriptIsCutDownToWhatBreaksTheSamePromise(t *testing.T) {
	t.Parallel()
	long := "write:0 dualwrite write:1@fails read:1 write:2>shadow read:2 live write:3 delete:3 rampdown"
	cases := map[string]struct {
		play func(script string) string
		want string
	}{
		"one step": {func(s string) string {
			if strings.Contains(s, "write:3") {
				return "a promise"
			}
			return ""
		}, "write:3"},
		"not to a step that breaks another promise": {func(s string) string {
			switch {
			case strings.Contains(s, "write:0") && strings.Contains(s, "delete:3"):
				return "a promise"
			case s != "":
				return "another promise"
			default:
				return ""
			}
		}, "write:0 delete:3"},
		"without the fault and outside of the write": {func(s string) string {
			if strings.Contains(s, "write:1") && strings.Contains(s, "shadow") {
				return "a promise"
			}
			return ""
		}, "write:1 shadow"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, c.want, cutovertest.Shrunk(long, nil, c.play))
		})
	}
}

// A record of zero values and no record at all read alike, but for the error.
func TestARecordThatOneSystemLacksMayCompareAsInconsistent(t *testing.T) {
	t.Parallel()
	m := shelves()
	m.Payload = func(int) item { return item{} }
	m.NotFound = func(_ item, err error) bool { return errors.Is(err, errNoItem) }
	wired(func(client cutover.FlagClient, s *shelfService, old, new shelfSystem) error {
		c, err := cutover.New(client, "shelves").Logger(quiet).Build()
		if err != nil {
			return err
		}
		present := func(read func(context.Context, string) (item, error)) func(context.Context, string) (bool, error) {
			return func(ctx context.Context, key string) (bool, error) {
				_, err := read(ctx, key)
				return err == nil, nil
			}
		}
		get, err := cutover.NewReader(c, present(old.Read), present(new.Read)).CompareEqual().Build()
		s.Read = func(ctx context.Context, key string) (item, error) {
			if found, err := get.Read(ctx, anybody, key); err != nil || !found {
				return item{}, errNoItem
			}
			return item{}, nil
		}
		return err
	})(&m)
	m.Script = "write:0 shadow read:0"
	assert.True(t, cutovertest.Exercise(t, m))
}

func TestTheStageMovesWhileARecordIsWritten(t *testing.T) {
	t.Parallel()
	m := shelves()
	var client cutover.FlagClient
	var stages []ldmigration.Stage
	m.NewService = func(c cutover.FlagClient, old, new shelfSystem) (shelfService, error) {
		client = c
		return wire(c, old, new)
	}
	inNew(func(s *shelf, system *shelfSystem) {
		system.Write = func(ctx context.Context, it item) error {
			stage, _, err := client.MigrationVariation("shelves", anybody, ldmigration.Off)
			stages = append(stages, stage)
			return errors.Join(err, s.Put(ctx, it))
		}
	})(&m)
	m.Script = "dualwrite write:1 write:2>shadow"
	cutovertest.Exercise(t, m)
	assert.Equal(t, []ldmigration.Stage{ldmigration.DualWrite, ldmigration.Shadow}, stages)
}

func FuzzParseScript(f *testing.F) {
	scripts, err := cutovertest.Scripts(shelves())
	require.NoError(f, err)
	for _, name := range slices.Sorted(maps.Keys(scripts)) {
		f.Add(scripts[name])
	}
	for _, text := range []string{"", "write:1@hangs>live", "write:-1", "read:1@x", "move:1", "off>live", "write:1>", "backfill:1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		once, err := cutovertest.ParsedScript(text)
		if err != nil {
			return
		}
		twice, err := cutovertest.ParsedScript(once)
		require.NoError(t, err)
		require.Equal(t, once, twice)
	})
}
