package benchmarks

import (
	"context"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	ld "github.com/launchdarkly/go-server-sdk/v7"

	"github.com/gocutover/cutover"
)

func dynamic(inline bool) preparing {
	return func(ctx context.Context, client *ld.LDClient, c Case, s Systems) (Operation, error) {
		equal := cutover.MigrationComparisonFn(dynamicEqual)
		builder := cutover.Migration(client).
			ReadExecutionOrder(c.readOrder()).
			Read(dynamicRead(ctx, s.OldRead), dynamicRead(ctx, s.NewRead), &equal).
			Write(dynamicWrite(ctx, s.OldWrite), dynamicWrite(ctx, s.NewWrite))
		if inline {
			builder.SecondaryInline()
		}
		m, err := builder.Build()
		if err != nil {
			return nil, err
		}
		flag := flagFor(c.Stage)
		if c.Operation == ldmigration.Write {
			return func() (int, error) {
				result := m.Write(flag, user, ldmigration.Off, boxed)
				return 0, result.GetAuthoritativeResult().GetError()
			}, nil
		}
		return func() (int, error) {
			result := m.Read(flag, user, ldmigration.Off, boxed)
			return unboxed(result.GetResult()), result.GetError()
		}, nil
	}
}

func prepareSDK(ctx context.Context, client *ld.LDClient, c Case, s Systems) (Operation, error) {
	equal := ld.MigrationComparisonFn(dynamicEqual)
	m, err := ld.Migration(client).
		ReadExecutionOrder(c.readOrder()).
		Read(dynamicRead(ctx, s.OldRead), dynamicRead(ctx, s.NewRead), &equal).
		Write(dynamicWrite(ctx, s.OldWrite), dynamicWrite(ctx, s.NewWrite)).
		Build()
	if err != nil {
		return nil, err
	}
	flag := flagFor(c.Stage)
	if c.Operation == ldmigration.Write {
		return func() (int, error) {
			result := m.Write(flag, user, ldmigration.Off, boxed)
			return 0, result.GetAuthoritativeResult().GetError()
		}, nil
	}
	return func() (int, error) {
		result := m.Read(flag, user, ldmigration.Off, boxed)
		return unboxed(result.GetResult()), result.GetError()
	}, nil
}

// unboxed takes the nil of a failed read for zero.
func unboxed(result any) int {
	value, _ := result.(int)
	return value
}
