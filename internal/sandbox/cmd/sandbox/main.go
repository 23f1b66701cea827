// Command sandbox runs the emulator by hand. It prints one line of JSON with
// its addresses and runs until it is interrupted.
//
//	go run ./internal/sandbox/cmd/sandbox -seed shop
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "sandbox:", err)
		os.Exit(1)
	}
}

// addresses is the line that the command prints.
type addresses struct {
	URL      string        `json:"url"`
	Addr     string        `json:"addr"`
	Registry string        `json:"registry"`
	Project  string        `json:"project"`
	Location string        `json:"location"`
	Shop     *sandbox.Shop `json:"shop,omitempty"`
}

// run starts a sandbox and returns when ctx ends or, with -stdin, when in does:
// a pipe from the parent ends with the parent.
func run(ctx context.Context, args []string, in io.Reader, out io.Writer) error {
	flags := flag.NewFlagSet("sandbox", flag.ContinueOnError)
	addr := flags.String("addr", "127.0.0.1:0", "where to listen")
	seed := flags.String("seed", "", `"shop" makes a service on image v1, images v2, errors and broken, a secret and a service account`)
	project := flags.String("project", "demo", "the project's id")
	location := flags.String("location", "us-central1", "the region")
	settle := flags.Duration("settle", 2*time.Second, "how long a reconcile takes")
	lag := flags.Duration("metrics-lag", 0, "how much later metrics become visible")
	stdin := flags.Bool("stdin", false, "end when standard input closes")
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("flags: %w", err)
	}
	if flags.NArg() > 0 || *seed != "" && *seed != "shop" {
		return fmt.Errorf("unknown arguments %q, -seed %q", flags.Args(), *seed)
	}
	s, err := sandbox.Start(sandbox.Options{Addr: *addr, Project: *project, Location: *location, Settle: *settle, PageSize: 100})
	if err != nil {
		return err
	}
	defer s.Close()
	s.MetricsLag(*lag)
	line := addresses{URL: s.URL(), Addr: s.Addr(), Registry: s.Registry(), Project: s.Project(), Location: s.Location()}
	if *seed == "shop" {
		shop, err := s.SeedShop(ctx)
		if err != nil {
			return err
		}
		line.Shop = &shop
	}
	if err := json.NewEncoder(out).Encode(line); err != nil {
		return fmt.Errorf("print addresses: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if *stdin {
		go func() {
			defer cancel()
			_, _ = io.Copy(io.Discard, in) // its end is what matters
		}()
	}
	<-ctx.Done()
	return nil
}
