package cutover_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldlogtest"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/launchdarkly/go-sdk-common/v3/ldvalue"
	ld "github.com/launchdarkly/go-server-sdk/v7"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
)

// The fault pairs of the secondary and of writes. A system that is slow, hangs or fails harms the
// SDK's migrator, or what one would write by hand, and does not harm cutover.

// query is a read or write function of a service without any library.
type query = func(context.Context, string) (string, error)

// answering takes a time of the bubble's clock and ends early if its context ends, as a database
// driver does.
func answering(takes time.Duration, answer string) query {
	return func(ctx context.Context, _ string) (string, error) {
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-time.After(takes):
			return answer, nil
		}
	}
}

// hanging ignores its context and returns only when it is released.
func hanging(release <-chan struct{}) query {
	return func(context.Context, string) (string, error) {
		<-release
		return "too late", nil
	}
}

func failing(err error) query {
	return func(context.Context, string) (string, error) { return "", err }
}

// contextless converts a function for the SDK's migrator.
func contextless(q query) ld.MigrationImplFn {
	return func(payload any) (any, error) { return q(context.Background(), payload.(string)) }
}

// sdkMigrator reads and writes with the same two functions, and compares what it reads.
func sdkMigrator(t *testing.T, client *sdkTrackerClient, order ldmigration.ExecutionOrder, old, new query) ld.Migrator {
	t.Helper()
	compare := ld.MigrationComparisonFn(func(a, b any) bool { return a == b })
	migrator, err := ld.Migration(client).ReadExecutionOrder(order).
		Read(contextless(old), contextless(new), &compare).Write(contextless(old), contextless(new)).Build()
	require.NoError(t, err)
	return migrator
}

func TestFaultOfANewSystemThatIsSlow(t *testing.T) {
	t.Parallel()
	const slow = 300 * time.Millisecond
	old, new := answering(0, "order 7"), answering(slow, "order 7")

	t.Run("makes each caller of the SDK's migrator wait for it", func(t *testing.T) {
		t.Parallel()
		for _, order := range allOrders {
			t.Run(string(order), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					migrator := sdkMigrator(t, newSDKTrackerClient(ldmigration.Shadow), order, old, new)
					began := time.Now()
					assert.Equal(t, "order 7", migrator.Read("orders", user, ldmigration.Off, "7").GetResult())
					assert.Equal(t, slow, time.Since(began))
				})
			})
		}
	})
	t.Run("makes no caller of a detached reader wait, and is compared", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			client := newSDKTrackerClient(ldmigration.Shadow)
			orders := build(t, cutover.New(client, "orders").ReadOrder(cutover.Detached))
			reader := readerOf(t, orders, old, new, equal)
			began := time.Now()
			got, err := reader.Read(t.Context(), user, "7")
			require.NoError(t, err)
			assert.Equal(t, "order 7", got)
			assert.Zero(t, time.Since(began))
			require.NoError(t, orders.Close(t.Context()))
			assert.Equal(t, slow, time.Since(began))
			assert.Equal(t, "1 event, consistent: true", client.account())
			assert.Equal(t, map[ldmigration.Origin]int{ldmigration.Old: 0, ldmigration.New: 300}, client.only(t).Latency)
		})
	})
}

// looked is the result of a background comparison, and its trace.
type looked struct {
	trace any
	err   error
	equal bool
}

// naivelyDetached is the detached read that one writes first: a goroutine calls the new system with
// the request's context and compares its result with the caller's.
func naivelyDetached[R any](
	ctx context.Context, old, new func(context.Context, string) (R, error), equal func(old, new R) bool, tell func(looked),
) (R, error) {
	before, err := old(ctx, "7")
	go func() {
		after, err := new(ctx, "7")
		tell(looked{ctx.Value(traceKey{}), err, err == nil && equal(before, after)})
	}()
	return before, err
}

func TestFaultOfARequestThatEndsBeforeItsSecondary(t *testing.T) {
	t.Parallel()
	const slow = 300 * time.Millisecond
	old, new := answering(0, "order 7"), answering(slow, "order 7")
	request := func(t *testing.T) (context.Context, func()) {
		t.Helper()
		return context.WithCancel(context.WithValue(t.Context(), traceKey{}, "trace 1"))
	}

	t.Run("loses the comparison of a goroutine that has the request's context", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			ctx, end := request(t)
			told := make(chan looked, 1)
			_, err := naivelyDetached(ctx, old, new, equal, func(l looked) { told <- l })
			require.NoError(t, err)
			end()
			assert.Equal(t, looked{trace: "trace 1", err: context.Canceled}, <-told)
		})
	})
	t.Run("loses the trace of a goroutine that has a context of its own", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			_, end := request(t)
			told := make(chan looked, 1)
			_, err := naivelyDetached(context.Background(), old, new, equal, func(l looked) { told <- l })
			require.NoError(t, err)
			end()
			assert.Equal(t, looked{equal: true}, <-told)
		})
	})
	t.Run("loses nothing of a detached reader's", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			ctx, end := request(t)
			told := make(chan looked, 1)
			client := newSDKTrackerClient(ldmigration.Shadow)
			orders := build(t, cutover.New(client, "orders").ReadOrder(cutover.Detached).
				Observe(observerFunc(func(ctx context.Context, o cutover.Observation) {
					told <- looked{ctx.Value(traceKey{}), o.New.Err, o.Consistency == cutover.Consistent}
				})))
			traces := make(chan any, 1)
			traced := func(ctx context.Context, id string) (string, error) {
				traces <- ctx.Value(traceKey{})
				return new(ctx, id)
			}
			_, err := readerOf(t, orders, old, traced, equal).Read(ctx, user, "7")
			require.NoError(t, err)
			end()
			assert.Equal(t, looked{trace: "trace 1", equal: true}, <-told)
			assert.Equal(t, "trace 1", <-traces)
			assert.Equal(t, "1 event, consistent: true", client.account())
			require.NoError(t, orders.Close(t.Context()))
		})
	})
}

func TestFaultOfReadsThatPileUpBehindANewSystemThatHangs(t *testing.T) {
	t.Parallel()
	const reads, limit = 2000, 20
	// How many of the new system's calls run at once.
	var mu sync.Mutex
	counting := func(running *int, release <-chan struct{}) query {
		return func(context.Context, string) (string, error) {
			mu.Lock()
			*running++
			mu.Unlock()
			<-release
			return "order 7", nil
		}
	}
	old := answering(0, "order 7")

	t.Run("is a goroutine each if one is started for each", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			running, release := 0, make(chan struct{})
			for range reads {
				_, err := naivelyDetached(t.Context(), old, counting(&running, release), equal, func(looked) {})
				require.NoError(t, err)
			}
			synctest.Wait()
			assert.Equal(t, reads, running)
			close(release)
		})
	})
	t.Run("is bounded with detached reads, none of which is lost", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			running, release := 0, make(chan struct{})
			client := newSDKTrackerClient(ldmigration.Shadow)
			orders := build(t, cutover.New(client, "orders").ReadOrder(cutover.Detached).
				MaxBackground(limit).SecondaryTimeout(time.Second))
			reader := readerOf(t, orders, old, counting(&running, release), equal)
			began := time.Now()
			for range reads {
				got, err := reader.Read(t.Context(), user, "7")
				require.NoError(t, err)
				assert.Equal(t, "order 7", got)
			}
			synctest.Wait()
			assert.Zero(t, time.Since(began))
			assert.Equal(t, limit, running)
			assert.Equal(t, cutover.BackgroundStats{Running: limit, Skipped: reads - limit}, orders.Background())
			time.Sleep(time.Second)
			synctest.Wait()
			assert.Equal(t, reads, client.count())
			close(release)
			require.NoError(t, orders.Close(t.Context()))
			assert.Equal(t, reads, client.count())
		})
	})
}

func TestFaultOfAResultThatItsCallerChanges(t *testing.T) {
	t.Parallel()
	type basket = []string
	old := func(context.Context, string) (basket, error) { return basket{"tea", "milk"}, nil }
	// The new system answers once the caller has done with the old one's result what callers do.
	slower := func(changed <-chan struct{}) func(context.Context, string) (basket, error) {
		return func(context.Context, string) (basket, error) {
			<-changed
			return basket{"tea", "milk"}, nil
		}
	}

	t.Run("is a false mismatch if the background compares what the caller got", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			told, changed := make(chan looked, 1), make(chan struct{})
			got, err := naivelyDetached(t.Context(), old, slower(changed), slices.Equal[basket], func(l looked) { told <- l })
			require.NoError(t, err)
			slices.Sort(got)
			close(changed)
			assert.Equal(t, looked{}, <-told)
		})
	})
	t.Run("is not let through Build, and is harmless with a clone", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			changed, client := make(chan struct{}), newSDKTrackerClient(ldmigration.Shadow)
			orders := build(t, cutover.New(client, "orders").ReadOrder(cutover.Detached))
			reading := cutover.NewReader(orders, old, slower(changed)).CompareFunc(slices.Equal[basket])
			_, err := reading.Build()
			require.ErrorIs(t, err, cutover.ErrCloneRequired)
			reader, err := reading.CloneResult(slices.Clone[basket]).Build()
			require.NoError(t, err)
			got, err := reader.Read(t.Context(), user, "7")
			require.NoError(t, err)
			slices.Sort(got)
			close(changed)
			require.NoError(t, orders.Close(t.Context()))
			assert.Equal(t, "1 event, consistent: true", client.account())
		})
	})
}

func TestFaultOfANewSystemThatHangs(t *testing.T) {
	t.Parallel()
	const patience, days = 250 * time.Millisecond, 48 * time.Hour

	// theirs plays an operation of the SDK's migrator, and reports whether it returned within days.
	theirs := func(t *testing.T, order ldmigration.ExecutionOrder, operate func(ld.Migrator)) (returned bool) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) {
			release, done := make(chan struct{}), make(chan struct{})
			client := newSDKTrackerClient(ldmigration.Shadow)
			migrator := sdkMigrator(t, client, order, answering(0, "order 7"), hanging(release))
			go func() {
				defer close(done)
				operate(migrator)
			}()
			select {
			case <-done:
				returned = true
			case <-time.After(days):
				assert.Zero(t, client.count(), "nor is there an event")
			}
			close(release)
			<-done
		})
		return returned
	}
	operations := map[ldmigration.Operation]func(ld.Migrator){
		ldmigration.Read:  func(m ld.Migrator) { m.Read("orders", user, ldmigration.Off, "7") },
		ldmigration.Write: func(m ld.Migrator) { m.Write("orders", user, ldmigration.Off, "7") },
	}
	for operation, operate := range operations {
		for _, order := range allOrders {
			t.Run(fmt.Sprintf("never lets a %s of the SDK's migrator return, %s", operation, order), func(t *testing.T) {
				t.Parallel()
				assert.False(t, theirs(t, order, operate))
			})
		}
	}

	for operation := range operations {
		for _, order := range fourReadOrders {
			t.Run(fmt.Sprintf("is given up by a %s of ours when its time is over, %s", operation, order), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					release := make(chan struct{})
					client := newSDKTrackerClient(ldmigration.Shadow)
					var observed []cutover.Observation
					orders := build(t, cutover.New(client, "orders").ReadOrder(order).SecondaryTimeout(patience).
						Observe(observerFunc(func(_ context.Context, o cutover.Observation) { observed = append(observed, o) })))
					began, waits := time.Now(), patience
					var detail cutover.Detail[string]
					if operation == ldmigration.Write {
						writer, err := cutover.NewReturningWriter(orders, answering(0, "order 7"), hanging(release)).Build()
						require.NoError(t, err)
						detail = writer.WriteDetail(t.Context(), user, "7")
					} else {
						detail = readerOf(t, orders, answering(0, "order 7"), hanging(release), equal).
							ReadDetail(t.Context(), user, "7")
						if order == cutover.Detached {
							waits = 0
						}
					}
					assert.Equal(t, waits, time.Since(began))
					got, err := detail.Result()
					require.NoError(t, err)
					assert.Equal(t, "order 7", got)

					time.Sleep(patience)
					synctest.Wait()
					require.Len(t, observed, 1)
					assert.True(t, observed[0].New.Invoked)
					require.ErrorIs(t, observed[0].New.Err, cutover.ErrSecondaryTimeout)
					assert.Equal(t, "1 event, new failed", client.account())
					event := client.only(t)
					assert.ElementsMatch(t, allOrigins, keys(event.Invoked))
					assert.Equal(t, map[ldmigration.Origin]int{ldmigration.Old: 0, ldmigration.New: 250}, event.Latency)
					assert.Equal(t, 1, orders.Background().Running)

					// Close waits for what still runs, and for as long as it may.
					began = time.Now()
					ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
					defer cancel()
					require.ErrorIs(t, orders.Close(ctx), cutover.ErrStillRunning)
					assert.Equal(t, time.Minute, time.Since(began))
					time.AfterFunc(time.Hour, func() { close(release) })
					require.NoError(t, orders.Close(t.Context()))
					assert.Equal(t, time.Minute+time.Hour, time.Since(began))

					// What it then returned has changed nothing.
					assert.Equal(t, event, client.only(t))
					require.Len(t, observed, 1)
					assert.Nil(t, observed[0].New.Value)
					assert.Empty(t, detail.New.Value)
				})
			})
		}
	}
}

func TestFaultOfAnAuthoritativeReadThatFailsWhereTheOtherSucceeds(t *testing.T) {
	t.Parallel()
	errLocked := errors.New("order 7 is locked")
	cases := map[ldmigration.Stage]struct {
		old, new query
		event    string
	}{
		ldmigration.Shadow: {failing(errLocked), answering(0, "order 7"), "1 event, old failed"},
		ldmigration.Live:   {answering(0, "order 7"), failing(errLocked), "1 event, new failed"},
	}
	for stage, c := range cases {
		t.Run(fmt.Sprint("is an error of the SDK's migrator at ", stage), func(t *testing.T) {
			t.Parallel()
			client := newSDKTrackerClient(stage)
			migrator := sdkMigrator(t, client, ldmigration.Concurrent, c.old, c.new)
			result := migrator.Read("orders", user, ldmigration.Off, "7")
			require.ErrorIs(t, result.GetError(), errLocked, "though the other system has answered")
			assert.Nil(t, result.GetResult())
			assert.Equal(t, c.event, client.account())
		})
		for _, order := range fourReadOrders {
			t.Run(fmt.Sprintf("is not one of a reader that falls back at %s, %s", stage, order), func(t *testing.T) {
				t.Parallel()
				var log logBook
				var observed []cutover.Observation
				client := newSDKTrackerClient(stage)
				orders := build(t, cutover.New(client, "orders").ReadOrder(order).Logger(log.logger()).
					Observe(observerFunc(func(_ context.Context, o cutover.Observation) { observed = append(observed, o) })))
				reader, err := cutover.NewReader(orders, c.old, c.new).CompareEqual().FallBack(func(ldmigration.Origin, error) bool { return true }).Build()
				require.NoError(t, err)
				detail := reader.ReadDetail(t.Context(), user, "7")
				got, err := detail.Result()
				require.NoError(t, err)
				assert.Equal(t, "order 7", got)
				assert.Equal(t, c.event, client.account(), "the event tells it as ever")
				assert.True(t, detail.FellBack)
				require.ErrorIs(t, detail.Outcome(detail.Authoritative).Err, errLocked)
				require.Len(t, observed, 1)
				assert.True(t, observed[0].FellBack)
				assert.Contains(t, log.String(), "order 7 is locked")
			})
		}
	}
}

// timed is a write whose payload says how long each system takes over it.
func timed(oldTakes, newTakes time.Duration, value int) access {
	return access{
		record: 7, value: value,
		takes: map[ldmigration.Origin]time.Duration{ldmigration.Old: oldTakes, ldmigration.New: newTakes},
	}
}

func TestFaultOfTwoWritesOfOneRecordAtOnce(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	// The first is the first in the old system, and the last in the new one.
	first, second := timed(ms, 9*ms, 100), timed(3*ms, 2*ms, 99)
	both := func(t *testing.T, write func(access)) {
		t.Helper()
		var callers sync.WaitGroup
		callers.Go(func() { write(first) })
		synctest.Wait()
		callers.Go(func() { write(second) })
		callers.Wait()
	}

	t.Run("leaves the systems different with the SDK's migrator", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			systems := newTwoSystems()
			migrator, err := ld.Migration(newSDKTrackerClient(ldmigration.Shadow)).Read(succeed, succeed, nil).Write(
				func(payload any) (any, error) {
					return nil, systems.write(ldmigration.Old)(context.Background(), payload.(access))
				},
				func(payload any) (any, error) {
					return nil, systems.write(ldmigration.New)(context.Background(), payload.(access))
				},
			).Build()
			require.NoError(t, err)
			both(t, func(a access) {
				result := migrator.Write("orders", user, ldmigration.Off, a)
				authoritative := result.GetAuthoritativeResult()
				assert.NoError(t, authoritative.GetError())
				assert.NoError(t, result.GetNonAuthoritativeResult().GetError())
			})
			assert.Equal(t, map[ldmigration.Origin]map[int]int{
				ldmigration.Old: {7: 99}, ldmigration.New: {7: 100},
			}, systems.records)
		})
	})
	t.Run("leaves them equal with a writer that serializes", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			systems := newTwoSystems()
			writer := systems.writer(t, build(t, cutover.New(newSDKTrackerClient(ldmigration.Shadow), "orders")), true)
			both(t, func(a access) { assert.NoError(t, writer.Write(t.Context(), user, a)) })
			assert.Equal(t, map[ldmigration.Origin]map[int]int{
				ldmigration.Old: {7: 99}, ldmigration.New: {7: 99},
			}, systems.records)
		})
	})
}

func TestFaultOfAReadInTheMiddleOfAWrite(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	write, read := timed(ms, 9*ms, 100), timed(0, 0, 0)
	aside := func(t *testing.T, write func()) (wait func()) {
		t.Helper()
		var writing sync.WaitGroup
		writing.Go(write)
		time.Sleep(5 * ms)
		return writing.Wait
	}

	t.Run("is a mismatch to the SDK's migrator", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			systems, client := newTwoSystems(), newSDKTrackerClient(ldmigration.Shadow)
			function := func(origin ldmigration.Origin) (reads, writes ld.MigrationImplFn) {
				return func(payload any) (any, error) {
						return systems.read(origin)(context.Background(), payload.(access))
					}, func(payload any) (any, error) {
						return nil, systems.write(origin)(context.Background(), payload.(access))
					}
			}
			readOld, writeOld := function(ldmigration.Old)
			readNew, writeNew := function(ldmigration.New)
			migrator, err := ld.Migration(client).Read(readOld, readNew, equalAny()).Write(writeOld, writeNew).Build()
			require.NoError(t, err)
			wait := aside(t, func() { migrator.Write("orders", user, ldmigration.Off, write) })
			migrator.Read("orders", user, ldmigration.Off, read)
			assert.Equal(t, "1 event, consistent: false", client.account())
			wait()
			assert.True(t, systems.equal(), "and was never one")
		})
	})
	t.Run("is not compared by a reader that compares between writes", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			systems, client := newTwoSystems(), newSDKTrackerClient(ldmigration.Shadow)
			orders := build(t, cutover.New(client, "orders"))
			writer := systems.writer(t, orders, true)
			reader, err := cutover.NewReader(orders, systems.read(ldmigration.Old), systems.read(ldmigration.New)).
				CompareEqual().CompareBetweenWrites(cutover.Key(recordOf)).PayloadsAreNotModified().Build()
			require.NoError(t, err)
			wait := aside(t, func() { assert.NoError(t, writer.Write(t.Context(), user, write)) })
			assert.Equal(t, cutover.WrittenMeanwhile, reader.ReadDetail(t.Context(), user, read).Consistency)
			assert.Equal(t, "1 event", client.account())
			wait()
			assert.Equal(t, cutover.Consistent, reader.ReadDetail(t.Context(), user, read).Consistency)
		})
	})
}

func TestFaultOfASecondaryWriteThatFails(t *testing.T) {
	t.Parallel()
	errFull := errors.New("the disk is full")
	cases := map[ldmigration.Stage]struct {
		old, new query
		failed   ldmigration.Origin
	}{
		ldmigration.DualWrite: {answering(0, "saved"), failing(errFull), ldmigration.New},
		ldmigration.Shadow:    {answering(0, "saved"), failing(errFull), ldmigration.New},
		ldmigration.Live:      {failing(errFull), answering(0, "saved"), ldmigration.Old},
		ldmigration.RampDown:  {failing(errFull), answering(0, "saved"), ldmigration.Old},
	}
	for stage, c := range cases {
		t.Run(fmt.Sprint("is a success to the caller of the SDK's migrator at ", stage), func(t *testing.T) {
			t.Parallel()
			migrator := sdkMigrator(t, newSDKTrackerClient(stage), ldmigration.Concurrent, c.old, c.new)
			result := migrator.Write("orders", user, ldmigration.Off, "7").GetAuthoritativeResult()
			assert.True(t, result.IsSuccess())
			require.NoError(t, result.GetError())
		})
		t.Run(fmt.Sprint("is an error that tells the origin to the caller of a writer that requires both at ", stage), func(t *testing.T) {
			t.Parallel()
			client := newSDKTrackerClient(stage)
			writer, err := cutover.NewReturningWriter(build(t, cutover.New(client, "orders")), c.old, c.new).
				RequireBoth().Build()
			require.NoError(t, err)
			got, err := writer.Write(t.Context(), user, "7")
			require.ErrorIs(t, err, errFull)
			var origin *cutover.OriginError
			require.ErrorAs(t, err, &origin)
			assert.Equal(t, cutover.OriginError{Origin: c.failed, Err: errFull}, *origin)
			assert.Equal(t, "saved", got)
			assert.Equal(t, fmt.Sprintf("1 event, %s failed", c.failed), client.account())
		})
	}
}

func TestFaultOfAStageThatChangesWithinARequest(t *testing.T) {
	t.Parallel()
	// A request saves an order and reads it back. In between, the flag goes from off to live.
	system := func() (save, find query) {
		orders := map[string]string{}
		return func(_ context.Context, id string) (string, error) {
				orders[id] = "order " + id
				return "saved", nil
			}, func(_ context.Context, id string) (string, error) {
				return orders[id], nil
			}
	}
	stagesIn := func(client *sdkTrackerClient) (stages []string) {
		for _, event := range client.events {
			stages = append(stages, event.Evaluation.Value.StringValue())
		}
		return stages
	}

	t.Run("is seen by the SDK's migrator, which does not find what it saved", func(t *testing.T) {
		t.Parallel()
		saveOld, findOld := system()
		saveNew, findNew := system()
		client := newSDKTrackerClient(ldmigration.Off)
		migrator, err := ld.Migration(client).ReadExecutionOrder(ldmigration.Serial).
			Read(contextless(findOld), contextless(findNew), nil).Write(contextless(saveOld), contextless(saveNew)).Build()
		require.NoError(t, err)
		result := migrator.Write("orders", user, ldmigration.Off, "7")
		require.NoError(t, result.GetAuthoritativeResult().GetError())
		client.stage = ldmigration.Live
		assert.Empty(t, migrator.Read("orders", user, ldmigration.Off, "7").GetResult())
		assert.Equal(t, []string{"off", "live"}, stagesIn(client))
	})
	t.Run("is seen by the next pinned request", func(t *testing.T) {
		t.Parallel()
		saveOld, findOld := system()
		saveNew, findNew := system()
		client := newSDKTrackerClient(ldmigration.Off)
		orders := build(t, cutover.New(client, "orders").ReadOrder(ldmigration.Serial))
		writer, err := cutover.NewReturningWriter(orders, saveOld, saveNew).Build()
		require.NoError(t, err)
		reader := readerOf(t, orders, findOld, findNew, nil)

		request := cutover.Pin(t.Context())
		_, err = writer.Write(request, user, "7")
		require.NoError(t, err)
		client.stage = ldmigration.Live
		got, err := reader.Read(request, user, "7")
		require.NoError(t, err)
		assert.Equal(t, "order 7", got)

		_, err = reader.Read(cutover.Pin(t.Context()), user, "7")
		require.NoError(t, err)
		require.Equal(t, []string{"off", "off", "live"}, stagesIn(client))
		assert.Equal(t, ldmigration.Write, client.events[0].Op)
		assert.Equal(t, ldmigration.Read, client.events[1].Op)
		assert.Equal(t, client.events[0].Evaluation, client.events[1].Evaluation)
		assert.Equal(t, ldvalue.String("off"), client.events[1].Evaluation.Value)
	})
}

func TestFaultOfAJumpOverStagesThatLosesWrites(t *testing.T) {
	t.Parallel()
	jumps := map[string][2]ldmigration.Stage{
		"off to live":     {ldmigration.Off, ldmigration.Live},
		"complete to off": {ldmigration.Complete, ldmigration.Off},
	}
	setUp := func() (*sdkTrackerClient, *ldlogtest.MockLog) {
		client, log := newSDKTrackerClient(""), ldlogtest.NewMockLog()
		client.loggers = log.Loggers
		return client, log
	}
	for name, jump := range jumps {
		t.Run(name+" is nothing to the SDK's migrator", func(t *testing.T) {
			t.Parallel()
			client, log := setUp()
			migrator := sdkMigrator(t, client, ldmigration.Serial, answering(0, "order 7"), answering(0, "order 7"))
			for _, client.stage = range jump {
				require.NoError(t, migrator.Read("orders", user, ldmigration.Off, "7").GetError())
			}
			assert.Empty(t, log.GetAllOutput())
		})
		t.Run(name+" is told once by ours, to the log and to observers", func(t *testing.T) {
			t.Parallel()
			client, log := setUp()
			changes := &stageChanges{}
			orders := build(t, cutover.New(client, "orders").Observe(changes))
			reader := readerOf(t, orders, answering(0, "order 7"), answering(0, "order 7"), nil)
			for _, client.stage = range []ldmigration.Stage{jump[0], jump[0], jump[1], jump[1], jump[1]} {
				_, err := reader.Read(t.Context(), user, "7")
				require.NoError(t, err)
			}
			require.Len(t, changes.seen, 1)
			change := changes.seen[0]
			assert.Contains(t, change.Warning, fmt.Sprintf("what was written at %s is missing", jump[0]))
			assert.Equal(t, cutover.StageChange{
				Flag: "orders", ContextKind: "user", From: jump[0], To: jump[1], Warning: change.Warning,
			}, change)
			said := log.GetAllOutput()
			require.Len(t, said, 1)
			assert.Equal(t, 1, strings.Count(fmt.Sprint(said), change.Warning))
		})
	}
}

// stageChanges is an observer of changes of the stage.
type stageChanges struct{ seen []cutover.StageChange }

func (*stageChanges) Observe(context.Context, cutover.Observation) {}

func (s *stageChanges) ObserveStage(_ context.Context, change cutover.StageChange) {
	s.seen = append(s.seen, change)
}
