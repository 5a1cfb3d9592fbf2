package cutovertest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// How much of a value is shown.
const (
	shownDepth = 20
	shownBytes = 8 << 10
)

// shown writes a value in one line as %+v does, but for pointers: what they lead to is written, and
// never an address.
func shown(value any) string {
	s := showing{}
	s.value(reflect.ValueOf(value))
	return s.String()
}

// content writes what of a value can be copied and changed: exported fields alone.
func content(value any) string {
	s := showing{exported: true}
	s.value(reflect.ValueOf(value))
	return s.String()
}

// shownLines writes a value with each field and element on a line of its own.
func shownLines(value any) string {
	if text, ok := value.(string); ok {
		return text
	}
	s := showing{lines: true}
	s.value(reflect.ValueOf(value))
	return s.String()
}

type showing struct {
	strings.Builder
	lines    bool
	exported bool
	under    []pointee // what is being written, from the outside in
	lists    int       // and how many lists, structs and maps that is
	cut      bool
}

func (s *showing) write(text string) {
	switch {
	case s.Len()+len(text) <= shownBytes:
		_, _ = s.WriteString(text)
	case !s.cut:
		s.cut = true
		_, _ = s.WriteString("…")
	}
}

func (s *showing) value(v reflect.Value) {
	if !v.IsValid() {
		s.write("<nil>")
		return
	}
	mute := s.exported && !opaque(v.Type()) && v.Type() != reflect.TypeFor[time.Time]()
	if s.cut || !mute && v.CanInterface() && s.speaks(v) {
		return
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface, reflect.Map, reflect.Slice:
		s.reference(v)
	case reflect.Array:
		s.elements(v)
	case reflect.Struct:
		s.fields(v)
	case reflect.String:
		s.text(v.String())
	case reflect.Chan, reflect.Func, reflect.UnsafePointer:
		s.write("(" + v.Type().String() + ")")
	default:
		s.write(fmt.Sprintf("%v", v))
	}
}

func (s *showing) text(text string) {
	if s.lines {
		text = fmt.Sprintf("%q", text)
	}
	s.write(text)
}

// speaks writes a value that says itself what it is, and reports whether it does.
func (s *showing) speaks(v reflect.Value) bool {
	if (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) && v.IsNil() {
		return false
	}
	switch v.Interface().(type) {
	case error, fmt.Stringer:
		s.write(fmt.Sprintf("%v", v.Interface()))
		return true
	default:
		return false
	}
}

// reference writes what a value leads to, unless that is being written already.
func (s *showing) reference(v reflect.Value) {
	if v.IsNil() && v.Kind() != reflect.Slice && v.Kind() != reflect.Map {
		s.write("<nil>")
		return
	}
	if v.Kind() == reflect.Interface {
		s.value(v.Elem())
		return
	}
	place := pointee{v.Pointer(), 1, v.Type()}
	if v.Kind() == reflect.Slice {
		place.len = v.Len()
	}
	if len(s.under) >= shownDepth || slices.Contains(s.under, place) || v.Type() == reflect.TypeFor[*time.Location]() {
		s.write("…")
		return
	}
	s.under = append(s.under, place)
	switch v.Kind() {
	case reflect.Slice:
		s.elements(v)
	case reflect.Map:
		s.entries(v)
	default:
		s.write("&")
		s.value(v.Elem())
	}
	s.under = s.under[:len(s.under)-1]
}

func (s *showing) elements(v reflect.Value) {
	s.list("[", "]", v.Len(), func(i int) { s.value(v.Index(i)) })
}

func (s *showing) fields(v reflect.Value) {
	var fields []int
	for i := range v.NumField() {
		if !s.exported || v.Type().Field(i).IsExported() {
			fields = append(fields, i)
		}
	}
	s.list("{", "}", len(fields), func(i int) {
		s.write(v.Type().Field(fields[i]).Name + ":" + s.gap())
		s.value(v.Field(fields[i]))
	})
}

// entries writes a map, ordered by the text of its keys.
func (s *showing) entries(v reflect.Value) {
	type entry struct {
		key   string
		value reflect.Value
	}
	var all []entry
	for each := v.MapRange(); each.Next(); {
		key := showing{under: s.under, exported: s.exported}
		key.value(each.Key())
		all = append(all, entry{key.String(), each.Value()})
	}
	slices.SortFunc(all, func(a, b entry) int { return strings.Compare(a.key, b.key) })
	s.list("map[", "]", len(all), func(i int) {
		s.write(all[i].key + ":" + s.gap())
		s.value(all[i].value)
	})
}

func (s *showing) gap() string {
	if s.lines {
		return " "
	}
	return ""
}

func (s *showing) list(before, after string, n int, each func(int)) {
	s.write(before)
	s.lists++
	for i := range n {
		switch {
		case s.cut:
			continue
		case s.lines:
			s.write("\n" + strings.Repeat(" ", s.lists))
		case i > 0:
			s.write(" ")
		}
		each(i)
	}
	s.lists--
	if s.lines && n > 0 {
		s.write("\n" + strings.Repeat(" ", s.lists))
	}
	s.write(after)
}
