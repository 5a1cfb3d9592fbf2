package cutovertest

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// verb is what a step of a script does.
type verb string

const (
	moves     verb = "move"
	writes    verb = "write"
	reads     verb = "read"
	deletes   verb = "delete"
	backfills verb = "backfill"
	drains    verb = "drain"
)

// step is one thing that a script does. A record is named by the number of a payload that it was
// written with.
type step struct {
	verb  verb
	n     int
	stage ldmigration.Stage // where a move goes to, or the flag during a write
	fault string
}

// named reports whether the step is about a record.
func (s step) named() bool { return s.verb == writes || s.verb == reads || s.verb == deletes }

// String writes the step as parseStep reads it.
func (s step) String() string {
	if s.verb == moves {
		return string(s.stage)
	}
	if s.verb == backfills || s.verb == drains {
		return string(s.verb)
	}
	text := fmt.Sprintf("%s:%d", s.verb, s.n)
	if s.fault != "" {
		text += "@" + s.fault
	}
	if s.stage != "" {
		text += ">" + string(s.stage)
	}
	return text
}

// script is a case of [Exercise]: what to do, one after the other, beginning at off with two empty
// systems. It is written in one line, such as
//
//	write:0 dualwrite backfill write:1@hangs write:2>shadow read:2
//
// where write:2>shadow moves the flag to shadow while payload 2 is written. With a journal, drain
// repairs what is dirty, and write:3@dies-between kills the process between its two writes.
type script []step

// String writes the script as parseScript reads it.
func (s script) String() string {
	words := make([]string, len(s))
	for i, one := range s {
		words[i] = one.String()
	}
	return strings.Join(words, " ")
}

func parseScript(text string) (script, error) {
	var s script
	for _, word := range strings.Fields(text) {
		one, err := parseStep(word)
		if err != nil {
			return nil, fmt.Errorf("script: %q: %w", word, err)
		}
		s = append(s, one)
	}
	return s, nil
}

func parseStep(word string) (s step, err error) {
	if word == string(backfills) || word == string(drains) {
		return step{verb: verb(word)}, nil
	}
	what, record, numbered := strings.Cut(word, ":")
	if !numbered {
		s = step{verb: moves, stage: ldmigration.Stage(word)}
		return s, s.validate()
	}
	record, stage, _ := strings.Cut(record, ">")
	record, fault, _ := strings.Cut(record, "@")
	s = step{verb: verb(what), stage: ldmigration.Stage(stage), fault: fault}
	if s.n, err = strconv.Atoi(record); err != nil || s.n < 0 {
		return s, fmt.Errorf("%q is not the number of a payload", record)
	}
	return s, s.validate()
}

func (s step) validate() error {
	kind, known := faultKinds[s.fault]
	switch {
	case !slices.Contains([]verb{moves, writes, reads, deletes}, s.verb):
		return fmt.Errorf("unknown step %q", s.verb)
	case (s.stage != "" || s.verb == moves) && !slices.Contains(Stages(), s.stage):
		return fmt.Errorf("unknown stage %q", s.stage)
	case s.fault != "" && !known:
		return fmt.Errorf("unknown fault %q", s.fault)
	case kind.scribbler != nobody && s.verb != writes:
		return fmt.Errorf("a %s has no payload to change", s.verb)
	case kind.journaled && (s.verb == reads || s.verb == deletes && kind.dies == never):
		return fmt.Errorf("no %s has this fault", s.verb)
	case s.stage != "" && s.verb != moves && (s.verb != writes || s.fault != "" && kind.dies == never):
		return errors.New("the flag moves during a write without a fault, and during nothing else")
	}
	return nil
}
