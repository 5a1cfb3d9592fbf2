package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	ld "github.com/launchdarkly/go-server-sdk/v7"
)

// stages are the flag's variations, in the order a migration passes them.
var stages = []ldmigration.Stage{
	ldmigration.Off, ldmigration.DualWrite, ldmigration.Shadow,
	ldmigration.Live, ldmigration.RampDown, ldmigration.Complete,
}

// flagFile holds the migration flag in the format of the SDK's file data source. It stands in for
// the LaunchDarkly dashboard, so only one goroutine may turn it.
type flagFile struct {
	path    string
	version int
}

// newFlagFile makes a directory of its own for the flag: the client watches all of it, and
// databases would keep it busy.
func newFlagFile(dir string) (*flagFile, error) {
	dir = filepath.Join(dir, "flags")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making a place for flag %q: %w", flagKey, err)
	}
	f := &flagFile{path: filepath.Join(dir, "flags.json")}
	return f, f.Set(ldmigration.Off)
}

type flagDocument struct {
	Flags map[string]migrationFlag `json:"flags"`
}

type migrationFlag struct {
	Key          string              `json:"key"`
	Version      int                 `json:"version"`
	On           bool                `json:"on"`
	Variations   []ldmigration.Stage `json:"variations"`
	OffVariation int                 `json:"offVariation"`
	Fallthrough  variation           `json:"fallthrough"`
	Migration    migrationSettings   `json:"migration"`
}

type variation struct {
	Variation int `json:"variation"`
}

type migrationSettings struct {
	// CheckRatio compares one in so many of the reads that go to both.
	CheckRatio int `json:"checkRatio"`
}

// Set rewrites the file so that the flag is at the given stage for everyone. The file is replaced
// as a whole: a client that watches it never sees half of it.
func (f *flagFile) Set(stage ldmigration.Stage) error {
	f.version++ // the client tells its listeners only of a higher version
	document, err := json.MarshalIndent(flagDocument{Flags: map[string]migrationFlag{flagKey: {
		Key:         flagKey,
		Version:     f.version,
		On:          true,
		Variations:  stages,
		Fallthrough: variation{slices.Index(stages, stage)},
		Migration:   migrationSettings{CheckRatio: 1},
	}}}, "", "  ")
	if err != nil {
		return fmt.Errorf("writing flag %q: %w", flagKey, err)
	}
	next := f.path + ".next"
	if err := os.WriteFile(next, document, 0o600); err != nil { //nolint:gosec // in this program's own directory
		return fmt.Errorf("writing flag %q: %w", flagKey, err)
	}
	if err := os.Rename(next, f.path); err != nil { //nolint:gosec // as above
		return fmt.Errorf("replacing flag %q: %w", flagKey, err)
	}
	return nil
}

// Turn sets the stage and returns when the client evaluates the flag to it.
func (f *flagFile) Turn(ctx context.Context, client *ld.LDClient, stage ldmigration.Stage) error {
	changes := client.GetFlagTracker().AddFlagChangeListener()
	defer client.GetFlagTracker().RemoveFlagChangeListener(changes)
	if err := f.Set(stage); err != nil {
		return err
	}
	quiet := client.WithEventsDisabled(true)
	for {
		seen, err := quiet.StringVariation(flagKey, evaluationContext(0), "")
		if err == nil && seen == string(stage) {
			return nil
		}
		select {
		case <-changes:
		case <-ctx.Done():
			return fmt.Errorf("waiting for flag %q to be %s, it is %q: %w", flagKey, stage, seen, context.Cause(ctx))
		}
	}
}
