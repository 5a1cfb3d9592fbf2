// Quickstart moves a running order service from an old database to a new one under a migration
// flag, in about twenty seconds, without an account or a server. Begin with service.go: it is the
// part that a service of yours would have too.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	if os.Getenv(crashVariable) != "" {
		fmt.Fprintln(os.Stderr, runDoomed(context.Background(), os.Stdin))
		return
	}
	cfg, err := parseConfig(os.Args[1:], os.Stdout)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "quickstart: %v\nquickstart -help lists the flags\n", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	do := run
	if cfg.serve {
		do = serve
	}
	if err := do(ctx, cfg, os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "quickstart: %v\n", err)
		os.Exit(1) //nolint:gocritic // the process ends: there is nothing left for stop to do
	}
}
