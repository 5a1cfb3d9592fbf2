package compare

// maxMatched bounds how many pairs of elements are kept in memory while they are matched.
const maxMatched = 1 << 22

// match pairs each of n old elements with one of m new elements that is the same, each once, as far
// as that is possible: a maximum matching, for with a tolerance the first one that fits need not be
// the right one. It returns what is left, and Same if that is nothing. It answers Undecided, and
// leaves nothing, if it had to give up.
func (w *walk) match(n, m int, same func(i, j int) Answer) (leftOld, leftNew []int, answer Answer) {
	if n == m {
		all := make([]int, n)
		for i := range all {
			all[i] = i
		}
		if w.sameInOrder(all, all, same) {
			return nil, nil, Same
		}
	}
	if m > 0 && n > maxMatched/m {
		if n != m && w.explain {
			// That they differ is certain; which of them is not. Enough of one side is left over.
			return surplus(n, m), surplus(m, n), Different
		}
		return nil, nil, Undecided
	}
	found := newMatching(w, n, m, same)
	if found.run(Same, n == m && !w.explain) {
		return nil, nil, Same
	}
	if found.undecided {
		found.reset()
		if found.run(Undecided, n == m && !w.explain) {
			return nil, nil, Undecided
		}
	}
	if w.steps > maxSteps {
		return nil, nil, Undecided
	}
	return unpaired(found.newOf), unpaired(found.oldOf), Different
}

func surplus(n, m int) (left []int) {
	for i := m; i < n; i++ {
		left = append(left, i)
	}
	return left
}

func unpaired(partners []int) (left []int) {
	for i, partner := range partners {
		if partner == noRow {
			left = append(left, i)
		}
	}
	return left
}

// matching is a bipartite graph of old and new elements, and which of them are paired.
type matching struct {
	w         *walk
	same      func(i, j int) Answer
	edges     [][]edge // what is known of two elements
	undecided bool     // an edge is
	newOf     []int    // the new element that an old one is paired with, or noRow
	oldOf     []int
}

type edge uint8

const unknown edge = 0 // otherwise one more than the Answer

func newMatching(w *walk, n, m int, same func(i, j int) Answer) *matching {
	found := &matching{w: w, same: same, edges: make([][]edge, n), newOf: make([]int, n), oldOf: make([]int, m)}
	found.reset()
	return found
}

func (m *matching) reset() {
	for i := range m.newOf {
		m.newOf[i] = noRow
	}
	for j := range m.oldOf {
		m.oldOf[j] = noRow
	}
}

// run pairs as many elements as possible by edges that are Same or, as an optimist, Undecided. It
// reports whether all are paired; it may stop at the first that cannot be.
func (m *matching) run(least Answer, stop bool) bool {
	all := len(m.newOf) == len(m.oldOf)
	for i := range m.newOf {
		if !m.augment(i, least) {
			all = false
			if stop {
				break
			}
		}
	}
	return all
}

// augment pairs one more old element, if need be by giving others another partner: it looks for the
// shortest alternating path to a new element that is free.
func (m *matching) augment(from int, least Answer) bool {
	cameFrom := make([]int, len(m.oldOf)) // the old element by which a new one was reached, plus one
	for queue := []int{from}; len(queue) > 0; queue = queue[1:] {
		i := queue[0]
		for k := range m.oldOf {
			j := (i + k) % len(m.oldOf) // most often an element has not moved
			if cameFrom[j] != 0 || !m.fits(i, j, least) {
				continue
			}
			cameFrom[j] = i + 1
			if m.oldOf[j] == noRow {
				m.turn(j, cameFrom)
				return true
			}
			queue = append(queue, m.oldOf[j])
		}
	}
	return false
}

// turn pairs along a path, backwards from its end.
func (m *matching) turn(j int, cameFrom []int) {
	for j != noRow {
		i := cameFrom[j] - 1
		m.oldOf[j] = i
		j, m.newOf[i] = m.newOf[i], j
	}
}

func (m *matching) fits(i, j int, least Answer) bool {
	if !m.w.spend() {
		return false
	}
	if m.edges[i] == nil {
		m.edges[i] = make([]edge, len(m.oldOf))
	}
	e := &m.edges[i][j]
	if *e == unknown {
		answer := m.same(i, j)
		m.undecided = m.undecided || answer == Undecided
		*e = edge(answer) + 1
	}
	return *e == edge(Same)+1 || least == Undecided && *e == edge(Undecided)+1
}
