package cutover_test

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/launchdarkly/go-server-sdk-evaluation/v3/ldbuilders"
	ld "github.com/launchdarkly/go-server-sdk/v7"
	"github.com/launchdarkly/go-server-sdk/v7/ldcomponents"
	"github.com/launchdarkly/go-server-sdk/v7/testhelpers/ldtestdata"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
)

func migratorOf(t *testing.T, client cutover.FlagClient) cutover.Migrator {
	t.Helper()
	var stored any = "v"
	function := func(any) (any, error) { return stored, nil }
	migrator, err := cutover.Migration(client).Read(function, function, nil).Write(function, function).
		Logger((&logBook{}).logger()).Build()
	require.NoError(t, err)
	return migrator
}

// tenants are the flags of a service that has one for each of its tenants.
func tenants(t *testing.T, n int) (*ld.LDClient, []string) {
	t.Helper()
	data := ldtestdata.DataSource()
	keys := make([]string, n)
	for i := range keys {
		keys[i] = fmt.Sprint("tenant-", i)
		flag := stageFlag("off").Build()
		flag.Key = keys[i]
		data.UsePreconfiguredFlag(flag)
	}
	return customClient(t, ld.Config{DataSource: data, Events: ldcomponents.NoEvents()}), keys
}

// An operation costs no more under one of thousands of flags than under the only one.
//
//nolint:paralleltest // testing.AllocsPerRun counts the whole process's allocations
func TestThousandsOfFlagsCostWhatOneDoes(t *testing.T) {
	if underRaceDetector {
		t.Skip("not tested with the race detector: it allocates for itself")
	}
	client, keys := tenants(t, 4000)
	for _, n := range []int{1, 2, 4000} {
		synctest.Test(t, func(t *testing.T) { // no time passes: each flag is learnt once
			migrator := migratorOf(t, client)
			round := func() {
				for i := range 4000 {
					migrator.Read(keys[i%n], user, ldmigration.Off, nil)
				}
			}
			round()
			assert.LessOrEqual(t, testing.AllocsPerRun(1, round), 10.0, "%d flags: what four thousand reads allocate", n)
			assert.Equal(t, n, cutover.RememberedFlags(migrator))
		})
	}
}

func TestAMigratorRemembersABoundedNumberOfFlags(t *testing.T) {
	t.Parallel()
	client, _ := tenants(t, 1)
	migrator := migratorOf(t, client)
	for i := range 100_000 {
		result := migrator.Read(fmt.Sprint("made-up-", i), user, ldmigration.Off, nil)
		require.NoError(t, result.GetError())
	}
	assert.LessOrEqual(t, cutover.RememberedFlags(migrator), 65_537)
	assert.Greater(t, cutover.RememberedFlags(migrator), 60_000)
}

func TestAMigratorOfAnotherClientRemembersNoFlags(t *testing.T) {
	t.Parallel()
	migrator := migratorOf(t, &stagedClient{stage: ldmigration.Off})
	for i := range 100 {
		migrator.Read(fmt.Sprint("flag-", i), user, ldmigration.Off, nil)
	}
	assert.Zero(t, cutover.RememberedFlags(migrator))
}

func TestTheFlagsOfAMigratorAreNotMixed(t *testing.T) {
	t.Parallel()
	var sent opEvents
	data := ldtestdata.DataSource()
	const flags = 300
	for i := range flags {
		data.UsePreconfiguredFlag(ldbuilders.NewFlagBuilder(fmt.Sprint("flag-", i)).On(false).Version(1000 + i).Build())
	}
	migrator := migratorOf(t, customClient(t, ld.Config{DataSource: data, Events: &sent}))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range 2 * flags {
				migrator.Read(fmt.Sprint("flag-", i%flags), user, ldmigration.Off, nil)
			}
		})
	}
	wg.Wait()
	require.Len(t, sent.events, 4*2*flags)
	for _, event := range sent.events {
		assert.Equal(t, event.FlagKey, fmt.Sprint("flag-", event.Version.IntValue()-1000))
	}
	assert.Equal(t, flags, cutover.RememberedFlags(migrator))
}
