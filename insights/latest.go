package insights

// latest keeps the values that were touched last, each under its key.
type latest[V any] struct {
	limit       int
	entries     map[string]*entry[V]
	first, last *entry[V] // first is the latest
}

type entry[V any] struct {
	key           string
	value         V
	newer, before *entry[V]
}

func newLatest[V any](limit int) *latest[V] {
	return &latest[V]{limit: limit, entries: map[string]*entry[V]{}}
}

// touch returns the value of a key to be changed, a zero one if it is new. If there are too many, the one that was not
// touched for the longest time makes room.
func (l *latest[V]) touch(key string) *V {
	e := l.entries[key]
	switch {
	case e != nil:
		l.unlink(e)
	case len(l.entries) >= l.limit:
		e = l.last
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

func (l *latest[V]) all() []V {
	values := make([]V, 0, len(l.entries))
	for e := l.first; e != nil; e = e.before {
		values = append(values, e.value)
	}
	return values
}
