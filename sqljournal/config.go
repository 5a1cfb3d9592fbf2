package sqljournal

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"
)

// Config says how a journal works. Only Dialect is required.
type Config struct {
	// Dialect is the database's.
	Dialect Dialect
	// Schema is the schema of the tables. The default is the connection's first. SQLite has none.
	Schema string
	// Prefix begins the names of the tables. The default is "cutover_". All processes of a migration
	// need the same tables.
	Prefix string
	// Instance names this process to people. The default is the host's name and the process's id.
	Instance string
	// Lease is after how long without a word a process counts as lost. It must be longer than a
	// write may take. The default is 15 seconds.
	Lease time.Duration
	// Heartbeat is how often the lease is renewed, and the leases of others are looked after. The
	// default is a fifth of the lease.
	Heartbeat time.Duration
	// LateBound is after how long a write that timed out does not take effect any more. Repair waits
	// that long before it reads the record. The default is 10 seconds.
	LateBound time.Duration
	// Linger is how long a record is kept open after a write, so that the next one needs no
	// statement. The default is 100 milliseconds; a negative value keeps none.
	Linger time.Duration
	// MaxOpen is after how long in a row a record is begun in the database again, to see whether
	// somebody waits for it. The default is a second.
	MaxOpen time.Duration
	// BeginTimeout is how long a write waits for the database. After that the journal counts as
	// lost, and no write waits for it until it answers again. The default is a second.
	BeginTimeout time.Duration
	// TurnAfter is after how long without a write in its direction a flag turns to the other one, if
	// that was used. The default is a minute. It must not be less than the lease.
	TurnAfter time.Duration
	// Logger is told when the journal is lost and found, and what it could not do. The default is
	// [slog.Default].
	Logger *slog.Logger

	// What only tests set.
	clock     *clock
	marksMost int
}

// Limits that no user has asked to change.
const (
	probeEvery   = 200 * time.Millisecond // while the database does not answer
	flushEvery   = 50 * time.Millisecond  // how long ends and marks wait for others
	flushMost    = 1000                   // rows of one statement
	lockTimeout  = 100 * time.Millisecond // for rows that somebody else's transaction holds
	wantFor      = time.Second            // a direction that waits keeps the other one out
	conflictFor  = 30 * time.Second       // no record lingers after two directions met
	auditEvery   = 30 * time.Second       // at most; it is the lease if that is shorter
	marksMost    = 100_000                // that wait for the database
	wordsTimeout = 10 * time.Second       // for statements that no write waits for
)

func (c Config) withDefaults() (Config, error) {
	if err := c.Dialect.known(); err != nil {
		return c, err
	}
	if c.Dialect == SQLite && c.Schema != "" {
		return c, errors.New("SQLite has no schemas: leave Schema empty")
	}
	if c.Prefix == "" {
		c.Prefix = "cutover_"
	}
	if c.Instance == "" {
		host, err := os.Hostname()
		if err != nil {
			host = "unknown host"
		}
		c.Instance = fmt.Sprintf("%s %d", host, os.Getpid())
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.clock == nil {
		c.clock = &clock{}
	}
	if c.marksMost == 0 {
		c.marksMost = marksMost
	}
	return c, c.durations()
}

// durations sets the defaults of the times.
func (c *Config) durations() error {
	for _, d := range []struct {
		name  string
		value *time.Duration
		or    time.Duration
	}{
		{"Lease", &c.Lease, 15 * time.Second},
		{"LateBound", &c.LateBound, 10 * time.Second},
		{"MaxOpen", &c.MaxOpen, time.Second},
		{"BeginTimeout", &c.BeginTimeout, time.Second},
		{"TurnAfter", &c.TurnAfter, time.Minute},
	} {
		if *d.value < 0 {
			return fmt.Errorf("%s is negative: %v", d.name, *d.value)
		}
		if *d.value == 0 {
			*d.value = d.or
		}
	}
	switch {
	case c.Linger == 0:
		c.Linger = 100 * time.Millisecond
	case c.Linger < 0:
		c.Linger = 0
	}
	if c.Heartbeat == 0 {
		c.Heartbeat = c.Lease / 5
	}
	if c.Heartbeat <= 0 || c.Heartbeat > c.Lease/2 {
		return fmt.Errorf("the heartbeat of %v is not between zero and half of the lease of %v", c.Heartbeat, c.Lease)
	}
	if c.TurnAfter < c.Lease {
		return fmt.Errorf("TurnAfter is %v, which is less than the lease of %v", c.TurnAfter, c.Lease)
	}
	return nil
}

// margin is how long before the end of its lease a process stops relying on it.
func (c *Config) margin() time.Duration { return c.Lease / 10 }
