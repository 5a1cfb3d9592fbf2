package cutover

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"

	"github.com/launchdarkly/go-server-sdk/v7/interfaces"
)

// logger writes to the slog logger that a builder was given, else to the flag client's own loggers, else to slog's
// default.
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
	return logger{slog: slog.Default()}
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

func (l logger) log(ctx context.Context, level slog.Level, message string, attrs []slog.Attr) {
	message = "cutover: " + message
	if l.slog != nil {
		l.slog.LogAttrs(ctx, level, message, attrs...)
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
		// The interface has no method for what is merely of interest; the SDK's own loggers do.
		if sdk, ok := l.sdk.(interface{ Info(values ...any) }); ok {
			sdk.Info(line.String())
			return
		}
		l.sdk.Debug(line.String())
	}
}

// onceLog lets each subject through once, so that a fault of every operation is one line and not a flood.
type onceLog struct {
	mu   sync.RWMutex
	seen map[onceKey]struct{}
}

type onceKey struct{ flag, subject string }

// onceLimit bounds the memory that flag keys made at run time could take; beyond it the log forgets and starts again.
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
