//go:build unix

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

const workersOfChild = 8

// fleet is the children of a round. A child that was killed is started again.
type fleet struct {
	world *world
	plan  plan
	dir   string
	base  childConfig

	mu       sync.Mutex
	members  []*member
	all      []*member // also those that are gone
	stage    ldmigration.Stage
	seq      int
	stopping bool
	problems []error
	starting sync.WaitGroup
}

// member is one process.
type member struct {
	name    string
	child   int
	cmd     *exec.Cmd
	input   io.WriteCloser
	history string
	gone    chan struct{}
	ready   chan struct{}

	// The fleet's mutex guards these.
	moved  int  // the last move that it has made
	acked  int  // at least so many of its writes were acknowledged
	killed bool // by the parent
	over   bool
}

func newFleet(w *world, p plan, dir string, base childConfig) *fleet {
	return &fleet{world: w, plan: p, dir: dir, base: base, stage: p.Stage, members: make([]*member, p.Children)}
}

// start starts all children, and returns when they write.
func (f *fleet) start() error {
	for i := range f.members {
		if err := f.spawn(i); err != nil {
			return err
		}
	}
	for _, m := range f.members {
		select {
		case <-m.ready:
		case <-m.gone:
			return fmt.Errorf("%s ended at once: %s", m.name, m.said())
		case <-time.After(20 * time.Second):
			return fmt.Errorf("%s does not start", m.name)
		}
	}
	return nil
}

// spawn starts a child at the stage that holds now.
func (f *fleet) spawn(i int) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stopping {
		return nil
	}
	n := len(f.all)
	m := &member{
		name: fmt.Sprintf("child%d-%d", i, n), child: i, moved: f.seq, gone: make(chan struct{}), ready: make(chan struct{}),
	}
	m.history = filepath.Join(f.dir, m.name+".history")
	c := f.base
	c.Name, c.Client, c.History, c.Stage = m.name, n*workersOfChild, m.history, f.stage
	c.Seed = f.plan.Seed + uint64(n)
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	m.cmd = exec.CommandContext(context.Background(), self) //nolint:gosec // this program
	m.cmd.Env = append(os.Environ(), childVariable+"="+string(text))
	errors1, err := os.Create(filepath.Join(f.dir, m.name+".stderr"))
	if err != nil {
		return err
	}
	defer errors1.Close() //nolint:errcheck // the child has it
	m.cmd.Stderr = errors1
	output, err1 := m.cmd.StdoutPipe()
	var err2 error
	m.input, err2 = m.cmd.StdinPipe()
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	if err := m.cmd.Start(); err != nil {
		return err
	}
	f.members[i] = m
	f.all = append(f.all, m)
	f.starting.Go(func() { f.follow(m, output) })
	return nil
}

// follow reads what a child says, and starts another one if it was killed.
func (f *fleet) follow(m *member, output io.Reader) {
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		f.hear(m, lines.Text())
	}
	err := m.cmd.Wait()
	f.mu.Lock()
	m.over = true
	stopping := f.stopping
	if err != nil && !m.wasKilled() {
		f.problems = append(f.problems, fmt.Errorf("%s: %w: %s", m.name, err, m.said()))
	}
	f.mu.Unlock()
	close(m.gone)
	if !stopping {
		if err := f.spawn(m.child); err != nil {
			f.mu.Lock()
			f.problems = append(f.problems, err)
			f.mu.Unlock()
		}
	}
}

// hear notes what a child says.
func (f *fleet) hear(m *member, line string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var n int
	if _, err := fmt.Sscanf(line, "moved %d", &n); err == nil {
		m.moved = max(m.moved, n)
	} else if _, err := fmt.Sscanf(line, "acked %d", &n); err == nil {
		m.acked = n
	} else if line == "ready" {
		close(m.ready)
	}
}

// acked returns how many writes were acknowledged, or a few less.
func (f *fleet) acked() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, m := range f.all {
		n += m.acked
	}
	return n
}

func (m *member) wasKilled() bool {
	status, ok := m.cmd.ProcessState.Sys().(interface {
		Signaled() bool
		Signal() unix.Signal
	})
	return ok && status.Signaled() && status.Signal() == unix.SIGKILL
}

// said returns the end of what a child wrote to its standard error.
func (m *member) said() string {
	text, err := os.ReadFile(strings.TrimSuffix(m.history, ".history") + ".stderr")
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-2000):])
}

func (m *member) tell(c command) {
	line, err := json.Marshal(c)
	if err == nil {
		_, _ = m.input.Write(append(line, '\n')) // it may have been killed
	}
}

func (f *fleet) member(i int) *member {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.members[i]
}

func (f *fleet) kill(m *member) {
	f.mu.Lock()
	m.killed = !m.over
	f.mu.Unlock()
	m.signal(unix.SIGKILL)
}

// signal signals a process unless it is over. Its id is not used again before it was waited for.
func (m *member) signal(sig unix.Signal) { _ = m.cmd.Process.Signal(sig) }

// move tells all children the stage.
func (f *fleet) move(stage ldmigration.Stage, lags []time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seq++
	f.stage = stage
	for i, m := range f.members {
		go m.tell(command{Seq: f.seq, Stage: stage, Lag: lags[i]})
	}
}

// agree reports whether all children have made the last move, and everything before it is over.
func (f *fleet) agree() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, m := range f.members {
		if m.over || m.moved < f.seq {
			return false
		}
	}
	return true
}

// stop ends the traffic, and returns when all children are gone.
func (f *fleet) stop() error {
	f.mu.Lock()
	f.stopping = true
	members := f.members
	f.mu.Unlock()
	for _, m := range members {
		if m != nil {
			m.signal(unix.SIGCONT)
			m.tell(command{Off: true})
			m.tell(command{Stop: true})
			_ = m.input.Close()
		}
	}
	deadline := time.After(15 * time.Second)
	var errs []error
	for _, m := range members {
		if m == nil {
			continue
		}
		select {
		case <-m.gone:
		case <-deadline:
			m.signal(unix.SIGQUIT) // it says what its goroutines do
			errs = append(errs, fmt.Errorf("%s does not stop", m.name))
		}
	}
	f.starting.Wait()
	return errors.Join(append(errs, f.problems...)...)
}
