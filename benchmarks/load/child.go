package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// childVariable tells this program that it is a child, which may die of a panic.
const childVariable = "CUTOVER_LOAD_CHILD"

// playInChild reads once with the SDK's migrator from a new system that panics, in a process of its
// own: this program again.
func playInChild(ctx context.Context) (sdkOutcome, error) {
	executable, err := os.Executable()
	if err != nil {
		return sdkOutcome{}, fmt.Errorf("starting a child process: %w", err)
	}
	var stderr bytes.Buffer
	command := exec.CommandContext(ctx, executable) //nolint:gosec // this program
	command.Env = append(os.Environ(), childVariable+"=1")
	command.Stderr = &stderr
	err = command.Run()
	if err == nil {
		return sdkOutcome{asked: 1, returned: 1}, nil
	}
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || ctx.Err() != nil {
		return sdkOutcome{}, fmt.Errorf("running a child process: %w", err)
	}
	line, _, _ := bytes.Cut(stderr.Bytes(), []byte("\n"))
	return sdkOutcome{asked: 1, died: fmt.Sprintf("%s (%s)", line, err)}, nil
}

// played reports whether this process is such a child, once it has read. It is not to be expected
// that it returns then.
func played() bool {
	if os.Getenv(childVariable) == "" {
		return false
	}
	if err := readOnce(); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
	return true
}

func readOnce() error {
	s, err := newService()
	if err != nil {
		return err
	}
	s.system.become(panics)
	s.client.enter(ldmigration.Shadow)
	read, err := newSDKReader(context.Background(), s.client, s.system)
	if err != nil {
		return err
	}
	var t traffic
	t.one(read, &s.numbers)
	return errors.Join(s.orders.Close(context.Background()), s.client.Close())
}
