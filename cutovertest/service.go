package cutovertest

import (
	"context"
	"errors"
	"log/slog"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/compare"
	"github.com/gocutover/cutover/reconcile"
)

// exerciser is whom the default service evaluates its flag for.
var exerciser = ldcontext.New("cutovertest")

// defaultService is the default of Harness.NewService. It logs nothing: what is wrong fails the
// test.
func (m Harness[K, P, R]) defaultService(client cutover.FlagClient, old, new System[K, P, R]) (Service[K, P, R], error) {
	return m.serviceOf(m.builder(client), old, new, nil)
}

func (m Harness[K, P, R]) builder(client cutover.FlagClient) *cutover.Builder {
	return cutover.New(client, "exercise").Logger(slog.New(slog.DiscardHandler))
}

// defaultJournaledService is the default of Harness.NewJournaledService.
func (m Harness[K, P, R]) defaultJournaledService(
	client cutover.FlagClient, journal reconcile.Journal, old, new System[K, P, R],
) (Service[K, P, R], error) {
	kind, err := reconcile.NewKind("record", reconcile.Pair[K, R]{
		Old: m.repairable(old), New: m.repairable(new), Compare: compare.Func(m.Equal),
	})
	if err != nil {
		return Service[K, P, R]{}, err
	}
	return m.serviceOf(m.builder(client).Journal(journal, kind), old, new, kind)
}

// serviceOf builds the default service, with the kind of its records if there is a journal.
func (m Harness[K, P, R]) serviceOf(
	b *cutover.Builder, old, new System[K, P, R], kind *reconcile.Kind[K, R],
) (service Service[K, P, R], err error) {
	c, err := b.Build()
	if err != nil {
		return service, err
	}
	// Keys are compared by what they are, so that nobody changes them.
	reads := cutover.NewReader(c, old.Read, new.Read).CompareFunc(m.Equal).PayloadsAreNotModified()
	puts := cutover.NewWriter(c, old.Write, new.Write).ClonePayload(m.ClonePayload)
	if kind != nil {
		service.Kinds = []reconcile.RecordKind{kind}
		reads.Records(cutover.Key(same[K]))
		puts.Records(cutover.Key(m.Key))
	}
	reader, readErr := reads.Build()
	writer, writeErr := puts.Build()
	if err := errors.Join(readErr, writeErr); err != nil {
		return service, err
	}
	service.Read = func(ctx context.Context, key K) (R, error) { return reader.Read(ctx, exerciser, key) }
	service.Write = func(ctx context.Context, payload P) error { return writer.Write(ctx, exerciser, payload) }
	service.Close = c.Close
	if old.Delete == nil || new.Delete == nil {
		return service, nil
	}
	removes := cutover.NewWriter(c, old.Delete, new.Delete).PayloadsAreNotModified()
	if kind != nil {
		removes.Records(cutover.Key(same[K]))
	}
	deleter, err := removes.Build()
	if err != nil {
		return service, err
	}
	service.Delete = func(ctx context.Context, key K) error { return deleter.Write(ctx, exerciser, key) }
	return service, nil
}

func same[K any](key K) K { return key }

// errNoDelete is why a record cannot be deleted.
var errNoDelete = errors.New("the system has no Delete")

// repairable is how a repair uses a system.
func (m Harness[K, P, R]) repairable(system System[K, P, R]) reconcile.System[K, R] {
	s := reconcile.System[K, R]{
		Get: func(ctx context.Context, key K) (R, bool, error) {
			result, err := system.Read(ctx, key)
			if errors.Is(err, errKilled) {
				return result, false, err
			}
			if m.NotFound(result, err) {
				var none R
				return none, false, nil
			}
			return result, err == nil, err
		},
		Put: func(ctx context.Context, _ K, result R) error {
			return system.Write(ctx, m.ClonePayload(m.PayloadOf(result)))
		},
		Delete: system.Delete,
	}
	if s.Delete == nil {
		s.Delete = func(context.Context, K) error { return errNoDelete }
	}
	return s
}
