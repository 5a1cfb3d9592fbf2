package main

import (
	"fmt"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldlog"
	ld "github.com/launchdarkly/go-server-sdk/v7"
	"github.com/launchdarkly/go-server-sdk/v7/interfaces"
	"github.com/launchdarkly/go-server-sdk/v7/ldcomponents"
	"github.com/launchdarkly/go-server-sdk/v7/ldfiledata"
	"github.com/launchdarkly/go-server-sdk/v7/ldfilewatch"
)

const (
	clientStart   = 10 * time.Second
	flushInterval = 250 * time.Millisecond
	// eventCapacity is how many events may wait to be sent. The client drops any more, and this
	// program counts every one.
	eventCapacity = 100_000
)

// newClient makes a real flag client that needs no account: its flags come from a file, and its
// events go to the sink.
func newClient(flagFile, sinkURL string) (*ld.LDClient, error) {
	client, err := ld.MakeCustomClient("sdk-key-of-no-account", ld.Config{
		DataSource:       ldfiledata.DataSource().FilePaths(flagFile).Reloader(watch),
		Events:           ldcomponents.SendEvents().Capacity(eventCapacity).FlushInterval(flushInterval),
		ServiceEndpoints: interfaces.ServiceEndpoints{Events: sinkURL}.WithPartialSpecification(),
		// Warnings tell of each stage change and of dropped events. This program shows the one and
		// counts the other itself.
		Logging:          ldcomponents.Logging().MinLevel(ldlog.Error),
		DiagnosticOptOut: true,
	}, clientStart)
	if err != nil {
		return nil, fmt.Errorf("starting the flag client: %w", err)
	}
	return client, nil
}

// watch has the file loaded again whenever it changes, but not when it goes away because the
// program ends.
func watch(paths []string, loggers ldlog.Loggers, reload func(), closed <-chan struct{}) error {
	return ldfilewatch.WatchFiles(paths, loggers, func() {
		select {
		case <-closed:
		default:
			reload()
		}
	}, closed)
}
