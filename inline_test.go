package cutover_test

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
)

// Tests in table_test.go and differential_test.go show that results, calls and events do not depend
// on SecondaryInline. These show what is different without a goroutine.

// goroutine returns the name of the calling goroutine in stack traces.
func goroutine() string {
	stack := make([]byte, 64)
	name, _, _ := bytes.Cut(stack[:runtime.Stack(stack, false)], []byte(" ["))
	return string(name)
}

func TestWhichGoroutineASecondaryRunsOn(t *testing.T) {
	t.Parallel()
	for _, inline := range []bool{false, true} {
		for _, order := range fourOrders {
			t.Run(fmt.Sprint(order, " inline ", inline), func(t *testing.T) {
				t.Parallel()
				b := cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag").ReadOrder(order)
				if inline {
					b.SecondaryInline()
				}
				c := build(t, b)
				where := make(chan string, 1)
				read := func(context.Context, string) (string, error) { where <- goroutine(); return "v", nil }
				reader := readerOf(t, c, value("v"), read, nil)
				for range 20 { // random is both
					_, err := reader.Read(t.Context(), user, "id")
					require.NoError(t, err)
					inTurn := order == ldmigration.Serial || order == ldmigration.Random
					assert.Equal(t, inline && inTurn, goroutine() == <-where)
				}
				writer := writerOf(t, c, func(context.Context, string) error { return nil },
					func(context.Context, string) error { where <- goroutine(); return nil })
				require.NoError(t, writer.Write(t.Context(), user, "order"))
				assert.Equal(t, inline, goroutine() == <-where)
				require.NoError(t, c.Close(t.Context()))
			})
		}
	}
}

func TestAnInlineSecondaryThatExitsEndsItsCallerAfterTheEvent(t *testing.T) {
	t.Parallel()
	exits := func(context.Context, string) (string, error) { goexit(); return "", nil }
	for operation, run := range map[string]func(*testing.T, *cutover.Cutover) error{
		"read": func(t *testing.T, c *cutover.Cutover) error {
			t.Helper()
			_, err := readerOf(t, c, value("v"), exits, equal).Read(t.Context(), user, "id")
			return err
		},
		"write": func(t *testing.T, c *cutover.Cutover) error {
			t.Helper()
			writer, err := cutover.NewReturningWriter(c, value("v"), exits).
				SerializeBy(cutover.Key(func(id string) string { return id })).Build()
			require.NoError(t, err)
			_, err = writer.Write(t.Context(), user, "id")
			return err
		},
	} {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			client, observed := &stagedClient{stage: ldmigration.Shadow}, &seen{}
			c := build(t, cutover.New(client, "flag").ReadOrder(ldmigration.Serial).SecondaryInline().Observe(observed))
			got := onOwnGoroutine(func() ran { return ran{err: run(t, c)} })
			assert.False(t, got.returned)
			assert.Nil(t, got.panicked)
			event := client.only(t)
			assert.Len(t, event.Invoked, 2)
			assert.Equal(t, []ldmigration.Origin{"new"}, keys(event.Error))
			o := observed.only(t)
			require.NoError(t, o.Old.Err)
			assert.Equal(t, "v", o.Old.Value)
			require.ErrorIs(t, o.New.Err, cutover.ErrUnwound)
			assert.Zero(t, cutover.BusyKeys(c))
		})
	}
}

// If it comes first, there is no authoritative call.
func TestAnInlineSecondaryThatComesFirstAndExits(t *testing.T) {
	t.Parallel()
	first, second := 0, 0
	for range 40 {
		synctest.Test(t, func(t *testing.T) {
			client, observed := &stagedClient{stage: ldmigration.Live}, &seen{}
			c := build(t, cutover.New(client, "flag").ReadOrder(ldmigration.Random).SecondaryInline().Observe(observed))
			exits := func(context.Context, string) (string, error) {
				time.Sleep(3 * time.Millisecond)
				goexit()
				return "", nil
			}
			got := onOwnGoroutine(func() ran {
				_, err := readerOf(t, c, exits, value("new"), equal).Read(t.Context(), user, "id")
				return ran{err: err}
			})
			assert.False(t, got.returned)
			event, o := client.only(t), observed.only(t)
			assert.Equal(t, []ldmigration.Origin{"old"}, keys(event.Error))
			assert.Equal(t, 3, event.Latency["old"])
			assert.Equal(t, ldmigration.New, o.Authoritative)
			assert.Equal(t, cutover.ReadFailed, o.Consistency)
			if o.New.Invoked {
				second++
				assert.Len(t, event.Invoked, 2)
				return
			}
			first++
			assert.Equal(t, []ldmigration.Origin{"old"}, keys(event.Invoked))
			assert.Equal(t, []ldmigration.Origin{"old"}, keys(event.Latency))
			assert.Zero(t, o.New)
		})
	}
	assert.Positive(t, first)
	assert.Positive(t, second)
}

func TestAnInlineSecondaryIsWaitedForAsLongAsItTakes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag").
			ReadOrder(ldmigration.Serial).SecondaryInline().SecondaryTimeout(time.Second))
		ignores := func(ctx context.Context, _ string) (string, error) {
			time.Sleep(time.Minute)
			assert.ErrorIs(t, ctx.Err(), context.DeadlineExceeded, "its context is over all the same")
			return "v", nil
		}
		detail := readerOf(t, c, value("v"), ignores, equal).ReadDetail(t.Context(), user, "id")
		require.NoError(t, detail.New.Err)
		assert.Equal(t, time.Minute, detail.New.Latency)
		assert.Equal(t, cutover.Consistent, detail.Consistency)
		assert.Zero(t, c.Background())

		heeds := func(ctx context.Context, _ string) (string, error) { <-ctx.Done(); return "", ctx.Err() }
		detail = readerOf(t, c, value("v"), heeds, nil).ReadDetail(t.Context(), user, "id")
		require.ErrorIs(t, detail.New.Err, cutover.ErrSecondaryTimeout)
		assert.Equal(t, time.Second, detail.New.Latency)
	})
}
