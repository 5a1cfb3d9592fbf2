package sqljournal

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gocutover/cutover"
)

const (
	longestKey = 1024
	// longestRow bounds what the primary key holds: an index of PostgreSQL takes no more than 2704
	// bytes.
	longestRow = 2600
)

// row names a row, as it is stored.
type row struct{ flag, kind, key string }

func (r row) compare(s row) int {
	return cmp.Or(strings.Compare(r.flag, s.flag), strings.Compare(r.kind, s.kind), strings.Compare(r.key, s.key))
}

func (r row) record() cutover.RecordKey {
	return cutover.RecordKey{Kind: unescape(r.kind), Key: unescape(r.key)}
}

func rowOf(flag string, k cutover.RecordKey) (row, error) {
	r := row{escape(flag), escape(k.Kind), escape(k.Key)}
	if len(k.Key) > longestKey || len(r.flag)+len(r.kind)+len(r.key) > longestRow {
		return row{}, fmt.Errorf("record of kind %.50q with a key of %d bytes: it is too long for the journal: %w",
			k.Kind, len(k.Key), cutover.ErrJournal)
	}
	return r, nil
}

// rowsOf returns the rows of records in order, each once. All processes lock rows in that order.
func rowsOf(flag string, records []cutover.RecordKey) ([]row, error) {
	rows := make([]row, len(records))
	for i, k := range records {
		r, err := rowOf(flag, k)
		if err != nil {
			return nil, err
		}
		rows[i] = r
	}
	if len(rows) > 1 {
		slices.SortFunc(rows, row.compare)
		rows = slices.Compact(rows)
	}
	return rows, nil
}

const hex = "0123456789abcdef"

// escape makes text that every database stores: UTF-8 without NUL. No two strings become the same.
func escape(s string) string {
	if utf8.ValidString(s) && !strings.ContainsAny(s, "\x00\\") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '\\':
			b.WriteString(`\\`)
		case r == 0, r == utf8.RuneError && size == 1:
			b.Write([]byte{'\\', hex[s[i]>>4], hex[s[i]&15]})
		default:
			b.WriteString(s[i : i+size])
		}
		i += size
	}
	return b.String()
}

// unescape is the inverse of escape.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] != '\\':
			b = append(b, s[i])
		case i+1 < len(s) && s[i+1] == '\\':
			b = append(b, '\\')
			i++
		case i+2 < len(s):
			b = append(b, digit(s[i+1])<<4|digit(s[i+2]))
			i += 2
		}
	}
	return string(b)
}

func digit(c byte) byte {
	if c >= 'a' {
		return c - 'a' + 10
	}
	return c - '0'
}
