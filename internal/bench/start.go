package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/terraformbin"
)

const (
	starts     = 21 // of each binary, in turn
	foreign    = "hashicorp/aws"
	foreignsAt = "5.100.0"
)

// launch is how one start went.
type launch struct {
	took time.Duration
	rss  float64 // bytes
}

// start measures how long binaries take until Terraform could talk to them, and
// how much memory they hold then.
func start(ctx context.Context, b *bench) error {
	us, err := b.build(ctx, ours)
	if err != nil {
		return err
	}
	nobody, err := b.build(ctx, empty)
	if err != nil {
		return err
	}
	paths := []string{us, nobody}
	them, err := terraformbin.FindProvider(foreign, foreignsAt)
	switch {
	case err == nil:
		paths = append(paths, them)
	case os.Getenv("CI") != "":
		return err
	default:
		note("start_vs_aws and rss_vs_aws are left out: %v", err)
	}
	all := make([][]launch, len(paths))
	for range starts {
		for i, path := range paths {
			l, err := launched(ctx, path)
			if err != nil {
				return err
			}
			all[i] = append(all[i], l)
		}
	}
	for i, path := range paths {
		note("%s: %s, %.1f MB", path, fastest(all[i]), middle(all[i])/1e6)
	}
	figure("start_ratio", fastest(all[0]).Seconds()/fastest(all[1]).Seconds(), "ratio")
	figure("rss_ratio", middle(all[0])/middle(all[1]), "ratio")
	if them != "" {
		figure("start_vs_aws", fastest(all[0]).Seconds()/fastest(all[2]).Seconds(), "ratio")
		figure("rss_vs_aws", middle(all[0])/middle(all[2]), "ratio")
	}
	info, err := os.Stat(us)
	if err != nil {
		return fmt.Errorf("look at the binary: %w", err)
	}
	figure("binary_mb", float64(info.Size())/1e6, "MB")
	return nil
}

// fastest is the start that nothing else on the machine held up.
func fastest(of []launch) time.Duration {
	return slices.MinFunc(of, func(a, b launch) int { return cmp.Compare(a.took, b.took) }).took
}

// middle is the median of the memory of many starts.
func middle(of []launch) float64 {
	var all []float64
	for _, l := range of {
		all = append(all, l.rss)
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// launched starts a provider as Terraform would, waits for its handshake (the
// one line that go-plugin prints), and ends it.
func launched(ctx context.Context, path string) (launch, error) {
	cmd := exec.CommandContext(ctx, path)
	cmd.Env = append(os.Environ(), "TF_PLUGIN_MAGIC_COOKIE=d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2", "PLUGIN_PROTOCOL_VERSIONS=5,6")
	out, err := cmd.StdoutPipe()
	if err != nil {
		return launch{}, fmt.Errorf("start %s: %w", path, err)
	}
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		return launch{}, fmt.Errorf("start %s: %w", path, err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	l := launch{took: time.Since(begun)}
	if err == nil && !strings.HasPrefix(line, "1|") {
		err = fmt.Errorf("it says %q", line)
	}
	if err == nil {
		l.rss, err = resident(ctx, cmd.Process.Pid)
	}
	_ = cmd.Process.Kill()
	_, _ = io.Copy(io.Discard, out)
	var exit *exec.ExitError
	if ended := cmd.Wait(); ended != nil && !errors.As(ended, &exit) {
		err = errors.Join(err, ended)
	}
	if err != nil {
		return launch{}, fmt.Errorf("start %s: %w", path, err)
	}
	return l, nil
}

// resident is the memory that a process holds, in bytes.
func resident(ctx context.Context, pid int) (float64, error) {
	if text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid)); err == nil {
		fields := strings.Fields(string(text))
		if len(fields) > 1 {
			pages, err := strconv.ParseFloat(fields[1], 64)
			return pages * float64(os.Getpagesize()), err
		}
	}
	text, err := output(ctx, "ps", "-o", "rss=", "-p", strconv.Itoa(pid))
	if err != nil {
		return 0, err
	}
	kib, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	return kib * 1024, err
}

// mostOfChildren is the most memory that a child of a process has held by the
// time the context ends.
func mostOfChildren(ctx context.Context, pid int) float64 {
	most := 0.0
	for ctx.Err() == nil {
		for _, child := range children(ctx, pid) {
			if held, err := resident(ctx, child); err == nil { // it may have ended
				most = max(most, held)
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
	return most
}

func children(ctx context.Context, pid int) []int {
	var text []byte
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid)) // of the threads that started them
	for _, list := range lists {
		some, _ := os.ReadFile(list) // the thread may have ended
		text = append(text, some...)
	}
	if err != nil || len(lists) == 0 {
		found, _ := output(ctx, "pgrep", "-P", strconv.Itoa(pid)) // none is an error
		text = []byte(found)
	}
	var out []int
	for _, field := range strings.Fields(string(text)) {
		if child, err := strconv.Atoi(field); err == nil {
			out = append(out, child)
		}
	}
	return out
}
