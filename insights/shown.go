package insights

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// maxText is how many bytes are kept of a text, an ellipsis included.
	maxText = 160
	// maxFlagKey is how many bytes are kept of a flag's key, as many as LaunchDarkly allows.
	maxFlagKey = 256
	// maxWarning is how many bytes are kept of a warning.
	maxWarning = 400

	ellipsis = "…"
)

// text is a value as it is shown beside another one. Text that would not be seen as it is, such as
// an empty one, is quoted.
func text(value any) string {
	shown := plain(value, maxText)
	if s, ok := value.(string); ok {
		s = cut(s, 2*maxText)
		if s == "" || s != strings.TrimSpace(s) || strings.ContainsFunc(s, func(c rune) bool { return !unicode.IsPrint(c) }) {
			shown = strconv.Quote(s)
		}
	}
	return bounded(shown, maxText)
}

// recordKey is the key that a record is listed under: the text itself, or its beginning and a hash
// if it is too long or not UTF-8, so that two records never have one key.
func recordKey(s string) string { return named(s, maxText) }

// flagKey is the key that a flag is listed under, made as a record's is.
func flagKey(s string) string { return named(s, maxFlagKey) }

func named(s string, limit int) string {
	if len(s) <= limit && utf8.ValidString(s) {
		return strings.Clone(s)
	}
	sum := sha256.Sum256([]byte(s))
	hash := ellipsis + hex.EncodeToString(sum[:8])
	s = strings.ToValidUTF8(cut(s, limit), "\uFFFD")
	return cut(s, limit-len(hash)) + hash
}

// bounded cuts a text to what is kept of it. It is a copy: a short text must not keep a long one
// alive.
func bounded(s string, limit int) string {
	long := len(s) > limit
	s = strings.ToValidUTF8(cut(s, limit), "\uFFFD")
	if !long && len(s) <= limit {
		return strings.Clone(s)
	}
	return cut(s, limit-len(ellipsis)) + ellipsis
}

// cut returns at most limit bytes of a text, and no part of a character.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	at := max(limit, 0)
	for back := 0; back < utf8.UTFMax && at > 0 && !utf8.RuneStart(s[at]); back++ {
		at--
	}
	return s[:at]
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
