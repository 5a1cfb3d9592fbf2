package compare

import (
	"cmp"
	"encoding/hex"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	maxText       = 1000
	maxTextDepth  = 8
	maxSortedKeys = 1000
	maxTextParts  = 10_000
)

// Text writes a value as a person would read it: what pointers refer to and never an address,
// fields by name, times by RFC 3339. It is meant for a [Difference]. It writes about 1000 bytes at
// most, and an ellipsis for what is left out; values with cycles end. It calls no method of the
// value, and panics on none. The format may change.
func Text(value any) string {
	return textOf(reflect.ValueOf(value))
}

// textOf writes a value as Text does, and a text without quotes.
func textOf(v reflect.Value) string {
	p := printer{parts: new(int)}
	p.print(v)
	return p.String()
}

// printer writes until it has enough.
type printer struct {
	b     []byte
	depth int
	parts *int // how many values it looked at, those in keys of maps too
}

func (p *printer) full() bool { return len(p.b) > maxText }

func (p *printer) write(s string) {
	if !p.full() {
		p.b = append(p.b, s[:min(len(s), maxText+1)]...)
	}
}

// String returns what was written, cut to what is allowed between two characters.
func (p *printer) String() string {
	if !p.full() {
		return strings.ToValidUTF8(string(p.b), "\uFFFD")
	}
	cut := maxText
	for cut > maxText-utf8.UTFMax && !utf8.RuneStart(p.b[cut]) {
		cut--
	}
	return strings.ToValidUTF8(string(p.b[:cut]), "\uFFFD") + "…"
}

func (p *printer) print(v reflect.Value) {
	v = dynamic(v)
	switch {
	case !v.IsValid():
		p.write("nil")
	case p.full():
	case p.depth > maxTextDepth || *p.parts > maxTextParts:
		p.write("…")
	default:
		p.depth++
		*p.parts++
		p.printValue(v)
		p.depth--
	}
}

func (p *printer) printValue(v reflect.Value) {
	switch v.Type() {
	case timeType:
		p.write(timeOf(v).Format(time.RFC3339Nano))
		return
	case reflect.TypeFor[time.Duration]():
		p.write(time.Duration(v.Int()).String())
		return
	case reflect.TypeFor[json.Number]():
		p.write(v.String())
		return
	case reflect.TypeFor[missing]():
		p.write(Missing.String())
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		p.print(v.Elem()) // nil prints as nil
	case reflect.Struct:
		p.printStruct(v)
	case reflect.Map:
		p.printMap(v)
	case reflect.Slice, reflect.Array:
		p.printList(v)
	case reflect.String:
		p.printString(v.String())
	default:
		p.write(scalarText(v))
	}
}

// printString quotes a text that stands within another value.
func (p *printer) printString(s string) {
	s = s[:min(len(s), maxText+1)]
	if p.depth > 1 {
		s = strconv.Quote(s)
	}
	p.write(s)
}

func scalarText(v reflect.Value) string {
	switch {
	case v.Kind() == reflect.Bool:
		return strconv.FormatBool(v.Bool())
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10)
	case v.CanUint():
		return strconv.FormatUint(v.Uint(), 10)
	case v.CanFloat():
		return strconv.FormatFloat(v.Float(), 'g', -1, v.Type().Bits())
	case v.CanComplex():
		return strconv.FormatComplex(v.Complex(), 'g', -1, v.Type().Bits())
	case v.IsNil(): // a function, a channel or an unsafe pointer
		return "nil"
	default:
		return "(" + v.Type().String() + ")"
	}
}

func (p *printer) printStruct(v reflect.Value) {
	v = addressable(v)
	p.write("{")
	for i := range v.NumField() {
		if p.full() {
			return
		}
		f := v.Type().Field(i)
		if i > 0 {
			p.write(" ")
		}
		p.write(f.Name + ":")
		p.print(field{index: i, exported: f.IsExported()}.of(v))
	}
	p.write("}")
}

func (p *printer) printList(v reflect.Value) {
	if v.Type().Elem().Kind() == reflect.Uint8 {
		p.printBytes(v)
		return
	}
	p.write("[")
	for i := 0; i < v.Len() && !p.full(); i++ {
		if i > 0 {
			p.write(" ")
		}
		p.print(v.Index(i))
	}
	p.write("]")
}

// printBytes writes a slice that is a text as one, and other bytes as hexadecimal digits.
func (p *printer) printBytes(v reflect.Value) {
	n := min(v.Len(), maxText+utf8.UTFMax)
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(v.Index(i).Uint()) //nolint:gosec // it is a byte
	}
	if v.Kind() == reflect.Slice && (utf8.Valid(b) || n < v.Len() && utf8.Valid(wholeRunes(b))) {
		p.printString(string(b))
		return
	}
	p.write("0x" + hex.EncodeToString(b))
}

// wholeRunes leaves out the beginning of a character at the end.
func wholeRunes(b []byte) []byte {
	for i := range min(utf8.UTFMax, len(b)) {
		if end := len(b) - 1 - i; utf8.RuneStart(b[end]) {
			return b[:end]
		}
	}
	return b
}

func (p *printer) printMap(v reflect.Value) {
	if v.Len() > maxSortedKeys {
		p.write("(" + strconv.Itoa(v.Len()) + " entries)")
		return
	}
	type entry struct {
		text  string
		value reflect.Value
	}
	entries := make([]entry, 0, v.Len())
	for all := v.MapRange(); all.Next(); {
		key := printer{depth: p.depth, parts: p.parts}
		key.print(all.Key())
		entries = append(entries, entry{key.String(), all.Value()})
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.text, b.text) })
	p.write("{")
	for i, e := range entries {
		if p.full() {
			return
		}
		if i > 0 {
			p.write(" ")
		}
		p.write(e.text + ":")
		p.print(e.value)
	}
	p.write("}")
}
