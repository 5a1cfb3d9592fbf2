package benchmarks

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
)

// Sink is a server on this machine that takes what the SDK's event processor posts, and counts the
// op events.
type Sink struct {
	server   *httptest.Server
	received atomic.Int64
	mu       sync.Mutex
	body     bytes.Buffer
}

// NewSink starts a sink. The caller closes it, after the clients that post to it.
func NewSink() *Sink {
	s := &Sink{}
	s.server = httptest.NewServer(s)
	return s
}

// URL is where clients are to post their events.
func (s *Sink) URL() string { return s.server.URL }

// Received returns how many op events came so far.
func (s *Sink) Received() int { return int(s.received.Load()) }

// Close ends the server and its connections.
func (s *Sink) Close() { s.server.Close() }

var opEventKind = []byte(`"kind":"migration_op"`)

// ServeHTTP reads one delivery to its end. It does as little as it can, for it runs in the process
// that is measured.
func (s *Sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.body.Reset()
	if _, err := s.body.ReadFrom(r.Body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.received.Add(int64(bytes.Count(s.body.Bytes(), opEventKind)))
	w.WriteHeader(http.StatusAccepted)
}
