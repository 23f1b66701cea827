package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/livetraffic"
)

// terraform is how a command is shown, and how it is meant to end.
type terraform struct {
	exit int
	says string
	show func(line string) bool // nil: everything
	live bool                   // with what happens meanwhile
}

const (
	poll  = 200 * time.Millisecond // how often the progress file is looked at
	looks = 2 * time.Second        // how often users are counted
)

// expect runs a command, shows it while it runs, and fails unless it ends as it
// is meant to.
func (d *demo) expect(ctx context.Context, want terraform, args ...string) error {
	name := "terraform"
	if d.CLI.OpenTofu {
		name = "tofu"
	}
	d.command(name + " " + strings.Join(args, " "))
	var said strings.Builder
	code, err := d.follow(ctx, d.Command(ctx, d.folder, args...), want, &said)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	words := strings.Join(strings.Fields(strings.ReplaceAll(said.String(), "│", " ")), " ")
	switch {
	case err != nil:
		return err
	case code != want.exit:
		return fmt.Errorf("%s %s: exit code %d, want %d\n%s", name, args[0], code, want.exit, &said)
	case !strings.Contains(words, want.says):
		return fmt.Errorf("%s %s does not say %q\n%s", name, args[0], want.says, &said)
	}
	return nil
}

// follow shows a command's lines and, if that is wanted, what the provider and
// the users say meanwhile.
func (d *demo) follow(ctx context.Context, cmd *exec.Cmd, want terraform, said *strings.Builder) (int, error) {
	lines, ended := d.begin(cmd)
	watching, counting := time.NewTicker(poll), time.NewTicker(looks)
	defer watching.Stop()
	defer counting.Stop()
	news := d.progress()
	look := d.look()
	elided := false
	for {
		select {
		case line, more := <-lines:
			if !more {
				d.tell(want, news)
				return exitCode(<-ended)
			}
			d.tell(want, news) // it happened before
			fmt.Fprintln(said, plain(line))
			elided = d.print(want, line, elided)
		case <-watching.C:
			d.tell(want, news)
		case <-counting.C:
			if want.live && ctx.Err() == nil {
				look()
			}
		}
	}
}

// begin starts a command. Its lines end before it says how it ended.
func (d *demo) begin(cmd *exec.Cmd) (<-chan string, <-chan error) {
	out, in := io.Pipe()
	cmd.Stdout, cmd.Stderr = in, in
	lines, ended := make(chan string), make(chan error, 1)
	go func() {
		ended <- cmd.Run()
		_ = in.Close()
	}()
	go func() {
		defer close(lines)
		for text := bufio.NewReader(out); ; {
			line, err := text.ReadString('\n')
			if line != "" {
				lines <- strings.TrimRight(line, "\r\n")
			}
			if err != nil {
				return
			}
		}
	}()
	return lines, ended
}

func exitCode(err error) (int, error) {
	exit := (*exec.ExitError)(nil)
	if errors.As(err, &exit) {
		return exit.ExitCode(), nil
	}
	return 0, err
}

// print shows a line, or dots where some are left out.
func (d *demo) print(want terraform, line string, elided bool) bool {
	switch {
	case want.show == nil || want.show(plain(line)):
		d.line("  %s", line)
		return false
	case !elided && strings.TrimSpace(plain(line)) != "":
		d.line("  %s…%s", dim, off)
		return true
	}
	return elided
}

func (d *demo) tell(want terraform, news func() []string) {
	for _, text := range news() {
		if want.live {
			d.line("  %srollout │ %s%s", cyan, text, off)
		}
	}
}

// quiet are the events that the demo leaves out: looks, intents, and what the
// next line says again.
var quiet = []string{"measure", "wait", "check", "stop"}

// progress returns what reads the events that were added to the progress file
// since it was last asked.
func (d *demo) progress() func() []string {
	path := filepath.Join(d.folder, "progress.jsonl")
	read := 0
	if info, err := os.Stat(path); err == nil {
		read = int(info.Size())
	}
	return func() []string {
		text, err := os.ReadFile(path)
		if err != nil || len(text) < read {
			return nil
		}
		var out []string
		for line := range strings.Lines(string(text[read:])) {
			if !strings.HasSuffix(line, "\n") {
				break // it is being written
			}
			read += len(line)
			var e struct {
				Time       time.Time
				Event, Why string
			}
			if json.Unmarshal([]byte(line), &e) == nil && !slices.Contains(quiet, e.Event) {
				out = append(out, e.Time.Local().Format(time.TimeOnly)+"  "+e.Why)
			}
		}
		return out
	}
}

// A sight is the share that users saw of the newest revision, while another was
// live.
type sight struct {
	revision string
	live     int
	users    float64
}

// look returns what counts which revisions have served users since it was last
// asked, and shows it.
func (d *demo) look() func() {
	before, was := d.load.Report().ShortBy, d.box.Service(service)
	return func() {
		r, is := d.load.Report(), d.box.Service(service)
		served := r.ShortBy.Since(before)
		if maps.Equal(was.Percent, is.Percent) && served.Total() >= 50 {
			d.seen = append(d.seen, sight{is.Newest, is.Percent[is.Newest], served.Share(is.Newest)})
		}
		var shares []string
		for _, name := range slices.Sorted(maps.Keys(served)) {
			shares = append(shares, fmt.Sprintf("%s %5.1f %%", name, served.Share(name)))
		}
		c := r.Total()
		d.line("  %susers   │ %s   %s requests, %s failed%s", green, strings.Join(shares, "   "), livetraffic.Grouped(c.Started), livetraffic.Grouped(c.Failed), off)
		before, was = r.ShortBy, is
	}
}

// with shows the lines that contain one of these.
func with(parts ...string) func(string) bool {
	return func(line string) bool {
		return slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(line, p) })
	}
}

// inBrief shows of a plan what a person looks for: what is to be done, the
// preview of the rollout, and everything from the summary on. It is for one
// command.
func inBrief() func(string) bool {
	preview, rest := "", false
	return func(line string) bool {
		text := strings.TrimLeft(line, " ")
		indent := line[:len(line)-len(text)]
		switch {
		case strings.HasPrefix(text, "+ rollout "), strings.HasPrefix(text, "~ rollout "):
			return true
		case strings.HasPrefix(text, "Plan:"), strings.HasPrefix(text, "No changes"), strings.HasPrefix(text, "╷"):
			rest = true
		case strings.HasPrefix(text, "+ preview "), strings.HasPrefix(text, "~ preview "):
			preview = indent + "x"
		case preview != "" && indent+"x" == preview[:len(preview)-1]+"  x":
			preview = ""
			return true
		}
		return rest || preview != "" || strings.HasPrefix(text, "# rollout_")
	}
}
