package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

const (
	readHeaderTimeout = 10 * time.Second
	// payloadsKept is how many payloads the sink recognizes when they come again. The client sends
	// a payload again after a second at the latest, and starts four in a second.
	payloadsKept = 100
)

// sink is where the flag client sends its events, in place of LaunchDarkly. It counts the
// migration_op events.
type sink struct {
	URL    string
	server *http.Server
	ended  chan error

	mu      sync.Mutex
	arrived map[ldmigration.Stage]tally
	// payloads are the identifiers of the last few payloads.
	payloads []string
	refused  []error
}

// startSink serves on a port of this machine that nobody else can reach.
func startSink(ctx context.Context) (*sink, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("starting the event sink: %w", err)
	}
	s := newSink()
	s.URL = "http://" + listener.Addr().String()
	s.server = &http.Server{Handler: s, ReadHeaderTimeout: readHeaderTimeout}
	go func() { s.ended <- s.server.Serve(listener) }()
	return s, nil
}

func newSink() *sink {
	return &sink{
		ended:   make(chan error, 1),
		arrived: map[ldmigration.Stage]tally{},
	}
}

// ServeHTTP takes one payload. The client sends a payload a second time if it did not get an
// answer, with the same identifier: that one is not counted again.
func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var events []event
	err := json.NewDecoder(r.Body).Decode(&events)
	s.mu.Lock()
	defer s.mu.Unlock()
	id := r.Header.Get("X-LaunchDarkly-Payload-ID")
	switch {
	case err != nil:
		s.refused = append(s.refused, fmt.Errorf("event payload %s: %w", id, err))
		w.WriteHeader(http.StatusBadRequest)
		return
	case !slices.Contains(s.payloads, id):
		if len(s.payloads) == payloadsKept {
			s.payloads = slices.Delete(s.payloads, 0, 1)
		}
		s.payloads = append(s.payloads, id)
		s.count(events)
	}
	w.WriteHeader(http.StatusAccepted)
}

func (s *sink) count(events []event) {
	for _, e := range events {
		if e.Kind == "migration_op" && e.Evaluation.Key == flagKey {
			t := s.arrived[e.Evaluation.Value]
			e.addTo(&t)
			s.arrived[e.Evaluation.Value] = t
		}
	}
}

// Tally returns what arrived from operations at a stage.
func (s *sink) Tally(stage ldmigration.Stage) tally {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.arrived[stage]
}

// Arrived returns how many migration_op events there were.
func (s *sink) Arrived() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	total := 0
	for _, t := range s.arrived {
		total += t.Operations()
	}
	return total
}

// Err returns what could not be read.
func (s *sink) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(s.refused...)
}

// Close stops serving.
func (s *sink) Close() error {
	err := s.server.Close()
	if ended := <-s.ended; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return err
}
