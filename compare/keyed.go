package compare

import (
	"reflect"
	"strconv"
)

// compareKeyed compares the elements of two lists that have the same key.
func (w *walk) compareKeyed(old, new reflect.Value, by string) {
	oldKeys, newKeys := w.elementKeys(old, by), w.elementKeys(new, by)
	queue := queueOf(textsOf(newKeys))
	for i := 0; i < old.Len() && !w.done(); i++ {
		s := oldKeys[i].step(i)
		if j := queue.take(oldKeys[i].text); j != noRow {
			w.below(s, old.Index(i), new.Index(j))
		} else {
			w.oneSided(s, old.Index(i), reflect.Value{})
		}
	}
	for j := 0; j < new.Len() && !w.done(); j++ {
		if !queue.taken[j] {
			w.oneSided(newKeys[j].step(j), reflect.Value{}, new.Index(j))
		}
	}
}

// elementKey is the key of an element. Its text is empty if the element has none.
type elementKey struct {
	text  string // the same for keys that are the same
	value reflect.Value
}

func (k elementKey) step(i int) step {
	if k.text == "" {
		return elementStep(i)
	}
	return rowStep(k.value)
}

func textsOf(keys []elementKey) []string {
	texts := make([]string, len(keys))
	for i, key := range keys {
		texts[i] = key.text
	}
	return texts
}

func (w *walk) elementKeys(list reflect.Value, by string) []elementKey {
	keys := make([]elementKey, list.Len())
	named := fieldNamed{name: by}
	for i := range keys {
		if value, ok := named.of(list.Index(i)); ok {
			if text, ok := w.appendKey(nil, value, 0); ok {
				keys[i] = elementKey{text: string(text), value: value}
			}
		}
	}
	return keys
}

// fieldNamed finds the field of a struct, or the value of a map under a key that is a text.
type fieldNamed struct {
	name  string
	in    reflect.Type // the struct that it was last found in
	index []int
}

func (n *fieldNamed) of(element reflect.Value) (reflect.Value, bool) {
	element, ok := referredTo(element)
	switch {
	case !ok:
	case element.Kind() == reflect.Map && element.Type().Key().Kind() == reflect.String:
		value := element.MapIndex(reflect.ValueOf(n.name).Convert(element.Type().Key()))
		return value, value.IsValid()
	case element.Kind() == reflect.Struct:
		return n.ofStruct(element)
	}
	return reflect.Value{}, false
}

func (n *fieldNamed) ofStruct(v reflect.Value) (reflect.Value, bool) {
	if v.Type() != n.in {
		found, _ := v.Type().FieldByName(n.name)
		n.in, n.index = v.Type(), found.Index
	}
	for _, i := range n.index {
		var ok bool
		if v, ok = referredTo(v); !ok {
			return v, false // an embedded pointer is nil
		}
		f := v.Type().Field(i)
		v = field{index: i, exported: f.IsExported()}.of(addressable(v))
	}
	return v, len(n.index) > 0
}

// referredTo follows pointers and interfaces; it gives up where they are nil or do not end.
func referredTo(v reflect.Value) (reflect.Value, bool) {
	for range maxKeyDepth {
		if v.Kind() != reflect.Pointer && v.Kind() != reflect.Interface {
			return v, true
		}
		if v.IsNil() {
			return v, false
		}
		v = v.Elem()
	}
	return v, false
}

const maxKeyDepth = 16

// appendKey writes a key so that two have the same text only if they are the same. It reports
// whether the key is a plain value.
func (w *walk) appendKey(b []byte, v reflect.Value, depth int) (_ []byte, ok bool) {
	if v, ok = referredTo(v); !ok || depth > maxKeyDepth {
		return b, false
	}
	p := w.planOf(v.Type())
	switch {
	case p.time:
		t := timeOf(v)
		b = strconv.AppendInt(append(b, 't'), t.Unix(), 10)
		return strconv.AppendInt(append(b, '.'), int64(t.Nanosecond()), 10), true
	case p.number:
		d, _ := parseDecimal(v.String())
		return append(append(b, 'n'), d.String()...), true
	}
	switch {
	case v.Kind() == reflect.String:
		return strconv.AppendQuote(append(b, 's'), v.String()), true
	case v.Kind() == reflect.Bool:
		return strconv.AppendBool(append(b, 'b'), v.Bool()), true
	case v.CanInt():
		return strconv.AppendInt(append(b, 'i'), v.Int(), 10), true
	case v.CanUint():
		return strconv.AppendUint(append(b, 'u'), v.Uint(), 10), true
	case v.CanFloat():
		return strconv.AppendFloat(append(b, 'f'), v.Float()+0, 'g', -1, 64), true
	case v.Kind() == reflect.Array, v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8:
		b = append(b, '[')
		for i := range v.Len() {
			if b, ok = w.appendKey(b, v.Index(i), depth+1); !ok {
				return b, false
			}
		}
		return append(b, ']'), true
	case v.Kind() == reflect.Struct:
		v = addressable(v)
		b = append(b, '{')
		for _, f := range p.fields {
			if b, ok = w.appendKey(b, f.of(v), depth+1); !ok {
				return b, false
			}
		}
		return append(b, '}'), true
	default:
		return b, false
	}
}
