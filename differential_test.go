package cutover_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/launchdarkly/go-sdk-common/v3/ldvalue"
	"github.com/launchdarkly/go-server-sdk-evaluation/v3/ldbuilders"
	"github.com/launchdarkly/go-server-sdk-evaluation/v3/ldmodel"
	ld "github.com/launchdarkly/go-server-sdk/v7"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
)

// The differential test runs the same functions with ld.Migration and both APIs of cutover, under
// the same real client and flag. The op events must be equal on the wire, byte for byte, except for
// time stamps. It uses a fake clock, so that latencies are exact.

// contender runs the operations of a trial with one of the libraries. There are two, so that the
// second uses what the first one learnt.
type contender struct {
	name string
	do   func(*testing.T, *ld.LDClient, trial) (value any, err error)
}

const operationsPerTrial = 2

// trial is one operation, the same for every contender.
type trial struct {
	operation            ldmigration.Operation
	order                ldmigration.ExecutionOrder
	key                  string
	user                 ldcontext.Context
	defaultStage         ldmigration.Stage
	oldErr, newErr       error
	oldValue, newValue   string
	compares             bool
	noLatency, noTracked bool
}

func (tr trial) function(value string, err error, takes time.Duration) func(any) (any, error) {
	return func(any) (any, error) {
		time.Sleep(takes) // the function under test; on the fake clock of a bubble
		if err != nil {
			return nil, err
		}
		return value, nil
	}
}

func (tr trial) old() func(any) (any, error) {
	return tr.function(tr.oldValue, tr.oldErr, 7*time.Millisecond)
}

func (tr trial) new() func(any) (any, error) {
	return tr.function(tr.newValue, tr.newErr, 2*time.Millisecond)
}

var contenders = []contender{
	{"ld.Migration", bySDK},
	{"cutover.Migration", byMigration(true)},
	{"cutover.Migration without fast evaluation", byMigration(false)},
	{"cutover.New", byNew(true)},
	{"cutover.New without fast evaluation", byNew(false)},
	{"cutover.Migration with the secondary inline", byMigration(true, (*cutover.MigratorBuilder).SecondaryInline)},
	{"cutover.New with the secondary inline", byNew(true, (*cutover.Builder).SecondaryInline)},
}

func bySDK(t *testing.T, client *ld.LDClient, tr trial) (value any, err error) {
	t.Helper()
	var compare *ld.MigrationComparisonFn
	if tr.compares {
		var equal ld.MigrationComparisonFn = func(a, b any) bool { return a == b }
		compare = &equal
	}
	migrator, err := ld.Migration(client).Read(tr.old(), tr.new(), compare).Write(tr.old(), tr.new()).
		ReadExecutionOrder(tr.order).TrackLatency(!tr.noLatency).TrackErrors(!tr.noTracked).Build()
	require.NoError(t, err)
	for range operationsPerTrial {
		if tr.operation == ldmigration.Read {
			result := migrator.Read(tr.key, tr.user, tr.defaultStage, "payload")
			value, err = result.GetResult(), result.GetError()
		} else {
			result := migrator.Write(tr.key, tr.user, tr.defaultStage, "payload").GetAuthoritativeResult()
			value, err = result.GetResult(), result.GetError()
		}
	}
	return value, err
}

func byMigration(
	fast bool, more ...func(*cutover.MigratorBuilder) *cutover.MigratorBuilder,
) func(*testing.T, *ld.LDClient, trial) (any, error) {
	return func(t *testing.T, client *ld.LDClient, tr trial) (value any, err error) {
		t.Helper()
		var compare *cutover.MigrationComparisonFn
		if tr.compares {
			var equal cutover.MigrationComparisonFn = func(a, b any) bool { return a == b }
			compare = &equal
		}
		b := cutover.Migration(client).Read(tr.old(), tr.new(), compare).Write(tr.old(), tr.new()).
			ReadExecutionOrder(tr.order).TrackLatency(!tr.noLatency).TrackErrors(!tr.noTracked).FastEvaluation(fast)
		for _, set := range more {
			set(b)
		}
		migrator, err := b.Build()
		require.NoError(t, err)
		for range operationsPerTrial {
			if tr.operation == ldmigration.Read {
				result := migrator.Read(tr.key, tr.user, tr.defaultStage, "payload")
				value, err = result.GetResult(), result.GetError()
			} else {
				result := migrator.Write(tr.key, tr.user, tr.defaultStage, "payload").GetAuthoritativeResult()
				value, err = result.GetResult(), result.GetError()
			}
		}
		return value, err
	}
}

func byNew(fast bool, more ...func(*cutover.Builder) *cutover.Builder) func(*testing.T, *ld.LDClient, trial) (any, error) {
	return func(t *testing.T, client *ld.LDClient, tr trial) (value any, err error) {
		t.Helper()
		typed := func(f func(any) (any, error)) func(context.Context, string) (any, error) {
			return func(_ context.Context, payload string) (any, error) { return f(payload) }
		}
		b := cutover.New(client, tr.key).DefaultStage(tr.defaultStage).
			ReadOrder(tr.order).TrackLatency(!tr.noLatency).TrackErrors(!tr.noTracked).FastEvaluation(fast)
		for _, set := range more {
			set(b)
		}
		built := build(t, b)
		var same func(a, b any) bool
		if tr.compares {
			same = equal
		}
		reader := readerOf(t, built, typed(tr.old()), typed(tr.new()), same)
		writer, err := cutover.NewReturningWriter(built, typed(tr.old()), typed(tr.new())).Build()
		require.NoError(t, err)
		for range operationsPerTrial {
			if tr.operation == ldmigration.Read {
				value, err = reader.Read(t.Context(), tr.user, "payload")
			} else {
				value, err = writer.Write(t.Context(), tr.user, "payload")
			}
		}
		return value, err
	}
}

// stageFlag is a migration flag that gives everybody one stage.
func stageFlag(stage string) *ldbuilders.FlagBuilder {
	return ldbuilders.NewFlagBuilder("flag").On(true).FallthroughVariation(0).OffVariation(0).
		Variations(ldvalue.String(stage)).Version(41)
}

func checkRatio(ratio int) ldmodel.MigrationFlagParameters {
	return ldbuilders.NewMigrationFlagParametersBuilder().CheckRatio(ratio).Build()
}

// cohortFlag gives live to one key by a target, complete to another by a rule, and shadow to the
// rest. It depends on another flag being on.
func cohortFlags(prerequisiteOn bool) []ldmodel.FeatureFlag {
	stages := []ldvalue.Value{ldvalue.String("shadow"), ldvalue.String("live"), ldvalue.String("complete"), ldvalue.String("dualwrite")}
	flag := ldbuilders.NewFlagBuilder("flag").On(true).Variations(stages...).OffVariation(3).FallthroughVariation(0).
		AddTarget(1, "target-key").AddPrerequisite("gate", 0).Version(7).
		AddRule(ldbuilders.NewRuleBuilder().ID("rule").Variation(2).
			Clauses(ldbuilders.Clause("group", ldmodel.OperatorIn, ldvalue.String("beta")))).Build()
	gate := ldbuilders.NewFlagBuilder("gate").On(prerequisiteOn).Variations(ldvalue.Bool(true), ldvalue.Bool(false)).
		OffVariation(1).FallthroughVariation(0).Version(3).Build()
	return []ldmodel.FeatureFlag{flag, gate}
}

func rolloutFlag() ldmodel.FeatureFlag {
	return ldbuilders.NewFlagBuilder("flag").On(true).Salt("salt").Version(5).
		Variations(ldvalue.String("shadow"), ldvalue.String("live")).
		Fallthrough(ldbuilders.Rollout(ldbuilders.Bucket(0, 50_000), ldbuilders.Bucket(1, 50_000))).Build()
}

// flagCase is what the flag client knows when the operations run.
type flagCase struct {
	name   string
	flags  []ldmodel.FeatureFlag
	users  []ldcontext.Context
	silent bool // nothing is to be sent
}

func flagCases() []flagCase {
	everybody := []ldcontext.Context{user}
	invalid := []ldcontext.Context{ldcontext.New(""), {}}
	one := func(flag *ldbuilders.FlagBuilder) []ldmodel.FeatureFlag { return []ldmodel.FeatureFlag{flag.Build()} }
	cases := []flagCase{
		{"missing", nil, everybody, false},
		{"of the wrong type", one(stageFlag("").Variations(ldvalue.Bool(true))), everybody, false},
		{"not a stage", one(stageFlag("Shadow")), everybody, false},
		{"off with a stage", one(stageFlag("shadow").On(false)), everybody, false},
		{"off without a variation", []ldmodel.FeatureFlag{ldbuilders.NewFlagBuilder("flag").Version(2).Build()}, everybody, false},
		{"malformed", one(stageFlag("shadow").FallthroughVariation(9)), everybody, false},
		{"deleted", one(stageFlag("shadow").Deleted(true)), everybody, false},
		{"tracked and debugged", one(stageFlag("live").TrackEvents(true).DebugEventsUntilDate(99_999_999_999_999)), everybody, false},
		{"check ratio 0", one(stageFlag("shadow").MigrationFlagParameters(checkRatio(0))), everybody, false},
		{"check ratio 1", one(stageFlag("live").MigrationFlagParameters(checkRatio(1))), everybody, false},
		{"sampling ratio 0", one(stageFlag("shadow").SamplingRatio(0)), everybody, true},
		{"sampling ratio 1", one(stageFlag("shadow").SamplingRatio(1)), everybody, false},
		{"excluded from summaries", one(stageFlag("shadow").ExcludeFromSummaries(true)), everybody, false},
		{"targets and rules", cohortFlags(true), []ldcontext.Context{
			user, ldcontext.New("target-key"), ldcontext.NewBuilder("other").SetString("group", "beta").Build(),
			ldcontext.NewMulti(ldcontext.New("a"), ldcontext.NewWithKind("org", "b")),
			ldcontext.NewBuilder("anonymous").Anonymous(true).SetString("name", "secret").Private("name").Build(),
		}, false},
		{"prerequisite failed", cohortFlags(false), everybody, false},
		{"rollout", []ldmodel.FeatureFlag{rolloutFlag()}, []ldcontext.Context{ldcontext.New("a"), ldcontext.New("b"), ldcontext.New("c"), ldcontext.New("d")}, false},
		{"with an invalid evaluation context", one(stageFlag("shadow")), invalid, true},
	}
	for _, stage := range allStages {
		cases = append(cases, flagCase{"at " + string(stage), one(stageFlag(string(stage))), everybody, false})
	}
	return cases
}

func TestOpEventsEqualTheSDKs(t *testing.T) {
	t.Parallel()
	for _, c := range flagCases() {
		t.Run("flag "+c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, out, _ := realClient(t, c.flags)
				for _, who := range c.users {
					for _, tr := range trials(who) {
						requireSameEvents(t, client, out, tr, c.silent)
					}
				}
			})
		})
	}
}

// trials are the operations to compare for one evaluation context.
func trials(who ldcontext.Context) []trial {
	var all []trial
	for _, operation := range operations {
		for _, order := range []ldmigration.ExecutionOrder{ldmigration.Serial, ldmigration.Concurrent} {
			for i := range 16 {
				tr := trial{
					operation: operation, order: order, key: "flag", user: who, defaultStage: ldmigration.Off,
					oldValue: "same", newValue: "same", compares: true,
				}
				if i&1 != 0 {
					tr.oldErr = errors.New("old failed")
				}
				if i&2 != 0 {
					tr.newErr = errors.New("new failed")
				}
				switch i >> 2 {
				case 1:
					tr.newValue, tr.defaultStage = "different", ldmigration.Live
				case 2:
					tr.compares, tr.noLatency = false, true
				case 3:
					tr.noTracked, tr.defaultStage = true, ldmigration.DualWrite
				}
				all = append(all, tr)
			}
		}
	}
	return all
}

func requireSameEvents(t *testing.T, client *ld.LDClient, out *wire, tr trial, silent bool) {
	t.Helper()
	var wantEvents sentEvents
	var wantValue any
	var wantErr error
	for i, contender := range contenders {
		value, err := contender.do(t, client, tr)
		events := out.take(t, client)
		if i == 0 {
			wantEvents, wantValue, wantErr = events, value, err
			require.Len(t, events.ops, map[bool]int{false: operationsPerTrial, true: 0}[silent])
			continue
		}
		require.Equal(t, wantEvents, events, "%s, %+v", contender.name, tr)
		require.Equal(t, wantValue, value)
		require.Equal(t, wantErr, err)
	}
}

// A ratio of N draws at random, so the test compares the sets of distinct events of many
// operations.
func TestOpEventsEqualTheSDKsUnderRatios(t *testing.T) {
	t.Parallel()
	ratios := map[string]*ldbuilders.FlagBuilder{
		"check ratio 3":             stageFlag("shadow").MigrationFlagParameters(checkRatio(3)),
		"sampling ratio 2":          stageFlag("live").SamplingRatio(2),
		"check and sampling ratios": stageFlag("live").SamplingRatio(2).MigrationFlagParameters(checkRatio(2)),
	}
	for name, flag := range ratios {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, out, _ := realClient(t, []ldmodel.FeatureFlag{flag.Build()})
				tr := trial{
					operation: ldmigration.Read, order: ldmigration.Concurrent, key: "flag", user: user,
					defaultStage: ldmigration.Off, oldValue: "same", newValue: "same", compares: true,
				}
				seen := map[string][]string{}
				for _, contender := range contenders {
					for range 100 {
						_, err := contender.do(t, client, tr)
						require.NoError(t, err)
					}
					seen[contender.name] = slices.Compact(out.take(t, client).ops)
				}
				for _, contender := range contenders[1:] {
					assert.Equal(t, seen[contenders[0].name], seen[contender.name], contender.name)
				}
			})
		})
	}
}

func TestOpEventsEqualTheSDKsWithoutAReadyClient(t *testing.T) {
	t.Parallel()
	states := map[string]func(*testing.T) (*ld.LDClient, *wire){
		"offline": func(t *testing.T) (*ld.LDClient, *wire) {
			t.Helper()
			out := &wire{}
			return customClient(t, ld.Config{Offline: true, Events: out}), out
		},
		"not initialized": func(t *testing.T) (*ld.LDClient, *wire) {
			t.Helper()
			out := &wire{}
			return customClient(t, ld.Config{DataSource: &neverReady{}, Events: out}), out
		},
		"closed": func(t *testing.T) (*ld.LDClient, *wire) {
			t.Helper()
			client, out, _ := realClient(t, []ldmodel.FeatureFlag{stageFlag("shadow").Build()})
			require.NoError(t, client.Close())
			return client, out
		},
	}
	for name, clientIn := range states {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, out := clientIn(t)
				for i, tr := range trials(user) {
					if i%7 != 0 && name == "closed" {
						continue // a closed client's flush costs its timeout
					}
					var want []any
					for i, contender := range contenders {
						value, err := contender.do(t, client, tr)
						got := []any{value, err}
						if name != "closed" {
							got = append(got, out.take(t, client))
						}
						if i == 0 {
							want = got
						}
						require.Equal(t, want, got, "%s %+v", contender.name, tr)
					}
				}
			})
		})
	}
}
