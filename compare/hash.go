package compare

import (
	"encoding/binary"
	"hash/maphash"
	"math"
	"reflect"
)

// hasher sums up a value so that two that are the same under the rules have the same sum. It may
// leave out as much as it likes, and leaves out what a tolerance, a pattern, a function or a method
// decides.
type hasher struct {
	*walk
	sum   maphash.Hash
	depth int
}

var hashSeed = maphash.MakeSeed()

const (
	maxHashDepth   = 6
	maxHashedParts = 16
)

func (w *walk) hashOf(v reflect.Value, at place) uint64 {
	h := hasher{walk: w}
	h.sum.SetSeed(hashSeed)
	h.add(v, at)
	return h.sum.Sum64()
}

func (h *hasher) add(v reflect.Value, at place) {
	if v.Kind() == reflect.Interface {
		if len(h.using) > 0 {
			return
		}
		v = v.Elem()
	}
	if h.depth > maxHashDepth || h.here(at).ignored || !h.spend() {
		return
	}
	h.depth++
	defer func() { h.depth-- }()
	if !v.IsValid() {
		h.number(0)
		return
	}
	p := h.planOf(v.Type())
	switch {
	case p.using != nil || p.equal != nil || p.time:
	case p.number:
		h.addNumber(v.String())
	default:
		h.addParts(v, at, p)
	}
}

func (h *hasher) number(n uint64) {
	var bytes [8]byte
	binary.LittleEndian.PutUint64(bytes[:], n)
	_, _ = h.sum.Write(bytes[:])
}

func (h *hasher) addNumber(written string) {
	if !h.exactWithin.isZero() {
		return
	}
	d, _ := parseDecimal(written)
	_, _ = h.sum.WriteString(d.digits)
	h.number(uint64(d.exponent)) //nolint:gosec // any bits will do
}

func (h *hasher) addParts(v reflect.Value, at place, p *plan) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			h.number(1)
			h.add(v.Elem(), at)
		}
	case reflect.Struct:
		if p.hides {
			v = addressable(v)
		}
		for _, f := range p.fields {
			h.add(f.of(v), h.next(at, step{name: f.name}))
		}
	case reflect.Map:
		h.addMap(v, at)
	case reflect.Slice, reflect.Array:
		h.addList(v, at)
	case reflect.String:
		h.number(uint64(v.Len())) //nolint:gosec // a length
		_, _ = h.sum.WriteString(v.String())
	case reflect.Bool:
		if v.Bool() {
			h.number(1)
		}
	default:
		h.addScalar(v)
	}
}

func (h *hasher) addScalar(v reflect.Value) {
	if h.within != 0 {
		return
	}
	switch {
	case v.CanInt():
		h.number(uint64(v.Int())) //nolint:gosec // any bits will do
	case v.CanUint():
		h.number(v.Uint())
	case v.CanFloat():
		f := v.Float()
		switch {
		case f != f:
			f = math.NaN()
		case f == 0:
			f = 0 // for zero of either sign
		}
		h.number(math.Float64bits(f))
	}
}

// addList leaves out elements that a pattern may put in another order, or ignore.
func (h *hasher) addList(v reflect.Value, at place) {
	if at.alive != "" {
		return
	}
	h.number(uint64(v.Len())) //nolint:gosec // a length
	for i := range min(v.Len(), maxHashedParts) {
		h.add(v.Index(i), place{})
	}
}

// addMap adds up the sums of the entries, for they come in no order. Ignored entries do not count,
// for the other map may have others.
func (h *hasher) addMap(v reflect.Value, at place) {
	if at.alive == "" && v.Len() > maxHashedParts {
		return
	}
	var all uint64
	kept := 0
	for entries := v.MapRange(); entries.Next(); {
		key := keyStep(entries.Key())
		below := h.next(at, key)
		if h.here(below).ignored {
			continue
		}
		if kept++; kept > maxHashedParts {
			return
		}
		one := hasher{walk: h.walk, depth: h.depth}
		one.sum.SetSeed(hashSeed)
		one.add(entries.Key(), place{})
		one.add(entries.Value(), below)
		all += one.sum.Sum64()
	}
	h.number(all)
}
