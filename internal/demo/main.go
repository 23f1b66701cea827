// Command demo is a whole rollout on this machine: a real Terraform or OpenTofu,
// the provider built from this tree, an emulated Google Cloud whose data plane
// really divides HTTP traffic, and users who are at work all the time.
//
//	make demo
//
// It watches itself: if anything is not as it says, it ends with an error. Its
// last line is what users saw: demo: 28,304 requests, 0 failed.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// Exit codes other than 0.
const (
	wrong       = 1
	interrupted = 130
)

func main() {
	// A pipe that closes is an error of a write, and ends the demo in order.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err := play(ctx, newScreen(os.Stdout), settings{})
	stopped := ctx.Err() != nil
	stop()
	switch {
	case stopped:
		fmt.Fprintln(os.Stderr, "demo: interrupted; nothing is left behind")
		os.Exit(interrupted)
	case err != nil:
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(wrong)
	}
}
