package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"

	"github.com/gocutover/cutover/insights"
)

// demoThresholds ask for less than a service should, so that one need not wait for an hour to see a verdict.
var demoThresholds = insights.Thresholds{Window: insights.LastMinute, Operations: 500, Checks: 500}

// serve keeps the service running until ctx ends, with the page of its figures and a control to move the stage by hand.
func serve(ctx context.Context, cfg config, out io.Writer) (err error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", cfg.addr)
	if err != nil {
		return fmt.Errorf("listening on -addr: %w", err)
	}
	defer func() { _ = listener.Close() }() // closed already, unless the server never began
	dir, err := os.MkdirTemp("", "cutover-quickstart-")
	if err != nil {
		return fmt.Errorf("making a place for the databases: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	screen := newScreen(out)
	m, err := openMigration(ctx, cfg, dir, screen)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	m.traffic.Start(ctx)
	defer m.traffic.Stop()

	url := "http://" + listener.Addr().String()
	screen.Print(fmt.Sprintf("%s %s\nmove the stage   %s/\nlook at figures  %s/insights/\nend              Ctrl+C",
		screen.Paint(bold, "cutover quickstart:"), "an order service with a bug in its new database, find it", url, url))
	server := &http.Server{Handler: newControl(m).Handler(), ReadHeaderTimeout: readHeaderTimeout}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err = <-ended:
		return err
	case <-ctx.Done():
		err = server.Close()
		if served := <-ended; !errors.Is(served, http.ErrServerClosed) {
			err = errors.Join(err, served)
		}
		return err
	}
}
