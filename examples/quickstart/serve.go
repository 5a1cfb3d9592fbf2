package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"syscall"
)

// serve keeps the service running until ctx ends, with the page of its figures and a control to
// move the stage by hand.
func serve(ctx context.Context, cfg config, out io.Writer) (err error) {
	listener, err := listen(ctx, cfg.addr)
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }() // closed already, unless the server never began
	screen := newScreen(out)
	screen.Print(screen.Paint(bold, "cutover quickstart:") + " an order service with a bug in its new database, for you to find")
	dir, err := os.MkdirTemp("", "cutover-quickstart-")
	if err != nil {
		return fmt.Errorf("making a place for the databases: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	m, err := openMigration(ctx, cfg, dir, screen)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	m.traffic.Start(ctx)
	defer m.traffic.Stop()

	url := "http://" + listener.Addr().String()
	screen.Print(fmt.Sprintf("\nmove the stage   %s/\nlook at figures  %s/insights/\nend              Ctrl+C\n", url, url))
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

// listen says what to do if the address cannot be had.
func listen(ctx context.Context, addr string) (net.Listener, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("another program listens on %s: choose another address, "+
			"such as -addr 127.0.0.1:8081, or a free one with -addr 127.0.0.1:0", addr)
	case err != nil:
		return nil, fmt.Errorf("%w: choose another address, such as -addr 127.0.0.1:0", err)
	}
	return listener, nil
}
