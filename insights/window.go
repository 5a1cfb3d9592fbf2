package insights

import "time"

// Window is a stretch of time until now.
type Window string

const (
	// LastMinute is the last minute, in steps of three seconds.
	LastMinute Window = "minute"
	// LastHour is the last hour, in steps of a minute.
	LastHour Window = "hour"
	// SinceStart is all the time since [New].
	SinceStart Window = "start"
)

const (
	// tickLength is how long one bucket of the last minute is.
	tickLength    = 3 * time.Second
	minuteBuckets = int64(time.Minute / tickLength)
	hourBuckets   = int64(time.Hour / time.Minute)
)

// ring is the buckets of a window. The one of a tick is where the one was that has just left the
// window.
type ring struct {
	buckets []bucket
	ticks   int64 // that one bucket takes
}

func newRing(size, ticks int64) ring {
	r := ring{buckets: make([]bucket, size), ticks: ticks}
	for i := range r.buckets {
		r.buckets[i].tick = -1
	}
	return r
}

// merge adds what was counted in a tick, unless that has left the window already.
func (r *ring) merge(from *bucket) {
	at := from.tick / r.ticks
	b := &r.buckets[at%int64(len(r.buckets))]
	if b.tick > at {
		return
	}
	if b.tick < at {
		b.reset(at)
	}
	b.merge(from)
}

// at returns the bucket of a position in the window that ends now, the first one at 0, and nil if
// nothing was counted.
func (r *ring) at(now, position int64) *bucket {
	size := int64(len(r.buckets))
	tick := now/r.ticks - size + 1 + position
	if tick < 0 {
		return nil
	}
	if b := &r.buckets[tick%size]; b.tick == tick {
		return b
	}
	return nil
}

// series is the figures of one kind of operation at one stage.
type series struct {
	minute, hour ring
	total        bucket
}

func newSeries() *series {
	return &series{minute: newRing(minuteBuckets, 1), hour: newRing(hourBuckets, minuteBuckets)}
}

func (s *series) merge(from *bucket) {
	s.minute.merge(from)
	s.hour.merge(from)
	s.total.merge(from)
}

// ringOf returns what is drawn of a window: since the start that is the last hour.
func (s *series) ringOf(w Window) *ring {
	if w == LastMinute {
		return &s.minute
	}
	return &s.hour
}

// sum adds what was counted in a window to a bucket.
func (s *series) sum(now int64, w Window, to *bucket) {
	if w == SinceStart {
		to.merge(&s.total)
		return
	}
	r := s.ringOf(w)
	for position := range int64(len(r.buckets)) {
		if b := r.at(now, position); b != nil {
			to.merge(b)
		}
	}
}

// beginOf is the time since the start at which the first bucket of a window begins.
func beginOf(w Window, now int64) time.Duration {
	size, ticks := minuteBuckets, int64(1)
	switch w {
	case SinceStart:
		return 0
	case LastHour:
		size, ticks = hourBuckets, minuteBuckets
	case LastMinute:
	}
	return max(time.Duration((now/ticks-size+1)*ticks)*tickLength, 0)
}
