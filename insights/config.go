package insights

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

const (
	defaultMismatches = 100
	defaultKeys       = 10_000
)

// Config is how [Figures] are kept. The zero value is good to begin with.
type Config struct {
	// Thresholds are what a verdict asks for. Nil is [DefaultThresholds]; change a copy of those.
	Thresholds *Thresholds
	// Mismatches is for how many records of each flag the last mismatch is kept with its
	// differences. Zero is 100.
	Mismatches int
	// Keys is how many records to repair are known by key, for each flag. Zero is 10,000. Beyond
	// that, the record that was not heard of for the longest time is forgotten; its failed writes
	// still count as a number.
	Keys int
	// Hosts are the names that the page may be asked for by, such as "admin.example.com", with or
	// without a port. Names and addresses of the machine itself (localhost, 127.0.0.1, ::1) are
	// always allowed, and "*" allows any. See [Figures.Handler].
	Hosts []string
	// FlagStages are the stages of flags that have two or four of them, by flag key: off and
	// complete, or off, shadow, live and complete. A flag that is not listed has all six.
	FlagStages map[string][]ldmigration.Stage
}

// settings are a Config that was checked.
type settings struct {
	thresholds       Thresholds
	mismatches, keys int
	hosts            hosts
	stages           map[string][]int
}

// settings joins everything that is wrong.
func (c *Config) settings() (*settings, error) {
	s := &settings{thresholds: DefaultThresholds(), mismatches: defaultMismatches, keys: defaultKeys, stages: map[string][]int{}}
	var wrong []error
	if c.Thresholds != nil {
		s.thresholds = *c.Thresholds
		wrong = append(wrong, s.thresholds.check())
	}
	count := func(name string, given int, to *int) {
		switch {
		case given < 0:
			wrong = append(wrong, fmt.Errorf("%s is %d: must not be negative", name, given))
		case given > 0:
			*to = given
		}
	}
	count("Mismatches", c.Mismatches, &s.mismatches)
	count("Keys", c.Keys, &s.keys)
	s.mismatches = min(s.mismatches, s.keys)
	var err error
	if s.hosts, err = hostsOf(c.Hosts); err != nil {
		wrong = append(wrong, err)
	}
	for _, flag := range slices.Sorted(maps.Keys(c.FlagStages)) {
		order, err := orderOf(c.FlagStages[flag])
		if err != nil {
			wrong = append(wrong, fmt.Errorf("FlagStages of %q: %w", flag, err))
		}
		s.stages[flagKey(flag)] = order
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, err
	}
	return s, nil
}

// orderOf returns the stages as indices. They must be in the order of a migration.
func orderOf(given []ldmigration.Stage) ([]int, error) {
	if len(given) < 2 {
		return nil, errors.New("at least two stages are needed")
	}
	order := make([]int, 0, len(given))
	for _, stage := range given {
		index := stageIndex(stage)
		if index < 0 {
			return nil, fmt.Errorf("unknown stage %q", stage)
		}
		if len(order) > 0 && index <= order[len(order)-1] {
			return nil, fmt.Errorf("%q is not after %q in a migration", stage, stages[order[len(order)-1]])
		}
		order = append(order, index)
	}
	return order, nil
}

var allStages = []int{0, 1, 2, 3, 4, 5}

// orderOf returns the stages of a flag.
func (s *settings) orderOf(flag string) []int {
	if order, given := s.stages[flag]; given {
		return order
	}
	return allStages
}
