package main

import (
	"fmt"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/launchdarkly/go-sdk-common/v3/ldvalue"
	"github.com/launchdarkly/go-server-sdk-evaluation/v3/ldbuilders"
	ld "github.com/launchdarkly/go-server-sdk/v7"
	"github.com/launchdarkly/go-server-sdk/v7/ldcomponents"
	"github.com/launchdarkly/go-server-sdk/v7/testhelpers/ldtestdata"
)

const flagKey = "orders-to-the-new-system"

// flagClient is a real client with one migration flag, whose stage can be changed as in
// LaunchDarkly's web page.
type flagClient struct {
	*ld.LDClient
	flags *ldtestdata.TestDataSource
}

func newFlagClient(l *ledger) (flagClient, error) {
	flags := ldtestdata.DataSource()
	client, err := ld.MakeCustomClient("sdk-key", ld.Config{
		DataSource: flags, Events: l, Logging: ldcomponents.NoLogging(), DiagnosticOptOut: true,
	}, 5*time.Second)
	if err != nil {
		return flagClient{}, fmt.Errorf("starting a flag client: %w", err)
	}
	return flagClient{LDClient: client, flags: flags}, nil
}

// enter moves the flag; evaluations after it give that stage.
func (c flagClient) enter(stage ldmigration.Stage) {
	c.flags.UsePreconfiguredFlag(ldbuilders.NewFlagBuilder(flagKey).
		On(true).Variations(ldvalue.String(string(stage))).OffVariation(0).FallthroughVariation(0).
		MigrationFlagParameters(ldbuilders.NewMigrationFlagParametersBuilder().CheckRatio(1).Build()).
		Build())
}
