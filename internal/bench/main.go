package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
)

// figures are measured in this order; each measurement may print several.
var figures = []struct {
	name    string
	measure func(context.Context, *bench) error
}{
	{"start", start},
	{"plan_1000", planThousand},
	{"requirement_reads", requirementReads},
	{"step_overhead", stepOverhead},
	{"home", home},
	{"bad_requests", badRequests},
	{"review", review},
	{"aws_plan", awsPlan},
	{"aws_100", awsMany},
	{"aws_throttled", awsThrottled},
}

// bench is one run: where it builds, and what it has built.
type bench struct {
	root  string // goes when it is over
	built map[string]string
	moto  *aws.Moto // nil until it is needed
}

func main() {
	only := flag.String("only", "", "measure what this regular expression matches: start, plan_1000, requirement_reads, step_overhead, home, bad_requests, review, aws_plan, aws_100, aws_throttled")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *only); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, only string) (err error) {
	which, err := regexp.Compile(only)
	if err != nil {
		return fmt.Errorf("-only: %w", err)
	}
	root, err := os.MkdirTemp("", "rollout-bench")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(root)) }()
	b := &bench{root: root, built: map[string]string{}}
	defer func() {
		if b.moto != nil {
			b.moto.Stop()
		}
	}()
	for _, f := range figures {
		if !which.MatchString(f.name) {
			continue
		}
		note("measuring %s …", f.name)
		if err := f.measure(ctx, b); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}
	return nil
}

// figure prints one, as whoever reads the output by program expects it.
func figure(name string, value float64, unit string) {
	fmt.Printf("bench %s %.4g %s\n", name, value, unit)
}

func note(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

// folder makes an empty one below the root.
func (b *bench) folder(name string) (string, error) {
	path := filepath.Join(b.root, name)
	if err := os.MkdirAll(path, 0o700); err != nil {
		return "", fmt.Errorf("make a folder: %w", err)
	}
	return path, nil
}

func executable(name string) string {
	if runtime.GOOS == "windows" {
		return name + ".exe"
	}
	return name
}
