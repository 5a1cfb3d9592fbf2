package cutovertest

import (
	"fmt"
	"strings"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// scriptVariable is the environment variable that makes [Exercise] run one script alone.
const scriptVariable = "CUTOVERTEST_SCRIPT"

// failure is a broken promise, and all that helps to see why.
type failure struct {
	promise   string
	want, got string
	payload   string
	journal   string            // what the journal was told of
	contents  string            // of both systems
	left      bool              // whether something of the user's still runs
	stacks    string            // of what still runs
	stage     ldmigration.Stage // of the last step
	from      ldmigration.Stage // the stage before that, if the script moved
	script    script            // up to the step that failed
	walk      string            // where the script came from
}

func (f *failure) last() step { return f.script[len(f.script)-1] }

// tell writes the whole failure. The test's name is part of how to run it again.
func (f *failure) tell(test string) string {
	var text strings.Builder
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&text, "\n%-8s %s", name, value)
		}
	}
	text.WriteString("this migration breaks a promise: " + f.promise + "\n")
	line("stage", f.where())
	line("step", f.last().String())
	line("payload", f.payload)
	if fault := f.last().fault; fault != "" {
		line("fault", faultKinds[fault].tells)
	}
	if f.promise == promisePayload {
		line("hint", "if neither functions nor callers change payloads, set PayloadsAreNotModified in the Harness")
	}
	line("want", f.want)
	line("got", f.got)
	line("journal", f.journal)
	if f.contents != "" {
		text.WriteString("\n" + f.contents)
	}
	if f.stacks != "" {
		text.WriteString("\n\nthe goroutines that it waits for:" + f.stacks)
	}
	text.WriteString("\n\nrun this case alone:\n  " + scriptVariable + "='" + f.script.String() + "' go test" + runFlag(test))
	if f.walk != "" {
		text.WriteString("\nfound in " + f.walk)
	}
	return text.String()
}

func (f *failure) where() string {
	where := string(f.stage)
	if f.from != "" {
		where += fmt.Sprintf(", after the move from %s", f.from)
	}
	if to := f.last().stage; to != "" && f.last().verb != moves {
		where += fmt.Sprintf(", during the move to %s", to)
	}
	return where
}

func runFlag(test string) string {
	if test == "" {
		return ""
	}
	return " -run '^" + strings.ReplaceAll(test, "/", "$/^") + "$'"
}
