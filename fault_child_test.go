package cutover_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldlog"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
	"github.com/launchdarkly/go-sdk-common/v3/ldreason"
	"github.com/launchdarkly/go-sdk-common/v3/ldvalue"
	ld "github.com/launchdarkly/go-server-sdk/v7"
	"github.com/launchdarkly/go-server-sdk/v7/interfaces"
	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
)

// A fault may end the process or leave it in a deadlock, so each runs in a child process. That is
// this test binary again; its environment says which fault to run with which library.
const (
	faultVariable   = "CUTOVER_FAULT"
	libraryVariable = "CUTOVER_FAULT_LIBRARY"
)

// childLimit ends a child that neither ends nor deadlocks. No test waits for it.
const childLimit = time.Minute

// playedFault reports whether this process is such a child, after it has run its fault and printed
// the outcome.
func playedFault() bool {
	name := os.Getenv(faultVariable)
	if name == "" {
		return false
	}
	for _, f := range faults {
		if f.name == name {
			client := newSDKTrackerClient(f.stage)
			played := make(chan string, 1)
			go func() { played <- play(libraries[os.Getenv(libraryVariable)], client, f.script(client)) }()
			fmt.Print(unlessDeadlocked(played))
			return true
		}
	}
	panic("no fault is called " + name)
}

// unlessDeadlocked ends the process when nothing can fill played, which has a buffer, any more. The
// runtime would do so itself, but it does not look for deadlocks in a program built with cgo, which
// the race detector needs.
func unlessDeadlocked(played <-chan string) string {
	look := time.Tick(5 * time.Millisecond)
	for {
		select {
		case account := <-played:
			return account
		case <-look:
			if stacks := allStacks(); allOthersAsleep(stacks) && len(played) == 0 {
				fmt.Fprintf(os.Stderr, "%s\n\n%s", deadlocked, stacks)
				os.Exit(2)
			}
		}
	}
}

// allStacks returns the stacks of all goroutines at one instant, this one first.
func allStacks() []byte {
	stacks := make([]byte, 1<<20)
	return stacks[:runtime.Stack(stacks, true)]
}

var goroutineState = regexp.MustCompile(`(?m)^goroutine \d+ [^\[]*\[([^\],]+)`)

// allOthersAsleep reports whether every other goroutine waits for a lock, a wait group or a
// channel, and so for another that waits as well.
func allOthersAsleep(stacks []byte) bool {
	for _, state := range goroutineState.FindAllSubmatch(stacks, -1)[1:] {
		if !bytes.HasPrefix(state[1], []byte("sync.")) && !bytes.HasPrefix(state[1], []byte("chan ")) {
			return false
		}
	}
	return true
}

// child is the outcome of a child process.
type child struct {
	exit           int
	stdout, stderr string
}

func playInChild(t *testing.T, fault, library string) child {
	t.Helper()
	executable, err := os.Executable()
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), childLimit)
	defer cancel()
	var stdout, stderr bytes.Buffer
	command := exec.CommandContext(ctx, executable)
	command.Env = append(os.Environ(), faultVariable+"="+fault, libraryVariable+"="+library,
		"GORACE=halt_on_error=1 atexit_sleep_ms=0", "GOTRACEBACK=single")
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		require.ErrorAs(t, err, new(*exec.ExitError))
	}
	return child{exit: command.ProcessState.ExitCode(), stdout: stdout.String(), stderr: stderr.String()}
}

// script is one operation of a service, written once and run with every library.
type script struct {
	operation  ldmigration.Operation      // a read if empty
	order      ldmigration.ExecutionOrder // the library's default if empty
	old, new   func() (string, error)
	equal      func(a, b string) bool // nil compares nothing
	observer   cutover.Observer       // nil observes nothing; the SDK has none
	goroutines int                    // how many run the operation at once; one if zero
	times      int                    // how often each of them does; once if zero
}

// library builds the script's operation and returns a function that runs it once and returns the
// authoritative result.
type library func(client *sdkTrackerClient, s script) (func() (string, error), error)

const (
	sdkLibrary     = "the SDK's ld.Migration"
	dynamicLibrary = "cutover.Migration"
	typedLibrary   = "the typed cutover"
)

var libraries = map[string]library{sdkLibrary: underSDK, dynamicLibrary: underDynamic, typedLibrary: underTyped}

func underSDK(client *sdkTrackerClient, s script) (func() (string, error), error) {
	builder := ld.Migration(client).Read(untyped(s.old), untyped(s.new), nil).Write(untyped(s.old), untyped(s.new))
	if s.equal != nil {
		compare := ld.MigrationComparisonFn(func(a, b any) bool { return s.equal(a.(string), b.(string)) })
		builder.Read(untyped(s.old), untyped(s.new), &compare)
	}
	if s.order != "" {
		builder.ReadExecutionOrder(s.order)
	}
	migrator, err := builder.Build()
	return func() (string, error) {
		if s.operation == ldmigration.Write {
			return typed(migrator.Write("orders", user, ldmigration.Off, nil).GetAuthoritativeResult())
		}
		return typed(migrator.Read("orders", user, ldmigration.Off, nil))
	}, err
}

func underDynamic(client *sdkTrackerClient, s script) (func() (string, error), error) {
	builder := cutover.Migration(client).Read(untyped(s.old), untyped(s.new), nil).Write(untyped(s.old), untyped(s.new))
	if s.equal != nil {
		compare := cutover.MigrationComparisonFn(func(a, b any) bool { return s.equal(a.(string), b.(string)) })
		builder.Read(untyped(s.old), untyped(s.new), &compare)
	}
	if s.order != "" {
		builder.ReadExecutionOrder(s.order)
	}
	if s.observer != nil {
		builder.Observe(s.observer)
	}
	migrator, err := builder.Build()
	return func() (string, error) {
		if s.operation == ldmigration.Write {
			return typed(migrator.Write("orders", user, ldmigration.Off, nil).GetAuthoritativeResult())
		}
		return typed(migrator.Read("orders", user, ldmigration.Off, nil))
	}, err
}

func underTyped(client *sdkTrackerClient, s script) (func() (string, error), error) {
	builder := cutover.New(client, "orders")
	if s.order != "" {
		builder.ReadOrder(s.order)
	}
	if s.observer != nil {
		builder.Observe(s.observer)
	}
	orders, err := builder.Build()
	if err != nil {
		return nil, err
	}
	before := func(context.Context, string) (string, error) { return s.old() }
	after := func(context.Context, string) (string, error) { return s.new() }
	if s.operation == ldmigration.Write {
		writer, err := cutover.NewReturningWriter(orders, before, after).Build()
		return func() (string, error) { return writer.Write(context.Background(), user, "7") }, err
	}
	reading := cutover.NewReader(orders, before, after)
	if s.equal != nil {
		reading.CompareFunc(s.equal)
	}
	reader, err := reading.Build()
	return func() (string, error) { return reader.Read(context.Background(), user, "7") }, err
}

func untyped(function func() (string, error)) func(any) (any, error) {
	return func(any) (any, error) { return function() }
}

func typed(result interface {
	GetResult() any
	GetError() error
},
) (string, error) {
	value, _ := result.GetResult().(string)
	return value, result.GetError()
}

// play runs the script with the library and describes what the first caller got and the op events.
func play(lib library, client *sdkTrackerClient, s script) string {
	operation, err := lib(client, s)
	if err != nil {
		return "not built: " + err.Error()
	}
	ends := make([]string, max(s.goroutines, 1))
	var callers sync.WaitGroup
	for i := range ends {
		callers.Add(1)
		go func() {
			defer callers.Done()
			for range max(s.times, 1) {
				call(operation, &ends[i])
			}
		}()
	}
	callers.Wait()
	return ends[0] + "; " + client.account()
}

// call runs the operation as a server runs a handler: it recovers a panic on the caller's
// goroutine.
func call(operation func() (string, error), end *string) {
	*end = "exited"
	defer func() {
		if value := recover(); value != nil {
			*end = fmt.Sprintf("panicked: %v", value)
		}
	}()
	value, err := operation()
	if *end = fmt.Sprintf("returned %q", value); err != nil {
		*end = fmt.Sprintf("failed: %v", err)
	}
}

// sdkTrackerClient returns one stage and the SDK's own trackers, as the SDK's client does, but has
// no goroutines that could hide a deadlock.
type sdkTrackerClient struct {
	stagedClient
	loggers ldlog.Loggers
	tracker interfaces.LDMigrationOpTracker // of the last operation, where keeping it was asked for
	keep    bool
}

func newSDKTrackerClient(stage ldmigration.Stage) *sdkTrackerClient {
	return &sdkTrackerClient{stagedClient: stagedClient{stage: stage}, loggers: ldlog.NewDisabledLoggers()}
}

func (c *sdkTrackerClient) MigrationVariation(
	key string, context ldcontext.Context, defaultStage ldmigration.Stage,
) (ldmigration.Stage, interfaces.LDMigrationOpTracker, error) {
	detail := ldreason.NewEvaluationDetail(ldvalue.String(string(c.stage)), 0, ldreason.NewEvalReasonFallthrough())
	tracker := ld.NewMigrationOpTracker(key, nil, context, detail, defaultStage)
	if c.keep {
		c.tracker = tracker
	}
	return c.stage, tracker, nil
}

func (c *sdkTrackerClient) Loggers() interfaces.LDLoggers { return c.loggers }

// account describes the op events: how many, and the contents of a single one.
func (c *sdkTrackerClient) account() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.events) != 1 {
		return fmt.Sprintf("%d events", len(c.events))
	}
	var account strings.Builder
	account.WriteString("1 event")
	event := c.events[0]
	for _, origin := range []ldmigration.Origin{ldmigration.Old, ldmigration.New} {
		if _, failed := event.Error[origin]; failed {
			fmt.Fprintf(&account, ", %s failed", origin)
		}
	}
	if check := event.ConsistencyCheck; check != nil {
		fmt.Fprintf(&account, ", consistent: %t", check.Consistent())
	}
	return account.String()
}
