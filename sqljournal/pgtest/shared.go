//go:build unix

package pgtest

import (
	"errors"
	"os"
	"sync"
	"testing"
)

var shared struct {
	mu     sync.Mutex
	server *Server
	err    error
}

// Shared returns the one server of this test binary, without fsync, and starts it at first. The
// test is skipped where the binaries are not found, or fails if the environment has
// CUTOVER_REQUIRE_POSTGRES. Tests that stop a server need one of their own;
// see [Start].
//
// The server ends with [Main]; without that it ends with the process, and its folder stays.
func Shared(tb testing.TB) *Server {
	tb.Helper()
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.server == nil && shared.err == nil {
		shared.server, shared.err = New(Config{})
	}
	check(tb, shared.err)
	return shared.server
}

// Start returns a server of the test's own, which ends with the test. The test is skipped where the
// binaries are not found.
func Start(tb testing.TB, c Config) *Server {
	tb.Helper()
	s, err := New(c)
	check(tb, err)
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

func check(tb testing.TB, err error) {
	tb.Helper()
	switch {
	case errors.Is(err, ErrNotFound) && os.Getenv("CUTOVER_REQUIRE_POSTGRES") == "":
		tb.Skipf("not tested with PostgreSQL: %v", err)
	case err != nil:
		tb.Fatal(err)
	}
}

// Runner is what [testing.M] is to a TestMain.
type Runner interface {
	// Run runs the tests and returns the exit code.
	Run() int
}

// Main returns a runner of the tests that ends the server of Shared after them. It can be given to
// goleak's VerifyTestMain.
func Main(m Runner) Runner { return closing{m} }

type closing struct{ Runner }

// Run runs the tests, and ends the shared server.
func (c closing) Run() int {
	code := c.Runner.Run()
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.server != nil {
		if err := shared.server.Close(); err != nil && code == 0 {
			code = 1
		}
		shared.server = nil
	}
	return code
}
