//go:build unix

package main

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience is how long anything may take before a test gives up on it.
const patience = 4 * time.Minute

// Ctrl-C in the middle of a rollout, as a terminal sends it, to a whole process
// group: Terraform takes traffic home, and no process and no file is left behind.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	temp, path := folder(t), filepath.Join(t.TempDir(), "demo")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", path, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cmd := exec.CommandContext(t.Context(), path)
	cmd.Env = append(os.Environ(), "TMPDIR="+temp)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a terminal of its own, as it were
	r, w := io.Pipe()
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		ended <- cmd.Wait()
		_ = w.Close()
	}()
	timeout := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer timeout.Stop()
	var out strings.Builder
	for text := bufio.NewScanner(r); text.Scan(); {
		out.WriteString(text.Text() + "\n")
		if strings.Contains(text.Text(), "from 0 % to 10 %") {
			if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGINT); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := <-ended; cmd.ProcessState.ExitCode() != interrupted {
		t.Errorf("it ended with %v", err)
	}
	for _, part := range []string{"was interrupted", "Traffic is back on", "demo: interrupted; nothing is left behind"} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("nothing says %q", part)
		}
	}
	if t.Failed() {
		t.Log(out.String())
	}
	empty(t, temp)
	nobodyFrom(t, temp)
}

// nobodyFrom fails the test if a process runs a program of a folder, or works in it.
func nobodyFrom(t *testing.T, folder string) {
	t.Helper()
	links, err := filepath.Glob("/proc/[0-9]*/[ec][xw][ed]*") // exe and cwd
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range links {
		if to, err := os.Readlink(link); err == nil && strings.HasPrefix(to, folder) {
			t.Errorf("%s still is %s", link, to)
		}
	}
}
