package cutover_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
)

func goexit() { runtime.Goexit() }

var fourOrders = append([]ldmigration.ExecutionOrder{cutover.Detached}, allOrders...)

func TestASecondaryThatHeedsItsDeadline(t *testing.T) {
	t.Parallel()
	for _, order := range fourOrders {
		t.Run(string(order), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, observed := &stagedClient{stage: ldmigration.Shadow}, &seen{}
				c := build(t, cutover.New(client, "flag").ReadOrder(order).Observe(observed))
				heeds := func(ctx context.Context, _ string) (string, error) {
					deadline, ok := ctx.Deadline()
					assert.True(t, ok)
					assert.Equal(t, 5*time.Second, time.Until(deadline), "the default")
					<-ctx.Done()
					return "", ctx.Err()
				}
				got, err := readerOf(t, c, value("old"), heeds, equal).Read(t.Context(), user, "id")
				require.NoError(t, err)
				assert.Equal(t, "old", got)
				require.NoError(t, c.Close(t.Context()))
				o := observed.only(t)
				require.ErrorIs(t, o.New.Err, cutover.ErrSecondaryTimeout)
				assert.Equal(t, 5*time.Second, o.New.Latency)
				event := client.only(t)
				assert.Equal(t, []ldmigration.Origin{"new"}, keys(event.Error))
				assert.Len(t, event.Invoked, 2)
				assert.Equal(t, 5000, event.Latency["new"])
			})
		})
	}
}

func TestASecondaryThatIgnoresItsDeadline(t *testing.T) {
	t.Parallel()
	for _, order := range fourOrders {
		t.Run(string(order), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var log logBook
				client, observed := &stagedClient{stage: ldmigration.Live}, &seen{}
				c := build(t, cutover.New(client, "flag").ReadOrder(order).SecondaryTimeout(time.Second).
					Observe(observed).Logger(log.logger()))
				begin := time.Now()
				got, err := readerOf(t, c, after(time.Minute, "late"), value("new"), equal).Read(t.Context(), user, "id")
				require.NoError(t, err)
				assert.Equal(t, "new", got)
				if order != cutover.Detached {
					assert.Equal(t, time.Second, time.Since(begin))
					assert.Equal(t, 1, c.Background().Running)
				}
				require.NoError(t, c.Close(t.Context()))
				assert.Equal(t, time.Minute, time.Since(begin), "Close waits for what was left behind")
				o := observed.only(t)
				require.ErrorIs(t, o.Old.Err, cutover.ErrSecondaryTimeout)
				require.EqualError(t, o.Old.Err, "secondary timed out after 1s")
				assert.Nil(t, o.Old.Value, "what came late changes nothing")
				assert.Equal(t, time.Second, o.Old.Latency)
				assert.Equal(t, cutover.ReadFailed, o.Consistency)
				event := client.only(t)
				assert.Len(t, event.Invoked, 2, "it was attempted")
				assert.Equal(t, []ldmigration.Origin{"old"}, keys(event.Error))
				assert.Empty(t, log.String())
			})
		})
	}
}

func TestASecondaryWriteThatTimesOutIsUnknown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := &stagedClient{stage: ldmigration.DualWrite}
		c := build(t, cutover.New(client, "flag").SecondaryTimeout(time.Second))
		written := false
		ctx, cancel := context.WithCancel(t.Context())
		writer := writerOf(t, c,
			func(context.Context, string) error { cancel(); return nil },
			func(ctx context.Context, _ string) error {
				require.NoError(t, ctx.Err(), "the caller's cancellation does not reach it")
				time.Sleep(2 * time.Second)
				assert.ErrorIs(t, ctx.Err(), context.DeadlineExceeded, "its own deadline does")
				written = true
				return nil
			})
		begin := time.Now()
		detail := writer.WriteDetail(ctx, user, "order")
		assert.Equal(t, time.Second, time.Since(begin))
		_, err := detail.Result()
		require.NoError(t, err)
		var timeout *cutover.TimeoutError
		require.ErrorAs(t, detail.New.Err, &timeout)
		assert.Equal(t, time.Second, timeout.After)
		assert.Equal(t, []ldmigration.Origin{"new"}, keys(client.only(t).Error))
		require.NoError(t, c.Close(t.Context()))
		assert.True(t, written, "and it was made after all")
	})
}

func TestAnErrorAfterTheDeadlineIsATimeoutWithThatError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := build(t, cutover.New(&stagedClient{stage: ldmigration.DualWrite}, "flag").SecondaryTimeout(time.Second))
		broken := errors.New("connection was closed")
		heeds := func(ctx context.Context, _ string) error {
			<-ctx.Done()
			return broken
		}
		detail := writerOf(t, c, func(context.Context, string) error { return nil }, heeds).WriteDetail(t.Context(), user, "order")
		require.ErrorIs(t, detail.New.Err, cutover.ErrSecondaryTimeout)
		require.NoError(t, c.Close(t.Context()))
	})
	wrapped := &cutover.TimeoutError{After: time.Second, Err: context.DeadlineExceeded}
	require.ErrorIs(t, wrapped, context.DeadlineExceeded)
	require.ErrorIs(t, &cutover.TimeoutError{After: time.Second}, context.DeadlineExceeded, "also if it never returned")
	require.NotErrorIs(t, &cutover.TimeoutError{After: time.Second}, context.Canceled)
	require.EqualError(t, wrapped, "secondary timed out after 1s: context deadline exceeded")
}

func TestWithoutATimeoutTheSecondaryIsWaitedFor(t *testing.T) {
	t.Parallel()
	for _, timeout := range []time.Duration{0, 90 * 365 * 24 * time.Hour, math.MaxInt64} {
		synctest.Test(t, func(t *testing.T) {
			client := &stagedClient{stage: ldmigration.Shadow}
			c := build(t, cutover.New(client, "flag").SecondaryTimeout(timeout))
			slow := func(ctx context.Context, _ string) (string, error) {
				_, limited := ctx.Deadline()
				assert.Equal(t, timeout != 0 && timeout != math.MaxInt64, limited)
				time.Sleep(time.Hour)
				return "v", ctx.Err()
			}
			detail := readerOf(t, c, value("v"), slow, equal).ReadDetail(t.Context(), user, "id")
			assert.Equal(t, cutover.Consistent, detail.Consistency)
			assert.Equal(t, time.Hour, detail.New.Latency)
		})
	}
}

func TestReadsDoWithoutASecondaryThatHangsInTooManyAlready(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := &stagedClient{stage: ldmigration.Shadow}
		c := build(t, cutover.New(client, "flag").SecondaryTimeout(time.Second).MaxBackground(2))
		release := make(chan struct{})
		hang := func(context.Context, string) (string, error) { <-release; return "", nil }
		reader := readerOf(t, c, value("v"), hang, equal)
		begin := time.Now()
		for range 5 {
			got, err := reader.Read(t.Context(), user, "id")
			require.NoError(t, err)
			assert.Equal(t, "v", got)
		}
		assert.Equal(t, 2*time.Second, time.Since(begin), "two waited, the others knew better")
		assert.Equal(t, cutover.BackgroundStats{Running: 2, Skipped: 3}, c.Background())

		writes := 0
		writer := writerOf(t, c, func(context.Context, string) error { return nil }, func(context.Context, string) error {
			writes++
			return nil
		})
		require.NoError(t, writer.Write(t.Context(), user, "order"))
		assert.Equal(t, 1, writes, "a write is never skipped")
		close(release)
		require.NoError(t, c.Close(t.Context()))
	})
}

func TestALatePanicIsLoggedAndContained(t *testing.T) {
	t.Parallel()
	for says, late := range map[string]func(){"panic: too late": func() { panic("too late") }, "": goexit} {
		synctest.Test(t, func(t *testing.T) {
			var log logBook
			c := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag").SecondaryTimeout(time.Second).Logger(log.logger()))
			secondary := func(context.Context, string) (string, error) {
				time.Sleep(time.Minute)
				late()
				return "", nil
			}
			got, err := readerOf(t, c, value("v"), secondary, equal).Read(t.Context(), user, "id")
			require.NoError(t, err)
			assert.Equal(t, "v", got)
			require.NoError(t, c.Close(t.Context()))
			assert.Contains(t, log.String(), says)
			assert.Equal(t, says != "", strings.Contains(log.String(), "secondary panicked after its timeout"))
		})
	}
}

func TestTheSecondarysContextIsOneToDeriveFrom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		type tenant struct{}
		caller, cancel := context.WithTimeout(context.WithValue(t.Context(), tenant{}, "acme"), 3*time.Second)
		defer cancel()
		c := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag").SecondaryTimeout(2*time.Second))
		var derived context.Context
		secondary := func(ctx context.Context, _ string) (string, error) {
			require.NoError(t, ctx.Err())
			assert.Equal(t, "acme", ctx.Value(tenant{}))
			child, cancel := context.WithTimeout(ctx, time.Hour)
			defer cancel()
			derived = child
			stopped := make(chan struct{})
			context.AfterFunc(child, func() { close(stopped) })
			for range 10 {
				grandchild, cancel := context.WithCancel(child)
				defer cancel()
				assert.Equal(t, "acme", grandchild.Value(tenant{}))
			}
			stacks := make([]byte, 1<<20)
			stacks = stacks[:runtime.Stack(stacks, true)]
			assert.NotContains(t, string(stacks), "propagateCancel.func", "it costs no goroutine to derive")
			<-child.Done()
			<-stopped
			require.ErrorIs(t, context.Cause(ctx), context.DeadlineExceeded)
			return "", child.Err()
		}
		detail := readerOf(t, c, value("v"), secondary, nil).ReadDetail(caller, user, "id")
		assert.Equal(t, 2*time.Second, detail.New.Latency)
		require.ErrorIs(t, detail.New.Err, cutover.ErrSecondaryTimeout)
		synctest.Wait()
		require.Error(t, derived.Err(), "it ends with the call at the latest")
	})
}

func TestTheSecondarysContextEndsWithTheCallersInAWaitedRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		caller, cancel := context.WithTimeoutCause(t.Context(), time.Second, errors.New("client went away"))
		defer cancel()
		c := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag").ReadOrder(ldmigration.Serial))
		secondary := func(ctx context.Context, _ string) (string, error) {
			deadline, _ := ctx.Deadline()
			assert.Equal(t, time.Second, time.Until(deadline), "the caller's is the sooner one")
			<-ctx.Done()
			return "", context.Cause(ctx)
		}
		detail := readerOf(t, c, value("v"), secondary, nil).ReadDetail(caller, user, "id")
		require.EqualError(t, detail.New.Err, "client went away")
		assert.Equal(t, time.Second, detail.New.Latency)
	})
}

func TestTheContextOfACallThatHasReturnedIsOver(t *testing.T) {
	t.Parallel()
	for _, asks := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			var kept context.Context
			var done <-chan struct{}
			keep := func(ctx context.Context, _ string) (string, error) {
				kept = ctx
				if asks {
					done = ctx.Done()
				}
				return "v", nil
			}
			c := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag"))
			_, err := readerOf(t, c, value("v"), keep, nil).Read(t.Context(), user, "id")
			require.NoError(t, err)
			require.ErrorIs(t, kept.Err(), context.Canceled)
			if !asks {
				done = kept.Done()
			}
			select {
			case <-done:
			default:
				t.Error("a context kept after its call does not wait for its deadline")
			}
		})
	}
}

func TestTheErrorOfASecondarysContextNeedsNoDone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		caller, cancel := context.WithCancel(t.Context())
		c := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag").SecondaryTimeout(time.Second))
		var errs []error
		secondary := func(ctx context.Context, _ string) (string, error) {
			errs = append(errs, ctx.Err())
			time.Sleep(time.Second)
			errs = append(errs, ctx.Err())
			cancel()
			errs = append(errs, ctx.Err())
			return "", nil
		}
		_, _ = readerOf(t, c, value("v"), secondary, nil).Read(caller, user, "id")
		require.NoError(t, c.Close(t.Context()))
		assert.Equal(t, []error{nil, context.DeadlineExceeded, context.Canceled}, errs)
	})
}

func TestWhenASecondaryThatTimedOutBegan(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag").ReadOrder(ldmigration.Serial).SecondaryTimeout(time.Second))
		begin := time.Now()
		detail := readerOf(t, c, after(time.Second, "v"), after(time.Minute, "v"), nil).ReadDetail(t.Context(), user, "id")
		require.ErrorIs(t, detail.New.Err, cutover.ErrSecondaryTimeout)
		assert.Equal(t, begin.Add(time.Second), detail.New.Start)
		require.NoError(t, c.Close(t.Context()))
	})
}

// errAsPanics is an error that panics if anybody but its caller asks it.
type errAsPanics struct{ error }

func (errAsPanics) As(any) bool   { panic("asked") }
func (errAsPanics) Is(error) bool { panic("asked") }

func TestALateErrorIsNotAsked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag").SecondaryTimeout(time.Second))
		late := func(context.Context, string) (string, error) {
			time.Sleep(time.Minute)
			return "", errAsPanics{errOfOrigin["new"]}
		}
		_, err := readerOf(t, c, value("v"), late, nil).Read(t.Context(), user, "id")
		require.NoError(t, err)
		require.NoError(t, c.Close(t.Context()))
	})
}

// In random order a secondary that goes first could use up its caller's time.
func TestASecondaryThatGoesFirstLeavesTheAuthoritativeCallHalfOfTheTime(t *testing.T) {
	t.Parallel()
	hang := func(ctx context.Context, _ string) (string, error) { <-ctx.Done(); return "", ctx.Err() }
	for name, secondary := range map[string]func(context.Context, string) (string, error){
		"heeds its context": hang, "ignores it": after(time.Minute, "late"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag").ReadOrder(ldmigration.Random))
				authoritative := func(ctx context.Context, _ string) (string, error) {
					time.Sleep(900 * time.Millisecond) // the function under test, inside a synctest bubble
					return "old", ctx.Err()
				}
				first := 0
				for range 40 {
					ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
					detail := readerOf(t, c, authoritative, secondary, nil).ReadDetail(ctx, user, "id")
					cancel()
					got, err := detail.Result()
					require.NoError(t, err)
					assert.Equal(t, "old", got)
					require.Error(t, detail.New.Err)
					if detail.New.Start.Before(detail.Old.Start) {
						first++
						require.ErrorIs(t, detail.New.Err, cutover.ErrSecondaryTimeout)
						assert.Equal(t, time.Second, detail.New.Latency)
					}
					require.NoError(t, c.Close(t.Context()))
				}
				assert.Positive(t, first)
				assert.Less(t, first, 40)
			})
		})
	}
}

func TestInRandomOrderNobodyWaitsBeyondTheCallersDeadline(t *testing.T) {
	t.Parallel()
	for name, left := range map[string]time.Duration{"that is over": -time.Second, "that is close": 100 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag").ReadOrder(ldmigration.Random))
				reader := readerOf(t, c, value("v"), after(time.Second, "v"), equal)
				for range 20 {
					ctx, cancel := context.WithTimeout(t.Context(), left)
					begin := time.Now()
					got, err := reader.Read(ctx, user, "id")
					cancel()
					require.NoError(t, err)
					assert.Equal(t, "v", got)
					assert.LessOrEqual(t, time.Since(begin), max(left, 1))
				}
				require.NoError(t, c.Close(t.Context()))
			})
		})
	}
}

func TestBuildRefusesANegativeTimeoutAndNoBackground(t *testing.T) {
	t.Parallel()
	_, err := cutover.New(&stagedClient{}, "flag").SecondaryTimeout(-1).MaxBackground(0).Build()
	require.ErrorIs(t, err, cutover.ErrTooSmall)
	for _, says := range []string{"secondary timeout -1ns", "max background 0"} {
		require.ErrorContains(t, err, says)
	}
}

func TestAReaderThatFallsBack(t *testing.T) {
	t.Parallel()
	for _, stage := range []ldmigration.Stage{ldmigration.Shadow, ldmigration.Live} {
		for _, order := range fourOrders {
			t.Run(fmt.Sprint(stage, " ", order), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					e := design[stage][ldmigration.Read]
					var log logBook
					client, observed := &stagedClient{stage: stage}, &seen{}
					c := build(t, cutover.New(client, "flag").ReadOrder(order).Observe(observed).Logger(log.logger()))
					choose := func(origin ldmigration.Origin) func(context.Context, string) (string, error) {
						if origin == e.authoritative {
							return func(context.Context, string) (string, error) { return "broken", errOfOrigin[origin] }
						}
						return after(time.Second, "good")
					}
					reader, err := cutover.NewReader(c, choose("old"), choose("new")).CompareEqual().FallBack(func(ldmigration.Origin, error) bool { return true }).Build()
					require.NoError(t, err)
					detail := reader.ReadDetail(t.Context(), user, "id")
					got, err := detail.Result()
					require.NoError(t, err)
					assert.Equal(t, "good", got)
					assert.True(t, detail.FellBack)
					assert.Equal(t, e.authoritative, detail.Authoritative)
					assert.Equal(t, cutover.ReadFailed, detail.Consistency)
					assert.True(t, observed.only(t).FellBack)
					assert.False(t, observed.only(t).Detached, "it waited")
					assert.Contains(t, log.String(), "returning the other system")
					assert.Equal(t, []ldmigration.Origin{e.authoritative}, keys(client.only(t).Error))
					got, err = reader.Read(t.Context(), user, "id")
					require.NoError(t, err)
					assert.Equal(t, "good", got)
					require.NoError(t, c.Close(t.Context()))
					assert.Zero(t, c.Background())
				})
			})
		}
	}
}

func TestAReaderHasNothingToFallBackOn(t *testing.T) {
	t.Parallel()
	failing := func(context.Context, string) (string, error) { return "", errOfOrigin["new"] }
	for stage, old := range map[ldmigration.Stage]func(context.Context, string) (string, error){
		ldmigration.Live:     func(context.Context, string) (string, error) { return "", errOfOrigin["old"] },
		ldmigration.RampDown: value("old"),
	} {
		c := build(t, cutover.New(&stagedClient{stage: stage}, "flag"))
		reader, err := cutover.NewReader(c, old, failing).FallBack(func(ldmigration.Origin, error) bool { return true }).Build()
		require.NoError(t, err)
		detail := reader.ReadDetail(t.Context(), user, "id")
		_, err = detail.Result()
		require.ErrorIs(t, err, errOfOrigin["new"], "the authoritative error")
		assert.False(t, detail.FellBack)
	}
	c := build(t, cutover.New(&stagedClient{stage: ldmigration.Live}, "flag"))
	_, err := readerOf(t, c, value("old"), failing, nil).Read(t.Context(), user, "id")
	require.ErrorIs(t, err, errOfOrigin["new"], "off by default")
}

func TestAReaderDoesNotFallBackFromAPanic(t *testing.T) {
	t.Parallel()
	observed := &seen{}
	c := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag").Observe(observed))
	reader, err := cutover.NewReader(c, panickingAuthoritative, value("new")).FallBack(func(ldmigration.Origin, error) bool { return true }).Build()
	require.NoError(t, err)
	got := onOwnGoroutine(func() ran {
		_, err := reader.Read(t.Context(), user, "id")
		return ran{err: err}
	})
	assert.Equal(t, "the caller's own panic", got.panicked)
	assert.False(t, observed.only(t).FellBack)
}

func TestAWriterThatRequiresBoth(t *testing.T) {
	t.Parallel()
	ok := func(context.Context, string) (int, error) { return 1, nil }
	failing := func(origin ldmigration.Origin) func(context.Context, string) (int, error) {
		return func(context.Context, string) (int, error) { return 2, errOfOrigin[origin] }
	}
	cases := map[string]struct {
		old, new func(context.Context, string) (int, error)
		want     *cutover.OriginError
	}{
		"both succeed":            {ok, ok, nil},
		"the authoritative fails": {failing("old"), ok, &cutover.OriginError{Origin: "old", Authoritative: true, Err: errOfOrigin["old"]}},
		"the secondary fails":     {ok, failing("new"), &cutover.OriginError{Origin: "new", Err: errOfOrigin["new"]}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			built := build(t, cutover.New(&stagedClient{stage: ldmigration.Shadow}, "flag"))
			writer, err := cutover.NewReturningWriter(built, c.old, c.new).RequireBoth().Build()
			require.NoError(t, err)
			id, err := writer.Write(t.Context(), user, "order")
			detail := writer.WriteDetail(t.Context(), user, "order")
			_, detailErr := detail.Result()
			require.Equal(t, err, detailErr)
			if c.want == nil {
				require.NoError(t, err)
				assert.Equal(t, 1, id)
				return
			}
			var origin *cutover.OriginError
			require.ErrorAs(t, err, &origin)
			assert.Equal(t, c.want, origin)
			require.ErrorIs(t, err, c.want.Err)
			require.EqualError(t, err, string(c.want.Origin)+" system: "+c.want.Err.Error())
		})
	}
	built := build(t, cutover.New(&stagedClient{stage: ldmigration.Live}, "flag"))
	writer, err := cutover.NewWriter(built, func(context.Context, string) error { panic("old is gone") },
		func(context.Context, string) error { return nil }).RequireBoth().Build()
	require.NoError(t, err)
	err = writer.Write(t.Context(), user, "order")
	require.ErrorIs(t, err, cutover.ErrUnwound)
	require.EqualError(t, err, "old system: panic: old is gone")
}

// The call returns at the instant at which its time is over; either may come first.
func TestASecondaryThatReturnsAsItsTimeIsOver(t *testing.T) {
	t.Parallel()
	for _, order := range fourOrders {
		t.Run(string(order), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client := &stagedClient{stage: ldmigration.Shadow}
				c := build(t, cutover.New(client, "flag").ReadOrder(order).SecondaryTimeout(time.Second))
				reader := readerOf(t, c, value("v"), after(time.Second, "v"), equal)
				for i := range 200 {
					_, err := reader.Read(t.Context(), user, "id")
					require.NoError(t, err)
					require.NoError(t, c.Close(t.Context()))
					require.Zero(t, c.Background().Running)
					if order != cutover.Detached { // after Close a detached read is made without its secondary
						require.Equal(t, i+1, client.count())
					}
				}
			})
		})
	}
}
