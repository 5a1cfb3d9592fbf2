package compare

import (
	"reflect"
	"strconv"
	"strings"
)

// path leads from a value to a place in it.
type path []step

// step is one step of a path.
type step struct {
	kind stepKind
	n    int           // of an element
	name string        // of a field
	key  reflect.Value // of a map or of a row
}

type stepKind uint8

const (
	toField   stepKind = iota // of a struct
	toElement                 // of a list
	toKey                     // of a map
	toRow                     // of a list that is compared by a key
)

func elementStep(i int) step         { return step{kind: toElement, n: i} }
func keyStep(key reflect.Value) step { return step{kind: toKey, key: key} }
func rowStep(key reflect.Value) step { return step{kind: toRow, key: key} }

// writtenAsName reports whether the step is a name, and not in brackets.
func (s step) writtenAsName() bool {
	return s.kind == toField ||
		s.kind == toKey && dynamic(s.key).Kind() == reflect.String && isName(s.text())
}

// dynamic is what is in an interface, or the value itself.
func dynamic(v reflect.Value) reflect.Value {
	for v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	return v
}

// text is the name or key that a pattern must give, without quotes.
func (s step) text() string {
	switch s.kind {
	case toField:
		return s.name
	case toElement:
		return strconv.Itoa(s.n)
	default:
		return keyText(s.key)
	}
}

// keyText is a key as text. Numbers and booleans are written as in Go.
func keyText(key reflect.Value) string {
	if key = dynamic(key); key.Kind() == reflect.String {
		return key.String()
	}
	return textOf(key)
}

// quoted reports whether the key must be quoted in brackets, so that it can be read back.
func (s step) quoted() bool {
	key := dynamic(s.key)
	switch key.Kind() {
	case reflect.Bool, reflect.Float32, reflect.Float64,
		reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return false
	case reflect.String:
		return key.Type() != numberType
	default:
		return true
	}
}

// isName reports whether a key is written as a name, without brackets.
func isName(s string) bool {
	for i, r := range s {
		letter := r == '_' || r == '-' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r > 127 && strconv.IsPrint(r)
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
}

// String writes a path so that it can be read back as a pattern.
func (p path) String() string {
	var b strings.Builder
	for i, s := range p {
		switch {
		case s.kind == toElement:
			b.WriteString("[" + strconv.Itoa(s.n) + "]")
		case s.writtenAsName():
			if i > 0 {
				b.WriteByte('.')
			}
			b.WriteString(s.text())
		case s.quoted():
			b.WriteString("[" + strconv.Quote(s.text()) + "]")
		default:
			b.WriteString("[" + s.text() + "]")
		}
	}
	return b.String()
}

// joined is a path that goes on with another one.
func joined(first, second string) string {
	if second == "" || strings.HasPrefix(second, "[") {
		return first + second
	}
	return first + "." + second
}
