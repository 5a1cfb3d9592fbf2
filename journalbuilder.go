package cutover

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gocutover/cutover/internal/breaker"
)

const (
	defaultBreakerFailures = 5
	defaultBreakerRest     = 5 * time.Second
)

// Journal records every write to both systems in a journal, so that records that may differ are
// known, and package reconcile can make them equal, even after a crash. The default is none.
//
// The kinds are those of the records that the writers write. Every writer then needs
// [WriterBuilder.Records], or says [WriterBuilder.Unjournaled]. Build returns an error for a nil
// journal, for no kinds, and for kinds that are nil or have the same name.
//
// If the journal fails, writes go on without it, and their records are marked dirty once it works
// again; see [Builder.RequireJournal]. A write waits while its records are being written in the
// other direction, and a record that is dirty from the other direction is made equal first; if that
// fails, the write is not run, and its error is an [ErrUnsettled].
func (b *Builder) Journal(journal Journal, kinds ...RecordKind) *Builder {
	b.journal, b.kinds, b.journals = journal, slices.Clone(kinds), true
	return b
}

// RequireJournal makes a write that the journal could not record return its error, an [ErrJournal],
// and not run. The default is to write, and to mark the records dirty as soon as the journal works
// again. Build returns an error without Journal.
func (b *Builder) RequireJournal() *Builder {
	b.required = true
	return b
}

// Breaker sets after how many failures in a row of secondary writes to a system no more are made to
// it, so that callers do not wait for it. Their records are left dirty, with an [ErrBreakerOpen] as
// the secondary's error. After each rest one write tries the system again. The default is 5
// failures and 5 s; zero failures is no breaker. It applies to journaled writes only. Build returns
// an error for a negative value, and without Journal.
func (b *Builder) Breaker(failures int, rest time.Duration) *Builder {
	b.failures, b.rest, b.breaks = failures, rest, true
	return b
}

// DescribeCalls lets functions ask their context what they are called for, by [CallFrom]. It costs
// one allocation for each call. The default is that only functions under a [Builder.Journal] can.
func (b *Builder) DescribeCalls() *Builder {
	b.describes = true
	return b
}

// validateJournal returns what is wrong with the journal.
func (b *Builder) validateJournal() error {
	if !b.journals {
		return refuse(b.required || b.breaks, "required journal or breaker: ", ErrNoJournal)
	}
	errs := []error{
		refuse(isNil(b.journal), "journal is nil: ", ErrNoJournal),
		refuse(len(b.kinds) == 0, "no kinds of record: ", ErrUnknownKind),
		refuse(b.failures < 0, fmt.Sprintf("breaker of %d failures: ", b.failures), ErrTooSmall),
		refuse(b.rest < 0, fmt.Sprintf("breaker with a rest of %v: ", b.rest), ErrTooSmall),
	}
	seen := make(map[string]bool)
	for i, kind := range b.kinds {
		switch {
		case isNil(kind):
			errs = append(errs, fmt.Errorf("kind %d is nil: %w", i+1, ErrUnknownKind))
		case kind.Name() == "":
			errs = append(errs, fmt.Errorf("kind %d: %w", i+1, ErrEmptyName))
		case seen[kind.Name()]:
			errs = append(errs, fmt.Errorf("two kinds named %q: %w", kind.Name(), ErrUnknownKind))
		default:
			seen[kind.Name()] = true
		}
	}
	return errors.Join(errs...)
}

func (b *Builder) journaling() *journaling {
	if !b.journals {
		return nil
	}
	j := &journaling{journal: b.journal, kinds: make(map[string]RecordKind), required: b.required}
	for _, kind := range b.kinds {
		j.kinds[kind.Name()] = kind
	}
	if len(b.kinds) == 1 {
		j.only = b.kinds[0].Name()
	}
	if b.failures > 0 {
		for s := range j.breakers {
			j.breakers[s] = breaker.New(b.failures, b.rest, now)
		}
	}
	return j
}

// validateRecords returns what is wrong with the keys for the journal.
func (b *callBuilder[P, R]) validateRecords() error {
	if !b.recorded || b.cutover == nil {
		return nil
	}
	if len(b.records) == 0 {
		return fmt.Errorf("keys of records: %w", ErrNoRecords)
	}
	_, err := resolveKeys(b.cutover.settings.journal, "keys of records", b.records)
	return err
}

// validateJournaling returns what is wrong with what the journal is to know.
func (b *ReturningWriterBuilder[P, R]) validateJournaling() error {
	if b.cutover == nil {
		return nil
	}
	j := b.cutover.settings.journal
	_, err := resolveKeys(j, "keys of results", b.resultKeys)
	known := b.recorded || len(b.resultKeys) > 0
	errs := []error{
		err,
		refuse(j != nil && !known && !b.unjournaled, "", ErrNoRecords),
		refuse(known && b.unjournaled, "unjournaled, with records: ", ErrNoRecords),
		refuse(b.copies && !known, "secondary copies: ", ErrNoJournal),
		refuse(b.behind && !known, "secondary in background: ", ErrNoJournal),
		refuse(b.joining && !known, "joined transaction: ", ErrNoJournal),
		refuse(b.behind && b.requireBoth, "secondary in background: ", ErrRequiresBoth),
	}
	for _, origin := range b.joins {
		if _, known := sideOf(origin); !known {
			errs = append(errs, fmt.Errorf("joined transaction of %q: %w", origin, ErrUnknownOrigin))
		}
	}
	return errors.Join(errs...)
}

// resolve finds the kind of each key. It returns what is wrong, for Build.
func (j *journaling) resolve(which, kind string, err, asText error) (string, error) {
	if err != nil {
		return "", fmt.Errorf("%s: %w", which, err)
	}
	if j == nil {
		return "", fmt.Errorf("%s: %w", which, ErrNoJournal)
	}
	if kind == "" && j.only != "" {
		kind = j.only
	}
	if _, known := j.kinds[kind]; !known {
		return "", fmt.Errorf("%s: %w %q", which, ErrUnknownKind, kind)
	}
	if asText != nil {
		return "", fmt.Errorf("%s: %w", which, asText)
	}
	return kind, nil
}

func resolveKeys[P any](j *journaling, which string, given []KeyFunc[P]) (keys journalKeys[P], err error) {
	var errs []error
	for _, key := range given {
		kind, err := j.resolve(which, key.kind, key.Err(), key.asText)
		keys.of, keys.kinds = append(keys.of, key), append(keys.kinds, kind)
		errs = append(errs, err)
	}
	return keys, errors.Join(errs...)
}
