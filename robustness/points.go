//go:build unix

package main

import (
	"context"
	"math/rand/v2"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gocutover/cutover"
)

// points are the named points of a write at which a child can be told to kill or stop itself.
type points struct {
	die, pause atomic.Pointer[string]
	late       atomic.Pointer[lateness]
	history    *historyWriter
}

// The points, in the order in which a write passes them.
const (
	afterBegin  = "after begin"
	beforeFirst = "before authoritative"
	afterFirst  = "after authoritative"
	beforeOther = "before secondary"
	afterOther  = "after secondary"
	beforeEnd   = "before end"
	beforeFix   = "before repair"
	afterFix    = "after repair"
	beforeMove  = "before settling"
	afterMove   = "after settling"
)

// latePoints are those at which a write can be late.
var latePoints = []string{beforeFirst, beforeOther, beforeFix, beforeMove}

var allPoints = []string{
	afterBegin, beforeFirst, afterFirst, beforeOther, afterOther, beforeEnd, beforeFix, afterFix, beforeMove, afterMove,
}

// pass kills or stops the process if it was told to do so here.
func (p *points) pass(point string) {
	if p.take(&p.die, point) {
		p.history.event(event{Kind: died, Value: point})
		p.signal(unix.SIGKILL)
	}
	if p.take(&p.pause, point) {
		p.history.event(event{Kind: paused, Value: point})
		p.signal(unix.SIGSTOP)
	}
}

func (p *points) take(armed *atomic.Pointer[string], point string) bool {
	want := armed.Load()
	return want != nil && *want == point && armed.CompareAndSwap(want, nil)
}

func (p *points) signal(sig unix.Signal) {
	if err := unix.Kill(os.Getpid(), sig); err != nil {
		panic(err)
	}
	if sig == unix.SIGKILL {
		select {}
	}
}

// lateness is a time in which some writes fail at a point, and take effect later.
type lateness struct {
	point string
	until time.Time
}

// isLate reports whether a write is to fail and take effect later.
func (p *points) isLate(point string) bool {
	l := p.late.Load()
	return l != nil && l.point == point && time.Now().Before(l.until) && rand.IntN(2) == 0
}

func (p *points) arm(c command) {
	if c.Off {
		p.die.Store(nil)
		p.pause.Store(nil)
		p.late.Store(nil)
	}
	if c.Late != "" {
		p.late.Store(&lateness{c.Late, time.Now().Add(c.For)})
	}
	if c.Die != "" {
		p.die.Store(&c.Die)
	}
	if c.Pause != "" {
		p.pause.Store(&c.Pause)
	}
}

// pointsOf returns the points around a write that a function is called for.
func pointsOf(ctx context.Context) (before, after string) {
	call, _ := cutover.CallFrom(ctx)
	switch call.Purpose {
	case cutover.Settling:
		return beforeMove, afterMove
	case cutover.Repairing:
		return beforeFix, afterFix
	case cutover.Serving:
		return beforeFirst, afterFirst
	default:
		return beforeOther, afterOther
	}
}

// pointedJournal passes the points of a journal.
type pointedJournal struct {
	cutover.Journal
	points *points
}

// Begin passes the point after it.
func (j pointedJournal) Begin(ctx context.Context, w cutover.JournalWrite) (cutover.Intent, error) {
	intent, err := j.Journal.Begin(ctx, w)
	if err != nil {
		return nil, err
	}
	j.points.pass(afterBegin)
	if w.Join {
		return intent, nil // JoinTx must find its own type
	}
	return pointedIntent{intent, j.points}, nil
}

type pointedIntent struct {
	cutover.Intent
	points *points
}

// End passes the point before it.
func (i pointedIntent) End(end cutover.IntentEnd) {
	i.points.pass(beforeEnd)
	i.Intent.End(end)
}
