package cutover

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/launchdarkly/go-server-sdk/v7/interfaces"
)

// logger writes to the builder's logger if it has one, otherwise to the flag client's loggers, and
// otherwise to slog's default at the time of the call.
type logger struct {
	slog *slog.Logger
	sdk  interfaces.LDLoggers
}

func newLogger(given *slog.Logger, client FlagClient) logger {
	if given != nil {
		return logger{slog: given}
	}
	if has, ok := client.(interface{ Loggers() interfaces.LDLoggers }); ok {
		if sdk := has.Loggers(); !isNil(sdk) {
			return logger{sdk: sdk}
		}
	}
	return logger{}
}

func (l logger) warn(ctx context.Context, message string, attrs ...slog.Attr) {
	l.log(ctx, slog.LevelWarn, message, attrs)
}

func (l logger) info(ctx context.Context, message string, attrs ...slog.Attr) {
	l.log(ctx, slog.LevelInfo, message, attrs)
}

func (l logger) error(ctx context.Context, message string, attrs ...slog.Attr) {
	l.log(ctx, slog.LevelError, message, attrs)
}

// log writes a line. If a handler panics, the line is lost and nothing else.
func (l logger) log(ctx context.Context, level slog.Level, message string, attrs []slog.Attr) {
	defer func() { _ = recover() }()
	message = "cutover: " + message
	if l.sdk == nil {
		to := l.slog
		if to == nil {
			to = slog.Default()
		}
		to.LogAttrs(ctx, level, message, attrs...)
		return
	}
	var line strings.Builder
	line.WriteString(message)
	for _, attr := range attrs {
		fmt.Fprintf(&line, " %s=%q", attr.Key, attr.Value.String())
	}
	switch {
	case level >= slog.LevelError:
		l.sdk.Error(line.String())
	case level >= slog.LevelWarn:
		l.sdk.Warn(line.String())
	default:
		// The interface has no Info; the SDK's own loggers do.
		if sdk, ok := l.sdk.(interface{ Info(values ...any) }); ok {
			sdk.Info(line.String())
			return
		}
		l.sdk.Debug(line.String())
	}
}

// seldomLog admits each subject once a minute.
type seldomLog struct {
	mu   sync.Mutex
	last map[onceKey]time.Duration
}

func (s *seldomLog) first(flag, subject string) bool {
	key, at := onceKey{flag, subject}, now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if last, told := s.last[key]; told && at >= last && at-last < time.Minute {
		return false
	}
	if s.last == nil || len(s.last) >= onceLimit {
		s.last = make(map[onceKey]time.Duration)
	}
	s.last[key] = at
	return true
}

// onceLog admits each subject once, so that a fault of every operation is one line.
type onceLog struct {
	mu   sync.RWMutex
	seen map[onceKey]struct{}
}

type onceKey struct{ flag, subject string }

// onceLimit limits the memory for flag keys made at run time; beyond it the log forgets and starts
// again.
const onceLimit = 1024

func (o *onceLog) first(flag, subject string) bool {
	key := onceKey{flag, subject}
	o.mu.RLock()
	_, seen := o.seen[key]
	o.mu.RUnlock()
	if seen {
		return false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, seen := o.seen[key]; seen {
		return false
	}
	if o.seen == nil || len(o.seen) >= onceLimit {
		o.seen = make(map[onceKey]struct{})
	}
	o.seen[key] = struct{}{}
	return true
}
