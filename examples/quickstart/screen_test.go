package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAPipeGetsPlainLines(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s := newScreen(&out)
	hide := s.Show(func() string { return "changing" })
	s.Print(s.Paint(red, "one"))
	s.Print("two")
	hide()
	assert.Equal(t, "one\ntwo\n", out.String())
}

func TestATerminalGetsAChangingLineBelow(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s := &screen{out: &out, terminal: true, colour: true}
	drawn := make(chan struct{}, 100)
	hide := s.Show(func() string {
		drawn <- struct{}{}
		return "changing"
	})
	<-drawn
	<-drawn
	s.Print(s.Paint(green, "stays"))
	hide()
	text := out.String()
	assert.Contains(t, text, eraseLine+string(green)+"stays"+string(reset)+"\n"+wrapOff+"changing"+wrapOn)
	assert.True(t, strings.HasSuffix(text, eraseLine+wrapOff+wrapOn), "nothing of it is left")
}
