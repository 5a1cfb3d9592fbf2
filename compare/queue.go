package compare

// rowQueue has, for each key, the rows that have it and are not yet taken, in their order.
type rowQueue[K comparable] struct {
	first map[K]int // the first row of a key
	odd   int       // the first row whose key does not equal itself
	next  []int     // the next row of the same key
	taken []bool
}

const noRow = -1

func queueOf[K comparable](keys []K) *rowQueue[K] {
	q := &rowQueue[K]{
		first: make(map[K]int, len(keys)), odd: noRow, next: make([]int, len(keys)), taken: make([]bool, len(keys)),
	}
	for i := len(keys) - 1; i >= 0; i-- {
		q.next[i] = q.head(keys[i])
		q.setHead(keys[i], i)
	}
	return q
}

// take returns the next row of the key, or noRow.
func (q *rowQueue[K]) take(key K) int {
	i := q.head(key)
	if i != noRow {
		q.setHead(key, q.next[i])
		q.taken[i] = true
	}
	return i
}

func (q *rowQueue[K]) head(key K) int {
	if isOdd(key) {
		return q.odd
	}
	if i, known := q.first[key]; known {
		return i
	}
	return noRow
}

func (q *rowQueue[K]) setHead(key K, i int) {
	if isOdd(key) {
		q.odd = i
		return
	}
	q.first[key] = i
}

// sameKey takes all keys that do not equal themselves for one.
func sameKey[K comparable](a, b K) bool {
	return a == b || isOdd(a) && isOdd(b)
}

func isOdd[K comparable](key K) bool {
	return key != key //nolint:gocritic // true for NaN
}
