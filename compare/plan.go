package compare

import (
	"encoding/json"
	"reflect"
	"time"
	"unsafe"
)

// plan is how values of one type are compared under some rules. It is made once for each type.
type plan struct {
	using  *using
	equal  func(old, new reflect.Value) bool // the type's own method, or nil
	time   bool
	number bool // a number of a document
	fields []field
	hides  bool // some of the fields are unexported
	simple bool // refers to nothing: its cost is that of its type
	flat   bool // the same bytes in memory mean the same
}

type field struct {
	index    int
	name     string
	exported bool
	hides    bool // what is below is shown as text
}

var (
	timeType   = reflect.TypeFor[time.Time]()
	numberType = reflect.TypeFor[json.Number]()
	boolType   = reflect.TypeFor[bool]()
)

// basicTypes has, for some kinds, the type that every value is of unless its type was given a name.
var basicTypes = [...]reflect.Type{
	reflect.Bool:    reflect.TypeFor[bool](),
	reflect.Int:     reflect.TypeFor[int](),
	reflect.Int32:   reflect.TypeFor[int32](),
	reflect.Int64:   reflect.TypeFor[int64](),
	reflect.Uint64:  reflect.TypeFor[uint64](),
	reflect.Float64: reflect.TypeFor[float64](),
	reflect.String:  reflect.TypeFor[string](),
}

// isBasic reports whether a value needs no plan, unless there is a function for its type.
func isBasic(v reflect.Value) bool {
	k := v.Kind()
	return int(k) < len(basicTypes) && v.Type() == basicTypes[k]
}

func (r *rules) planOf(t reflect.Type) *plan {
	if known, ok := r.plans.Load(t); ok {
		return known.(*plan) //nolint:forcetypeassert // the map has nothing else
	}
	p := r.makePlan(t)
	r.plans.Store(t, p)
	return p
}

func (r *rules) makePlan(t reflect.Type) *plan {
	p := &plan{using: r.usingFor(t, t)}
	switch {
	case p.using != nil && t.Kind() != reflect.Pointer:
		p.simple = t.Kind() != reflect.Interface
	case t == timeType:
		p.time, p.simple = true, true
	case r.documents && t == numberType:
		p.number, p.simple = true, true
	default:
		if p.equal = equalMethod(t); p.equal != nil {
			p.simple = true
			break
		}
		// A type that is defined as time.Time has no methods, and means a time all the same.
		p.time = t.Kind() == reflect.Struct && t.ConvertibleTo(timeType)
		p.simple = p.time || r.isSimple(t)
		p.flat = isFlat(t.Kind())
	}
	if t.Kind() == reflect.Struct {
		p.fields = r.fieldsOf(t)
		for i := range t.NumField() {
			p.hides = p.hides || !t.Field(i).IsExported()
		}
	}
	return p
}

func (r *rules) fieldsOf(t reflect.Type) (fields []field) {
	exportedOnly := r.exportedOnly && exposes(t, 0)
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Name == "_" || exportedOnly && !f.IsExported() && !embedsExported(f, 0) {
			continue
		}
		embedded := f.Anonymous && f.Type.Kind() == reflect.Struct
		fields = append(fields, field{
			index: i, name: f.Name, exported: f.IsExported(), hides: !f.IsExported() && !embedded,
		})
	}
	return fields
}

// maxEmbedded bounds how far embedded structs are looked through for exported fields.
const maxEmbedded = 16

// exposes reports whether a struct has exported fields, of its own or of an embedded struct.
func exposes(t reflect.Type, depth int) bool {
	for i := range t.NumField() {
		if f := t.Field(i); f.IsExported() || embedsExported(f, depth+1) {
			return true
		}
	}
	return false
}

func embedsExported(f reflect.StructField, depth int) bool {
	t := f.Type
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return f.Anonymous && depth < maxEmbedded && t.Kind() == reflect.Struct && exposes(t, depth)
}

func (r *rules) isSimple(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Interface, reflect.Map, reflect.Slice:
		return false
	case reflect.Array:
		return r.planOf(t.Elem()).simple
	case reflect.Struct:
		for i := range t.NumField() {
			if !r.planOf(t.Field(i).Type).simple {
				return false
			}
		}
		return true
	default:
		return true
	}
}

func isFlat(k reflect.Kind) bool {
	return k >= reflect.Bool && k <= reflect.Float64
}

// of returns the field of a struct. Where it is unexported, the struct must be addressable; the
// field then is as free to use as others.
func (f field) of(v reflect.Value) reflect.Value {
	value := v.Field(f.index)
	if f.exported {
		return value
	}
	return reflect.NewAt(value.Type(), value.Addr().UnsafePointer()).Elem()
}

// addressable returns a value itself, or a copy that is addressable.
func addressable(v reflect.Value) reflect.Value {
	if v.CanAddr() {
		return v
	}
	c := reflect.New(v.Type()).Elem()
	c.Set(v)
	return c
}

// sameMemory reports whether n elements from the given one on are the same byte by byte.
func sameMemory(old, new reflect.Value, from, n int) bool {
	size := old.Type().Elem().Size()
	return string(memoryOf(old, from, n, size)) == string(memoryOf(new, from, n, size))
}

func memoryOf(list reflect.Value, from, n int, size uintptr) []byte {
	first := list.Index(from).Addr().UnsafePointer()
	return unsafe.Slice((*byte)(first), uintptr(n)*size) //nolint:gosec // within the list
}
