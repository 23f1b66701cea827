//go:build unix

package stage

import (
	"os/exec"
	"syscall"
)

// apart gives a command a process group of its own. A terminal sends Ctrl-C to a
// whole group; with ours it would reach Terraform twice, and a second interrupt
// lets it drop everything.
func apart(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
