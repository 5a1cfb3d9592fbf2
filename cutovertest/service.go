package cutovertest

import (
	"context"
	"errors"
	"log/slog"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"

	"github.com/gocutover/cutover"
)

// exerciser is whom the default service evaluates its flag for.
var exerciser = ldcontext.New("cutovertest")

// defaultService is the default of Harness.NewService. It logs nothing: what is wrong fails the
// test.
func (m Harness[K, P, R]) defaultService(client cutover.FlagClient, old, new System[K, P, R]) (Service[K, P, R], error) {
	var none Service[K, P, R]
	c, err := cutover.New(client, "exercise").Logger(slog.New(slog.DiscardHandler)).Build()
	if err != nil {
		return none, err
	}
	// Keys are compared by what they are, so that nobody changes them.
	reader, readErr := cutover.NewReader(c, old.Read, new.Read).CompareFunc(m.Equal).PayloadsAreNotModified().Build()
	writer, writeErr := cutover.NewWriter(c, old.Write, new.Write).ClonePayload(m.ClonePayload).Build()
	if err := errors.Join(readErr, writeErr); err != nil {
		return none, err
	}
	service := Service[K, P, R]{
		Read:  func(ctx context.Context, key K) (R, error) { return reader.Read(ctx, exerciser, key) },
		Write: func(ctx context.Context, payload P) error { return writer.Write(ctx, exerciser, payload) },
		Close: c.Close,
	}
	if old.Delete == nil || new.Delete == nil {
		return service, nil
	}
	deleter, err := cutover.NewWriter(c, old.Delete, new.Delete).PayloadsAreNotModified().Build()
	if err != nil {
		return none, err
	}
	service.Delete = func(ctx context.Context, key K) error { return deleter.Write(ctx, exerciser, key) }
	return service, nil
}
