package main

import (
	ld "github.com/gocutover/cutover"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

func newMigrator(client ld.MigrationCapableClient) (ld.Migrator, error) {
	var comparison ld.MigrationComparisonFn //nolint:staticcheck // two lines in the guide
	comparison = func(interface{}, interface{}) bool {
		// compare the two read values
		return true
	}

	migrator, err := ld.Migration(client).
		Read(
			func(interface{}) (interface{}, error) {
				return "old read", nil
			},
			func(interface{}) (interface{}, error) {
				return "new read", nil
			},
			&comparison,
		).
		ReadExecutionOrder(ldmigration.Random).
		Write(
			func(interface{}) (interface{}, error) {
				return "old write result", nil
			},
			func(interface{}) (interface{}, error) {
				return "new write result", nil
			},
		).
		TrackLatency(true).
		TrackErrors(true).
		Build()
	return migrator, err
}
