package benchmarks

import (
	"fmt"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/launchdarkly/go-sdk-common/v3/ldvalue"
	ldevents "github.com/launchdarkly/go-sdk-events/v3"
	"github.com/launchdarkly/go-server-sdk-evaluation/v3/ldbuilders"
	ld "github.com/launchdarkly/go-server-sdk/v7"
	"github.com/launchdarkly/go-server-sdk/v7/interfaces"
	"github.com/launchdarkly/go-server-sdk/v7/ldcomponents"
	"github.com/launchdarkly/go-server-sdk/v7/subsystems"
	"github.com/launchdarkly/go-server-sdk/v7/testhelpers/ldtestdata"
)

// What the client does not tell a caller of StringVariationDetail about the flags here. The
// hand-written contender is simply told.
const (
	flagVersion = 7
	checkRatio  = 1
)

// Events makes the event processor of a client. The SDK's components are of this type.
type Events = subsystems.ComponentConfigurer[ldevents.EventProcessor]

// user is whom every operation is for.
var user = ldcontext.New("user-key")

// NewClient returns a real client that has one migration flag for each stage and needs no account.
// Its events go to the given processor, which may send them to a server at eventsURL; nil is no
// events at all. The caller closes it.
func NewClient(events Events, eventsURL string) (*ld.LDClient, error) {
	if events == nil {
		events = ldcomponents.NoEvents()
	}
	flags := ldtestdata.DataSource()
	var values []ldvalue.Value
	for _, stage := range Stages {
		values = append(values, ldvalue.String(string(stage)))
	}
	for i, stage := range Stages {
		flags.UsePreconfiguredFlag(ldbuilders.NewFlagBuilder(flagFor(stage)).
			On(true).Variations(values...).OffVariation(0).FallthroughVariation(i).Version(flagVersion).
			MigrationFlagParameters(ldbuilders.NewMigrationFlagParametersBuilder().CheckRatio(checkRatio).Build()).
			Build())
	}
	client, err := ld.MakeCustomClient("sdk-key", ld.Config{
		DataSource:       flags,
		Events:           events,
		ServiceEndpoints: interfaces.ServiceEndpoints{Events: eventsURL}.WithPartialSpecification(),
		Logging:          ldcomponents.NoLogging(),
		DiagnosticOptOut: true,
	}, 5*time.Second)
	if err != nil {
		return nil, fmt.Errorf("starting a flag client: %w", err)
	}
	return client, nil
}

func flagFor(stage ldmigration.Stage) string { return "migration-" + string(stage) }
