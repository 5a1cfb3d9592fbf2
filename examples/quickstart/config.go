package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// config is what the command line says.
type config struct {
	seed     uint64
	orders   int
	duration time.Duration
	workers  int
	fix      bool
	repair   bool
	serve    bool
	addr     string
}

const (
	maxOrders   = 200_000
	maxWorkers  = 64
	minDuration = time.Second
	maxDuration = time.Hour
	// ordersPerWorker makes sure that every worker has a customer.
	ordersPerWorker = 10
)

// parseConfig reads the command line. For -help it writes the flags to out and returns
// flag.ErrHelp.
func parseConfig(args []string, out io.Writer) (config, error) {
	var cfg config
	set := flag.NewFlagSet("quickstart", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.Uint64Var(&cfg.seed, "seed", 1, "number that the orders and the traffic are made from")
	set.IntVar(&cfg.orders, "orders", 3000, "how many orders the old database has at the beginning")
	set.DurationVar(&cfg.duration, "duration", 20*time.Second, "how long the way through all stages takes, about")
	set.IntVar(&cfg.workers, "workers", 4, "how many goroutines read and write")
	set.BoolVar(&cfg.fix, "fix", true, "fix the planted bug when it is found; -fix=false shows what happens if nobody does")
	set.BoolVar(&cfg.repair, "repair", true, "repair the orders that the journal knows may differ; -repair=false shows what is left if nobody does")
	set.BoolVar(&cfg.serve, "serve", false, "keep the service running, with its figures and a control for the stage on a page")
	set.StringVar(&cfg.addr, "addr", "127.0.0.1:8080", "where -serve listens; an address of this machine's own")
	err := set.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		_, _ = fmt.Fprintln(out, "quickstart moves an order service from one database to another under a migration flag.")
		set.SetOutput(out)
		set.PrintDefaults()
		return config{}, err
	case err != nil:
		return config{}, err
	case set.NArg() > 0:
		return config{}, fmt.Errorf("unexpected argument %q", set.Arg(0))
	}
	return cfg, cfg.validate()
}

func (c config) validate() error {
	var errs []error
	if c.workers < 1 || c.workers > maxWorkers {
		errs = append(errs, fmt.Errorf("-workers %d: must be between 1 and %d", c.workers, maxWorkers))
	}
	if fewest := ordersPerWorker * max(1, c.workers); c.orders < fewest || c.orders > maxOrders {
		errs = append(errs, fmt.Errorf("-orders %d: must be between %d, ten a worker, and %d", c.orders, fewest, maxOrders))
	}
	if c.duration < minDuration || c.duration > maxDuration {
		errs = append(errs, fmt.Errorf("-duration %s: must be between %s and %s", c.duration, minDuration, maxDuration))
	}
	if c.serve && !isLoopback(c.addr) {
		errs = append(errs, fmt.Errorf("-addr %s: must be a loopback address, such as 127.0.0.1:8080", c.addr))
	}
	return errors.Join(errs...)
}

// isLoopback reports whether nobody but this machine can reach an address: the control has no
// password.
func isLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		host = strings.Trim(addr, "[]") // without a port
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
