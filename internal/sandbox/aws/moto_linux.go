package aws

import "syscall"

// ownGroup lets a signal from the terminal reach the test alone, and ends moto
// with the process that started it, however that ends.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
