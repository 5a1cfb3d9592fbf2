package compare

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// pattern is a path with wildcards, and what a rule says of the places that it leads to.
type pattern struct {
	steps     []wanted
	ignored   bool
	unordered bool
	keyedBy   string
}

// wanted is one step of a pattern.
type wanted struct {
	any     bool // * or [*]
	bracket bool
	quoted  bool
	text    string
}

// matches reports whether a step of a path is one that the pattern wants.
func (w wanted) matches(s step) bool {
	switch {
	case w.any && w.bracket:
		return s.kind != toField
	case w.any:
		return s.writtenAsName()
	case w.bracket && s.kind == toField, w.quoted && s.kind == toElement, !w.bracket && s.kind != toField && s.kind != toKey:
		return false
	default:
		return s.text() == w.text
	}
}

var (
	errEmptyPattern = errors.New("the pattern is empty, it would stand for the whole value")
	errEmptyName    = errors.New("a name is empty")
	errNoBracket    = errors.New("a bracket is not closed")
	errNoDot        = errors.New("a dot is missing after a bracket")
	errPartOfName   = errors.New("* stands for a whole name, or for a whole index or key in brackets")
	errSpace        = errors.New("a name begins or ends with a space")
)

// parsePattern reads what [path.String] writes, and wildcards.
func parsePattern(written string) (steps []wanted, err error) {
	for rest := written; rest != ""; {
		var w wanted
		switch {
		case rest[0] == '[':
			w, rest, err = parseBracket(rest)
		case len(steps) > 0 && rest[0] == '.':
			w, rest, err = parseName(rest[1:])
		case len(steps) > 0:
			err = errNoDot
		default:
			w, rest, err = parseName(rest)
		}
		if err != nil {
			return nil, fmt.Errorf("pattern %q: %w", written, err)
		}
		steps = append(steps, w)
	}
	return steps, nil
}

func parseName(s string) (wanted, string, error) {
	end := strings.IndexAny(s, ".[")
	if end < 0 {
		end = len(s)
	}
	name, rest := s[:end], s[end:]
	switch {
	case name == "":
		return wanted{}, "", errEmptyName
	case name == "*":
		return wanted{any: true}, rest, nil
	case strings.Contains(name, "*"):
		return wanted{}, "", errPartOfName
	case strings.TrimSpace(name) != name:
		return wanted{}, "", errSpace
	}
	return wanted{text: name}, rest, nil
}

// parseBracket reads "[*]", "[]", which means the same, "[2]", and a key, which may be quoted.
func parseBracket(s string) (wanted, string, error) {
	s = s[1:]
	if written, err := strconv.QuotedPrefix(s); err == nil {
		key, _ := strconv.Unquote(written)
		rest, closed := strings.CutPrefix(s[len(written):], "]")
		if !closed {
			return wanted{}, "", errNoBracket
		}
		return wanted{bracket: true, quoted: true, text: key}, rest, nil
	}
	inside, rest, closed := strings.Cut(s, "]")
	switch {
	case !closed:
		return wanted{}, "", errNoBracket
	case inside == "" || inside == "*":
		return wanted{bracket: true, any: true}, rest, nil
	case strings.Contains(inside, "*"):
		return wanted{}, "", errPartOfName
	}
	return wanted{bracket: true, text: inside}, rest, nil
}
