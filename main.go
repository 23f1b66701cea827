// Command terraform-provider-rollout serves the provider to Terraform and
// OpenTofu.
package main

import (
	"flag"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/terraform-rollout/terraform-provider-rollout/internal/provider"
)

// version is set by the release build.
var version = "dev"

// lastWords is how long an orphan may take to send traffic home and confirm it.
const lastWords = 20 * time.Second

// leaveWithTerraform ends this process once the one that started it is gone.
// Its requests are cancelled then, and traffic goes home by the one write that
// is left to make; nobody would ever stop the process afterwards.
func leaveWithTerraform() {
	for parent := os.Getppid(); os.Getppid() == parent; {
		time.Sleep(time.Second)
	}
	time.Sleep(lastWords)
	os.Exit(1)
}

func main() {
	debug := flag.Bool("debug", false, "serve for a debugger, and print how Terraform reaches it")
	flag.Parse()
	// When Terraform dies its end of the pipe is gone; a log line must not kill
	// the one write that takes traffic home.
	signal.Ignore(syscall.SIGPIPE)
	if !*debug {
		go leaveWithTerraform()
	}
	err := provider.Serve(provider.New(version), *debug)
	if err != nil {
		log.Fatal(err)
	}
}
