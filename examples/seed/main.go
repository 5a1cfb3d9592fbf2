// Seed is the program of LaunchDarkly's guide to version 7 of the Go SDK, as printed there, but for
// one import: in migrator.go the package ld is cutover. It needs no account: without one the flag
// is at its default stage.
package main

import (
	"fmt"
	"io"
	"os"

	ld "github.com/gocutover/cutover"
	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

func main() {
	client := newClient()
	err := migrate(client, os.Stdout)
	_ = client.Close()
	if err != nil {
		fmt.Fprintln(os.Stderr, "seed:", err)
		os.Exit(1)
	}
}

// migrate reads once and writes once.
func migrate(client ld.MigrationCapableClient, out io.Writer) error {
	migrator, err := newMigrator(client)
	if err != nil {
		return err
	}
	context := ldcontext.New("context-key-123abc")

	// this is the migration stage to use if the flag's migration stage
	// is not available from LaunchDarkly
	defaultStage := ldmigration.Off

	readResult := migrator.Read("migration-flag-key-123abc", context, defaultStage, nil)

	writeResult := migrator.Write("migration-flag-key-123abc", context, defaultStage, nil)

	_, err = fmt.Fprintf(out, "read: %v\nwrite: %v\n", readResult.GetResult(), writeResult.GetAuthoritativeResult().GetResult())
	return err
}
