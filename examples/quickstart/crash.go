package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gocutover/cutover"
)

const (
	// crashVariable is set in the environment of the instance that is to crash.
	crashVariable = "CUTOVER_QUICKSTART_CRASH"
	crashStatus   = 86
)

// doomed is what an instance needs to know that is to crash: the order to save is its last.
type doomed struct {
	Dir      string
	FlagFile string
	Sink     string
	Fixed    bool
	Order    Order
}

// crashed is an order that an instance crashed with.
type crashed struct {
	order Order
	at    time.Time
}

// crash starts a second instance of the service, a process of its own, that saves a change of an
// order and ends between its two writes, without a word to anybody. It returns the order as it was
// to be; until that is given back no worker uses it.
func (m *migration) crash(ctx context.Context) (crashed, error) {
	program, err := os.Executable()
	if err != nil {
		return crashed{}, fmt.Errorf("starting a second instance: %w", err)
	}
	order := m.traffic.Take()
	last, err := json.Marshal(doomed{m.dir, m.flag.path, m.sink.URL, m.modern.Fixed(), order})
	if err != nil {
		return crashed{}, err
	}
	var said bytes.Buffer
	instance := exec.CommandContext(ctx, program) //nolint:gosec // it is this program
	instance.Env = append(os.Environ(), crashVariable+"=1")
	instance.Stdin, instance.Stderr = bytes.NewReader(last), &said
	err = instance.Run()
	var exit *exec.ExitError
	if ctx.Err() != nil {
		return crashed{}, context.Cause(ctx)
	}
	if !errors.As(err, &exit) || exit.ExitCode() != crashStatus {
		return crashed{}, fmt.Errorf("the second instance did not crash: %w: %s", cmp.Or(err, errAlive), strings.TrimSpace(said.String()))
	}
	return crashed{order, time.Now()}, nil
}

var errAlive = errors.New("it ended well")

// runDoomed is the second instance. It returns only if it could not crash.
func runDoomed(ctx context.Context, in io.Reader) error {
	var last doomed
	if err := json.NewDecoder(in).Decode(&last); err != nil {
		return err
	}
	legacy, err := openLegacy(ctx, filepath.Join(last.Dir, "old.db"))
	if err != nil {
		return err
	}
	modern, err := openModern(ctx, filepath.Join(last.Dir, "new.db"))
	if err != nil {
		return err
	}
	if last.Fixed {
		modern.FixPrices()
	}
	client, err := newClient(last.FlagFile, last.Sink)
	if err != nil {
		return err
	}
	journal, err := openJournal(ctx, last.Dir, "second instance", leaseToCrash)
	if err != nil {
		return err
	}
	writes := &atomic.Int32{}
	service, err := newOrderService(client, journal, crashing{legacy, writes}, crashing{modern, writes}, nobody{})
	if err != nil {
		return err
	}
	return service.Save(ctx, last.Order)
}

// crashing is a database whose service crashes right before its second write.
type crashing struct {
	orderStore
	writes *atomic.Int32
}

// Save saves the order, or ends the process.
func (c crashing) Save(ctx context.Context, order Order) error {
	if c.writes.Add(1) == 2 {
		os.Exit(crashStatus)
	}
	return c.orderStore.Save(ctx, order)
}

// nobody observes nothing.
type nobody struct{}

// Observe does nothing.
func (nobody) Observe(context.Context, cutover.Observation) {}

// Take takes an order from a worker, with a change that is not saved yet. Until it is given back,
// nobody reads or writes it: whoever crashes cannot say whether it was saved. It is one that the
// planted bug does not harm, so that it can be repaired before that is fixed.
func (t *traffic) Take() Order {
	defer t.Pause()()
	w := t.workers[0]
	unharmed := func(l Line) bool { return truncatedPrices(l.UnitPrice) == exactPrices(l.UnitPrice) }
	for {
		at := w.generator.random.IntN(len(w.ledger))
		if order := w.ledger[at]; !slices.ContainsFunc(order.Lines, func(l Line) bool { return !unharmed(l) }) {
			w.ledger = slices.Delete(w.ledger, at, at+1)
			return w.generator.Amend(order)
		}
	}
}

// Give gives an order back, as it is saved now.
func (t *traffic) Give(order Order) {
	defer t.Pause()()
	t.workers[0].ledger = append(t.workers[0].ledger, order)
}
