package compare_test

import (
	"math"
	"time"
)

// A generator makes values of bytes, and the same value of the same bytes. Two values of bytes that
// hardly differ hardly differ.
type generator struct {
	data    []byte
	acyclic bool
	nodes   []*node
	depth   int
	budget  int
}

func generate(data []byte, acyclic bool) *node {
	g := &generator{data: data, acyclic: acyclic, budget: 60}
	return g.node()
}

func (g *generator) byte() byte {
	if len(g.data) == 0 {
		return 0
	}
	b := g.data[0]
	g.data = g.data[1:]
	return b
}

func (g *generator) n(most int) int { return int(g.byte()) % most }

// node has a field of each kind of value that there is.
type node struct {
	Name     string
	hidden   int16
	_        int
	At       time.Time
	since    time.Time
	Ratio    float64
	Complex  complex64
	Small    uint8
	Left     *node
	right    *node
	List     []leaf
	nodes    []*node
	Any      any
	anything any
	Map      map[string]any
	byNumber map[float64]int
	byKey    map[key]leaf
	Array    [2]leaf
	Bytes    []byte
	Numbers  []int32
	Round    rounded
	round    *rounded
	Pointer  pointerEqual
	Tree     *[]any
	Func     func()
	Error    error
}

type leaf struct {
	ID    string
	Value int64
	note  string
	Price *float64
}

type key struct {
	A int8
	b bool
}

// rounded has an equality of its own, of its values.
type rounded struct{ N int }

func (r rounded) Equal(other rounded) bool { return r.N/4 == other.N/4 }

// pointerEqual has one of its pointers.
type pointerEqual struct{ n int }

func (p *pointerEqual) Equal(other *pointerEqual) bool {
	return p == other || p != nil && other != nil && p.n%3 == other.n%3
}

type textError struct{ text string }

func (e *textError) Error() string { return e.text }

func (g *generator) node() *node {
	if g.depth > 5 || g.budget <= 0 {
		return nil
	}
	g.budget--
	n := &node{}
	if !g.acyclic {
		g.nodes = append(g.nodes, n) // before it is complete: what is below may refer to it
	}
	g.depth++
	for range g.n(6) {
		g.field(n)
	}
	g.depth--
	if g.acyclic {
		g.nodes = append(g.nodes, n)
	}
	return n
}

// ref is a new node, one that is there already, or nil.
func (g *generator) ref() *node {
	switch b := g.byte(); {
	case b < 60 && len(g.nodes) > 0:
		return g.nodes[int(b)%len(g.nodes)]
	case b < 70:
		return nil
	default:
		return g.node()
	}
}

func (g *generator) field(n *node) {
	switch g.n(26) {
	case 0:
		n.Name = g.text()
	case 1:
		n.hidden = int16(g.byte())
	case 2:
		n.At = g.time()
	case 3:
		n.since = g.time()
	case 4:
		n.Ratio = g.float()
	case 5:
		n.Complex = complex(float32(g.float()), float32(g.float()))
	case 6:
		n.Small = g.byte()
	case 7:
		n.Left = g.ref()
	case 8:
		n.right = g.ref()
	case 9:
		n.List = g.leaves()
	case 10:
		n.nodes = make([]*node, g.n(4))
		for i := range n.nodes {
			n.nodes[i] = g.ref()
		}
	case 11:
		n.Any = g.any()
	case 12:
		n.anything = g.any()
	case 13:
		n.Map = g.mapOfAny()
	case 14:
		n.byNumber = map[float64]int{}
		for range g.n(4) {
			n.byNumber[g.float()] = g.n(3)
		}
	case 15:
		n.byKey = map[key]leaf{}
		for range g.n(3) {
			n.byKey[key{int8(g.n(3)), g.n(2) == 0}] = g.leaf()
		}
	case 16:
		n.Array = [2]leaf{g.leaf(), g.leaf()}
	case 17:
		n.Bytes = []byte(g.text())
	case 18:
		n.Numbers = make([]int32, g.n(5))
		for i := range n.Numbers {
			n.Numbers[i] = int32(g.byte())
		}
	case 19:
		n.Round = rounded{g.n(9)}
	case 20:
		n.round = &rounded{g.n(9)}
	case 21:
		n.Pointer = pointerEqual{g.n(9)}
	case 22:
		list := g.listOfAny()
		n.Tree = &list
	case 23:
		n.Func = nil
	case 24:
		n.Error = &textError{g.text()}
	case 25:
		n.List = []leaf{}
	}
}

func (g *generator) text() string {
	return []string{"", "a", "b", "ab", "é", "\xff", "a longer text, of more than a word"}[g.n(7)]
}

func (g *generator) float() float64 {
	return []float64{0, math.Copysign(0, -1), 1, 1.5, 1.75, -2, math.NaN(), math.Inf(1), 1e300}[g.n(9)]
}

func (g *generator) time() time.Time {
	at := time.Unix(int64(g.n(4)), 0)
	if g.n(2) == 0 {
		return at.UTC()
	}
	return at.In(time.FixedZone("", 3600))
}

func (g *generator) leaf() leaf {
	l := leaf{ID: g.text(), Value: int64(g.n(4)), note: g.text()}
	if g.n(3) == 0 {
		price := g.float()
		l.Price = &price
	}
	return l
}

func (g *generator) leaves() []leaf {
	list := make([]leaf, g.n(5))
	for i := range list {
		list[i] = g.leaf()
	}
	return list
}

func (g *generator) mapOfAny() map[string]any {
	m := map[string]any{}
	for range g.n(4) {
		m[g.text()] = g.any()
	}
	return m
}

func (g *generator) listOfAny() []any {
	list := make([]any, g.n(4))
	if !g.acyclic && g.n(8) == 7 && len(list) > 0 {
		list[0] = list
	}
	for i := 1; i < len(list); i++ {
		list[i] = g.any()
	}
	return list
}

func (g *generator) any() any {
	if g.depth > 5 || g.budget <= 0 {
		return nil
	}
	g.budget--
	g.depth++
	defer func() { g.depth-- }()
	switch g.n(14) {
	case 0:
		return nil
	case 1:
		return g.n(3)
	case 2:
		return int8(g.n(3))
	case 3:
		return g.text()
	case 4:
		return g.float()
	case 5:
		return g.ref()
	case 6:
		return g.mapOfAny()
	case 7:
		return g.listOfAny()
	case 8:
		return g.leaf()
	case 9:
		return rounded{g.n(9)}
	case 10:
		p := any(g.leaf())
		return &p
	case 11:
		return (*pointerEqual)(nil)
	case 12:
		return g.time()
	default:
		if g.acyclic {
			return g.leaves()
		}
		m := map[string]any{}
		m["self"] = m
		return m
	}
}
