package main

import (
	"context"
	"time"
)

const lookEvery = 20 * time.Millisecond

// await looks again and again until ready is true or ctx ends.
func await(ctx context.Context, ready func() bool) error {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for !ready() {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ticker.C:
		}
	}
	return nil
}
