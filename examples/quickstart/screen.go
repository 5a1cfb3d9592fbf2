package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/mattn/go-isatty"
)

// style is an ANSI escape sequence for a way to write.
type style string

const (
	plain style = ""
	bold  style = "\x1b[1m"
	faint style = "\x1b[2m"
	red   style = "\x1b[31m"
	green style = "\x1b[32m"
	cyan  style = "\x1b[36m"
	reset style = "\x1b[0m"

	eraseLine = "\r\x1b[K"
	// A line that is wider than the terminal is clipped: were it wrapped, it could not be erased.
	wrapOff     = "\x1b[?7l"
	wrapOn      = "\x1b[?7h"
	redrawEvery = 100 * time.Millisecond
)

// screen writes lines, and below them, on a terminal only, one line that keeps changing.
type screen struct {
	mu       sync.Mutex
	out      io.Writer
	terminal bool
	colour   bool
	status   string
}

// newScreen finds out whether out is a terminal, and whether the user wants colour there (see
// no-color.org).
func newScreen(out io.Writer) *screen {
	file, ok := out.(*os.File)
	terminal := ok && isatty.IsTerminal(file.Fd()) && os.Getenv("TERM") != "dumb"
	return &screen{out: out, terminal: terminal, colour: terminal && os.Getenv("NO_COLOR") == ""}
}

// Paint returns the text in a style, or as it is where there is no colour.
func (s *screen) Paint(with style, text string) string {
	if !s.colour || with == plain {
		return text
	}
	return string(with) + text + string(reset)
}

// Print writes a line that stays.
func (s *screen) Print(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.status != "" {
		line = eraseLine + line
	}
	_, _ = fmt.Fprintln(s.out, line)
	if s.status != "" {
		_, _ = io.WriteString(s.out, wrapOff+s.status+wrapOn)
	}
}

// Show keeps a changing line below the others, until hide is called. It does nothing if the output
// is no terminal.
func (s *screen) Show(line func() string) (hide func()) {
	if !s.terminal {
		return func() {}
	}
	quit := make(chan struct{})
	var drawing sync.WaitGroup
	drawing.Go(func() {
		ticker := time.NewTicker(redrawEvery)
		defer ticker.Stop()
		for {
			s.draw(line())
			select {
			case <-quit:
				s.draw("")
				return
			case <-ticker.C:
			}
		}
	})
	return func() {
		close(quit)
		drawing.Wait()
	}
}

func (s *screen) draw(status string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status = status
	_, _ = io.WriteString(s.out, eraseLine+wrapOff+status+wrapOn)
}
