//go:build unix

package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// ErrNotFound is returned by New where the server's binaries are not found.
var ErrNotFound = errors.New("no PostgreSQL binaries on this machine")

// Config says how a server runs. The zero value is good for tests that care for speed.
type Config struct {
	// Fsync makes commits durable, as they are in production. It is for benchmarks: without it, a
	// commit costs nothing. A killed server loses no commit either way, because the machine goes on.
	Fsync bool
	// Settings are further settings of the server, as in postgresql.conf.
	Settings map[string]string
}

// Server is a PostgreSQL server. Its methods are safe for concurrent use.
type Server struct {
	bin, dir string
	user     *syscall.Credential
	args     []string

	mu      sync.Mutex
	running *process
}

// New makes a database cluster in a temporary folder and starts a server on it. Close removes both.
// It returns an [ErrNotFound] where the binaries are missing.
func New(c Config) (*Server, error) {
	bin, err := Binaries()
	if err != nil {
		return nil, err
	}
	user, err := unprivileged()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "pgtest")
	if err != nil {
		return nil, fmt.Errorf("folder for PostgreSQL: %w", err)
	}
	s := &Server{bin: bin, dir: dir, user: user, args: arguments(dir, c)}
	if err := s.prepare(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

func (s *Server) prepare() error {
	if s.user != nil {
		if err := os.Chown(s.dir, int(s.user.Uid), int(s.user.Gid)); err != nil {
			return fmt.Errorf("folder for PostgreSQL: %w", err)
		}
	}
	initdb := exec.CommandContext(context.Background(), filepath.Join(s.bin, "initdb"), //nolint:gosec // found by Binaries
		"--pgdata="+s.DataDir(), "--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync")
	initdb.Dir = s.dir
	initdb.SysProcAttr = &syscall.SysProcAttr{Credential: s.user}
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %s: %w", strings.TrimSpace(string(out)), err)
	}
	return s.Start()
}

// arguments returns those of the server.
func arguments(dir string, c Config) []string {
	settings := map[string]string{
		"listen_addresses":        "",
		"unix_socket_directories": dir,
		"max_connections":         "200",
		"shared_buffers":          "32MB",
		"fsync":                   "off",
		"full_page_writes":        "off",
		"log_min_messages":        "fatal",
		"log_min_error_statement": "panic",
	}
	if c.Fsync {
		settings["fsync"], settings["full_page_writes"] = "on", "on"
	}
	for name, value := range c.Settings {
		settings[name] = value
	}
	args := []string{"-D", filepath.Join(dir, "data")}
	for name, value := range settings {
		args = append(args, "-c", name+"="+value)
	}
	return args
}

// DSN returns a connection string for a database in the form "host=… dbname=…". The database
// postgres is there from the start.
func (s *Server) DSN(database string) string {
	return fmt.Sprintf("host=%s port=5432 user=postgres dbname=%s sslmode=disable", s.dir, database)
}

// DataDir returns the folder of the database cluster.
func (s *Server) DataDir() string { return filepath.Join(s.dir, "data") }

// Start starts a server that was stopped or killed, and returns when it takes connections. A server
// that is running goes on.
func (s *Server) Start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running != nil && !s.running.over() {
		return nil
	}
	deadline := time.Now().Add(startWithin)
	for {
		p, err := start(s.bin, s.dir, s.args, s.user)
		if err != nil {
			return err
		}
		err = p.ready(s.DataDir(), deadline)
		if err == nil {
			s.running = p
			return nil
		}
		p.end(syscall.SIGKILL)
		// Those whom a killed server leaves behind hold its memory until they have noticed.
		if time.Now().After(deadline) {
			return err
		}
	}
}

// Stop ends the server as an operator does: it rolls back what is under way, closes the
// connections, and returns when the server is gone.
func (s *Server) Stop() { s.signal(syscall.SIGINT) }

// StopImmediate ends the server as a crash does, and returns when it is gone. The next Start
// recovers what was committed.
func (s *Server) StopImmediate() { s.signal(syscall.SIGQUIT) }

// Kill kills the server's main process, and returns when it is gone. Its other processes end by
// themselves soon after; Start waits for them.
func (s *Server) Kill() { s.signal(syscall.SIGKILL) }

func (s *Server) signal(sig syscall.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running != nil {
		s.running.end(sig)
		s.running = nil
	}
}

// Close stops the server and removes its folder.
func (s *Server) Close() error {
	s.StopImmediate()
	if err := os.RemoveAll(s.dir); err != nil {
		return fmt.Errorf("folder of PostgreSQL: %w", err)
	}
	return nil
}

// Binaries returns the folder of the server's binaries: that of the environment variable PGBIN,
// that of the first postgres in PATH, or the newest of Debian's.
func Binaries() (string, error) {
	if dir := os.Getenv("PGBIN"); dir != "" {
		return dir, nil
	}
	if path, err := exec.LookPath("postgres"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(path), nil
		}
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil || len(found) == 0 {
		return "", ErrNotFound
	}
	slices.SortFunc(found, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
	return filepath.Dir(found[len(found)-1]), nil
}
