package insights

// latest keeps the values that were touched last, each under its key.
type latest[V any] struct {
	limit       int
	entries     map[string]*entry[V]
	first, last *entry[V] // first is the latest
	forgets     func(*V)  // is told of what makes room; may be nil
}

type entry[V any] struct {
	key           string
	value         V
	newer, before *entry[V]
}

func newLatest[V any](limit int) *latest[V] {
	return &latest[V]{limit: limit, entries: map[string]*entry[V]{}}
}

// get returns the value of a key, or nil.
func (l *latest[V]) get(key string) *V {
	if e := l.entries[key]; e != nil {
		return &e.value
	}
	return nil
}

// touch returns the value of a key to be changed, a zero one if it is new. If there are too many,
// the one that was not touched for the longest time makes room.
func (l *latest[V]) touch(key string) *V {
	e := l.entries[key]
	switch {
	case e != nil:
		l.unlink(e)
	case len(l.entries) >= l.limit:
		e = l.last
		if l.forgets != nil {
			l.forgets(&e.value)
		}
		l.unlink(e)
		delete(l.entries, e.key)
		*e = entry[V]{key: key}
	default:
		e = &entry[V]{key: key}
	}
	l.entries[key] = e
	e.before = l.first
	if l.first != nil {
		l.first.newer = e
	}
	l.first = e
	if l.last == nil {
		l.last = e
	}
	return &e.value
}

// remove forgets a key, if it is there.
func (l *latest[V]) remove(key string) {
	if e := l.entries[key]; e != nil {
		l.unlink(e)
		delete(l.entries, key)
	}
}

func (l *latest[V]) unlink(e *entry[V]) {
	if e.newer != nil {
		e.newer.before = e.before
	} else {
		l.first = e.before
	}
	if e.before != nil {
		e.before.newer = e.newer
	} else {
		l.last = e.newer
	}
	e.newer, e.before = nil, nil
}

// all goes through the values, the latest first. They must not be touched meanwhile.
func (l *latest[V]) all(yield func(key string, value *V) bool) {
	for e := l.first; e != nil; e = e.before {
		if !yield(e.key, &e.value) {
			return
		}
	}
}
