package main

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"sync"
)

// screen is where a person watches: lines, in the order in which they happen.
type screen struct {
	mu      sync.Mutex
	out     io.Writer
	colours bool
	gone    func(error) // told when nobody watches any more
}

// newScreen writes in colours if a person is likely to see them.
func newScreen(f *os.File) *screen {
	s := &screen{out: f, gone: func(error) {}}
	if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
		s.colours = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	}
	return s
}

var colour = regexp.MustCompile("\x1b\\[[0-9;]*m")

// plain is a line without its colours.
func plain(line string) string { return colour.ReplaceAllString(line, "") }

func (s *screen) line(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := fmt.Sprintf(format, args...)
	if !s.colours {
		text = plain(text)
	}
	if _, err := fmt.Fprintln(s.out, strings.TrimRight(text, " ")); err != nil {
		s.gone(fmt.Errorf("write to the screen: %w", err))
	}
}

const (
	bold  = "\x1b[1m"
	dim   = "\x1b[2m"
	green = "\x1b[32m"
	cyan  = "\x1b[36m"
	off   = "\x1b[0m"
)

// act announces a part of the story.
func (s *screen) act(title string, story ...string) {
	s.line("")
	s.line("%s━━ %s %s%s", bold, title, strings.Repeat("━", max(0, 96-len([]rune(title)))), off)
	for _, text := range story {
		s.line("%s", text)
	}
}

// command shows what is typed.
func (s *screen) command(text string) {
	s.line("")
	s.line("%s$ %s%s", bold, text, off)
}
