package cutover

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"

	"github.com/gocutover/cutover/compare"
)

// LogObserver returns an [Observer] that logs differences and failed secondaries at level warn, and
// differences that a rule ignores at level debug. Of payloads and results it logs what [Shown]
// contains; errors are logged as they are. If a record with a revealed key differed and agrees
// later, it suggests [ReaderBuilder.Recheck], at level info and once per flag. A nil logger is
// [slog.Default].
func LogObserver(logger *slog.Logger) Observer {
	return &logObserver{logger: logger}
}

type logObserver struct {
	logger *slog.Logger // nil is the default as it is when a line is written

	mu       sync.Mutex
	differed map[flagKey]struct{} // records that differed when they were last read
	said     map[string]struct{}  // flags for which Recheck was suggested
}

type flagKey struct{ flag, key string }

// maxDiffered limits the memory for records that differed.
const maxDiffered = 1000

// Observe logs what the operation found.
func (l *logObserver) Observe(ctx context.Context, o Observation) {
	switch o.Consistency {
	case Inconsistent:
		l.log(ctx, slog.LevelWarn, "old and new differ", o, differenceAttr(o))
		l.remember(o)
	case Ignored:
		l.log(ctx, slog.LevelDebug, "old and new differ: ignored", o, differenceAttr(o), slog.String("rule", o.IgnoredBy))
	case Consistent:
		if l.vanished(o) {
			l.log(ctx, slog.LevelInfo, "old and new agree again: Recheck leaves out such differences", o)
		}
	default:
	}
	second := o.Outcome(otherOrigin(o.Authoritative))
	skippedRead := o.Operation == readOp && errors.Is(second.Err, ErrSecondarySkipped)
	if second.Err != nil && !second.NotFound && !skippedRead {
		l.log(ctx, slog.LevelWarn, "secondary failed", o, slog.Any("error", second.Err), slog.Duration("latency", second.Latency))
	}
}

func (l *logObserver) remember(o Observation) {
	if o.Rechecks > 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, key := range o.Shown.Keys {
		if l.differed == nil || len(l.differed) >= maxDiffered {
			l.differed = make(map[flagKey]struct{})
		}
		l.differed[flagKey{o.Flag, key}] = struct{}{}
	}
}

// vanished reports whether this is the first record of the flag that agrees after it differed.
func (l *logObserver) vanished(o Observation) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, key := range o.Shown.Keys {
		if _, differed := l.differed[flagKey{o.Flag, key}]; !differed {
			continue
		}
		delete(l.differed, flagKey{o.Flag, key})
		if _, said := l.said[o.Flag]; !said && len(l.said) < maxDiffered {
			if l.said == nil {
				l.said = make(map[string]struct{})
			}
			l.said[o.Flag] = struct{}{}
			return true
		}
	}
	return false
}

// differenceAttr puts all differences into one attribute, so that no path replaces a key of the
// line.
func differenceAttr(o Observation) slog.Attr {
	lines := make([]string, len(o.Shown.Differences))
	for i, d := range o.Shown.Differences {
		lines[i] = cmp.Or(d.Path, "(all)") + ": "
		if d.Redacted {
			lines[i] += "(redacted)"
		} else {
			lines[i] += "old " + compare.Text(d.Old) + ", new " + compare.Text(d.New)
		}
	}
	return slog.Any("differences", lines)
}

func (l *logObserver) log(ctx context.Context, level slog.Level, message string, o Observation, more ...slog.Attr) {
	logger := l.logger
	if logger == nil {
		logger = slog.Default()
	}
	if !logger.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{
		flagAttr(o.Flag), slog.String("operation", string(o.Operation)), slog.String("stage", string(o.Stage)),
	}
	if len(o.Shown.Keys) > 0 {
		attrs = append(attrs, slog.Any("keys", o.Shown.Keys))
	}
	if o.Shown.Payload != nil {
		attrs = append(attrs, slog.String("payload", compare.Text(o.Shown.Payload)))
	}
	logger.LogAttrs(ctx, level, "cutover: "+message, append(attrs, more...)...)
}
