package cutover

import (
	"context"
	"errors"
	"log/slog"
)

// LogObserver is an [Observer] that writes to logger what a team wants to read of a migration: each difference that was
// found and each secondary that failed, at level warn, and differences that a rule ignores at level debug. Of payloads
// and results it writes what [Shown] has. A nil logger is [slog.Default].
func LogObserver(logger *slog.Logger) Observer {
	if logger == nil {
		logger = slog.Default()
	}
	return logObserver{logger}
}

type logObserver struct{ logger *slog.Logger }

func (l logObserver) Observe(ctx context.Context, o Observation) {
	switch o.Consistency {
	case Inconsistent:
		l.log(ctx, slog.LevelWarn, "old and new differ", o, differenceAttrs(o)...)
	case Ignored:
		l.log(ctx, slog.LevelDebug, "old and new differ as known", o,
			append(differenceAttrs(o), slog.String("rule", o.IgnoredBy))...)
	default:
	}
	second := o.Outcome(otherOrigin(o.Authoritative))
	if second.Err != nil && !errors.Is(second.Err, ErrSecondarySkipped) {
		l.log(ctx, slog.LevelWarn, "secondary failed", o, slog.Any("error", second.Err), slog.Duration("latency", second.Latency))
	}
}

func differenceAttrs(o Observation) []slog.Attr {
	attrs := make([]slog.Attr, 0, len(o.Shown.Differences)+1)
	for _, d := range o.Shown.Differences {
		path := d.Path
		if path == "" {
			path = "(all)"
		}
		if d.Redacted {
			attrs = append(attrs, slog.String(path, "(redacted)"))
			continue
		}
		attrs = append(attrs, slog.Group(path, slog.Any("old", d.Old), slog.Any("new", d.New)))
	}
	return attrs
}

func (l logObserver) log(ctx context.Context, level slog.Level, message string, o Observation, more ...slog.Attr) {
	if !l.logger.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{
		flagAttr(o.Flag), slog.String("operation", string(o.Operation)), slog.String("stage", string(o.Stage)),
	}
	if o.Shown.Payload != nil {
		attrs = append(attrs, slog.Any("payload", o.Shown.Payload))
	}
	l.logger.LogAttrs(ctx, level, "cutover: "+message, append(attrs, more...)...)
}
