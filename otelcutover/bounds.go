package otelcutover

import (
	"strings"
	"sync"
	"unicode/utf8"
)

// other stands for every value beyond a bound, as the conventions have it for error types.
const other = "_OTHER"

// How many values there may be, and how long in bytes.
const (
	maxFlags      = 64
	maxErrorTypes = 32
	maxRules      = 32
	maxName       = 128
	maxPaths      = 16
	maxPath       = 128
	maxMessage    = 256
	maxDepartures = 256
)

// names are a bounded number of names, and what is kept with each. The first to come stay: a meter
// provider keeps the series that it has, so that forgetting a name would free nothing. All later
// names are one, other.
type names[V any] struct {
	limit  int
	make   func(name string) V
	beyond V

	mu    sync.RWMutex
	known map[string]V
}

func newNames[V any](limit int, with func(name string) V) *names[V] {
	beyond := with(other)
	return &names[V]{limit: limit, make: with, beyond: beyond, known: map[string]V{other: beyond}}
}

func (n *names[V]) of(name string) V {
	name = clip(name, maxName)
	n.mu.RLock()
	known, ok := n.known[name]
	full := len(n.known) > n.limit
	n.mu.RUnlock()
	switch {
	case ok:
		return known
	case full:
		return n.beyond
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if known, ok = n.known[name]; ok {
		return known
	}
	if len(n.known) > n.limit {
		return n.beyond
	}
	known = n.make(name)
	n.known[name] = known
	return known
}

// each calls a function with all of them. No lock is held meanwhile.
func (n *names[V]) each(do func(V)) {
	n.mu.RLock()
	all := make([]V, 0, len(n.known))
	for _, v := range n.known {
		all = append(all, v)
	}
	n.mu.RUnlock()
	for _, v := range all {
		do(v)
	}
}

// clip returns at most so many bytes of a text, and only whole characters: exporters reject invalid
// UTF-8.
func clip(text string, most int) string {
	if len(text) > most {
		for most > 0 && !utf8.RuneStart(text[most]) {
			most--
		}
		text = strings.Clone(text[:most])
	}
	return strings.ToValidUTF8(text, "?")
}
