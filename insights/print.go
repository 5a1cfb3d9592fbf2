package insights

import (
	"encoding/hex"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

const (
	maxDepth = 8
	// maxEntries is how many entries of a map are looked at, and how many values a value may be
	// made of if it is to write itself.
	maxEntries = 1000
)

// printer writes a value as text: its values, and never an address. It stops as soon as there is
// more than can be kept, and goes no deeper than maxDepth, so that values which hold themselves do
// no harm.
type printer struct{ out []byte }

// plain is a value as text. What goes beyond limit bytes is missing, but for a little.
func plain(value any, limit int) string {
	if s, ok := value.(string); ok {
		return s
	}
	p := printer{}
	p.value(reflect.ValueOf(value), limit+1, maxDepth)
	return string(p.out)
}

func (p *printer) value(v reflect.Value, limit, depth int) {
	switch {
	case len(p.out) >= limit:
	case !v.IsValid():
		p.add("<nil>")
	case isNil(v):
		p.add("<nil>")
	case depth == 0:
		p.add("…")
	case !p.itself(v):
		p.parts(v, limit, depth)
	}
}

func (p *printer) add(text string) { p.out = append(p.out, text...) }

func (p *printer) parts(v reflect.Value, limit, depth int) {
	switch v.Kind() {
	case reflect.String:
		p.add(cut(v.String(), limit))
	case reflect.Bool:
		p.out = strconv.AppendBool(p.out, v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		p.out = strconv.AppendInt(p.out, v.Int(), 10)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		p.out = strconv.AppendUint(p.out, v.Uint(), 10)
	case reflect.Float32, reflect.Float64:
		p.out = strconv.AppendFloat(p.out, v.Float(), 'g', -1, v.Type().Bits())
	case reflect.Complex64, reflect.Complex128:
		p.add(strconv.FormatComplex(v.Complex(), 'g', -1, v.Type().Bits()))
	case reflect.Pointer:
		p.add("&")
		p.value(v.Elem(), limit, depth-1)
	case reflect.Interface:
		p.value(v.Elem(), limit, depth-1)
	case reflect.Struct:
		p.structure(v, limit, depth-1)
	case reflect.Map:
		p.entries(v, limit, depth-1)
	case reflect.Slice, reflect.Array:
		p.list(v, limit, depth-1)
	default: // chan, func, unsafe.Pointer: there is nothing to show but what they are
		p.add(v.Type().String())
	}
}

func (p *printer) structure(v reflect.Value, limit, depth int) {
	p.add("{")
	for i := 0; i < v.NumField() && len(p.out) < limit; i++ {
		if i > 0 {
			p.add(" ")
		}
		p.add(v.Type().Field(i).Name + ":")
		p.value(v.Field(i), limit, depth)
	}
	p.add("}")
}

func (p *printer) list(v reflect.Value, limit, depth int) {
	if v.Type().Elem().Kind() == reflect.Uint8 {
		p.bytes(v, limit)
		return
	}
	p.add("[")
	for i := 0; i < v.Len() && len(p.out) < limit; i++ {
		if i > 0 {
			p.add(" ")
		}
		p.value(v.Index(i), limit, depth)
	}
	p.add("]")
}

// bytes are text if they can be.
func (p *printer) bytes(v reflect.Value, limit int) {
	some := make([]byte, min(v.Len(), limit))
	for i := range some {
		some[i] = byte(v.Index(i).Uint()) //nolint:gosec // it is a byte
	}
	if len(some) == v.Len() && utf8.Valid(some) || len(some) < v.Len() && utf8.ValidString(cut(string(some), len(some)-utf8.UTFMax)) {
		p.out = append(p.out, some...)
		return
	}
	p.out = hex.AppendEncode(append(p.out, "0x"...), some)
}

// entries are in the order of their keys' text, so that two maps can be told apart by eye.
func (p *printer) entries(v reflect.Value, limit, depth int) {
	type pair struct {
		key   string
		value reflect.Value
	}
	var pairs []pair
	for at := v.MapRange(); len(pairs) < maxEntries && at.Next(); {
		key := printer{}
		key.value(at.Key(), limit-len(p.out), depth)
		pairs = append(pairs, pair{string(key.out), at.Value()})
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		if a.key < b.key {
			return -1
		}
		return 1
	})
	p.add("map[")
	for i := 0; i < len(pairs) && len(p.out) < limit; i++ {
		if i > 0 {
			p.add(" ")
		}
		p.add(pairs[i].key + ":")
		p.value(pairs[i].value, limit, depth)
	}
	p.add("]")
}

// itself lets a value write itself, as a UUID or a time does. One that is large or holds itself may
// not: its method could run on without an end. A method that panics wrote nothing.
func (p *printer) itself(v reflect.Value) (written bool) {
	if !v.CanInterface() || v.Kind() == reflect.Interface {
		return false
	}
	before := len(p.out)
	defer func() {
		if recover() != nil {
			p.out, written = p.out[:before], false
		}
	}()
	switch self := v.Interface().(type) {
	case time.Time:
		p.out = self.AppendFormat(p.out, time.RFC3339Nano)
		return true
	case reflect.Value, reflect.Type:
		return false
	case error:
		return finite(v) && p.said(self.Error())
	case fmt.Stringer:
		return finite(v) && p.said(self.String())
	}
	return false
}

func (p *printer) said(text string) bool {
	p.add(text)
	return true
}

func isNil(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface, reflect.Chan, reflect.Func, reflect.UnsafePointer:
		return v.IsNil()
	default:
		return false
	}
}
