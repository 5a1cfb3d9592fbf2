package sqljournal

import (
	"log/slog"
	"sync/atomic"
)

// health is whether the database does what it is asked. While it does not, no write waits for it.
type health struct {
	log     *slog.Logger
	cause   atomic.Pointer[error]
	tripped chan struct{} // asks for a probe
	paused  atomic.Bool   // by a test: the lease is not renewed
}

func newHealth(log *slog.Logger) health { return health{log: log, tripped: make(chan struct{}, 1)} }

// down returns why the database cannot be used, or nil.
func (h *health) down() error {
	if cause := h.cause.Load(); cause != nil {
		return *cause
	}
	return nil
}

func (h *health) fail(err error) {
	if !h.cause.CompareAndSwap(nil, &err) {
		return
	}
	h.log.Error("journal: lost; writes go on without it, or are refused", "error", err)
	select {
	case h.tripped <- struct{}{}:
	default:
	}
}

func (h *health) up() {
	if h.cause.Swap(nil) != nil {
		h.log.Info("journal: found")
	}
}
