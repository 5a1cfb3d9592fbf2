//go:build unix

package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// event is a line of a child's history. Each is handed to the kernel before the child goes on, so
// that a kill loses none.
type event struct {
	Kind    eventKind          `json:"e"`
	Op      int                `json:"o,omitempty"`
	Client  int                `json:"c,omitempty"`
	At      time.Duration      `json:"t"`
	Keys    []string           `json:"k,omitempty"`
	Value   string             `json:"v,omitempty"`
	Absent  bool               `json:"a,omitempty"` // deletes, or has read that there is none
	Outcome outcome            `json:"r,omitempty"`
	Origin  ldmigration.Origin `json:"s,omitempty"`
	Dirty   bool               `json:"d,omitempty"`
	Err     string             `json:"x,omitempty"`
}

type eventKind string

const (
	beganWrite eventKind = "write"
	beganRead  eventKind = "read"
	ended      eventKind = "end"
	died       eventKind = "die"
	paused     eventKind = "pause"
	landed     eventKind = "landed" // a write that had failed
)

type outcome string

const (
	acknowledged outcome = "ok"
	notRun       outcome = "not run"
	uncertain    outcome = "uncertain"
)

type historyWriter struct {
	mu   sync.Mutex
	file *os.File
}

func newHistoryWriter(path string) (*historyWriter, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600) //nolint:gosec // in the run's folder
	if err != nil {
		return nil, fmt.Errorf("history: %w", err)
	}
	return &historyWriter{file: file}, nil
}

// event appends an event, with the time. An operation begins after its event, and has ended before
// the event of that.
func (w *historyWriter) event(e event) {
	e.At = ticks()
	line, err := json.Marshal(e)
	if err != nil {
		panic(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, err := w.file.Write(append(line, '\n')); err != nil {
		panic(err)
	}
}

// operation is a read or a write with its outcome.
type operation struct {
	client       int
	read         bool
	keys         []string
	value        string
	absent       bool
	call, ret    time.Duration
	outcome      outcome
	origin       ldmigration.Origin
	leftDirty    bool
	error, child string
}

// childHistory is what a child has done.
type childHistory struct {
	ops    []*operation
	diedAt string // the point at which it killed itself
	landed int    // writes that took effect after they had failed
}

func readHistory(path, child string) (h childHistory, err error) {
	file, err := os.Open(path) //nolint:gosec // in the run's folder
	if errors.Is(err, os.ErrNotExist) {
		return h, nil // it was killed before it began
	}
	if err != nil {
		return h, fmt.Errorf("history: %w", err)
	}
	defer file.Close() //nolint:errcheck // it was only read
	byID := map[int]*operation{}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return h, fmt.Errorf("history of %s: %w", child, err)
		}
		switch e.Kind {
		case beganWrite, beganRead:
			op := &operation{
				client: e.Client, read: e.Kind == beganRead, keys: e.Keys, value: e.Value, absent: e.Absent,
				call: e.At, ret: forever, outcome: uncertain, child: child,
			}
			byID[e.Op] = op
			h.ops = append(h.ops, op)
		case ended:
			byID[e.Op].end(e)
		case died:
			h.diedAt = e.Value
		case landed:
			h.landed++
		case paused:
		}
	}
	return h, lines.Err()
}

func (o *operation) end(e event) {
	o.outcome, o.origin, o.leftDirty, o.error = e.Outcome, e.Origin, e.Dirty, e.Err
	if o.outcome != uncertain {
		o.ret = e.At
	}
	if o.read {
		o.value, o.absent = e.Value, e.Absent
	}
}

// forever is the end of an operation whose outcome is unknown: it may take effect at any time.
const forever = time.Duration(1<<63 - 1)
