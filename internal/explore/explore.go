// Package explore runs a concurrent program in every order of its steps.
//
// A program is a few actors, each a goroutine that calls [Run.Step] before every step that others
// could notice. One step runs at a time. The explorer runs the program again and again, each time in
// another order, until it has seen every state that can be reached; a run that comes to a state that
// was seen before ends there. Programs run in testing/synctest bubbles, so they must be
// deterministic but for the order of their steps.
package explore

import (
	"fmt"
	"hash/maphash"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
)

// Program is what is explored. It is made anew for each run.
type Program interface {
	// Start starts the actors, by [Run.Go]. It runs in the bubble of the run.
	Start(r *Run)
	// Choices returns what may happen now besides the next step of an actor, and calls of which are
	// made while no actor runs. Each choice's name is unique at a time.
	Choices(r *Run) []Choice
	// State returns everything on which the rest of the run depends, besides where the actors are
	// and what they have noted.
	State() string
	// Check returns what is wrong now, between two steps, or nil.
	Check(r *Run) error
	// End is called when nothing can happen any more, and returns what is wrong then, or nil.
	End(r *Run) error
}

// Choice is something that may happen.
type Choice struct {
	Name string
	Do   func()
}

// Options limit an exploration. The zero value has no limits.
type Options struct {
	// Runs is how many runs to make at most.
	Runs int
	// Switches is how often another actor may go on although the one before could, and how often a
	// choice may be made.
	Switches int
	// Seed is not zero for runs in random orders instead of all orders.
	Seed uint64
}

// Result is what an exploration saw.
type Result struct {
	// Runs and States are how many runs were made, and how many states were seen.
	Runs, States int
	// Complete is true if every state within the limits was seen.
	Complete bool
	// Err is what was wrong, or nil, and Trace is what had happened until then.
	Err   error
	Trace []string
}

// Explore runs programs until one is wrong, or every order was seen.
func Explore(t *testing.T, fresh func() Program, options Options) (result Result) {
	t.Helper()
	e := &explorer{options: options, seen: make(map[uint64]int), seed: maphash.MakeSeed()}
	if options.Seed != 0 {
		e.random = rand.New(rand.NewPCG(options.Seed, 0))
	}
	for {
		result.Runs++
		trace, err := e.once(t, fresh)
		if err != nil {
			result.Err, result.Trace = err, trace
			break
		}
		if e.random == nil && !e.next() {
			result.Complete = true
			break
		}
		if options.Runs != 0 && result.Runs >= options.Runs {
			break
		}
	}
	result.States = len(e.seen)
	return result
}

type explorer struct {
	options Options
	random  *rand.Rand
	seed    maphash.Seed
	seen    map[uint64]int // the most switches that were left at a state
	path    []branch       // of the run under way
}

// branch is a point of a run where several things could happen.
type branch struct{ chosen, of int }

// next makes path the first one that was not run yet. It reports false if all were.
func (e *explorer) next() bool {
	for len(e.path) > 0 {
		last := &e.path[len(e.path)-1]
		if last.chosen++; last.chosen < last.of {
			return true
		}
		e.path = e.path[:len(e.path)-1]
	}
	return false
}

func (e *explorer) once(t *testing.T, fresh func() Program) (trace []string, err error) {
	t.Helper()
	synctest.Test(t, func(*testing.T) {
		program := fresh()
		r := &Run{actors: make(map[string]*actor), left: e.options.Switches}
		program.Start(r)
		err = e.run(r, program)
		trace = r.trace
		r.abandon()
	})
	return trace, err
}

// run makes one choice after the other: those of path first, and then the first one each time.
func (e *explorer) run(r *Run, program Program) error {
	for depth := 0; ; {
		synctest.Wait()
		if err := program.Check(r); err != nil {
			return err
		}
		choices := r.choices(program, e.options.Switches > 0)
		if len(choices) == 0 {
			return program.End(r)
		}
		chosen := 0
		switch {
		case e.random != nil:
			chosen = e.random.IntN(len(choices))
			e.visit(r, program)
		case depth < len(e.path):
			if len(choices) > 1 {
				chosen = e.path[depth].chosen
				depth++
			}
		case e.visit(r, program):
			return nil
		case len(choices) > 1:
			e.path = append(e.path, branch{of: len(choices)})
			depth++
		}
		choice := choices[chosen]
		r.trace = append(r.trace, choice.Name)
		choice.Do()
	}
}

// visit notes a state. It reports true if it was seen with as many switches left.
func (e *explorer) visit(r *Run, program Program) bool {
	hash := maphash.String(e.seed, program.State()+r.where())
	if left, seen := e.seen[hash]; seen && left >= r.left {
		return true
	}
	e.seen[hash] = r.left
	return false
}

// Run is one run of a program.
type Run struct {
	trace []string
	last  string // the actor that ran last
	left  int    // how many switches are left
	steps int    // how many steps were made

	mu     sync.Mutex
	actors map[string]*actor
	over   bool
}

type actor struct {
	name    string
	at      string        // the step that it waits for, or empty
	proceed chan struct{} // closed to make the step
	when    func() bool   // the condition of the step, or nil
	notes   strings.Builder
	ended   bool
}

// Go starts an actor. If a step of it ends its goroutine, that is the run's end.
func (r *Run) Go(name string, do func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := &actor{name: name}
	r.actors[name] = a
	go func() {
		defer func() {
			r.mu.Lock()
			defer r.mu.Unlock()
			a.ended = true
		}()
		do()
	}()
}

// Register adds an actor that has no goroutine of its own: goroutines that others start make its
// steps.
func (r *Run) Register(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.actors[name] = &actor{name: name}
}

// Step waits until the actor's next step is to be made. If the run is over, it ends the goroutine.
func (r *Run) Step(name, what string) { r.StepWhen(name, what, nil) }

// StepWhen is like Step for a step that can be made only when a condition holds. The condition is
// asked while no actor runs.
func (r *Run) StepWhen(name, what string, when func() bool) {
	r.mu.Lock()
	if r.over {
		r.mu.Unlock()
		runtime.Goexit()
	}
	a := r.actors[name]
	a.at, a.when, a.proceed = what, when, make(chan struct{})
	proceed := a.proceed
	r.mu.Unlock()
	<-proceed
	r.mu.Lock()
	over := r.over
	r.mu.Unlock()
	if over {
		runtime.Goexit()
	}
}

// Note adds what an actor has learnt to its state.
func (r *Run) Note(name, what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if a := r.actors[name]; !r.over {
		a.notes.WriteString(what)
		a.notes.WriteByte(';')
	}
}

// At returns the step that an actor waits for, or empty.
func (r *Run) At(name string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.actors[name].at
}

// Ended reports whether an actor has returned.
func (r *Run) Ended(name string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.actors[name].ended
}

// Steps returns how many steps and choices were made.
func (r *Run) Steps() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.steps
}

// Kill makes no further step of an actor.
func (r *Run) Kill(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.actors[name]
	a.ended, a.at = true, ""
	a.notes.WriteString("killed;")
}

// Proceed makes the step that an actor waits for. Choices call it.
func (r *Run) Proceed(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.actors[name]
	a.at = ""
	close(a.proceed)
}

// choices returns what may happen now, what the actor that ran last does first.
func (r *Run) choices(program Program, limited bool) (choices []Choice) {
	more := program.Choices(r)
	r.mu.Lock()
	defer r.mu.Unlock()
	var names []string
	for name, a := range r.actors {
		if a.at != "" && !a.ended && (a.when == nil || a.when()) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	goesOn := slices.Contains(names, r.last)
	if goesOn {
		choices = append(choices, r.stepOf(r.last, false))
	}
	if limited && goesOn && r.left == 0 {
		return choices
	}
	for _, name := range names {
		if name != r.last {
			choices = append(choices, r.stepOf(name, goesOn))
		}
	}
	if limited && r.left == 0 && len(choices) > 0 {
		return choices
	}
	for _, choice := range more {
		choices = append(choices, Choice{choice.Name, func() { r.made("", true); choice.Do() }})
	}
	return choices
}

func (r *Run) stepOf(name string, switches bool) Choice {
	return Choice{name + ": " + r.actors[name].at, func() {
		r.made(name, switches)
		r.Proceed(name)
	}}
}

func (r *Run) made(name string, switches bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.steps++
	if name != "" {
		r.last = name
	}
	if switches && r.left > 0 {
		r.left--
	}
}

// where returns where the actors are and what they have noted.
func (r *Run) where() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	names := make([]string, 0, len(r.actors))
	for name := range r.actors {
		names = append(names, name)
	}
	slices.Sort(names)
	var where strings.Builder
	for _, name := range names {
		a := r.actors[name]
		fmt.Fprintf(&where, "|%s@%s %v %s", name, a.at, a.ended, a.notes.String())
	}
	if r.left > 0 {
		where.WriteString("|" + r.last)
	}
	return where.String()
}

// abandon ends all goroutines.
func (r *Run) abandon() {
	r.mu.Lock()
	r.over = true
	for _, a := range r.actors {
		if a.proceed != nil {
			select {
			case <-a.proceed:
			default:
				close(a.proceed)
			}
		}
	}
	r.mu.Unlock()
	synctest.Wait()
}
