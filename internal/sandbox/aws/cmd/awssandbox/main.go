// Command awssandbox runs AWS on loopback by hand: moto, and the proxy in front of
// it. It prints one line of JSON with its address and runs until it is interrupted.
//
//	go run ./internal/sandbox/aws/cmd/awssandbox -seed shop
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

	"github.com/terraform-rollout/terraform-provider-rollout/internal/sandbox/aws"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "awssandbox:", err)
		os.Exit(1)
	}
}

// addresses is the line that the command prints.
type addresses struct {
	URL     string   `json:"url"`
	Moto    string   `json:"moto"`
	Account string   `json:"account"`
	Region  string   `json:"region"`
	Key     string   `json:"access_key"`
	Secret  string   `json:"secret_key"`
	Shop    []string `json:"shop,omitempty"` // ARNs
}

// run starts moto and a sandbox and returns when ctx ends or, with -stdin, when in
// does: a pipe from the parent ends with the parent.
func run(ctx context.Context, args []string, in io.Reader, out io.Writer) error {
	flags := flag.NewFlagSet("awssandbox", flag.ContinueOnError)
	addr := flags.String("addr", "127.0.0.1:0", "where to listen")
	region := flags.String("region", "eu-central-1", "the region of the seed")
	seed := flags.String("seed", "", `"shop" makes a function with two versions and the alias live`)
	updates := flags.Duration("updates", 2*time.Second, "how long Lambda takes to update a function or to make a version")
	deployments := flags.Duration("deployments", 5*time.Second, "how long Amazon ECS takes to replace tasks, and Auto Scaling to refresh instances")
	latency := flags.Duration("latency", 0, "how much later every answer comes")
	perSecond := flags.Int("per-second", 0, "throttle each service at so many requests a second")
	stdin := flags.Bool("stdin", false, "end when standard input closes")
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("flags: %w", err)
	}
	if flags.NArg() > 0 || *seed != "" && *seed != "shop" {
		return fmt.Errorf("unknown arguments %q, -seed %q", flags.Args(), *seed)
	}
	m, err := aws.StartMoto(ctx)
	if err != nil {
		return err
	}
	defer m.Stop()
	s, err := aws.Start(m, aws.Options{
		Addr: *addr, Region: *region, Updates: *updates, Creates: *updates, Provisions: *updates,
		Deployments: *deployments, Tasks: true, Latency: *latency, PerSecond: *perSecond,
	})
	if err != nil {
		return err
	}
	defer s.Close()
	k := s.Admin()
	line := addresses{URL: s.URL(), Moto: m.URL(), Account: s.Account(), Region: s.Region(), Key: k.ID, Secret: k.Secret}
	if *seed == "shop" {
		if line.Shop, err = s.SeedShop(); err != nil {
			return err
		}
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
