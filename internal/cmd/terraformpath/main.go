// Command terraformpath prints the path of the Terraform or OpenTofu that tests use, installing one where there is none.
//
// With arguments it runs them as a command instead, in an environment in which acceptance tests run on that CLI:
//
//	go run ./internal/cmd/terraformpath go test ./...
//
// With -others before them, it runs them on what else is on the PATH, OpenTofu beside Terraform, and not at all where there
// is nothing else.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/terraformbin"
)

func main() {
	err := run(context.Background(), os.Args[1:])
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		os.Exit(exit.ExitCode())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "terraformpath:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	found, err := terraformbin.FindOrInstall(ctx, os.Stderr)
	if err != nil {
		return err
	}
	switch {
	case len(args) == 0:
		fmt.Println(found.Path)
		return nil
	case args[0] != "-others":
		return on(ctx, found, args)
	case len(args) == 1:
		return errors.New("-others needs a command")
	}
	others := terraformbin.Others(ctx, found, os.Stderr)
	if len(others) == 0 {
		fmt.Fprintf(os.Stderr, "nothing else than %s\n", found)
	}
	for _, cli := range others {
		if err := on(ctx, cli, args[1:]); err != nil {
			return err
		}
	}
	return nil
}

// on runs a command in an environment in which acceptance tests run on a CLI.
func on(ctx context.Context, cli terraformbin.CLI, args []string) error {
	fmt.Fprintf(os.Stderr, "with %s (%s)\n", cli, cli.Path)
	// An interrupt reaches the command as well: it decides when to end, and this process must outlive it.
	signal.Notify(make(chan os.Signal, 1), os.Interrupt)
	command := exec.CommandContext(ctx, args[0], args[1:]...)
	command.Env = cli.Environ(os.Environ())
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	return command.Run()
}
