package insights

import (
	"strconv"
	"strings"
	"time"
)

// The page writes numbers, shares and durations in the same way: see page/words.js.

// percent writes a share of 1 with as many decimals as it needs to differ from none and from all.
func percent(share float64) string {
	if share == 0 || share == 1 {
		return strconv.FormatFloat(100*share, 'f', 0, 64) + "%"
	}
	for decimals := 1; decimals < 4; decimals++ {
		text := strconv.FormatFloat(100*share, 'f', decimals, 64)
		rounded, err := strconv.ParseFloat(text, 64)
		if err == nil && rounded > 0 && rounded < 100 {
			return text + "%"
		}
	}
	return strconv.FormatFloat(100*share, 'g', 4, 64) + "%"
}

// brief writes a duration with about three digits.
func brief(d time.Duration) string {
	for _, unit := range []time.Duration{time.Second, time.Millisecond, time.Microsecond} {
		if d < unit {
			continue
		}
		is, decimals := float64(d)/float64(unit), 2
		for bound := 10.0; is >= bound && decimals > 0; bound *= 10 {
			decimals--
		}
		return strconv.FormatFloat(is, 'f', decimals, 64) + " " + strings.TrimLeft(unit.String(), "1")
	}
	return strconv.FormatInt(d.Nanoseconds(), 10) + " ns"
}

// number writes a number with commas.
func number(n uint64) string {
	digits := strconv.FormatUint(n, 10)
	var out strings.Builder
	for i, digit := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			out.WriteByte(',')
		}
		out.WriteRune(digit)
	}
	return out.String()
}

func plural(n uint64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return number(n) + " " + what + "s"
}

func isOrAre(n uint64) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

func orNone(n string) string {
	if n == "0" {
		return "none"
	}
	return n
}

// listed joins names as a sentence does.
func listed(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}
