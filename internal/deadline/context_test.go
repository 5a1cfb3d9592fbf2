package deadline_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/gocutover/cutover/internal/clock"
	"github.com/gocutover/cutover/internal/deadline"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type nameKey struct{}

func TestItEndsAtItsTimeOrWithItsParent(t *testing.T) {
	t.Parallel()
	for _, uncut := range []bool{false, true} {
		for _, asked := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				parent, cancel := context.WithCancel(context.WithValue(t.Context(), nameKey{}, "ann"))
				c := &deadline.Context{Parent: parent, At: clock.Now() + time.Minute, Uncut: uncut}
				if asked {
					assert.NotNil(t, c.Done())
				}
				assert.Equal(t, "ann", c.Value(nameKey{}))
				at, ok := c.Deadline()
				assert.True(t, ok)
				assert.Equal(t, time.Minute, time.Until(at))
				require.NoError(t, c.Err())
				cancel()
				synctest.Wait()
				assert.Equal(t, uncut, c.Err() == nil)
				time.Sleep(time.Minute)
				synctest.Wait()
				require.Error(t, c.Err())
				if uncut {
					require.ErrorIs(t, c.Err(), context.DeadlineExceeded)
				}
				c.End()
			})
		}
	}
}

func TestItEndsWhenItsFunctionHasReturned(t *testing.T) {
	t.Parallel()
	for _, asked := range []bool{false, true} {
		c := &deadline.Context{Parent: t.Context(), At: clock.Now() + time.Hour}
		if asked {
			_ = c.Done()
		}
		child, cancel := context.WithCancel(c)
		c.End()
		<-c.Done()
		<-child.Done()
		require.ErrorIs(t, c.Err(), context.Canceled)
		cancel()
	}
}

// nosy is a parent that asks its child whenever it is asked for something.
type nosy struct {
	context.Context //nolint:containedctx // this is a context
	child           atomic.Pointer[deadline.Context]
	done            chan struct{}
}

func (n *nosy) Done() <-chan struct{} { n.ask(); return n.done }
func (n *nosy) Value(any) any         { n.ask(); return nil }

func (n *nosy) Err() error {
	select {
	case <-n.done:
		return context.Canceled
	default:
		return nil
	}
}

func (n *nosy) Deadline() (time.Time, bool) { n.ask(); return time.Time{}, false }

func (n *nosy) ask() {
	if child := n.child.Swap(nil); child != nil {
		_ = child.Err()
		<-time.After(0)
		_ = fmt.Sprint(child)
	}
}

func TestNoLockIsHeldWhileTheParentIsAsked(t *testing.T) {
	t.Parallel()
	parent := &nosy{Context: context.Background(), done: make(chan struct{})}
	c := &deadline.Context{Parent: parent, At: clock.Now() + time.Hour}
	parent.child.Store(c)
	_ = c.Done()
	parent.child.Store(c)
	_, _ = c.Deadline()
	parent.child.Store(c)
	_ = c.Value(nameKey{})
	c.End()
	close(parent.done)
}

func TestManyMayAskAtOnce(t *testing.T) {
	t.Parallel()
	for range 200 {
		parent, cancel := context.WithCancelCause(t.Context())
		c := &deadline.Context{Parent: parent, At: clock.Now() + time.Hour}
		var all sync.WaitGroup
		channels := make(chan (<-chan struct{}), 8)
		for range 8 {
			all.Go(func() { channels <- c.Done() })
			all.Go(func() { _ = fmt.Sprintf("%v", c) })
			all.Go(func() { _ = c.Err() })
		}
		all.Go(func() { cancel(errors.New("gone")) })
		all.Wait()
		close(channels)
		one := c.Done()
		for other := range channels {
			assert.Equal(t, one, other)
		}
		<-one
		c.End()
	}
}
