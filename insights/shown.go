package insights

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const maxText = 200 // characters

// keyText is a payload as a key: plain, so that it can be looked up. A payload that is not shown has none.
func keyText(payload any) string {
	if payload == nil {
		return ""
	}
	return bounded(plain(payload))
}

// text is a value as it is shown beside another one. Text that would not be seen as it is, such as an empty one, is quoted.
func text(value any) string {
	shown := plain(value)
	if s, ok := value.(string); ok {
		if s == "" || s != strings.TrimSpace(s) || strings.ContainsFunc(s, func(c rune) bool { return !unicode.IsPrint(c) }) {
			shown = strconv.Quote(s)
		}
	}
	return bounded(shown)
}

func plain(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case time.Time:
		return v.Format(time.RFC3339Nano)
	default:
		return fmt.Sprintf("%+v", v)
	}
}

// withoutPositions makes of a path that goes through lists what all their elements have in common.
func withoutPositions(path string) string {
	if !strings.Contains(path, "[") {
		return path
	}
	var out strings.Builder
	inside := false
	for _, c := range path {
		inside = inside && (c >= '0' && c <= '9')
		if !inside {
			out.WriteRune(c)
		}
		inside = inside || c == '['
	}
	return out.String()
}

// bounded cuts a text to what is kept of it. It is a copy: a short key must not keep a long text alive.
func bounded(s string) string {
	if utf8.RuneCountInString(s) <= maxText {
		return strings.ToValidUTF8(strings.Clone(s), "�")
	}
	n := 0
	for at := range s {
		if n == maxText-1 {
			return strings.ToValidUTF8(strings.Clone(s[:at]), "�") + "…"
		}
		n++
	}
	return s
}
